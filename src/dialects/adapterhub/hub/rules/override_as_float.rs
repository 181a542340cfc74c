use crate::dialects::FileKind;
use crate::dialects::adapterhub::hub::CardSubject;
use crate::document::Kind;
use crate::findings::{Report, rule};
use crate::value::Value;

rule! {
    /// A card's `reduction_factor` is a whole number written with a decimal point.
    ///
    /// ## Why is this bad
    /// `16.0` and `16` compute the same but have different config ids, so the index lists the adapter apart from those
    /// it belongs with, and does not notice duplicates.
    ///
    /// ## Example
    /// ```yaml
    /// config:
    ///   using: pfeiffer
    ///   reduction_factor: 16.0
    /// ```
    ///
    /// ## Fix safety
    /// The fix changes the config id, so it is only suggested.
    OverrideAsFloat, Warning
}

impl OverrideAsFloat {
    pub(super) fn check(subject: &CardSubject<'_>, report: &mut Report) {
        if subject.kind != FileKind::HubAdapter {
            return;
        }
        let Some(node) = subject.at("/config/reduction_factor") else { return };
        if let Kind::Leaf(Value::Float(factor)) = node.kind
            && factor.fract() == 0.0
        {
            let message = format!("`{factor:?}` gives a different config id from `{factor}`");
            report.add(Self::INFO, "/config/reduction_factor", node.span, message).suggest(
                node.span,
                factor.to_string(),
                "Write it without the decimal point",
            );
        }
    }
}
