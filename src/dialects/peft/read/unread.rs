//! Keys that PEFT never looks at, given the others.

use super::super::expected::condensed::MANY_TARGETS;
use super::super::expected::expect;
use super::super::targets::adapts_embeddings_alone;
use super::super::view::Subject;
use super::{is_frozen, is_zero};
use crate::dialects::peft::PeftType::{
    self, Adalora, Boft, Gralora, Hira, Loha, Oft, Osf, PrefixTuning, Psoft, Shadow,
};
use crate::models::Tree;
use crate::models::tree::Kind;
use crate::python::is_true;
use crate::value::Value;

/// Some keys, and when PEFT does with their values what it does with none.
struct Unread {
    keys: &'static [&'static str],
    /// The method, where others read a key of this name otherwise.
    of: Option<PeftType>,
    when: fn(&Subject<'_>, &Value) -> bool,
    why: &'static str,
}

/// Of the rows that hold for a key, the first counts.
const UNREAD: &[Unread] = &[
    Unread {
        keys: &["layers_pattern"],
        of: None,
        when: |subject, _| !chooses_layers(subject),
        why: "PEFT ignores it, since no layers are chosen",
    },
    // Whole names are found without.
    Unread {
        keys: &["layers_pattern"],
        of: None,
        when: |subject, value| !is_true(value) && has_whole_names(subject),
        why: "PEFT treats it as not set",
    },
    Unread {
        keys: &["layers_pattern"],
        of: None,
        when: |subject, _| finds_whole_names(subject, &Value::Null),
        why: "PEFT ignores it for modules that `target_modules` names in full",
    },
    Unread {
        keys: &["layers_to_transform"],
        of: None,
        when: |subject, _| {
            has_pattern(subject) && !subject.peft_type().is_some_and(PeftType::refuses_layers_beside_text)
        },
        why: "PEFT ignores it if `target_modules` is a string",
    },
    Unread {
        keys: &["layers_pattern"],
        of: None,
        when: |subject, _| {
            has_pattern(subject) && !subject.peft_type().is_some_and(PeftType::refuses_pattern_beside_text)
        },
        why: "PEFT ignores it if `target_modules` is a string",
    },
    Unread {
        keys: &["layers_to_transform"],
        of: None,
        when: finds_whole_names,
        why: "PEFT ignores it for modules that `target_modules` names in full",
    },
    Unread {
        keys: &["rank_pattern"],
        of: Some(Osf),
        when: |_, value| !is_true(value),
        why: "PEFT treats it as not set",
    },
    Unread {
        keys: &["effective_rank"],
        of: Some(Osf),
        when: |subject, _| has_no_linear_layer(subject),
        why: "PEFT leaves the layers of this model as they are",
    },
    Unread {
        keys: &["effective_rank"],
        of: None,
        when: |subject, value| {
            let has_rows = |rows| matches!(rows, Value::Map(rows) if !rows.is_empty());
            value.as_f64().is_some() && subject.value("rank_pattern").is_some_and(has_rows)
        },
        why: "it counts only for modules that `rank_pattern` does not match",
    },
    Unread {
        keys: &["auxiliary_loss_weight"],
        of: None,
        when: |subject, _| !has_text(subject, "task_type", &["CAUSAL_LM", "SEQ_CLS"]),
        why: "PEFT has a loss for the shadow network only for CAUSAL_LM and SEQ_CLS",
    },
    Unread {
        keys: &["beta1", "beta2", "target_r"],
        of: Some(Adalora),
        when: |subject, _| is_frozen(subject),
        why: "PEFT ignores it with `inference_mode`",
    },
    Unread {
        keys: &["encoder_reparameterization_type", "encoder_hidden_size", "encoder_num_layers", "encoder_dropout"],
        of: None,
        when: |subject, _| is_frozen(subject),
        why: "PEFT ignores it with `inference_mode`",
    },
    Unread {
        keys: &["encoder_hidden_size"],
        of: Some(PrefixTuning),
        when: |subject, _| subject.set("prefix_projection").is_none(),
        why: "PEFT ignores it without `prefix_projection`",
    },
    Unread {
        keys: &["encoder_num_layers", "encoder_dropout"],
        of: None,
        when: |subject, _| !has_text(subject, "encoder_reparameterization_type", &["LSTM"]),
        why: "PEFT uses it for an LSTM only",
    },
    Unread {
        keys: &["opt_projection_epsilon", "opt_projection_format_epsilon"],
        of: None,
        when: |subject, _| is_frozen(subject),
        why: "PEFT ignores it with `inference_mode`",
    },
    Unread {
        keys: &["opt_loss_decay_factor"],
        of: None,
        when: |subject, _| !ends_with_a_label(subject),
        why: "PEFT multiplies by it only if the last kind in `cpt_tokens_type_mask` is a label",
    },
    Unread {
        keys: &["boft_block_size", "boft_block_num"],
        of: Some(Boft),
        when: |_, value| is_zero(value),
        why: "it counts as 0",
    },
    Unread { keys: &["oft_block_size", "r"], of: Some(Oft), when: |_, value| is_zero(value), why: "it counts as 0" },
    Unread {
        keys: &["oft_block_size", "r"],
        of: Some(Oft),
        when: is_above_every_width,
        why: "it exceeds the width of every module, which PEFT uses instead",
    },
    Unread {
        keys: &["eps"],
        of: Some(Oft),
        when: |subject, _| subject.set("coft").is_none(),
        why: "PEFT ignores it without `coft`",
    },
    Unread {
        keys: &["num_cayley_neumann_terms"],
        of: Some(Oft),
        when: |subject, value| {
            let is_off = |flag: Value| !is_true(&flag);
            subject.value("use_cayley_neumann").is_some_and(is_off) || is_at_most_two(value)
        },
        why: "PEFT computes no terms with it",
    },
    Unread {
        keys: &["num_cayley_neumann_terms", "cayley_neumann_eps"],
        of: Some(Psoft),
        when: |subject, _| subject.set("use_cayley_neumann").is_none(),
        why: "PEFT ignores it without `use_cayley_neumann`",
    },
    Unread {
        keys: &["mini_r"],
        of: None,
        when: |subject, _| !has_text(subject, "init_weights", &["mini"]),
        why: "PEFT uses it for the initialisation `mini` only",
    },
    Unread {
        keys: &["init_weights"],
        of: Some(Hira),
        when: |subject, _| adapts_embeddings_alone(subject.root),
        why: "PEFT ignores it for embeddings",
    },
    Unread {
        keys: &["xlora_dropout_p"],
        of: None,
        when: |subject, _| subject.set("adapters").is_none(),
        why: "PEFT makes no classifier without adapters",
    },
    Unread { keys: &["hybrid_r"], of: Some(Gralora), when: |_, value| is_zero(value), why: "it counts as 0" },
    Unread {
        keys: &["rank_dropout"],
        of: Some(Loha),
        when: |subject, _| subject.number("module_dropout").is_some_and(|p| p >= 1.0),
        why: "PEFT uses it in training only, where `module_dropout` drops every module",
    },
    Unread {
        keys: &["init_warmup", "final_warmup", "mask_interval", "asa_target_subspaces", "asa_schedule_exponent"],
        of: None,
        when: |subject, _| subject.value("use_asa").is_none_or(|flag| !is_true(&flag)),
        why: "PEFT ignores it without `use_asa`",
    },
];

