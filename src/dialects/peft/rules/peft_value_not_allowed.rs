use crate::dialects::peft::Subject;
use crate::dialects::peft::uses::Flaw;
use crate::document::Edit;
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
        for flaw in subject.flaws().iter().filter(|flaw| flaw.flaw == Some(Flaw::Choice)) {
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
