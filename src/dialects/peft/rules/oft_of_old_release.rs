use crate::dialects::peft::Subject;
use crate::findings::{Report, rule};

rule! {
    /// A config of OFT without `oft_block_size`, as releases before 0.14 wrote it.
    ///
    /// ## Why is this bad
    /// OFT was rewritten in PEFT 0.14, and the old weights mean something else. `PeftModel.from_pretrained` raises a
    /// `ValueError` for such a file; only `PeftConfig.from_pretrained` still reads it.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "OFT", "target_modules": ["q_proj"], "r": 8}
    /// ```
    ///
    /// ## Fix safety
    /// There is none: the adapter has to be trained anew, or loaded with PEFT 0.13.
    OftOfOldRelease, Warning
}

impl OftOfOldRelease {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        if subject.is("OFT") && subject.written("oft_block_size").is_none() {
            let message = "there is no `oft_block_size`, so `PeftModel.from_pretrained` takes the file for one of before PEFT 0.14 and raises a `ValueError`";
            report.add(Self::INFO, "", subject.root.span, message);
        }
    }
}
