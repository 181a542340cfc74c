//! Things that are the same in many layers, told once.

use std::collections::hash_map::RandomState;
use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher, Hash};

/// Paths with more numbers than this are not folded.
const MAX_NUMBERS: usize = 8;

/// Paths that differ in one number.
#[derive(Debug, Clone)]
pub(crate) struct Paths {
    first: Vec<String>,
    /// The part in which they differ, and its values.
    varies: Option<usize>,
    values: BTreeSet<u64>,
}

impl Paths {
    pub(crate) fn of(path: &str) -> Self {
        Self { first: path.split('.').map(str::to_owned).collect(), varies: None, values: BTreeSet::new() }
    }

    /// Takes the path in if it differs from the others in nothing but the one number.
    pub(crate) fn join(&mut self, path: &str) -> bool {
        let parts: Vec<_> = path.split('.').collect();
        let Some((at, values)) = self.joined(&parts) else { return false };
        self.varies = Some(at);
        self.values.extend(values);
        true
    }

    /// How many paths they are, each counted once.
    pub(crate) fn count(&self) -> usize {
        self.values.len().max(1)
    }

    /// The part in which a path differs from the first one, and the numbers of both, if it can be taken in.
    fn joined(&self, parts: &[&str]) -> Option<(usize, [u64; 2])> {
        if parts.len() != self.first.len() {
            return None;
        }
        let mut differing = (0..parts.len()).filter(|at| parts[*at] != self.first[*at]);
        let (Some(at), None) = (differing.next(), differing.next()) else { return None };
        let values = [self.first[at].parse().ok()?, parts[at].parse().ok()?];
        (self.varies.is_none() || self.varies == Some(at)).then_some((at, values))
    }
}

/// Folds paths as they come: each goes into the first ones of its kind that take it in.
pub(crate) struct Folding<K> {
    folded: Vec<Paths>,
    kinds: HashMap<K, usize>,
    hasher: RandomState,
    /// The folded ones by their kind, the place of a number, and all parts but that number.
    by_form: HashMap<(usize, usize, u64), Vec<usize>>,
}

impl<K: Hash + Eq> Folding<K> {
    pub(crate) fn new() -> Self {
        Self { folded: Vec::new(), kinds: HashMap::new(), hasher: RandomState::new(), by_form: HashMap::new() }
    }

    /// Takes a path in, where there are others that it goes with; else it stands for itself.
    pub(crate) fn add(&mut self, kind: K, path: &str) -> usize {
        self.join(&kind, path).unwrap_or_else(|| self.add_apart(kind, path))
    }

    /// Takes a path in that others may go with, but that goes with none before it.
    pub(crate) fn add_apart(&mut self, kind: K, path: &str) -> usize {
        let number = self.folded.len();
        let next = self.kinds.len();
        let kind = *self.kinds.entry(kind).or_insert(next);
        for (at, form) in self.forms(&path.split('.').collect::<Vec<_>>()) {
            self.by_form.entry((kind, at, form)).or_default().push(number);
        }
        self.folded.push(Paths::of(path));
        number
    }

    /// All of them, by the numbers that were given for them.
    pub(crate) fn finish(self) -> Vec<Paths> {
        self.folded
    }

    fn join(&mut self, kind: &K, path: &str) -> Option<usize> {
        let kind = *self.kinds.get(kind)?;
        let parts: Vec<_> = path.split('.').collect();
        let mut first = None;
        for (at, form) in self.forms(&parts) {
            let Some(alike) = self.by_form.get_mut(&(kind, at, form)) else { continue };
            // What differs in another number by now never takes in one that differs in this.
            alike.retain(|number| self.folded[*number].varies.is_none_or(|varies| varies == at));
            let found = alike.iter().copied().find(|number| self.folded[*number].joined(&parts).is_some());
            first = first.into_iter().chain(found).min();
        }
        first.filter(|number| self.folded[*number].join(path))
    }

    /// Where a path has numbers, and for each a hash of all the rest.
    fn forms(&self, parts: &[&str]) -> Vec<(usize, u64)> {
        let hashes = parts.iter().enumerate().map(|part| self.hasher.hash_one(part));
        let whole = hashes.clone().fold(self.hasher.hash_one(parts.len()), |whole, hash| whole ^ hash);
        let is_number = |(at, _): &(usize, u64)| parts[*at].parse::<u64>().is_ok();
        let forms: Vec<_> = hashes.map(|hash| whole ^ hash).enumerate().filter(is_number).collect();
        if forms.len() > MAX_NUMBERS { Vec::new() } else { forms }
    }
}

