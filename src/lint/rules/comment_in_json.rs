use crate::document::{Document, Problem, ProblemKind, Span};
use crate::findings::{Report, rule};

rule! {
    /// A comment stands in a JSON file.
    ///
    /// ## Why is this bad
    /// JSON has no comments: Python's `json` raises a `JSONDecodeError`.
    ///
    /// ## Example
    /// ```json
    /// {"r": 8 // the rank
    /// }
    /// ```
    ///
    /// ## Fix safety
    /// The fix removes it; the meaning stays.
    CommentInJson, Error
}

impl CommentInJson {
    pub(super) fn check((document, problem): (&Document, &Problem), report: &mut Report) {
        if problem.kind == ProblemKind::Comment {
            let finding = report.add(Self::INFO, "", problem.span, &problem.detail);
            finding.help("Remove the comment.");
            let before = document.source.text().get(..problem.span.start).unwrap_or_default();
            let blanks = before.len() - before.trim_end_matches([' ', '\t']).len();
            let span = Span::new(problem.span.start - blanks, problem.span.end);
            finding.replace(span, "", "Remove the comment");
        }
    }
}
