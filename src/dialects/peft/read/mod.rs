//! Which keys PEFT reads at all, given the others.

mod unread;

use std::collections::BTreeSet;

use self::unread::{idle, unread};
use super::config::PeftMethod;
use super::expected::has_modules_to_save;
use super::targets::ends_with_one;
use super::uses::{Flaw, Judgement, MethodUses, Use};
use super::view::Subject;
use crate::dialects::peft::PeftType::{
    Cpt, Fourierft, Gralora, Hra, Lily, Loha, Lokr, Lora, Osf, PTuning, Peanut, Randlora, Shadow, Supertuning, Waveft,
    Xlora,
};
use crate::models::Tree;
use crate::python::{equal, is_true};
use crate::value::{Map, Value};

/// What PEFT makes of a value, where the other keys let it look at it.
pub(super) fn judge(subject: &Subject<'_>, key: &str, used: Use, value: &Value) -> Judgement {
    // OSF's default, which PEFT writes when it saves.
    if key == "rank_pattern" && subject.is(Osf) && *value == Value::Null {
        return Judgement::Fine;
    }
    if key == "target_modules" && is_empty(value) && adapts_parameters(subject) {
        return Judgement::Fine;
    }
    if let Some((flaw, why)) = against_others(subject, key, used, value) {
        return Judgement::Refused(flaw, why);
    }
    if let Some(judgement) = of_megatron(subject, key, value) {
        return judgement;
    }
    if let Some(why) = without_effect(subject, key, used, value) {
        return Judgement::Loose(why.to_owned());
    }
    if key == "apply_GS" && is_true(value) && begins_in_pairs(subject) {
        let why = "HRA begins with each direction twice, and the length of what Gram-Schmidt leaves of the second is nothing but \
                   rounding: training begins at random, and often with NaN. Use an odd `r`, or `init_weights` false";
        return Judgement::Loose(why.to_owned());
    }
    if let Some(why) = of_choice(subject, key, value) {
        return Judgement::Loose(why.to_owned());
    }
    if let Some(judgement) = of_lokr(subject, key, value) {
        return judgement;
    }
    // SuperTuning has another use for LoRA's key.
    let used =
        if key == "lora_alpha" && subject.is(Supertuning) && *value != Value::Null { Use::Floating } else { used };
    match (used.judge(value), unread(subject, key, value)) {
        (Judgement::Refused(..) | Judgement::Loose(_), Some(why)) => Judgement::Loose(why.to_owned()),
        (judged, _) => judged,
    }
}

/// Why PEFT refuses a value beside those of other keys.
fn against_others(subject: &Subject<'_>, key: &str, used: Use, value: &Value) -> Option<(Flaw, String)> {
    if used == Use::Saved && extends_saved(subject) && !matches!(value, Value::Null | Value::List(_)) {
        let why = "PEFT adds the names of heads to it with `extend`, which only a list has: Python raises an `AttributeError`";
        return Some((Flaw::Type, why.to_owned()));
    }
    if key == "task_type"
        && matches!(value.as_str(), Some("TOKEN_CLS" | "QUESTION_ANS"))
        && subject.peft_type().is_none_or(|method| !has_modules_to_save(method))
    {
        let why = "PEFT adds the heads of such a model to `modules_to_save`, which this method does not have: it raises a `TypeError`";
        return Some((Flaw::Choice, why.to_owned()));
    }
    if key == "encoder_num_layers" && is_network_of_text(subject) && !is_two(value) {
        let why = "PEFT warns that an MLP has two layers, and for that needs the kind of the network as an enum member, \
                   not as a string from a file: Python raises an `AttributeError`";
        return Some((Flaw::Range, why.to_owned()));
    }
    if used == Use::Kept
        && used.judge(value) == Judgement::Fine
        && let Some(name) = kept_of_none(subject, value)
    {
        let why = format!(
            "PEFT takes all but the last part of a key as the name of an adapted module, but `{name}` does not begin with one: \
             it raises a `KeyError` when it saves"
        );
        return Some((Flaw::Range, why));
    }
    if let Some(why) = against_classifier(subject, key, value) {
        return Some((Flaw::Range, why));
    }
    turns_back(subject, key, value).then(|| {
        let why = "with a bound below 0, every pass turns what the tokens have learned into its opposite";
        (Flaw::Range, why.to_owned())
    })
}

/// The written keys whose values are not the defaults and have no effect, since another key keeps them from one, and why. What is
/// wrong with their values is not told here.
pub(super) fn idle_keys<'s>(subject: &'s Subject<'_>) -> impl Iterator<Item = (&'static str, &'static str)> + 's {
    let method = subject.peft_type().map(PeftMethod::of);
    let keys = subject.method.into_iter().flat_map(MethodUses::all_keys);
    keys.filter_map(move |(key, _)| {
        let value = subject.value(key).filter(|value| *value != Value::Null)?;
        let is_default = equal(&value, &method?.default_of(key));
        Some((key, idle(subject, key, &value).filter(|_| !is_default)?))
    })
}

