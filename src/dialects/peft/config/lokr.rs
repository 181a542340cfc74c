//! LoKr.

use super::key::Type::{Choice, Map, OneOf};
use super::key::{BOOL, COUNT, FRACTION, INT, NUMBER};
use super::method::method;
use super::shared::{EXCLUDE_MODULES, LAYERS_PATTERN, LAYERS_TO_TRANSFORM, MODULES_TO_SAVE, TARGET_MODULES};

method! {
    /// LoKr: the update is the Kronecker product of two matrices, each full or of low rank.
    METHOD, Lokr, "peft-lokr", "LoKr", "LoKrConfig",
    "Yeh et al., 2023, arXiv:2309.14859",
    r#"{"peft_type": "LOKR", "task_type": "CAUSAL_LM", "target_modules": ["q_proj", "v_proj"]}"#,
    [TARGET_MODULES, EXCLUDE_MODULES, MODULES_TO_SAVE, LAYERS_TO_TRANSFORM, LAYERS_PATTERN],
    {
        /// The weight of the update: it is multiplied by `alpha / r`.
        alpha = 8, NUMBER;
        /// `alpha` for some modules, by regular expressions for the end of the name.
        alpha_pattern = {}, Map(&NUMBER);
        /// Whether the left matrix may also have low rank.
        decompose_both = false, BOOL;
        /// The desired size of the left matrix; −1: near the square root.
        decompose_factor = -1, INT;
        /// How the matrices are initialised. True: without effect. False: all random.
        init_weights = true, OneOf(&[BOOL, Choice(&[("lycoris", "As the library LyCORIS does it.")])]);
        /// The probability of skipping a module's update in training.
        module_dropout = 0.0, FRACTION;
        /// The rank of what has low rank. If both matrices are full, it is only part of the scale.
        r = 8, COUNT;
        /// The probability of dropping an output in training: a whole row of the update is 0, not a rank of it.
        rank_dropout = 0.0, FRACTION;
        /// Whether the rows that `rank_dropout` leaves are scaled up, so that their mean stays the same.
        rank_dropout_scale = false, BOOL;
        /// `r` for some modules, by regular expressions for the end of the name.
        rank_pattern = {}, Map(&COUNT);
        /// Whether the kernels of convolutions are decomposed, too.
        use_effective_conv2d = false, BOOL;
    }
}
