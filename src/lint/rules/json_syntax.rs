use crate::document::{Document, Problem, ProblemKind};
use crate::lint::{Report, rule};

rule! {
    /// Something stands where it may not, or is missing.
    ///
    /// ## Why is this bad
    /// No reader can load the file: Python's `json` raises a `JSONDecodeError`, a YAML reader a `ScannerError`, before anything else is looked at.
    ///
    /// ## Example
    /// ```json
    /// {"reduction_factor": 16 "mh_adapter": true}
    /// ```
    ///
    /// ## Fix safety
    /// There is none: only the author knows what was meant.
    JsonSyntax, Error
}

impl JsonSyntax {
    pub(super) fn check((_document, problem): (&Document, &Problem), report: &mut Report) {
        if problem.kind == ProblemKind::Syntax {
            report.add(Self::INFO, "", problem.span, &problem.detail).help("Rewrite this place; the finding says what was expected.");
        }
    }
}
