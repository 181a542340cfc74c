//! Super tuning.

use super::key::Type::Nullable;
use super::key::{BOOL, COUNT, FRACTION, NUMBER};
use super::method::method;
use super::shared::{MODULES_TO_SAVE, TARGET_MODULES};

method! {
    /// Super tuning: the entries of the weight with the largest magnitude are trained; with `r`, also a LoRA (Supra).
    METHOD, Supertuning, "peft-supertuning", "Super tuning", "SupertuningConfig",
    "arXiv:2607.09287",
    r#"{"peft_type": "SUPERTUNING", "task_type": "CAUSAL_LM", "target_modules": ["q_proj", "v_proj"]}"#,
    [TARGET_MODULES, MODULES_TO_SAVE],
    {
        /// Whether the adapter starts without effect. False: random, for tests.
        init_weights = true, BOOL;
        /// The weight of the LoRA: it is multiplied by `lora_alpha / r`. Null: `2 · r`. Only with `r`.
        lora_alpha = null, Nullable(&NUMBER);
        /// The probability of dropping an input of the LoRA in training; below 1.
        lora_dropout = 0.0, FRACTION;
        /// The rank of the additional LoRA. Null: none.
        r = null, Nullable(&COUNT);
        /// Whether the places of the entries are saved. False: they are found again from the base weight.
        save_precomputed_indices = true, BOOL;
        /// Whether the largest entries are trained. False: the smallest.
        select_top = true, BOOL;
        /// The fraction of the entries that are not trained; below 1.
        sparsity = 0.99, FRACTION;
    }
}
