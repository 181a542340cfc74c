use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::uses::Flaw;
use crate::findings::{Report, rule};

rule! {
    /// A number is outside the range of its key.
    ///
    /// ## Why is this bad
    /// Sizes must be positive, probabilities must lie between 0 and 1, and divisors must not be 0. The adapters library
    /// passes the number on; torch or Python raises an error when the layer is built.
    ///
    /// ## Example
    /// ```json
    /// {"architecture": "lora", "r": 0}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the author knows what was meant.
    ValueOutOfRange, Error
}

impl ValueOutOfRange {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for flaw in subject.flaws().iter().filter(|flaw| flaw.flaw == Some(Flaw::Range)) {
            let finding = report.add(Self::INFO, &flaw.pointer, flaw.span, &flaw.message);
            if let Some(cause) = flaw.cause {
                finding.also(cause, "this makes the library read it");
            }
            if !flaw.expected.is_empty() {
                finding.help(format!("it must be {}", flaw.expected));
            }
        }
    }
}
