use crate::document::{Document, Problem, ProblemKind};
use crate::findings::{Report, rule};

rule! {
    /// Something stands where it may not, or is missing.
    ///
    /// ## Why is this bad
    /// No reader can load the file: Python's `json` raises a `JSONDecodeError`, a YAML reader a `ScannerError`, before anything else is looked at.
    ///
    /// ## Example
    /// ```json
    /// {"reduction_factor": 16 "mh_adapter": true}
    /// ```
    ///
    /// ## Fix safety
    /// A missing comma is added; Python's `True`, `False` and `None` become `true`, `false` and `null`. The meaning
    /// stays. For the rest there is no fix.
    JsonSyntax, Error
}

impl JsonSyntax {
    pub(super) fn check((document, problem): (&Document, &Problem), report: &mut Report) {
        match problem.kind {
            ProblemKind::Syntax => {
                let finding = report.add(Self::INFO, "", problem.span, &problem.detail);
                let json = match document.source.slice(problem.span) {
                    "True" => "true",
                    "False" => "false",
                    "None" => "null",
                    _ => return,
                };
                finding.help("This is Python's spelling; JSON writes `true`, `false` and `null`.");
                finding.replace(problem.span, json, format!("Write `{json}`"));
            }
            ProblemKind::MissingComma => {
                let finding = report.add(Self::INFO, "", problem.span, &problem.detail);
                finding.replace(problem.span, ",", "Add the comma");
            }
            _ => {}
        }
    }
}
