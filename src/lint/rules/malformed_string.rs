use crate::document::{Document, Problem, ProblemKind};
use crate::findings::{Report, Severity, rule};

rule! {
    /// A string holds a raw control character, an unknown escape or half of a surrogate pair.
    ///
    /// ## Why is this bad
    /// Python's `json` raises a `JSONDecodeError` for the first two. It reads half a surrogate pair, which is therefore
    /// only a warning, but the text cannot be encoded as UTF-8, and other readers refuse it.
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
        match problem.kind {
            ProblemKind::InvalidString => {
                report
                    .add(Self::INFO, "", problem.span, &problem.detail)
                    .help("Escape a backslash as `\\\\`, and control characters as `\\n`, `\\t` or `\\u00XX`.");
            }
            ProblemKind::LoneSurrogate => {
                let finding = report.add(Self::INFO, "", problem.span, &problem.detail);
                finding.severity = Severity::Warning;
                finding.help("Write the character itself, or both halves of the pair.");
            }
            _ => {}
        }
    }
}
