//! Which keys PEFT reads at all, given the others.

use std::collections::BTreeSet;

use super::expected::condensed::MANY_TARGETS;
use super::expected::{expect, has_modules_to_save};
use super::targets::{adapts_embeddings_alone, ends_with_one};
use super::uses::{Flaw, Judgement, Use};
use super::view::Subject;
use crate::models::Tree;
use crate::models::tree::Kind;
use crate::python::is_true;
use crate::value::{Map, Value};

/// What PEFT makes of a value, where the other keys let it look at it.
pub(super) fn judge(subject: &Subject<'_>, key: &str, used: Use, value: &Value) -> Judgement {
    // OSF's default, which PEFT writes when it saves.
    if key == "rank_pattern" && subject.is("OSF") && *value == Value::Null {
        return Judgement::Fine;
    }
    if used == Use::Saved && extends_saved(subject) && !matches!(value, Value::Null | Value::List(_)) {
        let why = "PEFT adds the names of heads to it with `extend`, which only a list has: Python raises an `AttributeError`";
        return Judgement::Refused(Flaw::Type, why.to_owned());
    }
    if key == "target_modules" && is_empty(value) && adapts_parameters(subject) {
        return Judgement::Fine;
    }
    if key == "task_type"
        && matches!(value.as_str(), Some("TOKEN_CLS" | "QUESTION_ANS"))
        && !has_modules_to_save(subject.method_name())
    {
        let why = "PEFT adds the heads of such a model to `modules_to_save`, which this method does not have: it raises a `TypeError`";
        return Judgement::Refused(Flaw::Choice, why.to_owned());
    }
    if key == "encoder_num_layers" && is_network_of_text(subject) && !is_two(value) {
        let why = "PEFT warns that an MLP has two layers, and for that needs the kind of the network as an enum member, \
                   not as a string from a file: Python raises an `AttributeError`";
        return Judgement::Refused(Flaw::Range, why.to_owned());
    }
    if used == Use::Kept
        && used.judge(value) == Judgement::Fine
        && let Some(name) = kept_of_none(subject, value)
    {
        let why = format!(
            "PEFT takes all but the last part of a key as the name of an adapted module, but `{name}` does not begin with one: \
             it raises a `KeyError` when it saves"
        );
        return Judgement::Refused(Flaw::Range, why);
    }
    if let Some(why) = against_classifier(subject, key, value) {
        return Judgement::Refused(Flaw::Range, why);
    }
    if turns_back(subject, key, value) {
        let why = "with a bound below 0, every pass turns what the tokens have learned into its opposite".to_owned();
        return Judgement::Refused(Flaw::Range, why);
    }
    if let Some(judgement) = of_megatron(subject, key, value) {
        return judgement;
    }
    if let Some(why) = without_effect(subject, key, used, value) {
        return Judgement::Loose(why.to_owned());
    }
    if let Some(judgement) = of_lokr(subject, key, value) {
        return judgement;
    }
    // SuperTuning has another use for LoRA's key.
    let used =
        if key == "lora_alpha" && subject.is("SUPERTUNING") && *value != Value::Null { Use::Floating } else { used };
    match (used.judge(value), unread(subject, key, value)) {
        (Judgement::Refused(..) | Judgement::Loose(_), Some(why)) => Judgement::Loose(why.to_owned()),
        (judged, _) => judged,
    }
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
    if key == "alora_invocation_tokens" && subject.is("LORA") && is_true(value) && !is_causal(subject) {
        return Some("PEFT looks for these tokens with the task CAUSAL_LM alone: without it the adapter has no effect");
    }
    if is_scale(subject, key) && is_zero(value) {
        return Some("whatever the method adds is multiplied by it, and is nothing then");
    }
    None
}

