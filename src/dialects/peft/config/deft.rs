//! DEFT.

use super::key::Type::{Choice, Nullable, OneOf};
use super::key::{BOOL, COUNT, FRACTION, NUMBER};
use super::method::method;
use super::shared::{
    ALL_BIASES, EXCLUDE_MODULES, FAN_IN_FAN_OUT, LAYERS_PATTERN, LAYERS_TO_TRANSFORM, LIKE_ONLY, MODULES_TO_SAVE,
    NO_BIAS, ONLY, TARGET_MODULES,
};

method! {
    /// DEFT: a trained subspace is removed from the outputs of the weight and replaced by a trained matrix.
    METHOD, Deft, "peft-deft", "DEFT", "DeftConfig",
    "peft/tuners/deft",
    r#"{"peft_type": "DEFT", "task_type": "CAUSAL_LM", "target_modules": ["q_proj", "v_proj"]}"#,
    [TARGET_MODULES, EXCLUDE_MODULES, MODULES_TO_SAVE, LAYERS_TO_TRANSFORM, LAYERS_PATTERN, FAN_IN_FAN_OUT],
    {
        /// The weight of what is put in: it is multiplied by `alpha / r`. Null or 0: by 1.
        alpha = null, Nullable(&NUMBER);
        /// Which biases of the base model are trained and saved with the adapter.
        bias = "none", OneOf(&[Choice(&[NO_BIAS, ALL_BIASES, ("deft_only", ONLY)]), LIKE_ONLY]);
        /// How the projection follows from the trained P.
        decomposition_method = "relu", Choice(&[("relu", "P · relu(P)ᵀ, not orthogonal."), ("qr", "Q · Qᵀ of the orthogonal Q of P.")]);
        /// The probability of dropping an input in training.
        deft_dropout = 0.0, FRACTION;
        /// A factor on the spread of the matrix's initial values.
        init_scale = 1.0, NUMBER;
        /// Whether P and the matrix are initialised as PEFT intends.
        init_weights = true, BOOL;
        /// Whether nothing is put in place of the subspace (PaRa). Such an adapter is never without effect.
        para = false, BOOL;
        /// The size of the subspace; at most the outputs, and clipped to them.
        r = 8, COUNT;
    }
}
