use crate::dialects::FileKind;
use crate::dialects::adapterhub::hub::{ADAPTER_TYPES, CardSubject};
use crate::findings::{Report, nearest, rule};

rule! {
    /// An adapter's `type` is neither `text_task` nor `text_lang`.
    ///
    /// ## Why is this bad
    /// The two are built into the Hub's scripts: `generate.py` stops with `ValueError: Invalid type`, and a card in
    /// `adapter_types` does not help.
    ///
    /// ## Example
    /// ```yaml
    /// type: text_vision
    /// ```
    ///
    /// ## Fix safety
    /// A similar name is only suggested.
    UnknownAdapterType, Error
}

impl UnknownAdapterType {
    pub(super) fn check(subject: &CardSubject<'_>, report: &mut Report) {
        let (pointer, severity_of) = match subject.kind {
            FileKind::HubAdapter => ("/type", None),
            FileKind::HubType => ("/id", Some(crate::findings::Severity::Warning)),
            _ => return,
        };
        let Some(node) = subject.at(pointer) else { return };
        let Some(written) = node.as_str().filter(|text| !text.is_empty() && !ADAPTER_TYPES.contains(text)) else {
            return;
        };
        let message = format!("`{written}` is not an adapter type; the Hub has `text_task` and `text_lang`");
        let finding = report.add(Self::INFO, pointer, node.span, message);
        if let Some(severity) = severity_of {
            finding.severity = severity;
        }
        if let Some(meant) = nearest(written, ADAPTER_TYPES) {
            finding.suggest(node.span, meant, format!("Write `{meant}`"));
        }
    }
}
