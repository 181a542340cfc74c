//! MiSS.

use super::key::Type::{Choice, OneOf};
use super::key::{BOOL, COUNT, FRACTION};
use super::method::method;
use super::shared::{
    ALL_BIASES, EXCLUDE_MODULES, LAYERS_PATTERN, LAYERS_TO_TRANSFORM, LIKE_ONLY, MODULES_TO_SAVE, NO_BIAS, ONLY,
    TARGET_MODULES,
};

method! {
    /// MiSS: one trained matrix of `r` rows is the update of every block of `r` inputs. It used to be called Bone.
    METHOD, Miss, "peft-miss", "MiSS", "MissConfig",
    "Kang and Yin, 2024, arXiv:2409.15371",
    r#"{"peft_type": "MISS", "task_type": "CAUSAL_LM", "target_modules": ["q_proj", "v_proj"], "r": 16}"#,
    [TARGET_MODULES, EXCLUDE_MODULES, MODULES_TO_SAVE, LAYERS_TO_TRANSFORM, LAYERS_PATTERN],
    {
        /// Which biases of the base model are trained and saved with the adapter.
        bias = "none", OneOf(&[Choice(&[NO_BIAS, ALL_BIASES, ("MiSS_only", ONLY)]), LIKE_ONLY]);
        /// The form of the method, and how it is initialised. True: the plain form, zero. False: random.
        init_weights = true, OneOf(&[BOOL, Choice(&[("bat", "Each block is also multiplied by its part of the weight."), ("mini", "The matrix has `mini_r` outputs and is repeated over the rest.")])]);
        /// The number of outputs of the matrix, if `init_weights` is `mini`. It must divide the outputs.
        mini_r = 1, COUNT;
        /// The probability of dropping an input in training.
        miss_dropout = 0.0, FRACTION;
        /// The size of a block of inputs, and the number of rows of the matrix; at most the inputs. With `bat`, it must
        /// divide inputs and outputs.
        r = 64, COUNT;
    }
}
