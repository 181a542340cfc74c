use crate::dialects::FileKind;
use crate::dialects::adapterhub::config::Activation;
use crate::dialects::adapterhub::hub::CardSubject;

use crate::findings::{Report, nearest, rule};

rule! {
    /// A card's `non_linearity` is not an activation that the library knows.
    ///
    /// ## Why is this bad
    /// The Hub's schema accepts any string, but the adapters library raises a `KeyError` when it builds the adapter.
    ///
    /// ## Example
    /// ```yaml
    /// config:
    ///   using: pfeiffer
    ///   non_linearity: rleu
    /// ```
    ///
    /// ## Fix safety
    /// A similar name is only suggested.
    UnknownOverrideActivation, Error
}

impl UnknownOverrideActivation {
    pub(super) fn check(subject: &CardSubject<'_>, report: &mut Report) {
        if subject.kind != FileKind::HubAdapter {
            return;
        }
        let Some(node) = subject.at("/config/non_linearity") else { return };
        let Some(written) = node.as_str().filter(|name| !name.is_empty()) else { return };
        if written.parse::<Activation>().is_ok() || subject.foreign_type(node.span).is_some() {
            return;
        }
        let message = format!("`{written}` is not an activation that the library knows");
        let finding = report.add(Self::INFO, "/config/non_linearity", node.span, message);
        if let Some(meant) = nearest(written, Activation::names()) {
            finding.suggest(node.span, meant, format!("Write `{meant}`"));
        }
    }
}
