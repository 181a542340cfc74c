//! Keys that PEFT never looks at, given the others.

use super::super::expected::condensed::MANY_TARGETS;
use super::super::expected::expect;
use super::super::lora_init::LoraInit;
use super::super::targets::adapts_embeddings_alone;
use super::super::view::Subject;
use super::{is_frozen, is_zero};
use crate::dialects::peft::PeftType::{
    self, Adalora, Boft, Deft, Glora, Gralora, Hira, Loha, Lora, Oft, Osf, PrefixTuning, Psoft, Randlora, Shadow,
    Supertuning, Waveft,
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
    /// Whether another key of the config keeps it from an effect, so that one of the two was not meant so: PEFT itself writes no
    /// other value than the default there.
    is_slip: bool,
}

/// Of the rows that hold for a key, the first counts.
const UNREAD: &[Unread] = &[
    // With that task the method fails with them.
    Unread {
        keys: &["alora_invocation_tokens"],
        of: Some(Adalora),
        when: |subject, _| !has_text(subject, "task_type", &["CAUSAL_LM"]),
        why: "PEFT looks for these tokens with the task CAUSAL_LM alone",
        is_slip: false,
    },
    Unread {
        keys: &["layers_pattern"],
        of: None,
        when: |subject, _| !chooses_layers(subject),
        why: "PEFT ignores it, since no layers are chosen",
        is_slip: false,
    },
    // Whole names are found without.
    Unread {
        keys: &["layers_pattern"],
        of: None,
        when: |subject, value| !is_true(value) && has_whole_names(subject),
        why: "PEFT treats it as not set",
        is_slip: false,
    },
    Unread {
        keys: &["layers_pattern"],
        of: None,
        when: |subject, _| finds_whole_names(subject, &Value::Null),
        why: "PEFT ignores it for modules that `target_modules` names in full",
        is_slip: false,
    },
    Unread {
        keys: &["layers_to_transform"],
        of: None,
        when: |subject, _| {
            has_pattern(subject) && !subject.peft_type().is_some_and(PeftType::refuses_layers_beside_text)
        },
        why: "PEFT ignores it if `target_modules` is a string",
        is_slip: false,
    },
    Unread {
        keys: &["layers_pattern"],
        of: None,
        when: |subject, _| {
            has_pattern(subject) && !subject.peft_type().is_some_and(PeftType::refuses_pattern_beside_text)
        },
        why: "PEFT ignores it if `target_modules` is a string",
        is_slip: false,
    },
    Unread {
        keys: &["layers_to_transform"],
        of: None,
        when: finds_whole_names,
        why: "PEFT ignores it for modules that `target_modules` names in full",
        is_slip: false,
    },
    Unread {
        keys: &["rank_pattern"],
        of: Some(Osf),
        when: |_, value| !is_true(value),
        why: "PEFT treats it as not set",
        is_slip: false,
    },
    Unread {
        keys: &["effective_rank"],
        of: Some(Osf),
        when: |subject, _| has_no_linear_layer(subject),
        why: "PEFT leaves the layers of this model as they are",
        is_slip: false,
    },
    Unread {
        keys: &["effective_rank"],
        of: None,
        when: |subject, value| {
            let has_rows = |rows| matches!(rows, Value::Map(rows) if !rows.is_empty());
            value.as_f64().is_some() && subject.value("rank_pattern").is_some_and(has_rows)
        },
        why: "it counts only for modules that `rank_pattern` does not match",
        is_slip: false,
    },
    Unread {
        keys: &["auxiliary_loss_weight"],
        of: None,
        when: |subject, _| !has_text(subject, "task_type", &["CAUSAL_LM", "SEQ_CLS"]),
        why: "PEFT has a loss for the shadow network only for CAUSAL_LM and SEQ_CLS",
        is_slip: true,
    },
    Unread {
        keys: &["beta1", "beta2", "target_r"],
        of: Some(Adalora),
        when: |subject, _| is_frozen(subject),
        why: "PEFT ignores it with `inference_mode`",
        is_slip: false,
    },
    Unread {
        keys: &["encoder_reparameterization_type", "encoder_hidden_size", "encoder_num_layers", "encoder_dropout"],
        of: None,
        when: |subject, _| is_frozen(subject),
        why: "PEFT ignores it with `inference_mode`",
        is_slip: false,
    },
    Unread {
        keys: &["encoder_hidden_size"],
        of: Some(PrefixTuning),
        when: |subject, _| subject.set("prefix_projection").is_none(),
        why: "PEFT ignores it without `prefix_projection`",
        is_slip: false,
    },
    Unread {
        keys: &["encoder_num_layers", "encoder_dropout"],
        of: None,
        when: |subject, _| !has_text(subject, "encoder_reparameterization_type", &["LSTM"]),
        why: "PEFT uses it for an LSTM only",
        is_slip: true,
    },
    Unread {
        keys: &["opt_projection_epsilon", "opt_projection_format_epsilon"],
        of: None,
        when: |subject, _| is_frozen(subject),
        why: "PEFT ignores it with `inference_mode`",
        is_slip: false,
    },
    Unread {
        keys: &["opt_loss_decay_factor"],
        of: None,
        when: |subject, _| !ends_with_a_label(subject),
        why: "PEFT multiplies by it only if the last kind in `cpt_tokens_type_mask` is a label",
        is_slip: false,
    },
    Unread {
        keys: &["boft_block_size", "boft_block_num"],
        of: Some(Boft),
        when: |_, value| is_zero(value),
        why: "it counts as 0",
        is_slip: false,
    },
    Unread {
        keys: &["oft_block_size", "r"],
        of: Some(Oft),
        when: |_, value| is_zero(value),
        why: "it counts as 0",
        is_slip: false,
    },
    Unread {
        keys: &["oft_block_size", "r"],
        of: Some(Oft),
        when: is_above_every_width,
        why: "it exceeds the width of every module, which PEFT uses instead",
        is_slip: false,
    },
    Unread {
        keys: &["eps"],
        of: Some(Oft),
        when: |subject, _| subject.set("coft").is_none(),
        why: "PEFT ignores it without `coft`",
        is_slip: true,
    },
    Unread {
        keys: &["num_cayley_neumann_terms"],
        of: Some(Oft),
        when: |subject, value| {
            let is_off = |flag: Value| !is_true(&flag);
            subject.value("use_cayley_neumann").is_some_and(is_off) || is_at_most_two(value)
        },
        why: "PEFT computes no terms with it",
        is_slip: false,
    },
    Unread {
        keys: &["num_cayley_neumann_terms", "cayley_neumann_eps"],
        of: Some(Psoft),
        when: |subject, _| subject.set("use_cayley_neumann").is_none(),
        why: "PEFT ignores it without `use_cayley_neumann`",
        is_slip: true,
    },
    Unread {
        keys: &["mini_r"],
        of: None,
        when: |subject, _| !has_text(subject, "init_weights", &["mini"]),
        why: "PEFT uses it for the initialisation `mini` only",
        is_slip: true,
    },
    Unread {
        keys: &["init_weights"],
        of: Some(Hira),
        when: |subject, _| adapts_embeddings_alone(subject.root),
        why: "PEFT ignores it for embeddings",
        is_slip: false,
    },
    Unread {
        keys: &["xlora_dropout_p"],
        of: None,
        when: |subject, _| subject.set("adapters").is_none(),
        why: "PEFT makes no classifier without adapters",
        is_slip: false,
    },
    Unread {
        keys: &["hybrid_r"],
        of: Some(Gralora),
        when: |_, value| is_zero(value),
        why: "it counts as 0",
        is_slip: false,
    },
    Unread {
        keys: &["rank_dropout"],
        of: Some(Loha),
        when: |subject, _| subject.number("module_dropout").is_some_and(|p| p >= 1.0),
        why: "PEFT uses it in training only, where `module_dropout` drops every module",
        is_slip: false,
    },
    Unread {
        keys: &["init_warmup", "final_warmup", "mask_interval", "asa_target_subspaces", "asa_schedule_exponent"],
        of: None,
        when: |subject, _| subject.value("use_asa").is_none_or(|flag| !is_true(&flag)),
        why: "PEFT ignores it without `use_asa`",
        is_slip: true,
    },
];

