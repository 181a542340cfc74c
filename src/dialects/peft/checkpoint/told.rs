//! How many tensors are told in a sentence.

use crate::dialects::peft::names::SHARED;
use crate::dialects::peft::repair::Repaired;
use crate::findings::fold::Paths;

/// No more groups of names than this are told.
const MOST_GROUPS: usize = 4;
/// So many groups are made at most: folding compares each name with every group.
const MOST_FOLDED: usize = 64;

/// Names, those that differ in one number told once, the first few of them.
pub(super) fn names<'n>(all: impl IntoIterator<Item = &'n str>) -> String {
    let mut folded: Vec<Paths> = Vec::new();
    let mut more = 0;
    for name in all {
        if folded.iter_mut().any(|paths| paths.join(name)) {
            continue;
        }
        if folded.len() < MOST_FOLDED { folded.push(Paths::of(name)) } else { more += 1 }
    }
    more += folded.len().saturating_sub(MOST_GROUPS);
    let shown: Vec<_> = folded.iter().take(MOST_GROUPS).map(|paths| format!("`{paths}`")).collect();
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
