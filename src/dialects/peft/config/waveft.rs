//! WaveFT.

use super::key::Type::{Choice, Map, OneOf, Pattern};
use super::key::{BOOL, COUNT, INT, NUMBER};
use super::method::method;
use super::shared::{
    ALL_BIASES, EXCLUDE_MODULES, FAN_IN_FAN_OUT, LAYERS_PATTERN, LAYERS_TO_TRANSFORM, LIKE_ONLY, MODULES_TO_SAVE,
    NO_BIAS, ONLY, TARGET_MODULES,
};

method! {
    /// WaveFT: the update is the inverse wavelet transform of a matrix with a few trained entries.
    METHOD, Waveft, "peft-waveft", "WaveFT", "WaveFTConfig",
    "peft/tuners/waveft",
    r#"{"peft_type": "WAVEFT", "task_type": "CAUSAL_LM", "target_modules": ["q_proj", "v_proj"], "n_frequency": 128}"#,
    [TARGET_MODULES, EXCLUDE_MODULES, MODULES_TO_SAVE, LAYERS_TO_TRANSFORM, LAYERS_PATTERN, FAN_IN_FAN_OUT],
    {
        /// Which biases of the base model are trained and saved with the adapter.
        bias = "none", OneOf(&[Choice(&[NO_BIAS, ALL_BIASES, ("waveft_only", ONLY)]), LIKE_ONLY]);
        /// Whether the entries start as zeros. False: normally distributed.
        init_weights = true, BOOL;
        /// The number of trained entries; at most inputs times outputs of a module.
        n_frequency = 2592, COUNT;
        /// `n_frequency` for some modules, by regular expressions for the end of the name.
        n_frequency_pattern = {}, Map(&COUNT);
        /// Whether larger modules get more entries, with `n_frequency` as the average.
        proportional_parameters = false, BOOL;
        /// The seed of the places of the entries. It must be the one used in training: the places are not saved.
        random_loc_seed = 777, INT;
        /// The factor of the update.
        scaling = 25.0, NUMBER;
        /// Whether the entries are transformed. False: they are the update.
        use_idwt = true, BOOL;
        /// The wavelet of the transform.
        wavelet_family = "db1", Pattern("^(db([1-9]|[12][0-9]|3[0-8])|sym([2-9]|1[0-9]|20)|coif([1-9]|1[0-7]))$", "`db1` to `db38`, `sym2` to `sym20`, `coif1` to `coif17`.");
    }
}
