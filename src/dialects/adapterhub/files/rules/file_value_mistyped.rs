use super::super::facts::structure::{FlawKind, flaws};
use crate::dialects::adapterhub::Subject;
use crate::findings::{Report, rule};

rule! {
    /// A value has a type that the library cannot use here.
    ///
    /// ## Why is this bad
    /// The adapters library raises an error, usually a `TypeError` or an `AttributeError`. Flags are not checked:
    /// Python takes any value as true or false.
    ///
    /// ## Example
    /// ```json
    /// {"config": {"head_type": "classification", "num_labels": "3"}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the author knows what was meant.
    FileValueMistyped, Error
}

impl FileValueMistyped {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for flaw in flaws(subject, FlawKind::Type) {
            report.add(Self::INFO, flaw.pointer, flaw.span, flaw.message);
        }
    }
}
