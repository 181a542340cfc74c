//! Prefix tuning.

use super::key::Type::{Choice, Nullable};
use super::key::{BOOL, COUNT};
use super::method::method;

method! {
    /// Prefix tuning: trained keys and values are put before those of the input, in the attention of every layer.
    METHOD, PrefixTuning, "peft-prefix-tuning", "Prefix tuning", "PrefixTuningConfig",
    "Li and Liang, 2021, arXiv:2101.00190",
    r#"{"peft_type": "PREFIX_TUNING", "task_type": "CAUSAL_LM", "num_virtual_tokens": 4}"#,
    [],
    {
        /// The width of the network that computes the prefix in training, with `prefix_projection`. Null: `token_dim`.
        encoder_hidden_size = null, Nullable(&COUNT);
        /// How the prefix is initialised. Null: random.
        init_weights = null, Nullable(&Choice(&[("zero", "Zeros, so that little changes at first.")]));
        /// Whether a network computes the prefix in training. The file contains what it computed.
        prefix_projection = false, BOOL;
    }
}
