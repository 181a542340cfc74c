use crate::dialects::peft::Subject;
use crate::dialects::peft::flaws::tell;
use crate::dialects::peft::uses::Flaw;
use crate::findings::{Report, rule};

rule! {
    /// A value that is not one of the few that PEFT knows.
    ///
    /// ## Why is this bad
    /// PEFT compares the value with the names it knows, including capitalisation, and raises a `ValueError` or a
    /// `NotImplementedError` for any other.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "LORA", "r": 8, "target_modules": ["q_proj"], "bias": "None"}
    /// ```
    ///
    /// ## Fix safety
    /// A name that differs only in capitals and separators is unmistakably what was meant; one that is merely similar
    /// is only suggested.
    PeftValueNotAllowed, Error
}

impl PeftValueNotAllowed {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        tell(Self::INFO, Some(Flaw::Choice), subject, report);
    }
}
