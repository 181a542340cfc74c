//! LoHa.

use super::key::Type::Map;
use super::key::{BOOL, COUNT, FRACTION, NUMBER};
use super::method::method;
use super::shared::{EXCLUDE_MODULES, LAYERS_PATTERN, LAYERS_TO_TRANSFORM, MODULES_TO_SAVE, TARGET_MODULES};

method! {
    /// LoHa: the update is the product, entry by entry, of two low-rank matrices.
    METHOD, Loha, "peft-loha", "LoHa", "LoHaConfig",
    "Hyeon-Woo et al., 2021, arXiv:2108.06098",
    r#"{"peft_type": "LOHA", "task_type": "CAUSAL_LM", "target_modules": ["q_proj", "v_proj"]}"#,
    [TARGET_MODULES, EXCLUDE_MODULES, MODULES_TO_SAVE, LAYERS_TO_TRANSFORM, LAYERS_PATTERN],
    {
        /// The weight of the update: it is multiplied by `alpha / r`.
        alpha = 8, NUMBER;
        /// `alpha` for some modules, by regular expressions for the end of the name.
        alpha_pattern = {}, Map(&NUMBER);
        /// Whether the adapter starts without effect.
        init_weights = true, BOOL;
        /// The probability of skipping a module's update in training.
        module_dropout = 0.0, FRACTION;
        /// The rank of each of the two matrices.
        r = 8, COUNT;
        /// The probability of dropping an output in training: a whole row of the update is 0, not a rank of it. What is
        /// left is scaled up.
        rank_dropout = 0.0, FRACTION;
        /// `r` for some modules, by regular expressions for the end of the name.
        rank_pattern = {}, Map(&COUNT);
        /// Whether the kernels of convolutions are decomposed, too (proposition 3 of the paper).
        use_effective_conv2d = false, BOOL;
    }
}
