//! GraLoRA.

use super::key::Type::{Choice, OneOf};
use super::key::{BOOL, COUNT, FRACTION, NATURAL, NUMBER};
use super::method::method;
use super::shared::{
    ALL_BIASES, FAN_IN_FAN_OUT, LAYERS_PATTERN, LAYERS_TO_TRANSFORM, LIKE_ONLY, MODULES_TO_SAVE, NO_BIAS, ONLY,
    TARGET_MODULES,
};

method! {
    /// GraLoRA: the weight is cut into `gralora_k` by `gralora_k` blocks, and each block gets a low-rank update.
    METHOD, Gralora, "peft-gralora", "GraLoRA", "GraloraConfig",
    "peft/tuners/gralora",
    r#"{"peft_type": "GRALORA", "task_type": "CAUSAL_LM", "target_modules": ["q_proj", "v_proj"]}"#,
    [TARGET_MODULES, MODULES_TO_SAVE, LAYERS_TO_TRANSFORM, LAYERS_PATTERN, FAN_IN_FAN_OUT],
    {
        /// The weight of the update: it is multiplied by `alpha / (r + hybrid_r)`.
        alpha = 64, NUMBER;
        /// Which biases of the base model are trained and saved with the adapter.
        bias = "none", OneOf(&[Choice(&[NO_BIAS, ALL_BIASES, ("gralora_only", ONLY)]), LIKE_ONLY]);
        /// The probability of dropping an input in training.
        gralora_dropout = 0.0, FRACTION;
        /// The blocks along each side. It must divide `r`, the inputs and the outputs.
        gralora_k = 2, COUNT;
        /// The rank of an additional ordinary LoRA for the whole weight. 0: none.
        hybrid_r = 0, NATURAL;
        /// Whether the adapter starts without effect.
        init_weights = true, BOOL;
        /// The rank of all blocks together; each has `r / gralora_k`.
        r = 32, COUNT;
    }
}
