//! PSOFT.

use super::key::Type::{Choice, Nullable, Number};
use super::key::{BOOL, COUNT, FRACTION, INT, NATURAL, NUMBER, Range};
use super::method::method;
use super::shared::{
    EXCLUDE_MODULES, FAN_IN_FAN_OUT, LAYERS_PATTERN, LAYERS_TO_TRANSFORM, MODULES_TO_SAVE, TARGET_MODULES,
};

method! {
    /// PSOFT: a rotation, with scaling on both sides, within the space of a weight's `r` largest singular directions.
    METHOD, Psoft, "peft-psoft", "PSOFT", "PsoftConfig",
    "openreview FSHrinMArK",
    r#"{"peft_type": "PSOFT", "task_type": "CAUSAL_LM", "target_modules": ["q_proj", "v_proj"]}"#,
    [TARGET_MODULES, EXCLUDE_MODULES, MODULES_TO_SAVE, LAYERS_TO_TRANSFORM, LAYERS_PATTERN, FAN_IN_FAN_OUT],
    {
        /// How A and B follow from the decomposition of the weight.
        ab_svd_init = "psoft_init", Choice(&[("psoft_init", "A orthogonal; the singular values in B."), ("pissa_init", "The singular values in equal parts in A and B.")]);
        /// The largest norm of the skew matrix, between 0 and 1, with `use_cayley_neumann`. Null: any.
        cayley_neumann_eps = null, Nullable(&Number(Range { minimum: Some(0.0), above: true, maximum: Some(1.0) }));
        /// Whether the rotation starts as the identity.
        init_weights = true, BOOL;
        /// Where the series of `use_cayley_neumann` ends: 1 is `I`, 2 is `I + 2·Q`, and `t` from 4 on is
        /// `I + 2·(Q + … + Q^(t-2)) + Q^(t-1)`. 3 is the same as 4.
        num_cayley_neumann_terms = 5, COUNT;
        /// As in LoRA: the update is multiplied by `psoft_alpha / r`. PEFT divides the singular values in A and B by the
        /// same number when it loads the adapter, so it has no effect in the end.
        psoft_alpha = 32, NUMBER;
        /// The probability of dropping an input in training.
        psoft_dropout = 0.0, FRACTION;
        /// Whether there are trained factors on the side of the inputs.
        psoft_mag_a = true, BOOL;
        /// Whether there are trained factors on the side of the outputs.
        psoft_mag_b = true, BOOL;
        /// Whether the matrix in between is a rotation. False: any matrix.
        psoft_orth = true, BOOL;
        /// How the weight is decomposed.
        psoft_svd = "full", Choice(&[("full", "Exact."), ("lowrank", "An approximation with random numbers.")]);
        /// The number of iterations of the approximation, if `psoft_svd` is `lowrank`.
        psoft_svd_lowrank_niter = 10, NATURAL;
        /// The number of directions; at most the smaller size of a weight.
        r = 32, COUNT;
        /// The seed of the approximation, if `psoft_svd` is `lowrank`. It must be the one used in training.
        random_seed = 0, INT;
        /// Whether the Cayley transform `(I + Q)·(I - Q)⁻¹` is approximated by a series, which is faster.
        use_cayley_neumann = false, BOOL;
    }
}
