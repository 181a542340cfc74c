//! FRoD.

use super::key::Type::{Choice, OneOf};
use super::key::{BOOL, FRACTION, INT, POSITIVE};
use super::method::method;
use super::shared::{
    ALL_BIASES, FAN_IN_FAN_OUT, LAYERS_PATTERN, LAYERS_TO_TRANSFORM, LIKE_ONLY, MODULES_TO_SAVE, NO_BIAS, ONLY,
    TARGET_MODULES,
};

method! {
    /// FRoD: weights of one kind share a basis, and each trains a diagonal and a sparse rotation in it.
    METHOD, Frod, "peft-frod", "FRoD", "FrodConfig",
    "peft/tuners/frod",
    r#"{"peft_type": "FROD", "task_type": "CAUSAL_LM", "target_modules": ["q_proj", "v_proj"]}"#,
    [TARGET_MODULES, MODULES_TO_SAVE, LAYERS_TO_TRANSFORM, LAYERS_PATTERN, FAN_IN_FAN_OUT],
    {
        /// Which biases of the base model are trained and saved with the adapter.
        bias = "none", OneOf(&[Choice(&[NO_BIAS, ALL_BIASES, ("frod_only", ONLY)]), LIKE_ONLY]);
        /// The probability of dropping an input in training.
        frod_dropout = 0.0, FRACTION;
        /// Whether the adapter starts without effect.
        init_weights = true, BOOL;
        /// Whether progress is shown while the bases are computed.
        progressbar = true, BOOL;
        /// The seed of the places of the sparse entries.
        projection_prng_key = 0, INT;
        /// A small number that keeps the computation of the basis stable.
        regularization_alpha = 0.001, POSITIVE;
        /// Whether base weights are kept in CPU memory while they are not needed.
        runtime_offload_base_weight = false, BOOL;
        /// Whether the shared bases are saved. True makes larger files that load anywhere; a file without them cannot
        /// be loaded while this is true.
        save_projection = true, BOOL;
        /// The fraction of the off-diagonal entries that are trained.
        sparse_rate = 0.01, FRACTION;
    }
}
