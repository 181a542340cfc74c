//! AdaMSS.

use super::key::Type::{Choice, Nullable, OneOf};
use super::key::{BOOL, COUNT, FRACTION, INT, NATURAL, POSITIVE};
use super::method::method;
use super::shared::{LAYERS_PATTERN, LAYERS_TO_TRANSFORM, MODULES_TO_SAVE, TARGET_MODULES};

method! {
    /// AdaMSS: the rows of the weight are sorted into subspaces by clustering its singular vectors, and each subspace
    /// gets its own low-rank update. The clusters are not saved; they follow from the base weight and `random_seed`.
    METHOD, Adamss, "peft-adamss", "AdaMSS", "AdamssConfig",
    "peft/tuners/adamss",
    r#"{"peft_type": "ADAMSS", "task_type": "CAUSAL_LM", "target_modules": ["q_proj", "v_proj"], "r": 16}"#,
    [TARGET_MODULES, MODULES_TO_SAVE, LAYERS_TO_TRANSFORM, LAYERS_PATTERN],
    {
        /// How slowly the average of a subspace's importance changes, with `use_asa`.
        asa_importance_beta = 0.85, FRACTION;
        /// The exponent of the curve by which the number of active subspaces falls, with `use_asa`. 1 is a straight
        /// line.
        asa_schedule_exponent = 3.0, POSITIVE;
        /// The number of active subspaces in all layers together at the end, with `use_asa`.
        asa_target_subspaces = 50, COUNT;
        /// How slowly the average of the importance's uncertainty changes, with `use_asa`.
        asa_uncertainty_beta = 0.85, FRACTION;
        /// The step at which pruning ends, with `use_asa`; more than `init_warmup`.
        final_warmup = 1000, COUNT;
        /// The steps before pruning begins, with `use_asa`.
        init_warmup = 50, NATURAL;
        /// How the update is initialised. Null or false leaves it as it is, for weights that are loaded.
        init_weights = "orthogonal", Nullable(&OneOf(&[Choice(&[("orthogonal", "B orthogonal, A zero.")]), BOOL]));
        /// The steps between two prunings, with `use_asa`.
        mask_interval = 100, COUNT;
        /// The number of clusters in each module.
        num_subspaces = 5, COUNT;
        /// The number of singular vectors that are kept for each weight; at most its smaller size, and clipped to that.
        r = 100, COUNT;
        /// The seed of the clustering. It must be the one used in training, since the clusters are computed again on
        /// loading.
        random_seed = 0, INT;
        /// The rank of the update in each subspace; at most the size of a cluster.
        subspace_rank = 1, COUNT;
        /// The fraction of the largest singular value above which a value counts, with `use_dynamic_rank`.
        svd_threshold = 0.1, FRACTION;
        /// Whether training prunes subspaces (adaptive subspace allocation). It needs a callback.
        use_asa = false, BOOL;
        /// Whether each subspace has as many ranks as it has singular values above `svd_threshold`.
        use_dynamic_rank = false, BOOL;
    }
}
