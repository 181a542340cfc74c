use crate::document::{Document, Problem, ProblemKind, Span};
use crate::findings::{Report, rule};

rule! {
    /// There is nothing in the file.
    ///
    /// ## Why is this bad
    /// Python's `json` raises a `JSONDecodeError`; an empty file often is what an interrupted copy leaves.
    ///
    /// ## Example
    /// ```text
    ///
    /// ```
    ///
    /// ## Fix safety
    /// There is none: only the author knows what was meant.
    EmptyDocument, Error
}

impl EmptyDocument {
    pub(super) fn check((_document, problem): (&Document, &Problem), report: &mut Report) {
        if problem.kind == ProblemKind::Empty {
            let start = Span::new(problem.span.start, problem.span.start);
            report
                .add(Self::INFO, "", start, &problem.detail)
                .help("Write the config again, or fetch the file once more.");
        }
    }
}
