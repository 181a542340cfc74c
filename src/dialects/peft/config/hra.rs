//! HRA.

use super::key::Type::{Choice, OneOf};
use super::key::{BOOL, COUNT};
use super::method::method;
use super::shared::{
    ALL_BIASES, EXCLUDE_MODULES, LAYERS_PATTERN, LAYERS_TO_TRANSFORM, LIKE_ONLY, MODULES_TO_SAVE, NO_BIAS, ONLY,
    TARGET_MODULES,
};

method! {
    /// HRA: the weight is multiplied by `r` trained reflections.
    METHOD, Hra, "peft-hra", "HRA", "HRAConfig",
    "Yuan et al., 2024, arXiv:2405.17484",
    r#"{"peft_type": "HRA", "task_type": "CAUSAL_LM", "target_modules": ["q_proj", "v_proj"]}"#,
    [TARGET_MODULES, EXCLUDE_MODULES, MODULES_TO_SAVE, LAYERS_TO_TRANSFORM, LAYERS_PATTERN],
    {
        /// Whether the vectors of the reflections are made orthogonal first (Gram–Schmidt).
        apply_GS = false, BOOL;
        /// Which biases of the base model are trained and saved with the adapter.
        bias = "none", OneOf(&[Choice(&[NO_BIAS, ALL_BIASES, ("hra_only", ONLY)]), LIKE_ONLY]);
        /// Whether the adapter starts without effect: reflections in equal pairs. An odd `r` has no such start.
        init_weights = true, BOOL;
        /// The number of reflections.
        r = 8, COUNT;
    }
}
