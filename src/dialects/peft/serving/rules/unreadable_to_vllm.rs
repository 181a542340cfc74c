use crate::dialects::peft::serving::Subject;
use crate::document::{edit, pointer};
use crate::findings::{Report, rule};

rule! {
    /// A config that vLLM cannot read: another method than LoRA, or one of its keys is not written.
    ///
    /// ## Why is this bad
    /// vLLM does not look at `peft_type`. It takes `r`, `lora_alpha` and `target_modules` for those of LoRA, has no defaults
    /// for them, and raises a `ValueError` (`Missing required configuration fields`) if one is not written, or refuses the
    /// tensors later.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "LORA", "r": 8, "target_modules": ["q_proj"]}
    /// ```
    ///
    /// for `vllm@0.33.0`.
    ///
    /// ## Fix safety
    /// PEFT's default is written down, which is safe. Other methods have no fix; `adapter-lint merge` puts many of them
    /// into the base model's weights.
    UnreadableToVllm, Error
}

/// The keys that have to be written, with PEFT's defaults as far as vLLM takes them.
const NEEDED: [(&str, Option<&str>); 3] = [("r", Some("8")), ("lora_alpha", Some("8")), ("target_modules", None)];

impl UnreadableToVllm {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Subject { root, release, .. } = subject;
        if !subject.is_lora() {
            if let Some(member) = root.member("peft_type") {
                let name = member.node.as_str().unwrap_or_default();
                let message = format!("{release} serves LoRA only, and cannot read an adapter of {name}");
                report
                    .add(Self::INFO, "/peft_type", member.node.span, message)
                    .help("merge it into the base model (`adapter-lint merge`), where the method allows that");
            }
            return;
        }
        for (key, default) in NEEDED.into_iter().filter(|(key, _)| root.member(key).is_none()) {
            let message = format!("{release} needs the key `{key}`, for which it has no default");
            let place = root.member("peft_type").map_or(root.span, |member| member.node.span);
            let finding = report.add(Self::INFO, pointer::push("", key), place, message);
            let text = subject.document.source.text();
            let written = default.and_then(|default| edit::prepend_member(text, root, key, default));
            match (written, default) {
                (Some(edit), Some(default)) => {
                    finding.mend(vec![edit], format!("Write PEFT's default, `{default}`"), true);
                }
                _ => _ = finding.help("write down what PEFT takes for it"),
            }
        }
    }
}