/// Why PEFT never looks at the key, or does with this value what it does with none.
pub(super) fn unread(subject: &Subject<'_>, key: &str, value: &Value) -> Option<&'static str> {
    let holds = |row: &&Unread| {
        row.keys.contains(&key) && row.of.is_none_or(|method| subject.is(method)) && (row.when)(subject, value)
    };
    UNREAD.iter().find(holds).map(|row| row.why)
}

fn has_text(subject: &Subject<'_>, key: &str, texts: &[&str]) -> bool {
    subject.value(key).as_ref().and_then(Value::as_str).is_some_and(|text| texts.contains(&text))
}

fn has_pattern(subject: &Subject<'_>) -> bool {
    matches!(subject.value("target_modules"), Some(Value::String(_)))
}

fn chooses_layers(subject: &Subject<'_>) -> bool {
    match subject.value("layers_to_transform") {
        None | Some(Value::Null) => false,
        Some(Value::List(items)) => !items.is_empty(),
        Some(_) => true,
    }
}

/// Whether the largest kind of CPT's tokens is one of a label, a multiple of four: the kinds of a text are counted from there.
fn ends_with_a_label(subject: &Subject<'_>) -> bool {
    let kinds = subject.value("cpt_tokens_type_mask");
    let kinds = kinds.as_ref().and_then(Value::as_list).unwrap_or_default();
    kinds.iter().filter_map(Value::as_i64).max().is_some_and(|kind| kind > 0 && kind % 4 == 0)
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
    if names.is_empty() && subject.is(Shadow) && subject.value("target_modules").is_none_or(|it| it == Value::Null) {
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

fn is_at_most_two(value: &Value) -> bool {
    matches!(value, Value::Float(float) if *float <= 2.0)
}
