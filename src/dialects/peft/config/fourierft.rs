//! FourierFT.

use super::key::Type::{Choice, Map, OneOf};
use super::key::{BOOL, COUNT, INT, NUMBER};
use super::method::method;
use super::shared::{
    ALL_BIASES, EXCLUDE_MODULES, FAN_IN_FAN_OUT, LAYERS_PATTERN, LAYERS_TO_TRANSFORM, LIKE_ONLY, MODULES_TO_SAVE,
    NO_BIAS, ONLY, TARGET_MODULES,
};

method! {
    /// FourierFT: the update is the inverse Fourier transform of a matrix with a few trained entries.
    METHOD, Fourierft, "peft-fourierft", "FourierFT", "FourierFTConfig",
    "Gao et al., 2024, arXiv:2405.03003",
    r#"{"peft_type": "FOURIERFT", "task_type": "CAUSAL_LM", "target_modules": ["q_proj", "v_proj"]}"#,
    [TARGET_MODULES, EXCLUDE_MODULES, MODULES_TO_SAVE, LAYERS_TO_TRANSFORM, LAYERS_PATTERN, FAN_IN_FAN_OUT],
    {
        /// Which biases of the base model are trained and saved with the adapter.
        bias = "none", OneOf(&[Choice(&[NO_BIAS, ALL_BIASES, ("fourierft_only", ONLY)]), LIKE_ONLY]);
        /// Whether the entries start as zeros. False: normally distributed.
        init_weights = false, BOOL;
        /// The number of trained entries; at most inputs times outputs of a module.
        n_frequency = 1000, COUNT;
        /// `n_frequency` for some modules, by regular expressions for the end of the name.
        n_frequency_pattern = {}, Map(&COUNT);
        /// The seed of the places of the entries. It must be the one used in training: the places are not saved. Null:
        /// different places each time.
        random_loc_seed = 777, INT;
        /// The factor of the update.
        scaling = 150.0, NUMBER;
    }
}
