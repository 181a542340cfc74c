//! AdaLoRA.

use super::key::Type::{List, Map, Nullable, OneOf};
use super::key::{BOOL, COUNT, FRACTION, NATURAL, NOT_NEGATIVE, NUMBER};
use super::lora;
use super::method::method;
use super::shared::{
    EXCLUDE_MODULES, FAN_IN_FAN_OUT, LAYERS_PATTERN, LAYERS_TO_TRANSFORM, MODULES_TO_SAVE, RUNTIME_CONFIG,
    TARGET_MODULES,
};

method! {
    /// AdaLoRA: `alpha · B · (A ⊙ E) / ranknum` is added to the weight of a module, in the form of a singular value
    /// decomposition, of which training keeps only the most useful ranks. It has every key of LoRA; those of variants
    /// have no effect.
    METHOD, Adalora, "peft-adalora", "AdaLoRA", "AdaLoraConfig",
    "Zhang et al., 2023, openreview lq62uWRJjiY",
    r#"{"peft_type": "ADALORA", "task_type": "CAUSAL_LM", "target_modules": ["q_proj", "v_proj"], "total_step": 100}"#,
    [TARGET_MODULES, EXCLUDE_MODULES, MODULES_TO_SAVE, LAYERS_TO_TRANSFORM, LAYERS_PATTERN, FAN_IN_FAN_OUT, RUNTIME_CONFIG]
    inherits lora::METHOD.own,
    {
        /// Without effect: AdaLoRA does not read it.
        alpha_pattern = {}, Nullable(&Map(&NUMBER));
        /// How slowly the average of the sensitivity changes, from 0 to 1. Only in training.
        beta1 = 0.85, FRACTION;
        /// How slowly the average of the uncertainty changes, from 0 to 1. Only in training.
        beta2 = 0.85, FRACTION;
        /// The steps between two decisions about the ranks.
        deltaT = 1, COUNT;
        /// The rank of every module before the budget shrinks; the inner size of A and B. It replaces `r`.
        init_r = 12, NATURAL;
        /// The weight of the update, which is divided by the rank; 0 or less means `init_r`.
        lora_alpha = 8, NUMBER;
        /// The weight of the loss that keeps A and B orthogonal.
        orth_reg_weight = 0.5, NOT_NEGATIVE;
        /// Without effect: `init_r` replaces it.
        r = 8, COUNT;
        /// Which ranks each module kept: lists of true and false under the names of `lora_E`, written by training.
        /// Tensors are trimmed accordingly on saving.
        rank_pattern = null, Nullable(&Map(&OneOf(&[List(&BOOL), COUNT])));
        /// The average rank that the budget shrinks to. Only in training.
        target_r = 8, COUNT;
        /// The steps at the end in which the ranks do not change.
        tfinal = 0, NATURAL;
        /// The steps at the beginning in which the ranks do not change.
        tinit = 0, NATURAL;
        /// The steps of the whole training. It must be given, and exceed `tinit` and `tfinal` together.
        total_step = null, Nullable(&COUNT);
    }
}
