use crate::document::{Document, Problem, ProblemKind};
use crate::findings::{Report, rule};

rule! {
    /// A YAML file holds more than one document.
    ///
    /// ## Why is this bad
    /// `yaml.safe_load`, which the Hub's scripts use, raises a `ComposerError`: a card must be a single document.
    ///
    /// ## Example
    /// ```yaml
    /// name: a
    /// ---
    /// name: b
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the author knows what was meant.
    SecondDocument, Error
}

impl SecondDocument {
    pub(super) fn check((_document, problem): (&Document, &Problem), report: &mut Report) {
        if problem.kind == ProblemKind::SecondDocument {
            report
                .add(Self::INFO, "", problem.span, &problem.detail)
                .help("move the second document into a file of its own");
        }
    }
}
