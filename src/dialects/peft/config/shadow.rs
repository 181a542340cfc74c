//! Shadow.

use super::key::Type::Nullable;
use super::key::{BOOL, COUNT, FRACTION, NOT_NEGATIVE, NUMBER, TEXT};
use super::method::method;
use super::shared::{EXCLUDE_MODULES, LAYERS_PATTERN, LAYERS_TO_TRANSFORM, MODULES_TO_SAVE, TARGET_MODULES};

method! {
    /// Shadow: a small model runs beside the base model, and the difference between their states corrects the input of
    /// each block.
    METHOD, Shadow, "peft-shadow", "Shadow", "ShadowConfig",
    "peft/tuners/shadow",
    r#"{"peft_type": "SHADOW", "task_type": "CAUSAL_LM"}"#,
    [TARGET_MODULES, EXCLUDE_MODULES, MODULES_TO_SAVE, LAYERS_TO_TRANSFORM, LAYERS_PATTERN],
    {
        /// The weight of the small model's own loss. 0: none.
        auxiliary_loss_weight = 0.05, NOT_NEGATIVE;
        /// Whether the adapter starts without effect.
        init_weights = true, BOOL;
        /// The rank of the correction.
        r = 8, COUNT;
        /// The factor of the correction.
        shadow_alpha = 0.1, NUMBER;
        /// The probability of dropping a difference in training.
        shadow_dropout = 0.2, FRACTION;
        /// The width of the small model. Null: that of the base model.
        shadow_hidden_size = null, Nullable(&COUNT);
        /// The width of its feed-forward blocks. Null: that of the base model, or its own width.
        shadow_intermediate_size = null, Nullable(&COUNT);
        /// Which small model: `mirror` builds one like the base model; any other value is a repository or a path, and
        /// cannot be combined with the sizes.
        shadow_model = "mirror", TEXT;
        /// The number of heads of the small model. Null: that of the base model.
        shadow_num_attention_heads = null, Nullable(&COUNT);
        /// The number of layers of the small model. Null: 1.
        shadow_num_hidden_layers = null, Nullable(&COUNT);
        /// Whether the small model uses the embeddings of the base model.
        share_embeddings = true, BOOL;
        /// The width of the networks that carry the state on. Null: `r`.
        update_hidden_size = null, Nullable(&COUNT);
    }
}