/// Why what an adapter trains with this value is never used.
fn without_effect(subject: &Subject<'_>, key: &str, used: Use, value: &Value) -> Option<&'static str> {
    let has_rows = match used {
        Use::Rows => *value != Value::Null,
        _ => key == "token_indices" && subject.set("target_modules").is_none(),
    };
    if has_rows && is_of_no_row(value) && has_idle_input(subject) {
        return Some("no part of this model looks up its tokens there");
    }
    if key == "alora_invocation_tokens" && subject.is(Lora) && is_true(value) && !is_causal(subject) {
        return Some("PEFT looks for these tokens with the task CAUSAL_LM alone: without it the adapter has no effect");
    }
    let is_zero_somewhere = |map: &Map| map.iter().any(|(_, entry)| is_zero(entry));
    if key == "alpha_pattern"
        && matches!(subject.peft_type(), Some(Lora | Loha | Lokr))
        && subject.set("use_dora").is_none()
        && value.as_map().is_some_and(is_zero_somewhere)
    {
        return Some(
            "whatever the method adds to the modules of a key with 0 is multiplied by it, and is nothing then",
        );
    }
    if is_scale(subject, key) && is_zero(value) {
        return Some("whatever the method adds is multiplied by it, and is nothing then");
    }
    None
}

/// Whether HRA begins a training with columns that are alike in pairs (`reset_hra_parameters`).
fn begins_in_pairs(subject: &Subject<'_>) -> bool {
    let is_default_start = || subject.value("init_weights").is_none_or(|flag| is_true(&flag));
    subject.is(Hra) && !is_frozen(subject) && is_default_start() && subject.number("r").is_some_and(|r| r % 2.0 == 0.0)
}

/// What X-LoRA makes of its choice among the adapters (`get_maybe_topk_scalings`).
fn of_choice(subject: &Subject<'_>, key: &str, value: &Value) -> Option<&'static str> {
    let is_chosen = || subject.value("top_k_lora").is_some_and(|count| count != Value::Null);
    let is_softmax = || subject.value("enable_softmax").is_none_or(|flag| is_true(&flag));
    match key {
        _ if !subject.is(Xlora) => None,
        "top_k_lora" if value.as_i64() == Some(0) => Some("no adapter is chosen, and nothing is added"),
        "enable_softmax_topk" if is_true(value) && !is_chosen() => {
            Some("without `top_k_lora` PEFT takes the softmax of all adapters")
        }
        "enable_softmax_topk" if is_true(value) && is_softmax() => {
            Some("with `enable_softmax`, PEFT takes the softmax of a softmax, which is nearly even")
        }
        _ => None,
    }
}

/// LoKr's rank, which is a size only where a factor is split.
fn of_lokr(subject: &Subject<'_>, key: &str, value: &Value) -> Option<Judgement> {
    if key != "r" || !subject.is(Lokr) {
        return None;
    }
    if value.as_f64().is_some_and(f64::is_nan) {
        // No comparison holds, neither for a refusal nor for a split.
        return Some(Judgement::Loose("PEFT divides by it, and all that is computed is NaN".to_owned()));
    }
    let why = "a rank of 1 splits the larger factor, and torch accepts no boolean for a size: it raises a `TypeError`";
    (*value == Value::Bool(true)).then(|| Judgement::Refused(Flaw::Type, why.to_owned()))
}

/// What X-LoRA cannot make a classifier of, or not run one with.
fn against_classifier(subject: &Subject<'_>, key: &str, value: &Value) -> Option<String> {
    let written = |key: &str| subject.value(key).filter(|_| subject.is(Xlora));
    let has_network = || written("xlora_depth").and_then(|depth| depth.as_i64()).is_some_and(|depth| depth > 1);
    match key {
        "top_k_lora" => {
            let adapters = written("adapters")?;
            let count = adapters.as_map().and_then(|map| i64::try_from(map.len()).ok()).filter(|count| *count > 0)?;
            (value.as_i64()? > count).then(|| {
                format!("there are only {count} adapters to choose from: the forward pass raises a `RuntimeError`")
            })
        }
        "xlora_dropout_p" if has_network() => {
            (value.as_f64()? > 1.0).then(|| "torch accepts no probability above 1: it raises a `ValueError`".to_owned())
        }
        "xlora_size" if has_network() => {
            (value.as_i64()? < 0).then(|| "torch accepts no size below 0: it raises a `RuntimeError`".to_owned())
        }
        _ => None,
    }
}

/// Whether no rows are named, of the input embeddings as such or by their name.
fn is_of_no_row(value: &Value) -> bool {
    let is_none = |rows: &Value| *rows == Value::Null || is_empty(rows);
    let is_named = |map: &Map| map.iter().all(|(name, rows)| name == "shared" && is_none(rows));
    is_none(value) || value.as_map().is_some_and(is_named)
}

fn has_idle_input(subject: &Subject<'_>) -> bool {
    let trees = subject.trees();
    !trees.is_empty() && trees.iter().all(Tree::has_idle_input)
}

/// Whether the task is to go on with a text.
fn is_causal(subject: &Subject<'_>) -> bool {
    subject.value("task_type").is_some_and(|task| task.as_str() == Some("CAUSAL_LM"))
}

/// Whether all that a method adds is multiplied by the value of a key.
fn is_scale(subject: &Subject<'_>, key: &str) -> bool {
    match subject.peft_type() {
        Some(Lora) => {
            key == "lora_alpha" && subject.set("use_dora").is_none() && subject.set("alpha_pattern").is_none()
        }
        Some(Loha | Lokr) => key == "alpha" && subject.set("alpha_pattern").is_none(),
        Some(Gralora) => key == "alpha",
        Some(Randlora) => key == "randlora_alpha",
        Some(Fourierft | Lily | Peanut | Waveft) => key == "scaling",
        Some(Shadow) => key == "shadow_alpha",
        _ => false,
    }
}

/// What LoRA makes of the keys for Megatron, at every layer, whatever its class.
fn of_megatron(subject: &Subject<'_>, key: &str, value: &Value) -> Option<Judgement> {
    match key {
        "megatron_config" if subject.is(Lora) && is_true(value) => Some(Judgement::Loose(
            "PEFT imports `megatron_core` for it, and raises a `ModuleNotFoundError` if that is not installed"
                .to_owned(),
        )),
        "megatron_core" if subject.is(Lora) && subject.set("megatron_config").is_some() => {
            let is_allowed = value.as_str().is_some_and(|name| name.starts_with("megatron."));
            let why = "with `megatron_config`, PEFT imports it, and accepts only a module of `megatron`";
            (!is_allowed).then(|| Judgement::Refused(Flaw::Choice, why.to_owned()))
        }
        _ => None,
    }
}

/// Whether LoRA adapts parameters, beside which there may be no module.
fn adapts_parameters(subject: &Subject<'_>) -> bool {
    subject.is(Lora) && matches!(subject.value("target_parameters"), Some(Value::List(names)) if !names.is_empty())
}

fn is_empty(value: &Value) -> bool {
    value.as_list().is_some_and(|items| items.is_empty())
}

/// What is only for training PEFT makes without `inference_mode` alone.
fn is_frozen(subject: &Subject<'_>) -> bool {
    subject.value("inference_mode").is_some_and(|flag| is_true(&flag))
}

/// Whether P-tuning's network is a perceptron because the file says so, and is made at all. The default is no text.
fn is_network_of_text(subject: &Subject<'_>) -> bool {
    let kind = subject.value("encoder_reparameterization_type");
    subject.is(PTuning) && kind.is_some_and(|kind| kind.as_str() == Some("MLP")) && !is_frozen(subject)
}

/// A key of AdaLoRA's `rank_pattern` that is not the name of the weights of an adapted module, as far as the list of targets
/// shows it. The name of the adapter in it does not count.
fn kept_of_none(subject: &Subject<'_>, value: &Value) -> Option<String> {
    let targets = subject.value("target_modules");
    let targets: Option<BTreeSet<&str>> = match &targets {
        Some(Value::List(targets)) => Some(targets.iter().filter_map(Value::as_str).collect()),
        _ => None,
    };
    let is_target = |module: &str| targets.as_ref().is_none_or(|targets| ends_with_one(module, targets));
    let is_none = |key: &str| {
        let name = key.replace(".default", "");
        let parts: Vec<_> = name.split('.').collect();
        let ends = if name.contains("default") { 2 } else { 1 };
        let module = parts[..parts.len().saturating_sub(ends)].join(".");
        module.is_empty() || !is_target(&module)
    };
    value.as_map()?.iter().map(|(key, _)| key).find(|key| is_none(key)).map(|key| key.to_string())
}

/// Whether the class of the task adds the names of its heads to `modules_to_save`.
fn extends_saved(subject: &Subject<'_>) -> bool {
    let task = subject.value("task_type");
    task.is_some_and(|task| matches!(task.as_str(), Some("SEQ_CLS" | "TOKEN_CLS" | "QUESTION_ANS")))
}

/// Whether CPT bounds what some of its tokens learn by a number below 0. It divides by the length and multiplies with the bound.
fn turns_back(subject: &Subject<'_>, key: &str, value: &Value) -> bool {
    let bounded: &[i64] = match key {
        "opt_projection_epsilon" => &[2],
        "opt_projection_format_epsilon" => &[1, 3],
        _ => return false,
    };
    let has_some = match subject.value("cpt_tokens_type_mask") {
        Some(Value::List(kinds)) => {
            kinds.iter().filter_map(Value::as_i64).any(|kind| kind > 0 && bounded.contains(&(kind % 4)))
        }
        None | Some(Value::Null) => bounded.contains(&1),
        Some(_) => false,
    };
    subject.is(Cpt) && has_some && !is_frozen(subject) && value.as_f64().is_some_and(|bound| bound < 0.0)
}

/// What Python takes for the number 0.
fn is_zero(value: &Value) -> bool {
    matches!(value, Value::Bool(false)) || value.as_f64().is_some_and(|number| number.abs() < f64::MIN_POSITIVE)
}

/// What Python takes for the number 2.
fn is_two(value: &Value) -> bool {
    value.as_f64().is_some_and(|number| (number - 2.0).abs() < f64::EPSILON)
}
