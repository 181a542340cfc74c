use crate::dialects::peft::Subject;
use crate::dialects::peft::uses::Flaw;
use crate::document::Edit;
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
        for flaw in subject.flaws().iter().filter(|flaw| flaw.flaw == Some(Flaw::Pattern)) {
            let finding = report.add(Self::INFO, &flaw.pointer, flaw.span, &flaw.message);
            if !flaw.expected.is_empty() {
                finding.help(format!("it must be {}", flaw.expected));
            }
            if let Some((text, is_safe)) = &flaw.meant {
                finding.mend(vec![Edit::new(flaw.span, &**text)], format!("Write `{text}`"), *is_safe);
            }
        }
    }
}
