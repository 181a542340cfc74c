//! HiRA.

use super::key::Type::{Choice, Map, Nullable, OneOf};
use super::key::{BOOL, COUNT, FRACTION};
use super::method::method;
use super::shared::{
    EXCLUDE_MODULES, FAN_IN_FAN_OUT, LAYERS_PATTERN, LAYERS_TO_TRANSFORM, MODULES_TO_SAVE, TARGET_MODULES,
};

method! {
    /// HiRA: the update is the weight itself, entry by entry times `B · A`. There is no scale.
    METHOD, Hira, "peft-hira", "HiRA", "HiraConfig",
    "Huang et al., 2025, openreview TwJrTz9cRS",
    r#"{"peft_type": "HIRA", "task_type": "CAUSAL_LM", "target_modules": ["q_proj", "v_proj"]}"#,
    [TARGET_MODULES, EXCLUDE_MODULES, MODULES_TO_SAVE, LAYERS_TO_TRANSFORM, LAYERS_PATTERN, FAN_IN_FAN_OUT],
    {
        /// The probability of dropping an input in training.
        hira_dropout = 0.0, FRACTION;
        /// How A and B are initialised. True: A random, B zero, so that the adapter starts without effect. False: both
        /// random.
        init_weights = true, Nullable(&OneOf(&[BOOL, Choice(&[("gaussian", "A normally distributed, scaled by the rank, B zero.")])]));
        /// The rank: the inner size of A and B.
        r = 32, COUNT;
        /// `r` for some modules. PEFT reads it, but uses `r` anyway.
        rank_pattern = {}, Map(&COUNT);
    }
}