/// LoKr's rank, which is a size only where a factor is split.
fn of_lokr(subject: &Subject<'_>, key: &str, value: &Value) -> Option<Judgement> {
    if key != "r" || !subject.is("LOKR") {
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
    let written = |key: &str| subject.value(key).filter(|_| subject.is("XLORA"));
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
    match subject.method_name() {
        "LORA" => key == "lora_alpha" && subject.set("use_dora").is_none() && subject.set("alpha_pattern").is_none(),
        "LOHA" | "LOKR" => key == "alpha" && subject.set("alpha_pattern").is_none(),
        "GRALORA" => key == "alpha",
        "RANDLORA" => key == "randlora_alpha",
        "FOURIERFT" | "LILY" | "PEANUT" | "WAVEFT" => key == "scaling",
        "SHADOW" => key == "shadow_alpha",
        _ => false,
    }
}

/// What LoRA makes of the keys for Megatron, at every layer, whatever its class.
fn of_megatron(subject: &Subject<'_>, key: &str, value: &Value) -> Option<Judgement> {
    match key {
        "megatron_config" if subject.is("LORA") && is_true(value) => Some(Judgement::Loose(
            "PEFT imports `megatron_core` for it, and raises a `ModuleNotFoundError` if that is not installed"
                .to_owned(),
        )),
        "megatron_core" if subject.is("LORA") && subject.set("megatron_config").is_some() => {
            let is_allowed = value.as_str().is_some_and(|name| name.starts_with("megatron."));
            let why = "with `megatron_config`, PEFT imports it, and accepts only a module of `megatron`";
            (!is_allowed).then(|| Judgement::Refused(Flaw::Choice, why.to_owned()))
        }
        _ => None,
    }
}

/// Whether LoRA adapts parameters, beside which there may be no module.
fn adapts_parameters(subject: &Subject<'_>) -> bool {
    subject.is("LORA") && matches!(subject.value("target_parameters"), Some(Value::List(names)) if !names.is_empty())
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
    subject.is("P_TUNING") && kind.is_some_and(|kind| kind.as_str() == Some("MLP")) && !is_frozen(subject)
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

/// Why PEFT never looks at the key, or does with this value what it does with none.
fn unread(subject: &Subject<'_>, key: &str, value: &Value) -> Option<&'static str> {
    let chooses_layers = || match subject.value("layers_to_transform") {
        None | Some(Value::Null) => false,
        Some(Value::List(items)) => !items.is_empty(),
        Some(_) => true,
    };
    let is_frozen = || is_frozen(subject);
    let has_pattern_of_targets = || matches!(subject.value("target_modules"), Some(Value::String(_)));
    match key {
        "layers_pattern" if !chooses_layers() => Some("PEFT ignores it, since no layers are chosen"),
        // Whole names are found without.
        "layers_pattern" if !is_true(value) && has_whole_names(subject) => Some("PEFT treats it as not set"),
        "layers_pattern" if finds_whole_names(subject, &Value::Null) => {
            Some("PEFT ignores it for modules that `target_modules` names in full")
        }
        "layers_to_transform" | "layers_pattern" if has_pattern_of_targets() => {
            Some("PEFT ignores it if `target_modules` is a string")
        }
        "layers_to_transform" if finds_whole_names(subject, value) => {
            Some("PEFT ignores it for modules that `target_modules` names in full")
        }
        "rank_pattern" if subject.is("OSF") && !is_true(value) => Some("PEFT treats it as not set"),
        "effective_rank" if subject.is("OSF") && has_no_linear_layer(subject) => {
            Some("PEFT leaves the layers of this model as they are")
        }
        "effective_rank"
            if value.as_f64().is_some()
                && matches!(subject.value("rank_pattern"), Some(Value::Map(rows)) if !rows.is_empty()) =>
        {
            Some("it counts only for modules that `rank_pattern` does not match")
        }
        "auxiliary_loss_weight"
            if !matches!(
                subject.value("task_type").as_ref().and_then(Value::as_str),
                Some("CAUSAL_LM" | "SEQ_CLS")
            ) =>
        {
            Some("PEFT has a loss for the shadow network only for CAUSAL_LM and SEQ_CLS")
        }
        "beta1" | "beta2" | "target_r" if subject.is("ADALORA") && is_frozen() => {
            Some("PEFT ignores it with `inference_mode`")
        }
        "encoder_reparameterization_type" | "encoder_hidden_size" | "encoder_num_layers" | "encoder_dropout"
            if is_frozen() =>
        {
            Some("PEFT ignores it with `inference_mode`")
        }
        "encoder_hidden_size" if subject.is("PREFIX_TUNING") && subject.set("prefix_projection").is_none() => {
            Some("PEFT ignores it without `prefix_projection`")
        }
        "opt_projection_epsilon" | "opt_projection_format_epsilon" if is_frozen() => {
            Some("PEFT ignores it with `inference_mode`")
        }
        "opt_loss_decay_factor" if !ends_with_a_label(subject) => {
            Some("PEFT multiplies by it only if the last kind in `cpt_tokens_type_mask` is a label")
        }
        "boft_block_size" | "boft_block_num" if subject.is("BOFT") && is_zero(value) => Some("it counts as 0"),
        "oft_block_size" | "r" if subject.is("OFT") && is_zero(value) => Some("it counts as 0"),
        "oft_block_size" | "r" if subject.is("OFT") && is_above_every_width(subject, value) => {
            Some("it exceeds the width of every module, which PEFT uses instead")
        }
        "num_cayley_neumann_terms" | "cayley_neumann_eps"
            if subject.is("PSOFT") && subject.set("use_cayley_neumann").is_none() =>
        {
            Some("PEFT ignores it without `use_cayley_neumann`")
        }
        "num_cayley_neumann_terms"
            if subject.is("OFT")
                && (subject.value("use_cayley_neumann").is_some_and(|flag| !is_true(&flag))
                    || is_at_most_two(value)) =>
        {
            Some("PEFT computes no terms with it")
        }
        "mini_r" if subject.value("init_weights").is_none_or(|init| init.as_str() != Some("mini")) => {
            Some("PEFT uses it for the initialisation `mini` only")
        }
        "init_weights" if subject.is("HIRA") && adapts_embeddings_alone(subject.root) => {
            Some("PEFT ignores it for embeddings")
        }
        "xlora_dropout_p" if subject.set("adapters").is_none() => Some("PEFT makes no classifier without adapters"),
        "hybrid_r" if subject.is("GRALORA") && is_zero(value) => Some("it counts as 0"),
        "rank_dropout" if subject.is("LOHA") && subject.number("module_dropout", 0.0).is_some_and(|p| p >= 1.0) => {
            Some("PEFT uses it in training only, where `module_dropout` drops every module")
        }
        "eps" if subject.is("OFT") && subject.set("coft").is_none() => Some("PEFT ignores it without `coft`"),
        "encoder_num_layers" | "encoder_dropout"
            if subject.value("encoder_reparameterization_type").is_none_or(|kind| kind.as_str() != Some("LSTM")) =>
        {
            Some("PEFT uses it for an LSTM only")
        }
        "init_warmup" | "final_warmup" | "mask_interval" | "asa_target_subspaces" | "asa_schedule_exponent"
            if !subject.value("use_asa").is_some_and(|flag| is_true(&flag)) =>
        {
            Some("PEFT ignores it without `use_asa`")
        }
        _ => None,
    }
}

/// Whether the largest kind of CPT's tokens is one of a label, a multiple of four: the kinds of a text are counted from there.
fn ends_with_a_label(subject: &Subject<'_>) -> bool {
    let kinds = subject.value("cpt_tokens_type_mask");
    let kinds = kinds.as_ref().and_then(Value::as_list).unwrap_or_default();
    kinds.iter().filter_map(Value::as_i64).max().is_some_and(|kind| kind > 0 && kind % 4 == 0)
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
    subject.is("CPT") && has_some && !is_frozen(subject) && value.as_f64().is_some_and(|bound| bound < 0.0)
}

/// Whether there are targets that may be whole names of modules.
fn has_whole_names(subject: &Subject<'_>) -> bool {
    let targets = subject.value("target_modules");
    let names = targets.as_ref().and_then(Value::as_list).unwrap_or_default();
    names.iter().filter_map(Value::as_str).any(|name| name.contains('.'))
}

/// Whether PEFT finds a target by its whole name, for which it does not ask for the layer; with a value that it cannot even
/// look for a number in, every target. Without the base model a name that has a layer in it may be a whole one.
fn finds_whole_names(subject: &Subject<'_>, value: &Value) -> bool {
    let targets = subject.value("target_modules");
    let names: Vec<_> = targets.as_ref().and_then(Value::as_list).unwrap_or_default().iter().collect();
    let trees = subject.trees();
    let has_layer = |name: &str| name.split('.').skip(1).any(|part| part.parse::<u32>().is_ok());
    let is_whole = |name: &&Value| {
        name.as_str().is_some_and(|name| match trees.is_empty() {
            true => has_layer(name),
            false => trees.iter().any(|tree| tree.module(name).is_some()),
        })
    };
    // SHADOW names the blocks itself.
    if names.is_empty() && subject.is("SHADOW") && subject.value("target_modules").is_none_or(|it| it == Value::Null) {
        return true;
    }
    let is_searched = matches!(value, Value::List(_) | Value::Map(_) | Value::Int(_) | Value::Bool(_));
    names.len() < MANY_TARGETS
        && if is_searched { names.iter().any(is_whole) } else { !names.is_empty() && names.iter().all(is_whole) }
}

/// Whether the base model is known, and OSF finds no linear layer among its targets, whatever the rank.
fn has_no_linear_layer(subject: &Subject<'_>) -> bool {
    let Some(mut config) = subject.root.to_value().as_map().cloned() else { return false };
    config.remove("effective_rank");
    let trees = subject.trees();
    let is_linear = |tree: &Tree, name: &str| tree.module(name).is_some_and(|module| module.kind == Kind::Linear);
    let leaves_all = |tree: &Tree| match expect(&config, tree) {
        Some(Ok(adapted)) => !adapted.modules.iter().any(|name| is_linear(tree, name)),
        _ => false,
    };
    !trees.is_empty() && trees.iter().all(leaves_all)
}

/// Whether a number with a fraction is above the width of every module that OFT turns: the width goes in its place. Without
/// the base model only if no module is so wide.
fn is_above_every_width(subject: &Subject<'_>, value: &Value) -> bool {
    const WIDEST: f64 = 65536.0;
    let Value::Float(float) = value else { return false };
    let Some(config) = subject.root.to_value().as_map().cloned() else { return false };
    let verdicts: Vec<_> = subject.trees().iter().filter_map(|tree| expect(&config, tree)).collect();
    if verdicts.is_empty() { *float > WIDEST } else { verdicts.iter().any(Result::is_ok) }
}

/// What Python takes for the number 0.
fn is_zero(value: &Value) -> bool {
    matches!(value, Value::Bool(false)) || value.as_f64().is_some_and(|number| number.abs() < f64::MIN_POSITIVE)
}

/// What Python takes for the number 2.
fn is_two(value: &Value) -> bool {
    value.as_f64().is_some_and(|number| (number - 2.0).abs() < f64::EPSILON)
}

fn is_at_most_two(value: &Value) -> bool {
    matches!(value, Value::Float(float) if *float <= 2.0)
}
