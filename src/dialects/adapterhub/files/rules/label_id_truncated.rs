use super::super::facts::heads::heads;
use super::super::facts::python::{ToInt, to_int};
use crate::dialects::adapterhub::Subject;
use crate::document::pointer;
use crate::findings::{Report, rule};

rule! {
    /// The id of a label has a fraction.
    ///
    /// ## Why is this bad
    /// Python's `int()` drops the fraction, so 1.9 becomes 1, and two labels may end up with the same id.
    ///
    /// ## Example
    /// ```json
    /// {"config": {"head_type": "tagging", "label2id": {"O": 0.5, "B-LOC": 1.9}}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the author knows the ids.
    LabelIdTruncated, Warning
}

impl LabelIdTruncated {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for head in heads(subject).iter().filter(|head| !head.in_section) {
            let Some(("label2id", labels)) = head.labels() else { continue };
            let at = pointer::push(&head.pointer, "label2id");
            for member in labels.members() {
                if to_int(&member.node.to_value()) == ToInt::Truncates {
                    let message = format!("the fraction in the id of \"{}\" is dropped", member.key);
                    report.add(Self::INFO, pointer::push(&at, &member.key), member.node.span, message);
                }
            }
        }
    }
}
