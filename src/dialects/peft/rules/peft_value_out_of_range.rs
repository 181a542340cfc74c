use crate::dialects::peft::Subject;
use crate::dialects::peft::uses::Flaw;
use crate::document::Edit;
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
        for flaw in subject.flaws().iter().filter(|flaw| flaw.flaw == Some(Flaw::Range)) {
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
