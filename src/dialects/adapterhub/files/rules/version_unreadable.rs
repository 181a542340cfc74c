use crate::dialects::adapterhub::Subject;
use crate::findings::{Report, rule};
use crate::value::Value;

rule! {
    /// `version` is not in the form that the library writes.
    ///
    /// ## Why is this bad
    /// The library only checks whether the key is there; other tools expect a value such as `adapters.1.0.0`, or
    /// `3.2.1` for adapter-transformers.
    ///
    /// ## Example
    /// ```json
    /// {"adapter_setup": {"type": "Stack", "children": [{"type": "single", "children": ["a"]}]},
    ///  "head_setup": null, "version": "adapters.x"}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    VersionUnreadable, Warning
}

impl VersionUnreadable {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(node) = subject.root.get("version") else { return };
        let is_model = subject.kind == crate::dialects::FileKind::ModelAdaptersSection;
        let reads = match node.to_value() {
            Value::String(text) => is_version(text.strip_prefix("adapters.").unwrap_or(&text)),
            _ => false,
        };
        if !reads && !is_model {
            report
                .add(Self::INFO, "/version", node.span, "the library does not write its version in this form")
                .help("write it as the library does, such as \"adapters.1.3.0\"");
        }
    }
}

/// Digits and dots first, as in `1.0.0` and `0.2.0.dev0`.
fn is_version(text: &str) -> bool {
    let mut parts = text.split('.');
    let mut is_number =
        || parts.next().is_some_and(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    is_number() && is_number()
}
