use crate::dialects::peft::release::Subject;
use crate::dialects::peft::releases::Unknown;
use crate::findings::{Report, rule};

rule! {
    /// The target release cannot read adapters from files.
    ///
    /// ## Why is this bad
    /// PEFT 0.0.1 and 0.0.2 have no `from_pretrained`: configs are made in Python, and weights are loaded by hand.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "LORA", "r": 8, "target_modules": ["q_proj"]}
    /// ```
    ///
    /// for `peft@0.0.2`.
    ///
    /// ## Fix safety
    /// There is no fix.
    FileUnreadableByPeftRelease, Error
}

impl FileUnreadableByPeftRelease {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        if subject.unknown_key() == Unknown::NoLoader {
            let message = format!("{} cannot load an adapter from files", subject.release);
            report.add(Self::INFO, "", subject.root.span, message).help("0.1.0 is the first release that can");
        }
    }
}
