use crate::dialects::peft::Subject;
use crate::dialects::peft::flaws::tell;
use crate::dialects::peft::uses::Flaw;
use crate::findings::{Report, rule};

rule! {
    /// A regular expression that Python cannot read.
    ///
    /// ## Why is this bad
    /// A `target_modules` or `exclude_modules` that is a string, the names in `modules_to_save`, and the keys of
    /// `rank_pattern` and similar settings are regular expressions. PEFT compiles them while it walks the model, and
    /// Python raises an `re.error`.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "LORA", "r": 8, "target_modules": ".*\\.(q_proj|v_proj"}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    BrokenModulePattern, Error
}

impl BrokenModulePattern {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        tell(Self::INFO, Some(Flaw::Pattern), subject, report);
    }
}
