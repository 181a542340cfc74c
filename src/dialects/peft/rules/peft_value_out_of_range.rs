use crate::dialects::peft::Subject;
use crate::dialects::peft::flaws::tell;
use crate::dialects::peft::uses::Flaw;
use crate::findings::{Report, rule};

rule! {
    /// A value outside the range of its key.
    ///
    /// ## Why is this bad
    /// Ranks and sizes must be positive, and probabilities must lie between 0 and 1; no layer has a number below 0, and
    /// an empty list of modules adapts nothing. PEFT or torch raises an error when the model is wrapped, or in the
    /// first pass.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "LORA", "r": 0, "target_modules": ["q_proj"]}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the author knows what was meant.
    PeftValueOutOfRange, Error
}

impl PeftValueOutOfRange {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        tell(Self::INFO, Some(Flaw::Range), subject, report);
    }
}