impl std::fmt::Display for Paths {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut parts = self.first.clone();
        if let Some(at) = self.varies {
            parts[at] = format!("{{{}}}", ranges(&self.values));
        }
        f.write_str(&parts.join("."))
    }
}

/// All paths, folded.
pub(crate) fn paths<'p>(all: impl IntoIterator<Item = &'p str>) -> Vec<Paths> {
    let mut folding = Folding::new();
    for path in all {
        folding.add((), path);
    }
    folding.finish()
}

/// Numbers as ranges: `0–2, 4`.
pub(crate) fn ranges(numbers: &BTreeSet<u64>) -> String {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*number) => *last = *number,
            _ => ranges.push((*number, *number)),
        }
    }
    let written = ranges.iter().map(|(first, last)| match last - first {
        0 => first.to_string(),
        1 => format!("{first}, {last}"),
        _ => format!("{first}–{last}"),
    });
    written.collect::<Vec<_>>().join(", ")
}

/// Layers in words; `None` for what belongs to no layer.
pub(crate) fn layers(numbers: &BTreeSet<u64>) -> Option<String> {
    let word = match numbers.len() {
        0 => return None,
        1 => "layer",
        _ => "layers",
    };
    Some(format!("{word} {}", ranges(numbers)))
}

/// A number with commas: `109,482,240`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share in per cent. One that three digits round to nothing is not nothing.
pub(crate) fn share(part: u64, whole: u64) -> String {
    const LEAST: f64 = 0.001;
    let percent = part as f64 / whole as f64 * 100.0;
    if part > 0 && percent < LEAST { format!("less than {LEAST} %") } else { format!("{percent:.3} %") }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::{Paths, grouped, paths, ranges, share};

    #[test]
    fn a_small_share_is_not_none() {
        assert_eq!(share(1, 7_000_000_000), "less than 0.001 %");
        assert_eq!(share(0, 7), "0.000 %");
        assert_eq!(share(1, 8), "12.500 %");
    }

    #[test]
    fn numbers_are_easy_to_read() {
        assert_eq!(
            [grouped(0), grouped(999), grouped(1000), grouped(109_482_240)].join(" "),
            "0 999 1,000 109,482,240"
        );
        assert_eq!(ranges(&[0, 1, 2, 4, 6, 7].into()), "0–2, 4, 6, 7");
    }

    #[test]
    fn only_one_number_is_folded() {
        let all = ["g.0.l.0.x", "g.0.l.1.x", "g.1.l.0.x", "g.1.l.1.x", "g.1.l.1.y"].map(str::to_owned);
        let folded: Vec<_> = paths(all.iter().map(String::as_str)).iter().map(ToString::to_string).collect();
        assert_eq!(folded, ["g.0.l.{0, 1}.x", "g.1.l.{0, 1}.x", "g.1.l.1.y"]);
    }

    /// Each path goes into the first ones that take it in, which a comparison with all of them finds as well.
    #[test]
    fn paths_are_folded_as_if_each_were_compared_with_all() {
        let mut state = 1_u64;
        let mut next = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let parts = ["0", "1", "2", "01", "+1", "a", ""];
        for _ in 0..200 {
            let all: Vec<String> = (0..next(60))
                .map(|_| (0..=next(4)).map(|_| parts[next(7) as usize]).collect::<Vec<_>>().join("."))
                .collect();
            let mut compared: Vec<Paths> = Vec::new();
            for path in &all {
                if !compared.iter_mut().any(|paths| paths.join(path)) {
                    compared.push(Paths::of(path));
                }
            }
            let shown = |folded: &[Paths]| folded.iter().map(ToString::to_string).collect::<Vec<_>>();
            assert_eq!(shown(&paths(all.iter().map(String::as_str))), shown(&compared), "{all:?}");
        }
    }

    #[test]
    fn many_unlike_paths_are_folded_at_once() {
        let all: Vec<String> = (0..100_000).map(|number| format!("a.{number}.{}", number * 7 % 1000)).collect();
        let mut shown = String::new();
        paths(all.iter().map(String::as_str))
            .iter()
            .take(2)
            .for_each(|paths| writeln!(shown, "{paths}").expect("it is text"));
        assert!(shown.starts_with("a.{0, 1000, 2000"), "{shown}");
        let unlike: Vec<String> = (0..100_000).map(|number| format!("a.x{number}.0")).collect();
        assert_eq!(paths(unlike.iter().map(String::as_str)).len(), unlike.len());
    }
}
