use super::super::facts::heads::heads;
use crate::dialects::adapterhub::Subject;
use crate::document::pointer;
use crate::lint::{Report, rule};
use crate::value::Value;

rule! {
    /// Two labels have the same id.
    ///
    /// ## Why is this bad
    /// The library keeps one label an id, the last, and forgets the others.
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
            let members = labels.members();
            for (index, member) in members.iter().enumerate() {
                let id = id_of(&member.node.to_value());
                let earlier = members[..index].iter().find(|other| id.is_some() && id_of(&other.node.to_value()) == id);
                if let Some(earlier) = earlier {
                    let message = format!("\"{}\" and \"{}\" have the same id", earlier.key, member.key);
                    let finding = report.add(Self::INFO, pointer::push(&at, &member.key), member.node.span, message);
                    finding.also(earlier.node.span, "the other one");
                }
            }
        }
    }
}

/// The id as an integer, fractions dropped.
fn id_of(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        #[expect(clippy::cast_possible_truncation, reason = "Python drops the fraction too")]
        Value::Float(float) => Some(float.trunc() as i64),
        other => super::super::facts::python::index(other),
    }
}
