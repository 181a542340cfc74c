use super::super::facts::structure::{FlawKind, flaws};
use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::release::facts::since;
use crate::findings::{Report, rule};

rule! {
    /// A key is missing for which the library has no default.
    ///
    /// ## Why is this bad
    /// The library raises a `KeyError` or a `TypeError`, and nothing is loaded. In files of adapter-transformers, the
    /// AdapterFusion config lacks `dropout_prob`, which adapters needs.
    ///
    /// ## Example
    /// ```json
    /// {"adapter_setup": {"type": "Stack", "children": []}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the author knows the value.
    FileKeyMissing, Error
}

impl FileKeyMissing {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let has_no_dropout = !subject.release.is_since(since::ADAPTERS);
        for flaw in flaws(subject, FlawKind::Missing) {
            if has_no_dropout && flaw.pointer.ends_with("/dropout_prob") {
                continue;
            }
            let finding = report.add(Self::INFO, flaw.pointer, flaw.span, flaw.message);
            if let Some(span) = flaw.chosen_by {
                finding.also(span, "this requires it");
            }
        }
    }
}
