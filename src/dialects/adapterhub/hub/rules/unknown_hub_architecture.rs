use crate::dialects::FileKind;
use crate::dialects::adapterhub::hub::{ARCHITECTURES, CardSubject};
use crate::findings::{Report, nearest, rule};

rule! {
    /// `using` does not name one of the Hub's own architectures.
    ///
    /// ## Why is this bad
    /// The Hub has `pfeiffer`, `houlsby`, both with `+inv`, and `lohfink-rossi-leaveout`. For any other name without an
    /// architecture's card, `generate.py` stops with `ValueError: Unknown adapter config identifier`. The adapters
    /// library's own names, such as `seq_bn` or `lora`, are unknown to the Hub.
    ///
    /// ## Example
    /// ```yaml
    /// config:
    ///   using: seq_bn
    /// ```
    ///
    /// ## Fix safety
    /// A similar name is only suggested.
    UnknownHubArchitecture, Warning
}

/// The library's newer names for architectures of the Hub.
const RENAMED: [(&str, &str); 4] = [
    ("seq_bn", "pfeiffer"),
    ("double_seq_bn", "houlsby"),
    ("seq_bn_inv", "pfeiffer+inv"),
    ("double_seq_bn_inv", "houlsby+inv"),
];

impl UnknownHubArchitecture {
    pub(super) fn check(subject: &CardSubject<'_>, report: &mut Report) {
        if subject.kind != FileKind::HubAdapter {
            return;
        }
        let Some(node) = subject.at("/config/using") else { return };
        let Some(written) = node.as_str().filter(|text| !text.is_empty() && !ARCHITECTURES.contains(text)) else {
            return;
        };
        let message = format!("`{written}` is not one of the Hub's own architectures");
        let finding = report.add(Self::INFO, "/config/using", node.span, message);
        let renamed = RENAMED.iter().find(|(new, _)| *new == written).map(|(_, old)| *old);
        match renamed.or_else(|| nearest(written, ARCHITECTURES)) {
            Some(meant) => finding.suggest(node.span, meant, format!("Write `{meant}`")),
            None => finding.help("it needs a card under `architectures`"),
        };
    }
}
