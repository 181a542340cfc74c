//! C3A.

use super::key::Type::{Choice, Map, OneOf};
use super::key::{BOOL, COUNT};
use super::method::method;
use super::shared::{
    ALL_BIASES, LAYERS_PATTERN, LAYERS_TO_TRANSFORM, LIKE_ONLY, MODULES_TO_SAVE, NO_BIAS, ONLY, TARGET_MODULES,
};

method! {
    /// C3A: the update consists of circulant blocks, each given by one trained vector.
    METHOD, C3a, "peft-c3a", "C3A", "C3AConfig",
    "Chen et al., 2024, arXiv:2407.19342",
    r#"{"peft_type": "C3A", "task_type": "CAUSAL_LM", "target_modules": ["q_proj", "v_proj"], "block_size": 32}"#,
    [TARGET_MODULES, MODULES_TO_SAVE, LAYERS_TO_TRANSFORM, LAYERS_PATTERN],
    {
        /// Which biases of the base model are trained and saved with the adapter.
        bias = "none", OneOf(&[Choice(&[NO_BIAS, ALL_BIASES, ("c3a_only", ONLY)]), LIKE_ONLY]);
        /// The size of a block. It must divide the inputs and the outputs of every module.
        block_size = 256, COUNT;
        /// `block_size` for some modules, by regular expressions for the end of the name after a dot.
        block_size_pattern = {}, Map(&COUNT);
        /// How the kernels are initialised. True: zeros, so that the adapter starts without effect. False: as
        /// `xavier_uniform`.
        init_weights = "xavier_uniform", OneOf(&[BOOL, Choice(&[("gaussian", "Normal."), ("kaiming_uniform", "Uniform, after He et al."), ("xavier_uniform", "Uniform, after Glorot and Bengio.")])]);
    }
}
