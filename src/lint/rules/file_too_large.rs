use crate::document::{Document, Problem, ProblemKind};
use crate::findings::{Report, rule};

rule! {
    /// The file is larger than any config can be.
    ///
    /// ## Why is this bad
    /// The linter reads at most 256 MiB and a million values, so that a wrong path, such as one to the weights or to a
    /// data set, does not fill the memory.
    ///
    /// ## Example
    /// ```text
    /// adapter-lint pytorch_adapter.bin
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the author knows what was meant.
    FileTooLarge, Error
}

impl FileTooLarge {
    pub(super) fn check((_document, problem): (&Document, &Problem), report: &mut Report) {
        if problem.kind == ProblemKind::TooLarge {
            report
                .add(Self::INFO, "", problem.span, &problem.detail)
                .help("give the path of the config, not of the weights");
        }
    }
}
