//! BOFT.

use super::key::Type::{Choice, OneOf};
use super::key::{BOOL, COUNT, FRACTION, NATURAL};
use super::method::method;
use super::shared::{
    ALL_BIASES, EXCLUDE_MODULES, FAN_IN_FAN_OUT, LAYERS_PATTERN, LAYERS_TO_TRANSFORM, LIKE_ONLY, MODULES_TO_SAVE,
    NO_BIAS, ONLY, TARGET_MODULES,
};

method! {
    /// BOFT: the weight is multiplied by a rotation, a product of sparse rotations in butterfly order, and its rows by
    /// trained factors.
    METHOD, Boft, "peft-boft", "BOFT", "BOFTConfig",
    "Liu et al., 2023, arXiv:2311.06243",
    r#"{"peft_type": "BOFT", "task_type": "CAUSAL_LM", "target_modules": ["q_proj", "v_proj"]}"#,
    [TARGET_MODULES, EXCLUDE_MODULES, MODULES_TO_SAVE, LAYERS_TO_TRANSFORM, LAYERS_PATTERN, FAN_IN_FAN_OUT],
    {
        /// Which biases of the base model are trained and saved with the adapter.
        bias = "none", OneOf(&[Choice(&[NO_BIAS, ALL_BIASES, ("boft_only", ONLY)]), LIKE_ONLY]);
        /// The number of blocks in a module. Exactly one of this and `boft_block_size` may differ from 0, and it must
        /// divide the inputs.
        boft_block_num = 0, NATURAL;
        /// The size of a block. Exactly one of this and `boft_block_num` may differ from 0, and it must divide the
        /// inputs.
        boft_block_size = 4, NATURAL;
        /// The probability that a block does nothing in training.
        boft_dropout = 0.0, FRACTION;
        /// The number of sparse rotations that are multiplied. Without PEFT's CUDA extension it is always 1.
        boft_n_butterfly_factor = 1, COUNT;
        /// Whether the rotation starts as the identity.
        init_weights = true, BOOL;
    }
}
