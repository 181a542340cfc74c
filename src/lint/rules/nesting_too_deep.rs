use crate::document::{Document, Problem, ProblemKind};
use crate::findings::{Report, rule};

rule! {
    /// Lists and objects are nested deeper than any config is.
    ///
    /// ## Why is this bad
    /// Python's reader raises a `RecursionError` near a depth of 1000; the linter stops at 128, far deeper than any
    /// real config.
    ///
    /// ## Example
    /// ```json
    /// [[[[…]]]]
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the author knows what was meant.
    NestingTooDeep, Error
}

impl NestingTooDeep {
    pub(super) fn check((_document, problem): (&Document, &Problem), report: &mut Report) {
        if problem.kind == ProblemKind::NestingTooDeep {
            report
                .add(Self::INFO, "", problem.span, &problem.detail)
                .help("check how the file was written: configs nest only a handful of levels");
        }
    }
}
