//! BEFT.

use super::key::BOOL;
use super::method::method;
use super::shared::{MODULES_TO_SAVE, TARGET_MODULES};

method! {
    /// BEFT: only a vector that is added to the output of a module is trained. It cannot be merged into a module
    /// without a bias.
    METHOD, Beft, "peft-beft", "BEFT", "BeftConfig",
    "arXiv:2509.15974",
    r#"{"peft_type": "BEFT", "task_type": "CAUSAL_LM", "target_modules": ["q_proj", "v_proj"]}"#,
    [TARGET_MODULES, MODULES_TO_SAVE],
    {
        /// Whether the vectors start as zeros.
        init_weights = true, BOOL;
    }
}
