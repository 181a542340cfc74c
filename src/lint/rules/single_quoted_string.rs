use crate::document::{Document, Problem, ProblemKind};
use crate::findings::{Report, rule};

rule! {
    /// A string stands in single quotes.
    ///
    /// ## Why is this bad
    /// JSON strings have double quotes: Python's `json` raises a `JSONDecodeError`. Text printed from a Python dictionary looks like this.
    ///
    /// ## Example
    /// ```json
    /// {'r': 8}
    /// ```
    ///
    /// ## Fix safety
    /// The fix changes the quotes; the meaning stays.
    SingleQuotedString, Error
}

impl SingleQuotedString {
    pub(super) fn check((document, problem): (&Document, &Problem), report: &mut Report) {
        if problem.kind == ProblemKind::SingleQuotedString {
            let finding = report.add(Self::INFO, "", problem.span, &problem.detail);
            finding.help("Use double quotes.");
            let inner = document.source.slice(problem.span).trim_matches('\'');
            if !inner.contains(['"', '\\']) {
                finding.replace(problem.span, format!("\"{inner}\""), "Use double quotes");
            }
        }
    }
}
