//! OSF.

use super::key::Type::{Map, Nullable};
use super::key::{BOOL, INT, NUMBER};
use super::method::method;
use super::shared::{MODULES_TO_SAVE, TARGET_MODULES};

method! {
    /// OSF: the largest singular directions of a weight are kept as they are, the others are trained.
    METHOD, Osf, "peft-osf", "OSF", "OSFConfig",
    "Nayak et al., 2025, arXiv:2504.07097",
    r#"{"peft_type": "OSF", "task_type": "CAUSAL_LM", "target_modules": ["q_proj", "v_proj"]}"#,
    [TARGET_MODULES, MODULES_TO_SAVE],
    {
        /// The singular directions that are kept: a number, or, as a float up to 1, a fraction of the smaller size.
        /// Null: half.
        effective_rank = null, Nullable(&NUMBER);
        /// Whether the trained part starts as that of the base weight. False: random, for tests.
        init_weights = true, Nullable(&BOOL);
        /// `effective_rank` for some modules, by regular expressions.
        rank_pattern = null, Nullable(&Map(&NUMBER));
        /// Without effect; PEFT never reads it.
        target_svd_config = null, Nullable(&Map(&INT));
    }
}
