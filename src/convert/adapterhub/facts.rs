//! Keys that matter in training alone, and the architecture that 1.x has a name for.

use crate::value::{Int, Map, Value};

/// Keys that are used in training only, or to initialise what the file holds anyway.
pub(crate) const TRAINING_ONLY: [&str; 8] = [
    "dropout",
    "dropout_prob",
    "dtype",
    "init_weights",
    "init_weights_seed",
    "phm_c_init",
    "phm_init_range",
    "stochastic_depth",
];

/// 1.x: the switches of the architecture `pfeiffer` (`PfeifferConfig` of `adapter_config.py`).
const PFEIFFER: [(&str, bool); 8] = [
    ("adapter_residual_before_ln", false),
    ("ln_after", false),
    ("ln_before", false),
    ("mh_adapter", false),
    ("original_ln_after", true),
    ("original_ln_before", true),
    ("output_adapter", true),
    ("residual_before_ln", true),
];

/// Whether 1.x calls an architecture `pfeiffer`, whatever its size and activation are.
pub(super) fn is_pfeiffer(config: &Map) -> bool {
    PFEIFFER.iter().all(|(key, value)| config.get(key) == Some(&Value::Bool(*value)))
}

/// 1.x: the invertible adapter that `pfeiffer` names in every file. Only adapters of the type `text_lang` build it.
pub(super) fn pfeiffer_invertible() -> Value {
    let text = |text: &str| Value::String(text.to_owned());
    let entries =
        [("block_type", text("nice")), ("non_linearity", text("relu")), ("reduction_factor", Value::Int(Int::from(2)))];
    Value::Map(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}
