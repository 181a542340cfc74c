use crate::dialects::peft::Subject;
use crate::dialects::peft::flaws::tell;
use crate::dialects::peft::uses::Flaw;
use crate::findings::{Report, rule};

rule! {
    /// A value of a type that PEFT cannot use.
    ///
    /// ## Why is this bad
    /// PEFT does not check types when it reads a config. The value fails later, when the layers are built or first run,
    /// with an error from Python or torch that does not name the key.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "LORA", "r": "8", "target_modules": ["q_proj"]}
    /// ```
    ///
    /// ## Fix safety
    /// A number, a list, an object or nothing in quotes loses them, a number without a fraction loses its decimal
    /// point, and an empty list or null becomes an empty object where PEFT needs an object: nothing else can be meant.
    PeftValueOfWrongType, Error
}

impl PeftValueOfWrongType {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        tell(Self::INFO, Some(Flaw::Type), subject, report);
    }
}
