use crate::dialects::peft::release::Subject;
use crate::dialects::peft::releases::{self, Unknown};
use crate::document::pointer;
use crate::findings::{Report, rule};

rule! {
    /// A key that the target release refuses.
    ///
    /// ## Why is this bad
    /// PEFT 0.6.0 to 0.13.2 pass every key of the file to the method's class. A key that the class does not have raises
    /// a `TypeError` (`got an unexpected keyword argument`), whatever its value, and the adapter cannot be loaded. PEFT
    /// writes all keys that it has, so any file of a later release has some that are refused.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "LORA", "r": 8, "target_modules": ["q_proj"], "lora_bias": false}
    /// ```
    ///
    /// for `peft@0.11.1`.
    ///
    /// ## Fix safety
    /// Keys that hold their defaults, or nothing, are removed: the release computes the same without them. What to do
    /// about a key with a value that no release has is only suggested: it may be another key, misspelt. There is no fix
    /// for others: without them the adapter would compute something else.
    KeyRefusedByPeftRelease, Error
}

impl KeyRefusedByPeftRelease {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        if subject.unknown_key() != Unknown::Refused {
            return;
        }
        let (idle, others): (Vec<_>, Vec<_>) = subject.foreign_keys().partition(|member| subject.is_idle(member));
        subject.tell_idle(Self::INFO, &idle, ("raises a `TypeError` for", ""), report);
        for member in others {
            let (release, history) = (subject.release, subject.history(&member.key));
            let message = format!("{release} raises a `TypeError` for the key `{}`: {history}", member.key);
            let finding = report.add(Self::INFO, pointer::push("", &member.key), member.key_span, message);
            if releases::key(subject.peft_type, &member.key).is_some() {
                finding.help(format!("nothing in {release} does what this value does; load it with a later release"));
            } else {
                subject.advise(member, finding);
            }
        }
    }
}
