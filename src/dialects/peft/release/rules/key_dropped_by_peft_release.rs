use crate::dialects::peft::release::Subject;
use crate::dialects::peft::releases::{self, Unknown};
use crate::document::pointer;
use crate::findings::{Report, Severity, rule};

rule! {
    /// A key whose value matters, and which the target release drops.
    ///
    /// ## Why is this bad
    /// From 0.14.0 on, PEFT drops a key that it does not have with a warning; releases before 0.6.0 drop it silently.
    /// The adapter loads as if the key held what the release does anyway, which is not what the file says. Without
    /// `rank_pattern` the tensors do not fit, and PEFT raises a `RuntimeError`.
    ///
    /// In 0.14.0, one such key is enough for `PeftConfig.from_pretrained` to forget all of the method's keys, including
    /// `target_modules`; `PeftModel.from_pretrained` and the method's own class do read them.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "LORA", "r": 8, "target_modules": ["q_proj"], "kasa_config": {"beta": 0.0001, "gamma": 0.001}}
    /// ```
    ///
    /// for `peft@0.18.0`.
    ///
    /// ## Fix safety
    /// There is no fix: without the key the adapter would compute something else.
    KeyDroppedByPeftRelease, Warning
}

impl KeyDroppedByPeftRelease {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let (does, how) = match subject.unknown_key() {
            Unknown::Dropped => ("drops", "with a warning"),
            Unknown::Ignored => ("ignores", "silently"),
            Unknown::Refused | Unknown::NoLoader => return,
        };
        // Of keys that no release has, the rules of the newest tell.
        let known = |key: &str| releases::key(subject.peft_type, key).is_some();
        for member in subject.foreign_keys().filter(|member| known(&member.key) && !subject.is_idle(member)) {
            let (release, history) = (subject.release, subject.history(&member.key));
            let message = format!("{release} {does} `{}` {how}: {history}", member.key);
            let finding = report.add(Self::INFO, pointer::push("", &member.key), member.key_span, message);
            finding.help(format!("nothing in {release} does what this value does; load it with a later release"));
            // Tensors of other ranks do not fit: a `RuntimeError`.
            if member.key == "rank_pattern" && !member.node.members().is_empty() {
                finding.severity = Severity::Error;
            }
        }
    }
}
