use crate::document::{Document, Problem, ProblemKind};
use crate::findings::{Report, rule};

rule! {
    /// The aliases of a YAML file expand to more values than any card holds.
    ///
    /// ## Why is this bad
    /// A few lines of nested aliases can stand for billions of values and fill the memory of whatever reads them.
    ///
    /// ## Example
    /// ```yaml
    /// a: &a [x, x]
    /// b: &b [*a, *a]
    /// c: [*b, *b]
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the author knows what was meant.
    AliasExpansion, Error
}

impl AliasExpansion {
    pub(super) fn check((_document, problem): (&Document, &Problem), report: &mut Report) {
        if problem.kind == ProblemKind::AliasExpansion {
            report
                .add(Self::INFO, "", problem.span, &problem.detail)
                .help("write the values out, or use fewer aliases");
        }
    }
}
