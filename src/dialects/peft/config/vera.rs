//! VeRA.

use super::key::Type::{Choice, OneOf};
use super::key::{BOOL, COUNT, FRACTION, INT, NUMBER};
use super::method::method;
use super::shared::{
    ALL_BIASES, FAN_IN_FAN_OUT, LAYERS_PATTERN, LAYERS_TO_TRANSFORM, LIKE_ONLY, MODULES_TO_SAVE, NO_BIAS, ONLY,
    TARGET_MODULES,
};

method! {
    /// VeRA: `diag(b) · B · diag(d) · A` is added to the weight of a module. A and B are random and shared by all
    /// modules, `b` and `d` are trained.
    METHOD, Vera, "peft-vera", "VeRA", "VeraConfig",
    "Kopiczko et al., 2023, arXiv:2310.11454",
    r#"{"peft_type": "VERA", "task_type": "CAUSAL_LM", "target_modules": ["q_proj", "v_proj"]}"#,
    [TARGET_MODULES, MODULES_TO_SAVE, LAYERS_TO_TRANSFORM, LAYERS_PATTERN, FAN_IN_FAN_OUT],
    {
        /// Which biases of the base model are trained and saved with the adapter.
        bias = "none", OneOf(&[Choice(&[NO_BIAS, ALL_BIASES, ("vera_only", ONLY)]), LIKE_ONLY]);
        /// The initial value of `d`.
        d_initial = 0.1, NUMBER;
        /// Whether `b` starts as zeros and `d` as `d_initial`.
        init_weights = true, BOOL;
        /// The seed of A and B, if the file does not contain them.
        projection_prng_key = 0, INT;
        /// The rank: the inner size of A and B.
        r = 256, COUNT;
        /// Whether A and B are saved. True makes larger files that load anywhere; a file without them cannot be loaded
        /// while this is true.
        save_projection = true, BOOL;
        /// The probability of dropping an input in training.
        vera_dropout = 0.0, FRACTION;
    }
}
