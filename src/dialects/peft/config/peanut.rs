//! PEANuT.

use super::key::{BOOL, COUNT, NATURAL, NUMBER, TEXT};
use super::method::method;
use super::shared::{EXCLUDE_MODULES, LAYERS_PATTERN, LAYERS_TO_TRANSFORM, MODULES_TO_SAVE, TARGET_MODULES};

method! {
    /// PEANuT: the update is a small network of the base weight itself.
    METHOD, Peanut, "peft-peanut", "PEANuT", "PeanutConfig",
    "Zhong et al., 2024, arXiv:2410.01870",
    r#"{"peft_type": "PEANUT", "task_type": "CAUSAL_LM", "target_modules": ["q_proj", "v_proj"]}"#,
    [TARGET_MODULES, EXCLUDE_MODULES, MODULES_TO_SAVE, LAYERS_TO_TRANSFORM, LAYERS_PATTERN],
    {
        /// The activation, by its name in transformers.
        act_fn = "relu", TEXT;
        /// The number of hidden layers on each side of the network.
        depth = 0, NATURAL;
        /// Whether the adapter starts without effect: B zero, the rest random. False: all random.
        init_weights = true, BOOL;
        /// The width of the network.
        r = 32, COUNT;
        /// The factor of the update.
        scaling = 1.0, NUMBER;
    }
}
