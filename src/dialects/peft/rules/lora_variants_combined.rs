use crate::dialects::peft::Subject;
use crate::document::Member;
use crate::findings::{Report, rule};
use crate::python::is_true;
use crate::value::Value;

rule! {
    /// Two variants of LoRA in one config.
    ///
    /// ## Why is this bad
    /// DoRA, aLoRA, VeLoRA, MonteCLoRA, BD-LoRA, Arrow, KaSA and MiCA each replace the layer's forward pass. PEFT has no
    /// layer for two of them together and raises a `ValueError` when the model is wrapped.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "LORA", "r": 8, "target_modules": ["q_proj"], "use_dora": true, "kasa_config": {"beta": 0.0001}}
    /// ```
    ///
    /// ## Fix safety
    /// There is none: only the author knows which one was meant.
    LoraVariantsCombined, Error
}

/// The keys of the variants. Of an object PEFT makes a nested config, which is true even if the object is empty.
const VARIANTS: [&str; 7] = [
    "use_dora",
    "velora_config",
    "alora_invocation_tokens",
    "monteclora_config",
    "use_bdlora",
    "arrow_config",
    "kasa_config",
];

/// The variants that a config asks for.
pub(super) fn requested<'a>(subject: &Subject<'a>) -> Vec<&'a Member> {
    let is_on = |member: &&Member| match member.node.to_value() {
        Value::Map(_) if member.key.ends_with("_config") || member.key == "use_bdlora" => true,
        value => is_true(&value),
    };
    let mut found: Vec<_> = VARIANTS.iter().filter_map(|key| subject.written(key)).filter(is_on).collect();
    found.extend(subject.written("init_lora_weights").filter(|member| member.node.as_str() == Some("mica")));
    found
}

impl LoraVariantsCombined {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let variants = requested(subject);
        let [first, others @ ..] = &variants[..] else { return };
        if !subject.is("LORA") {
            return;
        }
        for other in others {
            let message =
                format!("`{}` and `{}` are two variants of LoRA; PEFT raises a `ValueError`", first.key, other.key);
            report
                .add(Self::INFO, Subject::pointer_of(&other.key), other.key_span, message)
                .also(first.key_span, "this is the other");
        }
    }
}
