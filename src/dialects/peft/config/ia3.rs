//! (IA)³.

use super::key::BOOL;
use super::method::method;
use super::shared::{EXCLUDE_MODULES, FAN_IN_FAN_OUT, MODULES_TO_SAVE, TARGET_MODULES, TARGETS};

method! {
    /// (IA)³: the outputs of a module are multiplied by trained factors, or, in a feed-forward module, its inputs.
    METHOD, Ia3, "peft-ia3", "(IA)³", "IA3Config",
    "Liu et al., 2022, arXiv:2205.05638",
    r#"{"peft_type": "IA3", "task_type": "CAUSAL_LM", "target_modules": ["k_proj", "v_proj", "down_proj"], "feedforward_modules": ["down_proj"]}"#,
    [TARGET_MODULES, EXCLUDE_MODULES, MODULES_TO_SAVE, FAN_IN_FAN_OUT],
    {
        /// The modules whose inputs are multiplied instead of their outputs: ends of names, with or without a dot
        /// before them, or a regular expression for full names. They must be in `target_modules`. Null: PEFT's default
        /// for the type of the model; an empty list: none.
        feedforward_modules = null, TARGETS;
        /// Whether the factors start as ones.
        init_ia3_weights = true, BOOL;
    }
}
