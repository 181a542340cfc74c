use crate::document::{Document, Problem, ProblemKind, Span};
use crate::findings::{Report, rule};

rule! {
    /// A JSON file contains a comment.
    ///
    /// ## Why is this bad
    /// JSON has no comments, neither `//` and `/* */` nor Python's `#`: Python's `json` raises a `JSONDecodeError`.
    ///
    /// ## Example
    /// ```json
    /// {"r": 8 // the rank
    /// }
    /// ```
    ///
    /// ## Fix safety
    /// The fix removes the comment; the meaning stays the same.
    CommentInJson, Error
}

impl CommentInJson {
    pub(super) fn check((document, problem): (&Document, &Problem), report: &mut Report) {
        if problem.kind == ProblemKind::Comment {
            let finding = report.add(Self::INFO, "", problem.span, &problem.detail);
            finding.help("remove the comment");
            let text = document.source.text();
            let before = text.get(..problem.span.start).unwrap_or_default();
            let after = text.get(problem.span.end..).unwrap_or_default();
            finding.replace(whole(before, after, problem.span), glue(before, after), "Remove the comment");
        }
    }
}

/// The comment with the blanks before it, or with its whole line if it has one.
fn whole(before: &str, after: &str, comment: Span) -> Span {
    let start = before.trim_end_matches([' ', '\t']).len();
    let line_end = after.find('\n').filter(|end| after[..*end].trim().is_empty());
    match line_end {
        Some(end) if start == 0 || before[..start].ends_with('\n') => Span::new(start, comment.end + end + 1),
        _ => Span::new(start, comment.end),
    }
}

/// What keeps words apart that only the comment kept apart.
fn glue(before: &str, after: &str) -> &'static str {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '+' | '-');
    if before.trim_end_matches([' ', '\t']).ends_with(is_word) && after.starts_with(is_word) { " " } else { "" }
}
