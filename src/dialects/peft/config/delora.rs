//! DeLoRA.

use super::key::Type::{Choice, Map, OneOf};
use super::key::{BOOL, COUNT, FRACTION, NUMBER};
use super::method::method;
use super::shared::{
    ALL_BIASES, EXCLUDE_MODULES, LAYERS_PATTERN, LAYERS_TO_TRANSFORM, LIKE_ONLY, MODULES_TO_SAVE, NO_BIAS, ONLY,
    TARGET_MODULES,
};

method! {
    /// DeLoRA: a low-rank update whose ranks are normalised, times a trained strength, times the lengths of the columns
    /// of the weight. Its distance from the base model is bounded.
    METHOD, Delora, "peft-delora", "DeLoRA", "DeloraConfig",
    "Bini et al., 2025, arXiv:2503.18225",
    r#"{"peft_type": "DELORA", "task_type": "CAUSAL_LM", "target_modules": ["q_proj", "v_proj"]}"#,
    [TARGET_MODULES, EXCLUDE_MODULES, MODULES_TO_SAVE, LAYERS_TO_TRANSFORM, LAYERS_PATTERN],
    {
        /// Which biases of the base model are trained and saved with the adapter.
        bias = "none", OneOf(&[Choice(&[NO_BIAS, ALL_BIASES, ("delora_only", ONLY)]), LIKE_ONLY]);
        /// The initial strength of the update. It is trained and saved as a tensor, so a loaded adapter ignores this
        /// key.
        delora_lambda = 15, NUMBER;
        /// Whether the adapter starts without effect: A random, B zero. False: both random.
        init_weights = true, BOOL;
        /// `delora_lambda` for some modules, by regular expressions for the end of the name.
        lambda_pattern = {}, Map(&NUMBER);
        /// The probability of skipping a module's update in training.
        module_dropout = 0.0, FRACTION;
        /// The rank: the inner size of A and B.
        r = 8, COUNT;
        /// `r` for some modules, by regular expressions for the end of the name.
        rank_pattern = {}, Map(&COUNT);
    }
}
