use crate::document::{Document, Problem, ProblemKind};
use crate::findings::{Report, rule};

rule! {
    /// A key stands twice in one object.
    ///
    /// ## Why is this bad
    /// Python's `json` keeps the last value and drops the first without a word; other readers keep the first, or refuse.
    ///
    /// ## Example
    /// ```json
    /// {"r": 8, "r": 16}
    /// ```
    ///
    /// ## Fix safety
    /// There is none: only the author knows what was meant.
    DuplicateKey, Warning
}

impl DuplicateKey {
    pub(super) fn check((_document, problem): (&Document, &Problem), report: &mut Report) {
        if problem.kind == ProblemKind::DuplicateKey {
            let finding = report.add(Self::INFO, "", problem.span, &problem.detail);
            finding.help("Keep one of the two.");
            if let Some(first) = problem.related {
                finding.also(first, "it stands here first");
            }
        }
    }
}
