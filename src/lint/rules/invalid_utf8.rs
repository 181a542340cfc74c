use crate::document::{Document, Problem, ProblemKind};
use crate::findings::{Report, rule};

rule! {
    /// The file contains bytes that are not valid UTF-8.
    ///
    /// ## Why is this bad
    /// The libraries open their files as UTF-8: reading raises a `UnicodeDecodeError`.
    ///
    /// ## Example
    /// ```text
    /// a file saved as UTF-16 or Latin-1
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the author knows what was meant.
    InvalidUtf8, Error
}

impl InvalidUtf8 {
    pub(super) fn check((_document, problem): (&Document, &Problem), report: &mut Report) {
        if problem.kind == ProblemKind::InvalidUtf8 {
            report.add(Self::INFO, "", problem.span, &problem.detail).help("save the file as UTF-8");
        }
    }
}
