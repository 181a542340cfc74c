use crate::dialects::peft::release::Subject;
use crate::dialects::peft::releases::{self, Unknown};
use crate::document::Member;
use crate::findings::{Report, rule};

rule! {
    /// Keys whose values change nothing, and which the target release drops with a warning.
    ///
    /// ## Why is this bad
    /// The adapter is the same without them, but PEFT from 0.14.0 on names every such key in a warning that recommends
    /// upgrading.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "LORA", "r": 8, "target_modules": ["q_proj"], "kasa_config": null}
    /// ```
    ///
    /// for `peft@0.18.0`.
    ///
    /// ## Fix safety
    /// The keys are removed; they hold their defaults, or nothing reads them.
    IdleKeyDroppedByPeftRelease, Note, Unnecessary
}

impl IdleKeyDroppedByPeftRelease {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        if subject.unknown_key() != Unknown::Dropped {
            return;
        }
        let is_told =
            |member: &Member| releases::key(subject.peft_type, &member.key).is_some() && subject.is_idle(member);
        let idle: Vec<_> = subject.foreign_keys().filter(|member| is_told(member)).collect();
        subject.tell_idle(Self::INFO, &idle, ("drops", " with a warning"), report);
    }
}
