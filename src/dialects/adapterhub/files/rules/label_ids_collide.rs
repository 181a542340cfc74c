use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::super::facts::heads::heads;
use super::super::facts::python::int_of;
use crate::dialects::adapterhub::Subject;
use crate::document::pointer;
use crate::findings::{Report, rule};

rule! {
    /// Two labels have the same id.
    ///
    /// ## Why is this bad
    /// The adapters library keeps only the last label of each id and drops the others.
    ///
    /// ## Example
    /// ```json
    /// {"config": {"head_type": "tagging", "label2id": {"O": 0, "B-LOC": 0}}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the author knows the ids.
    LabelIdsCollide, Warning
}

impl LabelIdsCollide {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for head in heads(subject) {
            let Some(("label2id", labels)) = head.labels() else { continue };
            let at = pointer::push(&head.pointer, "label2id");
            let mut firsts = HashMap::new();
            for member in labels.members() {
                let Some(id) = int_of(&member.node.to_value()) else { continue };
                let first = match firsts.entry(id) {
                    Entry::Vacant(slot) => *slot.insert(member),
                    Entry::Occupied(slot) => *slot.get(),
                };
                if !std::ptr::eq(first, member) {
                    let message = format!("\"{}\" and \"{}\" have the same id", first.key, member.key);
                    let finding = report.add(Self::INFO, pointer::push(&at, &member.key), member.node.span, message);
                    finding.also(first.node.span, "the other one");
                }
            }
        }
    }
}
