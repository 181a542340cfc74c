use crate::document::{Document, Problem, ProblemKind};
use crate::findings::{Report, rule};

rule! {
    /// A key has no quotes.
    ///
    /// ## Why is this bad
    /// JSON keys are strings in double quotes: Python's `json` raises a `JSONDecodeError`.
    ///
    /// ## Example
    /// ```json
    /// {r: 8}
    /// ```
    ///
    /// ## Fix safety
    /// The fix adds the quotes; the meaning stays the same.
    UnquotedKey, Error
}

impl UnquotedKey {
    pub(super) fn check((document, problem): (&Document, &Problem), report: &mut Report) {
        if problem.kind == ProblemKind::UnquotedKey {
            let finding = report.add(Self::INFO, "", problem.span, &problem.detail);
            finding.help("put the key in double quotes");
            let key = document.source.slice(problem.span);
            finding.replace(problem.span, format!("\"{key}\""), "Put the key in double quotes");
        }
    }
}