/// Keys that PEFT checks and then does nothing with, given another.
const IDLE: &[Unread] = &[
    Unread {
        keys: &["psoft_svd_lowrank_niter"],
        of: None,
        when: |subject, _| !has_text(subject, "psoft_svd", &["lowrank"]),
        why: "PEFT uses it only where `psoft_svd` is \"lowrank\"",
        is_slip: true,
    },
    Unread {
        keys: &["qalora_group_size"],
        of: Some(Lora),
        when: |subject, _| subject.set("use_qalora").is_none(),
        why: "PEFT ignores it without `use_qalora`",
        is_slip: true,
    },
    Unread {
        keys: &["megatron_core"],
        of: Some(Lora),
        when: |subject, _| subject.set("megatron_config").is_none(),
        why: "PEFT ignores it without `megatron_config`",
        is_slip: true,
    },
    Unread {
        keys: &["alpha"],
        of: Some(Deft),
        when: |subject, _| subject.set("para").is_some(),
        why: "with `para` nothing is added that it could scale",
        is_slip: true,
    },
    Unread {
        keys: &["n_frequency_pattern"],
        of: Some(Waveft),
        when: |subject, _| subject.set("proportional_parameters").is_some(),
        why: "with `proportional_parameters` the sizes of the modules alone count",
        is_slip: true,
    },
    Unread {
        keys: &["rank_dropout_scale"],
        of: None,
        when: |subject, _| subject.set("rank_dropout").is_none(),
        why: "PEFT ignores it without `rank_dropout`",
        is_slip: true,
    },
    Unread {
        keys: &["r"],
        of: Some(Glora),
        when: |subject, _| {
            let is_factored = |key: &str| subject.value(key).is_none_or(|how| how.as_str() == Some("lora"));
            !is_factored("config_A_B") && !is_factored("config_C")
        },
        why: "no path has matrices of a rank: that takes \"lora\" in `config_A_B` or `config_C`",
        is_slip: true,
    },
    Unread {
        keys: &["num_cayley_neumann_terms"],
        of: Some(Oft),
        when: |subject, _| subject.value("use_cayley_neumann").is_some_and(|flag| !is_true(&flag)),
        why: "PEFT ignores it without `use_cayley_neumann`",
        is_slip: true,
    },
    // PEFT itself sets it where it is null, to what it sets `token_dim` to then.
    Unread {
        keys: &["encoder_hidden_size"],
        of: Some(PrefixTuning),
        when: |subject, _| {
            subject.set("prefix_projection").is_none() && subject.value("token_dim").is_none_or(|it| it == Value::Null)
        },
        why: "PEFT ignores it without `prefix_projection`",
        is_slip: true,
    },
    Unread {
        keys: &["prompt_tuning_init_text"],
        of: None,
        when: |subject, _| !has_text(subject, "prompt_tuning_init", &["TEXT"]),
        why: "PEFT uses it only where `prompt_tuning_init` is \"TEXT\"",
        is_slip: true,
    },
    Unread {
        keys: &["prompt_tuning_init_state_dict_path", "prompt_tuning_init_task"],
        of: None,
        when: |subject, _| !has_text(subject, "prompt_tuning_init", FROM_FILE),
        why: "PEFT uses it only where `prompt_tuning_init` names a way to begin with trained prompts",
        is_slip: true,
    },
    Unread {
        keys: &["sparse"],
        of: Some(Randlora),
        when: |subject, _| subject.set("very_sparse").is_some(),
        why: "`very_sparse` comes first",
        is_slip: true,
    },
    Unread {
        keys: &["lora_dropout"],
        of: Some(Supertuning),
        when: |subject, _| subject.value("r").is_none_or(|rank| rank == Value::Null),
        why: "without `r` there is no LoRA beside",
        is_slip: true,
    },
    Unread {
        keys: &["init_lora_weights"],
        of: Some(Adalora),
        // LoftQ it refuses.
        when: |_, value| is_true(value) && value.as_str().is_some() && LoraInit::of(Some(value)) != LoraInit::Loftq,
        why: "AdaLoRA takes any text for true",
        is_slip: true,
    },
    Unread {
        keys: &[
            "use_rslora",
            "alpha_pattern",
            "lora_bias",
            "use_qalora",
            "qalora_group_size",
            "kasa_config",
            "arrow_config",
            "eva_config",
            "corda_config",
            "lora_ga_config",
            "velora_config",
            "monteclora_config",
            "use_bdlora",
            "megatron_config",
            "megatron_core",
        ],
        of: Some(Adalora),
        when: |_, _| true,
        why: "AdaLoRA inherits it from LoRA and never reads it",
        is_slip: true,
    },
];

/// The ways to begin a prompt that are read from a file of prompts trained before.
const FROM_FILE: &[&str] = &["AVERAGE_SOURCE_TASKS", "EXACT_SOURCE_TASK", "ONLY_SOURCE_SHARED"];

impl Unread {
    fn holds(&self, subject: &Subject<'_>, key: &str, value: &Value) -> bool {
        self.keys.contains(&key) && self.of.is_none_or(|method| subject.is(method)) && (self.when)(subject, value)
    }
}

/// Why PEFT never looks at the key, or does with this value what it does with none.
pub(super) fn unread(subject: &Subject<'_>, key: &str, value: &Value) -> Option<&'static str> {
    UNREAD.iter().find(|row| row.holds(subject, key, value)).map(|row| row.why)
}

/// Why a value has no effect, where another key of the config keeps it from one.
pub(super) fn idle(subject: &Subject<'_>, key: &str, value: &Value) -> Option<&'static str> {
    let rows = UNREAD.iter().chain(IDLE).filter(|row| row.is_slip);
    rows.into_iter().find(|row| row.holds(subject, key, value)).map(|row| row.why)
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
