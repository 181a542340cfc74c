//! Long lists of targets, which PEFT condenses before it goes through the modules (`_find_minimal_target_modules`): whole
//! names become the ends that tell them from all other modules. Then `layers_to_transform` counts, which whole names pass over.

use std::collections::BTreeSet;

use super::Stop;
use super::case::Case;
use crate::dialects::peft::PeftType::Ia3;
use crate::dialects::peft::targets::Written;

/// Shorter lists stay as they are (`MIN_TARGET_MODULES_FOR_OPTIMIZATION`).
pub(crate) const MANY_TARGETS: usize = 20;

/// `target_modules` as PEFT goes through them.
pub(super) fn condensed(case: &Case<'_>, written: Written) -> Result<Written, Stop> {
    let Written::List(names) = written else { return Ok(written) };
    let targets: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    if targets.len() < MANY_TARGETS || case.method == Ia3 {
        return Ok(Written::List(names));
    }
    if targets.contains("") {
        return Err(Stop::Unknown);
    }
    let is_other = |name: &&str| !ends(name).any(|end| targets.contains(end));
    let others: BTreeSet<&str> = case.tree.names().filter(is_other).flat_map(ends).collect();
    let mut by_ends: Vec<Vec<&str>> = targets.iter().map(|name| ends(name).collect()).collect();
    by_ends.sort_unstable();
    let mut found = BTreeSet::new();
    for ends in by_ends {
        // The last is the whole name, which ends in itself only behind a dot.
        let (whole, inner) = ends.split_last().ok_or(Stop::Unknown)?;
        if inner.iter().any(|end| found.contains(end)) {
            continue;
        }
        let own = inner.iter().chain([whole]).find(|end| !found.contains(*end) && !others.contains(*end));
        found.extend(own);
    }
    if found.is_empty() || found.len() >= targets.len() {
        return Ok(Written::List(names));
    }
    Ok(Written::List(found.into_iter().map(str::to_owned).collect()))
}

/// The ends of a name behind its dots, the shortest first, and the name itself.
fn ends(name: &str) -> impl Iterator<Item = &str> {
    name.rmatch_indices('.').map(|(at, _)| &name[at + 1..]).chain([name])
}
