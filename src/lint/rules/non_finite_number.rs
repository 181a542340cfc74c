use crate::document::{Document, Problem, ProblemKind};
use crate::findings::{Report, rule};

rule! {
    /// A number is NaN, Infinity or -Infinity.
    ///
    /// ## Why is this bad
    /// JSON has no such numbers. Python's `json` reads and writes them all the same, but every other reader refuses the
    /// file, and they make sense for hardly any key.
    ///
    /// ## Example
    /// ```json
    /// {"dropout": NaN}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the author knows what was meant.
    NonFiniteNumber, Warning
}

impl NonFiniteNumber {
    pub(super) fn check((_document, problem): (&Document, &Problem), report: &mut Report) {
        if problem.kind == ProblemKind::NonFiniteNumber {
            report.add(Self::INFO, "", problem.span, &problem.detail).help("write a finite number");
        }
    }
}
