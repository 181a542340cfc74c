//! Keys of PEFT that change nothing any more once an adapter is saved: what they decided is over, or in the file.

use super::config::TENSORS;
use crate::dialects::peft::PeftType::{
    self, Adamss, Cartridge, Cpt, Delora, Fourierft, Frod, Miss, MultitaskPromptTuning, Oft, PTuning, PrefixTuning,
    PromptTuning, Psoft, Pvera, Randlora, Tinylora, Unilora, Waveft,
};
use crate::python::is_true;
use crate::value::{Map, Value};

pub(super) const TRAINING: &str = "it matters in training only";
const BEGINNING: &str = "it says how training begins";
const MADE: &str = "the file has the tokens that the network makes";
const UNREAD: &str = "PEFT reads it for no method but prefixes and cartridges";
const WITHOUT_USE: &str = "it has no effect with these values";
const SPEED: &str = "it changes how it is computed, and not what";

/// How training begins and is run, the schedules of AdaLoRA and AdaMSS, and what is added to a loss.
const OF_TRAINING: [&str; 25] = [
    "inference_mode",
    "runtime_config",
    "loftq_config",
    "eva_config",
    "corda_config",
    "d_initial",
    "tinit",
    "tfinal",
    "deltaT",
    "beta1",
    "beta2",
    "orth_reg_weight",
    "total_step",
    "use_asa",
    "asa_target_subspaces",
    "init_warmup",
    "final_warmup",
    "mask_interval",
    "asa_importance_beta",
    "asa_uncertainty_beta",
    "asa_schedule_exponent",
    "rank_dropout_scale",
    "auxiliary_loss_weight",
    "opt_weighted_loss_type",
    "opt_loss_decay_factor",
];

const OF_BEGINNING: [&str; 5] = [
    "prompt_tuning_init_text",
    "prompt_tuning_init_task",
    "prompt_tuning_init_state_dict_path",
    "tokenizer_name_or_path",
    "tokenizer_kwargs",
];

/// Methods that draw something anew unless it is saved: the key that says whether it is, and those by which it is drawn.
const DRAWN: [(PeftType, &str, &[&str]); 3] = [
    (Randlora, "save_projection", &["sparse", "very_sparse"]),
    (Tinylora, "save_projection", &["projection_seed"]),
    (Unilora, "save_indices", &["proj_seed"]),
];

/// Whether a key matters in training only, whatever the method.
pub(super) fn is_of_training(key: &str) -> bool {
    key.ends_with("_dropout") || OF_TRAINING.contains(&key)
}

/// Why other values of a key make no other function; none if they may. Both configs are of one method, and have all keys.
pub(super) fn settled(method: PeftType, key: &str, configs: [&Map; 2]) -> Option<&'static str> {
    let truths = |key: &str| configs.map(|config| config.get(key).is_some_and(is_true));
    let texts =
        |key: &str, text: &str| configs.iter().any(|config| config.get(key).and_then(Value::as_str) == Some(text));
    if OF_BEGINNING.contains(&key) {
        return Some(BEGINNING);
    }
    match (method, key) {
        // It decides which biases are trained and saved; PEFT loads those that the file has.
        (_, "bias") => Some(TENSORS),
        (PromptTuning | MultitaskPromptTuning | PTuning | Cpt, "num_layers" | "num_attention_heads") => Some(UNREAD),
        (PTuning, "encoder_hidden_size" | "encoder_num_layers" | "encoder_reparameterization_type")
        | (PrefixTuning, "encoder_hidden_size" | "prefix_projection") => Some(MADE),
        // The first tokens are kept as they began, and saved with the others.
        (Cartridge, "num_frozen_tokens") => Some(TRAINING),
        (Delora, "delora_lambda" | "lambda_pattern") | (Fourierft | Waveft, "n_frequency_pattern") => Some(TENSORS),
        (Adamss, "svd_threshold" | "use_dynamic_rank") => Some(TENSORS),
        (Frod, "progressbar" | "runtime_offload_base_weight") => Some(SPEED),
        (Miss, "mini_r") => (!texts("init_weights", "mini")).then_some(WITHOUT_USE),
        (Psoft, "psoft_svd_lowrank_niter") => (!texts("psoft_svd", "lowrank")).then_some(WITHOUT_USE),
        (Oft, "eps") => (truths("coft") == [false; 2]).then_some(WITHOUT_USE),
        (Oft | Psoft, "num_cayley_neumann_terms" | "cayley_neumann_eps") => {
            (truths("use_cayley_neumann") == [false; 2]).then_some(WITHOUT_USE)
        }
        (_, "qalora_group_size") => (truths("use_qalora") == [false; 2]).then_some(WITHOUT_USE),
        (Pvera, "generator_seed") => (truths("sample_at_inference") == [false; 2]).then_some(WITHOUT_USE),
        _ => {
            let (_, saves, _) = DRAWN.iter().find(|(of, _, keys)| *of == method && keys.contains(&key))?;
            (truths(saves) == [true; 2]).then_some(TENSORS)
        }
    }
}
