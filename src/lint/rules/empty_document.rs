use crate::document::{Document, Problem, ProblemKind, Span};
use crate::findings::{Report, rule};

rule! {
    /// The file is empty.
    ///
    /// ## Why is this bad
    /// Python's `json` raises a `JSONDecodeError`; an interrupted copy often leaves an empty file.
    ///
    /// ## Example
    /// ```text
    ///
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the author knows what was meant.
    EmptyDocument, Error
}

impl EmptyDocument {
    pub(super) fn check((_document, problem): (&Document, &Problem), report: &mut Report) {
        if problem.kind == ProblemKind::Empty {
            let start = Span::new(problem.span.start, problem.span.start);
            report
                .add(Self::INFO, "", start, &problem.detail)
                .help("write the config again, or download the file again");
        }
    }
}
