//! PVeRA.

use super::key::Type::{Choice, Nullable, OneOf};
use super::key::{BOOL, COUNT, FRACTION, INT, NUMBER};
use super::method::method;
use super::shared::{
    ALL_BIASES, FAN_IN_FAN_OUT, LAYERS_PATTERN, LAYERS_TO_TRANSFORM, LIKE_ONLY, MODULES_TO_SAVE, NO_BIAS, ONLY,
    TARGET_MODULES,
};

method! {
    /// PVeRA: VeRA whose inner values are drawn from a learned distribution in training; afterwards, its mean is used.
    METHOD, Pvera, "peft-pvera", "PVeRA", "PveraConfig",
    "arXiv:2512.07703",
    r#"{"peft_type": "PVERA", "task_type": "CAUSAL_LM", "target_modules": ["q_proj", "v_proj"]}"#,
    [TARGET_MODULES, MODULES_TO_SAVE, LAYERS_TO_TRANSFORM, LAYERS_PATTERN, FAN_IN_FAN_OUT],
    {
        /// Which biases of the base model are trained and saved with the adapter.
        bias = "none", OneOf(&[Choice(&[NO_BIAS, ALL_BIASES, ("pvera_only", ONLY)]), LIKE_ONLY]);
        /// The initial value of `d`.
        d_initial = 0.1, NUMBER;
        /// The seed of the draws. Null: the draws are not seeded.
        generator_seed = null, Nullable(&INT);
        /// Whether `b` starts as zeros and `d` as `d_initial`.
        init_weights = true, BOOL;
        /// The seed of A and B, if the file does not contain them.
        projection_prng_key = 0, INT;
        /// The probability of dropping an input in training.
        pvera_dropout = 0.0, FRACTION;
        /// The rank: the inner size of A and B.
        r = 256, COUNT;
        /// Whether values are drawn after training, too.
        sample_at_inference = false, BOOL;
        /// Whether A and B are saved. True makes larger files that load anywhere; a file without them cannot be loaded
        /// while this is true.
        save_projection = true, BOOL;
    }
}
