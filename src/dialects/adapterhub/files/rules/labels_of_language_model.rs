use super::super::facts::heads::heads;
use crate::dialects::adapterhub::Subject;
use crate::document::pointer;
use crate::findings::{Report, rule};

rule! {
    /// A language model head has labels.
    ///
    /// ## Why is this bad
    /// Its constructor takes no labels; the adapters library passes on any map that is not null, which raises a
    /// `TypeError`.
    ///
    /// ## Example
    /// ```json
    /// {"config": {"head_type": "masked_lm", "label2id": {"a": 0}}}
    /// ```
    ///
    /// ## Fix safety
    /// Null means no labels, and a language model head has none.
    LabelsOfLanguageModel, Error
}

impl LabelsOfLanguageModel {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for head in heads(subject).iter().filter(|head| head.is_language_model()) {
            if let Some((key, node)) = head.labels() {
                let message = format!("a language model head has no labels, so `{key}` must be null");
                let place = head.node.member(key).map_or(node.span, |member| member.key_span);
                let finding = report.add(Self::INFO, pointer::push(&head.pointer, key), place, message);
                finding.replace(node.span, "null", format!("Set `{key}` to null"));
            }
        }
    }
}
