//! LayerNorm tuning.

use super::method::method;
use super::shared::{EXCLUDE_MODULES, MODULES_TO_SAVE, TARGET_MODULES};

method! {
    /// The norms of the base model are trained and saved in full.
    METHOD, LnTuning, "peft-ln-tuning", "LayerNorm tuning", "LNTuningConfig",
    "Zhao et al., 2023, arXiv:2312.11420",
    r#"{"peft_type": "LN_TUNING", "task_type": "CAUSAL_LM"}"#,
    [TARGET_MODULES, EXCLUDE_MODULES, MODULES_TO_SAVE],
    {
    }
}
