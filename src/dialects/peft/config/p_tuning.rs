//! P-tuning.

use super::key::Type::{Choice, Nullable};
use super::key::{COUNT, FRACTION};
use super::method::method;

method! {
    /// P-tuning: vectors before the input that a small network computes in training. Only what it computed is saved.
    METHOD, PTuning, "peft-p-tuning", "P-tuning", "PromptEncoderConfig",
    "Liu et al., 2021, arXiv:2103.10385",
    r#"{"peft_type": "P_TUNING", "task_type": "CAUSAL_LM", "num_virtual_tokens": 4}"#,
    [],
    {
        /// The dropout of the LSTM.
        encoder_dropout = 0.0, FRACTION;
        /// The width of the network. Null: `token_dim`.
        encoder_hidden_size = null, Nullable(&COUNT);
        /// The number of layers of the LSTM. The MLP always has two.
        encoder_num_layers = 2, COUNT;
        /// The kind of the network.
        encoder_reparameterization_type = "MLP", Choice(&[("MLP", "A perceptron."), ("LSTM", "A bidirectional recurrent network.")]);
    }
}
