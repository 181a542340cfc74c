use super::super::facts::structure::{FlawKind, flaws};
use crate::dialects::adapterhub::Subject;
use crate::findings::{Report, rule};

rule! {
    /// A value has the right type but is outside the range that the library can use.
    ///
    /// ## Why is this bad
    /// PyTorch refuses probabilities above 1 and negative sizes; a head without labels cannot be trained; a path with
    /// an empty part does not lead to any module.
    ///
    /// ## Example
    /// ```json
    /// {"config": {"head_type": "tagging", "dropout_prob": 1.5}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the author knows what was meant.
    FileValueOutOfRange, Error
}

impl FileValueOutOfRange {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for flaw in flaws(subject, FlawKind::Range) {
            report.add(Self::INFO, flaw.pointer, flaw.span, flaw.message);
        }
    }
}
