//! TinyLoRA.

use super::key::Type::{Choice, OneOf};
use super::key::{BOOL, COUNT, FRACTION, INT, NUMBER};
use super::method::method;
use super::shared::{
    ALL_BIASES, FAN_IN_FAN_OUT, LAYERS_PATTERN, LAYERS_TO_TRANSFORM, LIKE_ONLY, MODULES_TO_SAVE, NO_BIAS, ONLY,
    TARGET_MODULES,
};

method! {
    /// TinyLoRA: a short trained vector mixes fixed random matrices within the largest singular directions of a weight.
    METHOD, Tinylora, "peft-tinylora", "TinyLoRA", "TinyLoraConfig",
    "arXiv:2602.04118",
    r#"{"peft_type": "TINYLORA", "task_type": "CAUSAL_LM", "target_modules": ["q_proj", "v_proj"]}"#,
    [TARGET_MODULES, MODULES_TO_SAVE, LAYERS_TO_TRANSFORM, LAYERS_PATTERN, FAN_IN_FAN_OUT],
    {
        /// Which biases of the base model are trained and saved with the adapter.
        bias = "none", OneOf(&[Choice(&[NO_BIAS, ALL_BIASES, ("tinylora_only", ONLY)]), LIKE_ONLY]);
        /// The initial bound of the vector's values, if `init_weights` is `uniform`.
        init_v_bound = 0.02, NUMBER;
        /// How the vector is initialised. True: zeros, without effect. False: whatever is in memory.
        init_weights = true, OneOf(&[BOOL, Choice(&[("uniform", "Uniform within `init_v_bound`.")])]);
        /// The seed of the random matrices, if the file does not contain them.
        projection_seed = 42, INT;
        /// The number of directions; at most the smaller size of a weight, and clipped to it.
        r = 2, COUNT;
        /// Whether the random matrices are saved.
        save_projection = true, BOOL;
        /// The probability of dropping an input in training.
        tinylora_dropout = 0.0, FRACTION;
        /// The length of the trained vector.
        u = 64, COUNT;
        /// To what extent modules share a vector: 0 none, 1 all.
        weight_tying = 0.0, FRACTION;
    }
}
