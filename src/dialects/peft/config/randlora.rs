//! RandLoRA.

use super::key::Type::{Choice, OneOf};
use super::key::{BOOL, COUNT, FRACTION, INT, NUMBER};
use super::method::method;
use super::shared::{
    ALL_BIASES, FAN_IN_FAN_OUT, LAYERS_PATTERN, LAYERS_TO_TRANSFORM, LIKE_ONLY, MODULES_TO_SAVE, NO_BIAS, ONLY,
    TARGET_MODULES,
};

method! {
    /// RandLoRA: a sum of products of random matrices, which all modules share, with trained diagonals in between; the
    /// update has full rank.
    METHOD, Randlora, "peft-randlora", "RandLoRA", "RandLoraConfig",
    "Albert et al., 2025, arXiv:2502.00987",
    r#"{"peft_type": "RANDLORA", "task_type": "CAUSAL_LM", "target_modules": ["q_proj", "v_proj"]}"#,
    [TARGET_MODULES, MODULES_TO_SAVE, LAYERS_TO_TRANSFORM, LAYERS_PATTERN, FAN_IN_FAN_OUT],
    {
        /// Which biases of the base model are trained and saved with the adapter.
        bias = "none", OneOf(&[Choice(&[NO_BIAS, ALL_BIASES, ("randlora_only", ONLY)]), LIKE_ONLY]);
        /// Whether the adapter starts without effect.
        init_weights = true, BOOL;
        /// The seed of the random matrices, if the file does not contain them.
        projection_prng_key = 0, INT;
        /// The rank of each random matrix; there are as many as give full rank, so a smaller `r` means more trained
        /// values.
        r = 32, COUNT;
        /// The weight of the update: it is multiplied by `randlora_alpha / r`.
        randlora_alpha = 640, NUMBER;
        /// The probability of dropping an input in training.
        randlora_dropout = 0.0, FRACTION;
        /// Whether the random matrices are saved. True makes larger files that load anywhere; a file without them
        /// cannot be loaded while this is true.
        save_projection = true, BOOL;
        /// Whether the random entries are −1, 0 and 1, with probabilities 1/6, 2/3 and 1/6. Each matrix is then divided by
        /// its standard deviation.
        sparse = false, BOOL;
        /// As `sparse`, but mostly 0: with the smaller size `d` of the widest module, −1 and 1 have probability
        /// `1 / (2·√d)` each.
        very_sparse = false, BOOL;
    }
}
