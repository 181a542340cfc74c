use crate::document::{Document, Problem, ProblemKind};
use crate::findings::{Report, rule};

rule! {
    /// A comma precedes a closing bracket.
    ///
    /// ## Why is this bad
    /// JSON does not allow it: Python's `json` raises a `JSONDecodeError`.
    ///
    /// ## Example
    /// ```json
    /// {"reduction_factor": 16,}
    /// ```
    ///
    /// ## Fix safety
    /// The fix removes the comma; the meaning stays the same.
    TrailingComma, Error
}

impl TrailingComma {
    pub(super) fn check((_document, problem): (&Document, &Problem), report: &mut Report) {
        if problem.kind == ProblemKind::TrailingComma {
            let finding = report.add(Self::INFO, "", problem.span, &problem.detail);
            finding.help("remove the comma");
            finding.replace(problem.span, "", "Remove the comma");
        }
    }
}
