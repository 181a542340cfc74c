use crate::dialects::FileKind;
use crate::dialects::adapterhub::hub::CardSubject;
use crate::findings::{Report, rule};

rule! {
    /// `hidden_size` is zero or negative.
    ///
    /// ## Why is this bad
    /// No model has such a hidden size. The Hub's schema accepts it, and nothing else reads it.
    ///
    /// ## Example
    /// ```yaml
    /// hidden_size: -768
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the right value is in the base model's `config.json`.
    HiddenSizeNotPositive, Warning
}

impl HiddenSizeNotPositive {
    pub(super) fn check(subject: &CardSubject<'_>, report: &mut Report) {
        if subject.kind != FileKind::HubAdapter {
            return;
        }
        let Some(node) = subject.at("/hidden_size") else { return };
        if node.value().as_f64().is_some_and(|size| size <= 0.0) {
            report.add(Self::INFO, "/hidden_size", node.span, "no model has this hidden size");
        }
    }
}
