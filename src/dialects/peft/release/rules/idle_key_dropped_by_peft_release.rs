use crate::dialects::peft::release::Subject;
use crate::dialects::peft::releases::{self, Unknown};
use crate::document::pointer;
use crate::findings::{Report, rule};

rule! {
    /// A key whose value changes nothing, and which the target release drops with a warning.
    ///
    /// ## Why is this bad
    /// The adapter is the same without the key, but PEFT from 0.14.0 on names every such key in a warning that
    /// recommends upgrading.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "LORA", "r": 8, "target_modules": ["q_proj"], "kasa_config": null}
    /// ```
    ///
    /// for `peft@0.18.0`.
    ///
    /// ## Fix safety
    /// The key is removed; it holds its default, or nothing reads it.
    IdleKeyDroppedByPeftRelease, Note, Unnecessary
}

impl IdleKeyDroppedByPeftRelease {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        if subject.unknown_key() != Unknown::Dropped {
            return;
        }
        let known = |key: &str| releases::key(subject.peft_type, key).is_some();
        for member in subject.foreign_keys().filter(|member| known(&member.key) && subject.is_idle(member)) {
            let (release, history) = (subject.release, subject.history(&member.key));
            let message = format!("{release} drops the key `{}` with a warning: {history}", member.key);
            let finding = report.add(Self::INFO, pointer::push("", &member.key), member.key_span, message);
            finding.help("remove it: with this value it changes nothing");
            finding.remove_key(subject.document, true);
        }
    }
}
