use std::collections::{BTreeMap, BTreeSet};

use super::OnModel;
use crate::dialects::peft::expected::Adapted;
use crate::dialects::peft::targets::{Keys, Targets, Written};
use crate::document::pointer;
use crate::findings::{Report, rule};
use crate::models::Tree;
use crate::ordered;

rule! {
    /// An entry of `exclude_modules` that keeps no module of the base model from being adapted.
    ///
    /// ## Why is this bad
    /// What should be left out is adapted. An entry excludes the modules that it matches themselves, not those in them,
    /// and none of `target_parameters`: `encoder` excludes nothing that is adapted. PEFT only warns, and only if no module
    /// is matched at all.
    ///
    /// ## Example
    /// On a LLaMA, which has no `classifier`:
    /// ```json
    /// {"peft_type": "LORA", "task_type": "CAUSAL_LM", "target_modules": "all-linear", "exclude_modules": ["classifier"]}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: what was meant is not known.
    ExclusionMatchesNothing, Warning
}

impl ExclusionMatchesNothing {
    pub(super) fn check(subject: &OnModel<'_>, report: &mut Report) {
        let Some(member) = subject.subject.set("exclude_modules").filter(|_| subject.is_adapted()) else { return };
        let place = pointer::push("", "exclude_modules");
        let text = member.node.as_str().map(|text| (place.clone(), member.node.span, Written::Text(text.to_owned())));
        let items = member.node.items().iter().enumerate().filter_map(|(at, item)| {
            let written = Written::List(vec![item.as_str()?.to_owned()]);
            Some((pointer::push(&place, at.to_string()), item.span, written))
        });
        let trees: Vec<_> = subject.adapted().map(|(tree, adapted)| (tree, Outer::new(tree, adapted))).collect();
        for (place, span, written) in text.into_iter().chain(items) {
            let Ok(targets) = Targets::new(Keys { exclude_modules: Some(&written), ..Keys::default() }) else {
                continue;
            };
            let idle: Option<Vec<_>> = trees.iter().map(|(tree, outer)| idle(&targets, tree, outer)).collect();
            let Some(Some(found)) = idle.map(|found| found.into_iter().next()) else { continue };
            match found {
                None => {
                    report.add(Self::INFO, place, span, "this excludes no module of the model");
                }
                Some((outer, inner)) if outer == inner => {
                    let message =
                        format!("this excludes modules alone: parameters of `{outer}` are adapted all the same");
                    report.add(Self::INFO, place, span, message);
                }
                Some((outer, inner)) => {
                    let message = format!("this matches `{outer}` alone, but not what is in it: `{inner}` is adapted");
                    report.add(Self::INFO, place, span, message).help(
                        "to exclude what is in it, write a string in place of the list: a regular expression that matches whole names",
                    );
                }
            }
        }
    }
}

/// The modules around others.
struct Outer<'t> {
    /// Those around something adapted, with the first of it.
    adapted: BTreeMap<&'t str, &'t str>,
    /// All.
    all: BTreeSet<&'t str>,
}

impl<'t> Outer<'t> {
    fn new(tree: &'t Tree, adapted: &'t Adapted) -> Self {
        let around = |name: &'t str| name.match_indices('.').map(move |(at, _)| &name[..at]);
        let mut found = ordered::map(adapted.in_parts.iter().map(|name| (name.as_str(), name.as_str())));
        for name in adapted.wrapped() {
            around(name).for_each(|outer| _ = found.entry(outer).or_insert(name));
        }
        Self { adapted: found, all: tree.names().flat_map(around).collect() }
    }
}

/// That an entry keeps nothing from being adapted: it matches no module, or else one around something that is adapted. `None` if
/// it may keep something.
fn idle<'t>(targets: &Targets, tree: &'t Tree, outer: &Outer<'t>) -> Option<Option<(&'t str, &'t str)>> {
    let (mut is_any, mut around) = (false, None);
    for name in tree.names().filter(|name| targets.excludes(name) != Ok(false)) {
        is_any = true;
        match outer.adapted.get(name) {
            Some(inner) => _ = around.get_or_insert((name, *inner)),
            None if outer.all.contains(name) => {}
            None => return None,
        }
    }
    if is_any && around.is_none() { None } else { Some(around) }
}
