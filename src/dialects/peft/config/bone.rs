//! Bone.

use super::key::Type::{Choice, OneOf};
use super::key::{BOOL, COUNT};
use super::method::method;
use super::shared::{
    ALL_BIASES, EXCLUDE_MODULES, LAYERS_PATTERN, LAYERS_TO_TRANSFORM, LIKE_ONLY, MODULES_TO_SAVE, NO_BIAS, ONLY,
    TARGET_MODULES,
};

method! {
    /// Bone: one trained matrix of `r` rows is the update of every block of `r` inputs. Removed in 0.19.0; MiSS
    /// replaced it.
    METHOD, Bone, "peft-bone", "Bone", "BoneConfig",
    "Kang and Yin, 2024, arXiv:2409.15371",
    r#"{"peft_type": "BONE", "task_type": "CAUSAL_LM", "target_modules": ["q_proj", "v_proj"], "r": 16}"#,
    [TARGET_MODULES, EXCLUDE_MODULES, MODULES_TO_SAVE, LAYERS_TO_TRANSFORM, LAYERS_PATTERN],
    {
        /// Which biases of the base model are trained and saved with the adapter.
        bias = "none", OneOf(&[Choice(&[NO_BIAS, ALL_BIASES, ("bone_only", ONLY)]), LIKE_ONLY]);
        /// The form of the method, and how it is initialised. True: the plain form, zero. False: random.
        init_weights = true, OneOf(&[BOOL, Choice(&[("bat", "Each block is also multiplied by its part of the weight.")])]);
        /// The size of a block of inputs, and the number of rows of the matrix. It must divide the inputs.
        r = 64, COUNT;
    }
}
