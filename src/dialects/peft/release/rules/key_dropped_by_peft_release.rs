use crate::dialects::peft::release::Subject;
use crate::dialects::peft::releases::{self, Unknown};
use crate::document::pointer;
use crate::findings::{Report, Severity, rule};

rule! {
    /// A key with a value that means something, which the release that the file is for drops.
    ///
    /// ## Why is this bad
    /// PEFT from 0.14.0 on drops a key that it does not have with a warning, releases before 0.6.0 without one. The adapter
    /// loads, as if the key held what the release does anyway, and that is not what the file says. Without `rank_pattern` the
    /// tensors do not fit: a `RuntimeError`.
    ///
    /// In 0.14.0 one such key is enough that `PeftConfig.from_pretrained` forgets all keys of the method, `target_modules`
    /// among them; `PeftModel.from_pretrained` and the method's own class read them.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "LORA", "r": 8, "target_modules": ["q_proj"], "kasa_config": {"beta": 0.0001, "gamma": 0.001}}
    /// ```
    ///
    /// for `peft@0.18.0`.
    ///
    /// ## Fix safety
    /// There is none: without the key the adapter would be another function.
    KeyDroppedByPeftRelease, Warning
}

impl KeyDroppedByPeftRelease {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let (does, how) = match subject.unknown_key() {
            Unknown::Dropped => ("drops", "with a warning"),
            Unknown::Ignored => ("ignores", "without a word"),
            Unknown::Refused | Unknown::NoLoader => return,
        };
        // Of keys that no release has, the rules of the newest tell.
        let known = |key: &str| releases::key(subject.peft_type, key).is_some();
        for member in subject.foreign_keys().filter(|member| known(&member.key) && !subject.is_idle(member)) {
            let (release, history) = (subject.release, subject.history(&member.key));
            let message = format!("{release} {does} `{}` {how}: {history}", member.key);
            let finding = report.add(Self::INFO, pointer::push("", &member.key), member.key_span, message);
            finding.help(format!("nothing in {release} does what this value does; a later release has to load it"));
            // Tensors of other ranks do not fit: a `RuntimeError`.
            if member.key == "rank_pattern" && !member.node.members().is_empty() {
                finding.severity = Severity::Error;
            }
        }
    }
}
