use std::collections::BTreeSet;

use crate::dialects::peft::PeftType::Lora;
use crate::dialects::peft::targets::ends_with_one;
use crate::dialects::peft::{LoraInit, Subject};
use crate::document::Member;
use crate::findings::{Report, rule};
use crate::models::tree::Module;
use crate::python::is_true;
use crate::value::Value;

rule! {
    /// Two variants of LoRA in one config, or one beside `target_parameters`.
    ///
    /// ## Why is this bad
    /// DoRA, aLoRA, VeLoRA, MonteCLoRA, BD-LoRA, Arrow, KaSA and MiCA each replace the layer's forward pass. PEFT has
    /// no layer for two of them together, nor for one of them on a parameter that is targeted by name, and raises a
    /// `ValueError` when the model is wrapped.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "LORA", "r": 8, "target_modules": ["q_proj"], "use_dora": true, "kasa_config": {"beta": 0.0001}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the author knows which one was meant.
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
    found.extend(
        subject
            .written("init_lora_weights")
            .filter(|member| LoraInit::of(Some(&member.node.to_value())) == LoraInit::Mica),
    );
    found
}

impl LoraVariantsCombined {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        if !subject.is(Lora) {
            return;
        }
        let variants = requested(subject);
        beside_parameters(subject, &variants, report);
        let [first, others @ ..] = &variants[..] else { return };
        for other in others {
            let message =
                format!("`{}` and `{}` are two variants of LoRA; PEFT raises a `ValueError`", first.key, other.key);
            report
                .add(Self::INFO, Subject::pointer_of(&other.key), other.key_span, message)
                .also(first.key_span, "this is the other one");
        }
    }
}

/// A parameter that is adapted by its name has none of the variants, and no dropout or bias.
fn beside_parameters(subject: &Subject<'_>, variants: &[&Member], report: &mut Report) {
    let Some(parameters) = subject.set("target_parameters") else { return };
    // What is no text names no parameter, and PEFT refuses only what it finds.
    if parameters.node.to_value().as_list().is_some_and(|items| items.iter().all(|item| item.as_str().is_none())) {
        return;
    }
    let others = ["lora_dropout", "lora_bias"].into_iter().filter_map(|key| subject.set(key));
    let others: Vec<&Member> = variants.iter().copied().chain(others).collect();
    if others.is_empty() {
        return;
    }
    // On a known model, whether there are such parameters is known, too.
    let trees = subject.trees();
    let names: BTreeSet<_> = parameters.node.items().iter().filter_map(|item| item.as_str()).collect();
    let is_met = |module: &Module| {
        let mut own = module.parameters.iter().map(|(own, _)| format!("{}.{own}", module.name));
        own.any(|own| ends_with_one(&own, &names))
    };
    if !trees.is_empty() && !names.is_empty() && !trees.iter().any(|tree| tree.modules.iter().any(is_met)) {
        return;
    }
    for other in others {
        let message =
            format!("`{}` cannot be combined with `target_parameters`; PEFT raises a `ValueError`", other.key);
        report
            .add(LoraVariantsCombined::INFO, "/target_parameters", parameters.key_span, message)
            .also(other.key_span, format!("`{}`", other.key));
    }
}
