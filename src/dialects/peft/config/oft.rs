//! OFT.

use super::key::Type::{Choice, OneOf};
use super::key::{BOOL, COUNT, FRACTION, NATURAL, NUMBER};
use super::method::method;
use super::shared::{
    ALL_BIASES, EXCLUDE_MODULES, FAN_IN_FAN_OUT, LAYERS_PATTERN, LAYERS_TO_TRANSFORM, LIKE_ONLY, MODULES_TO_SAVE,
    NO_BIAS, ONLY, TARGET_MODULES,
};

method! {
    /// OFT: the inputs of a module are rotated in blocks, by the Cayley transform of trained skew matrices.
    METHOD, Oft, "peft-oft", "OFT", "OFTConfig",
    "Qiu et al., 2023, arXiv:2306.07280",
    r#"{"peft_type": "OFT", "task_type": "CAUSAL_LM", "target_modules": ["q_proj", "v_proj"], "oft_block_size": 32}"#,
    [TARGET_MODULES, EXCLUDE_MODULES, MODULES_TO_SAVE, LAYERS_TO_TRANSFORM, LAYERS_PATTERN, FAN_IN_FAN_OUT],
    {
        /// Which biases of the base model are trained and saved with the adapter.
        bias = "none", OneOf(&[Choice(&[NO_BIAS, ALL_BIASES, ("oft_only", ONLY)]), LIKE_ONLY]);
        /// Whether all blocks have the same rotation.
        block_share = false, BOOL;
        /// Whether the rotation stays within `eps` of the identity (COFT).
        coft = false, BOOL;
        /// How far from the identity the rotation may be, with `coft`: the Frobenius norm of each block's skew matrix, times
        /// the root of the number of blocks.
        eps = 0.00006, NUMBER;
        /// Whether the rotation starts as the identity.
        init_weights = true, BOOL;
        /// The probability that a block does nothing in training.
        module_dropout = 0.0, FRACTION;
        /// Where the series of `use_cayley_neumann` ends: 1 is `I`, 2 is `I + 2·S`, and `t` from 4 on is
        /// `I + 2·(S + … + S^(t-2)) + S^(t-1)`. 3 is the same as 4.
        num_cayley_neumann_terms = 5, COUNT;
        /// The size of a block. Exactly one of this and `r` may differ from 0. A size that does not divide the inputs
        /// is replaced by a similar one. Files of releases before 0.14.0 do not have it and are refused.
        oft_block_size = 32, NATURAL;
        /// The number of blocks. Exactly one of this and `oft_block_size` may differ from 0. A number that does not
        /// divide the inputs is replaced by a similar one.
        r = 0, NATURAL;
        /// Whether the rotation comes from a series, which is faster, and not from the exact Cayley transform
        /// `(I - S)·(I + S)⁻¹`. The series approaches `(I + S)·(I - S)⁻¹`, which is the inverse of that: each setting
        /// turns the blocks the other way, so it must be the one used in training.
        use_cayley_neumann = true, BOOL;
    }
}
