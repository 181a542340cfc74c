use crate::dialects::FileKind;
use crate::dialects::adapterhub::hub::CardSubject;
use crate::findings::{Report, rule};

rule! {
    /// A card's `reduction_factor` is zero or negative.
    ///
    /// ## Why is this bad
    /// The Hub's schema accepts it. The adapters library divides the hidden size by it: zero raises a
    /// `ZeroDivisionError`, and a negative factor gives a bottleneck of size 1. The config id is computed as if a key
    /// with value zero were not there.
    ///
    /// ## Example
    /// ```yaml
    /// config:
    ///   using: pfeiffer
    ///   reduction_factor: 0
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the author knows the factor.
    OverrideNotPositive, Error
}

impl OverrideNotPositive {
    pub(super) fn check(subject: &CardSubject<'_>, report: &mut Report) {
        if subject.kind != FileKind::HubAdapter {
            return;
        }
        let Some(node) = subject.at("/config/reduction_factor") else { return };
        if node.value().as_f64().is_some_and(|factor| factor <= 0.0) {
            let message = "`reduction_factor` must be positive";
            report
                .add(Self::INFO, "/config/reduction_factor", node.span, message)
                .help("omit it to keep the architecture's own");
        }
    }
}
