//! Things that are the same in many layers, told once.

use std::collections::BTreeSet;

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
        if parts.len() != self.first.len() {
            return false;
        }
        let differing: Vec<_> = (0..parts.len()).filter(|at| parts[*at] != self.first[*at]).collect();
        let [at] = differing[..] else { return false };
        let (Ok(first), Ok(value)) = (self.first[at].parse::<u64>(), parts[at].parse::<u64>()) else { return false };
        if self.varies.is_some_and(|varies| varies != at) {
            return false;
        }
        self.varies = Some(at);
        self.values.extend([first, value]);
        true
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
pub(crate) fn paths<'p>(all: impl IntoIterator<Item = &'p String>) -> Vec<Paths> {
    let mut folded: Vec<Paths> = Vec::new();
    for path in all {
        if !folded.iter_mut().any(|paths| paths.join(path)) {
            folded.push(Paths::of(path));
        }
    }
    folded
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

#[cfg(test)]
mod tests {
    use super::{grouped, paths, ranges};

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
        let folded: Vec<_> = paths(&all).iter().map(ToString::to_string).collect();
        assert_eq!(folded, ["g.0.l.{0, 1}.x", "g.1.l.{0, 1}.x", "g.1.l.1.y"]);
    }
}
