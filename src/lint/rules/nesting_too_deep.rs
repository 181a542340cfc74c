use crate::document::{Document, Problem, ProblemKind};
use crate::findings::{Report, rule};

rule! {
    /// Lists and objects are nested deeper than any config is.
    ///
    /// ## Why is this bad
    /// Python's reader raises a `RecursionError` near a depth of 1000; this reader stops at 128, long after any real config.
    ///
    /// ## Example
    /// ```json
    /// [[[[…]]]]
    /// ```
    ///
    /// ## Fix safety
    /// There is none: only the author knows what was meant.
    NestingTooDeep, Error
}

impl NestingTooDeep {
    pub(super) fn check((_document, problem): (&Document, &Problem), report: &mut Report) {
        if problem.kind == ProblemKind::NestingTooDeep {
            report
                .add(Self::INFO, "", problem.span, &problem.detail)
                .help("Check how the file was written: configs nest a handful of levels.");
        }
    }
}
