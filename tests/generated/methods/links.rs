//! Links between docs, as links between pages.

use super::source::{Item, Source};

/// Everything that a link may lead to.
pub(super) struct Links {
    targets: Vec<Target>,
}

struct Target {
    page: String,
    /// `Lora`, `Lora::forward`, `Setup::Stack`; empty for the page itself.
    path: String,
    /// The heading it stands below.
    heading: String,
}

impl Links {
    pub(super) fn new(sources: &[Source]) -> Self {
        let mut targets = Vec::new();
        for source in sources {
            let target = |path: &str, heading: &str| Target {
                page: source.name.clone(),
                path: path.to_owned(),
                heading: heading.to_owned(),
            };
            targets.push(target("", ""));
            for item in &source.items {
                targets.push(target(&item.path, &item.path));
                let part = |part: &Item| target(&format!("{}::{}", item.path, part.path), &item.path);
                targets.extend(item.parts.iter().map(part));
            }
        }
        Self { targets }
    }

    /// Docs with the links turned; `owner` is what `Self` stands for. Code is left alone.
    pub(super) fn turn(&self, page: &str, owner: &str, doc: &[String]) -> Vec<String> {
        let mut code = false;
        let definitions: Vec<_> = doc.iter().filter_map(|line| definition(line)).collect();
        let lines = doc.iter().filter(|line| definition(line).is_none());
        let mut turned: Vec<_> = lines
            .map(|line| {
                let fence = line.starts_with("```");
                code ^= fence;
                if code || fence { line.clone() } else { self.line(page, owner, line, &definitions) }
            })
            .collect();
        while turned.last().is_some_and(String::is_empty) {
            turned.pop();
        }
        turned
    }

    fn line(&self, page: &str, owner: &str, line: &str, definitions: &[(&str, &str)]) -> String {
        let (mut turned, mut rest) = (String::new(), line);
        while let Some(at) = rest.find(['`', '[']) {
            turned.push_str(&rest[..at]);
            rest = &rest[at..];
            let (text, close) = match rest.strip_prefix('`') {
                Some(code) => (None, code.find('`').map(|close| close + 1)),
                None => bracket(rest),
            };
            let Some(close) = close else { break };
            let whole = &rest[..=close];
            rest = &rest[close + 1..];
            let Some(text) = text else {
                turned.push_str(whole);
                continue;
            };
            let given = rest.strip_prefix('(').and_then(|rest| rest.split_once(')'));
            let target = match given {
                Some((target, behind)) => {
                    rest = behind;
                    target
                }
                None => definitions.iter().find(|(name, _)| *name == text).map_or(text.trim_matches('`'), |(_, to)| to),
            };
            turned.push_str(&format!("[{text}]({})", self.address(page, owner, target)));
        }
        turned + rest
    }

    /// Where a target stands, from a page.
    fn address(&self, page: &str, owner: &str, target: &str) -> String {
        if target.contains(['/', '#', ' ']) {
            return target.to_owned();
        }
        let path = target.replace("Self::", &format!("{owner}::"));
        let path = path.trim_start_matches("crate::methods::").trim_start_matches("super::");
        let (module, inner) = path.split_once("::").unwrap_or((path, ""));
        // As in Rust: what the module declares, then modules by name, then what it takes from elsewhere.
        let own = self.targets.iter().find(|target| target.page == page && target.path == path);
        let qualified = || self.targets.iter().find(|target| target.page == module && target.path == inner);
        let elsewhere = || self.targets.iter().find(|target| target.path == path);
        let found = own.or_else(qualified).or_else(elsewhere);
        let found = found.unwrap_or_else(|| panic!("the docs of `{page}` link to `{target}`, which has no page"));
        let file = if found.page == page { String::new() } else { format!("{}.md", found.page) };
        let anchor = if found.heading.is_empty() { String::new() } else { format!("#{}", anchor(&found.heading)) };
        format!("{file}{anchor}")
    }
}

/// The text of `[text]`, if something like a link begins here, and where its bracket closes.
fn bracket(rest: &str) -> (Option<&str>, Option<usize>) {
    let mut code = false;
    let close = rest.char_indices().skip(1).find(|(_, letter)| {
        code ^= *letter == '`';
        *letter == ']' && !code
    });
    let Some((close, _)) = close else { return (None, None) };
    let text = &rest[1..close];
    let is_link =
        rest[close + 1..].starts_with('(') || (text.len() > 2 && text.starts_with('`') && text.ends_with('`'));
    (is_link.then_some(text), Some(close))
}

/// `` [`text`]: target ``.
fn definition(line: &str) -> Option<(&str, &str)> {
    let (text, target) = line.strip_prefix('[')?.split_once("]: ")?;
    Some((text, target))
}

/// The name that GitHub gives a heading of code.
fn anchor(heading: &str) -> String {
    heading.to_lowercase().chars().filter(|letter| letter.is_alphanumeric() || *letter == '_').collect()
}
