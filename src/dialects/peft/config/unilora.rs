//! Uni-LoRA.

use super::key::Type::Choice;
use super::key::{BOOL, COUNT, FRACTION, INT, POSITIVE};
use super::method::method;
use super::shared::{
    ALL_BIASES, FAN_IN_FAN_OUT, LAYERS_PATTERN, LAYERS_TO_TRANSFORM, MODULES_TO_SAVE, NO_BIAS, ONLY, TARGET_MODULES,
};

method! {
    /// Uni-LoRA: all entries of all A and B are taken from one trained vector, at fixed random places.
    METHOD, Unilora, "peft-unilora", "Uni-LoRA", "UniLoraConfig",
    "arXiv:2506.00799",
    r#"{"peft_type": "UNILORA", "task_type": "CAUSAL_LM", "target_modules": ["q_proj", "v_proj"]}"#,
    [TARGET_MODULES, MODULES_TO_SAVE, LAYERS_TO_TRANSFORM, LAYERS_PATTERN, FAN_IN_FAN_OUT],
    {
        /// Which biases of the base model are trained and saved with the adapter.
        bias = "none", Choice(&[NO_BIAS, ALL_BIASES, ("unilora_only", ONLY)]);
        /// The initial bound of the vector's values.
        init_theta_d_bound = 0.02, POSITIVE;
        /// Whether the vector starts within its bound.
        init_weights = true, BOOL;
        /// The seed of the places. It must be the one used in training, unless the places are saved.
        proj_seed = 42, INT;
        /// The rank: the inner size of A and B.
        r = 4, COUNT;
        /// Whether the places are saved.
        save_indices = false, BOOL;
        /// The length of the vector.
        theta_d_length = 256, COUNT;
        /// The probability of dropping an input in training.
        unilora_dropout = 0.0, FRACTION;
    }
}
