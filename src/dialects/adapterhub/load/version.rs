//! Version numbers as Python's `packaging.version` reads them (PEP 440), as far as "before 1.1.0" needs them.

/// Whether a version is older than 1.1.0; `None` if it is no version.
pub(in crate::dialects::adapterhub) fn is_before_1_1_0(text: &str) -> Option<bool> {
    let version = Version::parse(text)?;
    if version.epoch > 0 {
        return Some(false);
    }
    let mut release = version.release.as_slice();
    while let [rest @ .., 0] = release {
        release = rest;
    }
    let early = version.pre || (version.dev && !version.post);
    Some(match release.cmp(&[1, 1]) {
        std::cmp::Ordering::Equal => early,
        other => other.is_lt(),
    })
}

struct Version {
    epoch: u64,
    release: Vec<u64>,
    pre: bool,
    post: bool,
    dev: bool,
}

impl Version {
    fn parse(text: &str) -> Option<Self> {
        let lower = text.trim().to_ascii_lowercase();
        let mut rest = lower.strip_prefix('v').unwrap_or(&lower);
        let mut epoch = 0;
        let first = number(&mut rest)?;
        let mut release = vec![first];
        if let Some(behind) = rest.strip_prefix('!') {
            rest = behind;
            epoch = first;
            release = vec![number(&mut rest)?];
        }
        while let Some(mut behind) = rest.strip_prefix('.').filter(|rest| starts_with_digit(rest)) {
            release.push(number(&mut behind)?);
            rest = behind;
        }
        let pre = part(&mut rest, &["alpha", "a", "beta", "b", "preview", "pre", "c", "rc"]);
        let post = match rest.strip_prefix('-').filter(|rest| starts_with_digit(rest)) {
            Some(mut behind) => {
                number(&mut behind)?;
                rest = behind;
                true
            }
            None => part(&mut rest, &["post", "rev", "r"]),
        };
        let dev = part(&mut rest, &["dev"]);
        let local = rest.strip_prefix('+').map(|local| {
            local.split(['-', '_', '.']).all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric()))
        });
        (local.unwrap_or(rest.is_empty())).then_some(Self { epoch, release, pre, post, dev })
    }
}

/// Takes `[-_.]? word [-_.]? digits?` off, if one of the words stands there.
fn part(rest: &mut &str, words: &[&str]) -> bool {
    const SEPARATORS: [char; 3] = ['-', '_', '.'];
    if rest.is_empty() {
        return false;
    }
    let behind = rest.strip_prefix(SEPARATORS).unwrap_or(rest);
    let Some(behind) = words.iter().find_map(|word| behind.strip_prefix(word)) else {
        return false;
    };
    let behind = behind.strip_prefix(SEPARATORS).unwrap_or(behind);
    *rest = behind.trim_start_matches(|c: char| c.is_ascii_digit());
    true
}

/// Takes a number off; one beyond 64 bits counts as the largest.
fn number(rest: &mut &str) -> Option<u64> {
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, behind) = rest.split_at(end);
    *rest = behind;
    (!digits.is_empty()).then(|| digits.parse().unwrap_or(u64::MAX))
}

fn starts_with_digit(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}
