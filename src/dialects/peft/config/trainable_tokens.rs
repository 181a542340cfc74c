//! Trainable tokens.

use super::key::Type::List;
use super::key::{BOOL, NATURAL};
use super::method::method;
use super::shared::TARGETS;

method! {
    /// Some rows of the embedding are trained.
    METHOD, TrainableTokens, "peft-trainable-tokens", "Trainable tokens", "TrainableTokensConfig",
    "peft/tuners/trainable_tokens",
    r#"{"peft_type": "TRAINABLE_TOKENS", "task_type": "CAUSAL_LM", "token_indices": [1, 5]}"#,
    [],
    {
        /// Whether the rows start as they are in the base model. False: random.
        init_weights = true, BOOL;
        /// The embedding. Null: the input embedding of the model, or `embed_tokens`.
        target_modules = null, TARGETS;
        /// The ids of the tokens whose rows are trained. There must be at least one.
        token_indices = [], List(&NATURAL);
    }
}
