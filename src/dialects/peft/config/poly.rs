//! Polytropon.

use super::key::Type::Choice;
use super::key::{BOOL, COUNT};
use super::method::method;
use super::shared::{EXCLUDE_MODULES, MODULES_TO_SAVE, TARGET_MODULES};

method! {
    /// Poly: several LoRAs (skills) in each module, which a trained router mixes for each task. The forward pass needs
    /// the numbers of the tasks; nothing can be merged.
    METHOD, Poly, "peft-poly", "Polytropon", "PolyConfig",
    "Ponti et al., 2022, arXiv:2202.13914",
    r#"{"peft_type": "POLY", "task_type": "CAUSAL_LM", "target_modules": ["q_proj", "v_proj"]}"#,
    [TARGET_MODULES, EXCLUDE_MODULES, MODULES_TO_SAVE],
    {
        /// Whether the adapter starts without effect.
        init_weights = true, BOOL;
        /// The number of LoRAs in each module.
        n_skills = 4, COUNT;
        /// The number of parts of a LoRA that are mixed separately (MHR, arXiv:2211.03831). It must divide inputs and
        /// outputs.
        n_splits = 1, COUNT;
        /// The number of tasks.
        n_tasks = 1, COUNT;
        /// The kind of the modules.
        poly_type = "poly", Choice(&[("poly", "The only one.")]);
        /// The rank of each LoRA.
        r = 8, COUNT;
    }
}
