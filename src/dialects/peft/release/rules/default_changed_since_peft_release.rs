use crate::dialects::peft::config::PeftMethod;
use crate::dialects::peft::release::Subject;
use crate::dialects::peft::releases::{Unknown, changed_default, key, unknown_key};
use crate::findings::{Report, rule};

rule! {
    /// An unwritten key whose default in the target release differs from that in the newest.
    ///
    /// ## Why is this bad
    /// The two releases read the same file differently: before 0.4.0 there was no default for `lora_alpha`, so LoRA
    /// fails without it; OFT used 8 for `r` before 0.16.0, and has used blocks of 32 since.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "LORA", "r": 8, "lora_dropout": 0.0, "target_modules": ["q_proj"]}
    /// ```
    ///
    /// for `peft@0.3.0`.
    ///
    /// ## Fix safety
    /// There is no fix: nothing shows which of the two was meant.
    DefaultChangedSincePeftRelease, Warning
}

impl DefaultChangedSincePeftRelease {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(method) = PeftMethod::named(subject.peft_type).filter(|_| subject.has_method()) else { return };
        if unknown_key(subject.release) == Unknown::NoLoader {
            return;
        }
        let has = |name: &str| key(subject.peft_type, name).is_some_and(|lifetime| lifetime.has(subject.release));
        for key in method.keys().filter(|key| has(key.name) && subject.root.member(key.name).is_none()) {
            let Some(then) = changed_default(subject.release, subject.peft_type, key.name) else { continue };
            if then != key.default {
                let message = format!(
                    "`{}` is not written: {} uses {then} for it, the newest release {}",
                    key.name, subject.release, key.default
                );
                report.add(Self::INFO, "", subject.root.span, message).help("write the value that is meant");
            }
        }
    }
}
