//! SHiRA.

use super::key::Type::{Choice, Nullable};
use super::key::{BOOL, COUNT, INT};
use super::method::method;
use super::shared::{FAN_IN_FAN_OUT, MODULES_TO_SAVE, TARGET_MODULES};

method! {
    /// SHiRA: a few entries of the weight are trained; the update is sparse and of high rank.
    METHOD, Shira, "peft-shira", "SHiRA", "ShiraConfig",
    "Bhardwaj et al., 2024, arXiv:2406.13175",
    r#"{"peft_type": "SHIRA", "task_type": "CAUSAL_LM", "target_modules": ["q_proj", "v_proj"], "r": 8}"#,
    [TARGET_MODULES, MODULES_TO_SAVE, FAN_IN_FAN_OUT],
    {
        /// Whether the entries start without effect. False: random, for tests.
        init_weights = true, BOOL;
        /// How the entries are chosen.
        mask_type = "random", Choice(&[("random", "Random entries.")]);
        /// Sets the number of entries, as many as in a LoRA of this rank: `r · (inputs + outputs)`; at most all.
        r = 32, COUNT;
        /// The seed of the choice. The entries are saved.
        random_seed = null, Nullable(&INT);
    }
}
