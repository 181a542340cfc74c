//! How many tensors are told in a sentence.

use crate::dialects::peft::names::SHARED;
use crate::dialects::peft::repair::Repaired;
use crate::findings::fold::{Paths, paths};

/// No more groups of names than this are told.
const MOST_GROUPS: usize = 4;

/// Names, those that differ in one number told once, the first few of them, and how many more names there are.
pub(in crate::dialects::peft) fn names<'n>(all: impl IntoIterator<Item = &'n str>) -> String {
    let folded = paths(all);
    let shown: Vec<_> = folded.iter().take(MOST_GROUPS).map(|paths| format!("`{paths}`")).collect();
    let more: usize = folded.iter().skip(MOST_GROUPS).map(Paths::count).sum();
    let and = if more > 0 { format!(" and {more} more like them") } else { String::new() };
    format!("{}{and}", shown.join(", "))
}

/// The first of some names, and how many more there are.
pub(super) fn example(all: &[&str]) -> String {
    match all {
        [] => String::new(),
        [one] => format!("`{one}`"),
        [first, more @ ..] => format!("`{first}` and {} more", more.len()),
    }
}

/// Whether a tensor is none of PEFT's, by what its name is and what it would be.
pub(super) fn is_stray(name: &str, repaired: &Repaired) -> bool {
    !name.starts_with(SHARED) && repaired.flaws.is_empty()
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn what_is_not_told_is_counted_name_by_name() {
        let all: Vec<String> =
            (0..6).flat_map(|group| (0..3).map(move |layer| format!("l.{layer}.{group}x"))).collect();
        assert_eq!(
            names(all.iter().map(String::as_str)),
            "`l.{0–2}.0x`, `l.{0–2}.1x`, `l.{0–2}.2x`, `l.{0–2}.3x` and 6 more like them"
        );
        let unlike: Vec<String> = (0..100_000).map(|number| format!("x{number}")).collect();
        assert!(names(unlike.iter().map(String::as_str)).ends_with("`x3` and 99996 more like them"));
    }
}
