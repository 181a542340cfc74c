use crate::document::{Document, Problem, ProblemKind};
use crate::findings::{Report, rule};

rule! {
    /// The file starts with a byte-order mark.
    ///
    /// ## Why is this bad
    /// The libraries open their files as plain UTF-8, and Python's `json` refuses the mark with a `JSONDecodeError`.
    ///
    /// ## Example
    /// ```text
    /// \ufeff{}
    /// ```
    ///
    /// ## Fix safety
    /// The fix removes the mark; the meaning stays the same.
    ByteOrderMark, Error
}

impl ByteOrderMark {
    pub(super) fn check((_document, problem): (&Document, &Problem), report: &mut Report) {
        if problem.kind == ProblemKind::ByteOrderMark {
            let finding = report.add(Self::INFO, "", problem.span, &problem.detail);
            finding.help("save the file as UTF-8 without a byte-order mark");
            finding.replace(problem.span, "", "Remove the byte-order mark");
        }
    }
}
