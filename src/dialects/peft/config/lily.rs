//! Lily.

use super::key::Type::Int;
use super::key::{BOOL, COUNT, NUMBER, Range};
use super::method::method;
use super::shared::{EXCLUDE_MODULES, LAYERS_PATTERN, LAYERS_TO_TRANSFORM, MODULES_TO_SAVE, TARGET_MODULES};

method! {
    /// Lily: neighbouring layers share an A, and all layers of one kind share several B, which a router mixes. The
    /// output for one text depends on the other texts in the batch, and nothing can be merged.
    METHOD, Lily, "peft-lily", "Lily", "LilyConfig",
    "arXiv:2407.09946",
    r#"{"peft_type": "LILY", "task_type": "CAUSAL_LM", "target_modules": ["q_proj", "v_proj"]}"#,
    [TARGET_MODULES, EXCLUDE_MODULES, MODULES_TO_SAVE, LAYERS_TO_TRANSFORM, LAYERS_PATTERN],
    {
        /// Whether the adapter starts without effect: A random, B zero.
        init_weights = true, BOOL;
        /// The number of shared B; at least 2, so that there is something to mix.
        num_B = 2, Int(Range { minimum: Some(2.0), above: false, maximum: None });
        /// The rank: the inner size of A and B.
        r = 32, COUNT;
        /// The factor of the update.
        scaling = 1.0, NUMBER;
        /// How many neighbouring layers share an A.
        stride_A = 1, COUNT;
    }
}
