use crate::document::{Document, Problem, ProblemKind};
use crate::lint::{Report, rule};

rule! {
    /// A string holds a raw control character, an unknown escape or half of a surrogate pair.
    ///
    /// ## Why is this bad
    /// Python's `json` raises a `JSONDecodeError` for the first two; half a surrogate pair is read, but cannot be written as UTF-8 again.
    ///
    /// ## Example
    /// ```json
    /// {"name": "C:\adapter"}
    /// ```
    ///
    /// ## Fix safety
    /// There is none: only the author knows what was meant.
    MalformedString, Error
}

impl MalformedString {
    pub(super) fn check((_document, problem): (&Document, &Problem), report: &mut Report) {
        if problem.kind == ProblemKind::InvalidString {
            report.add(Self::INFO, "", problem.span, &problem.detail).help("Escape backslashes as `\\\\` and control characters as `\\n`, `\\t` or `\\u00XX`.");
        }
    }
}
