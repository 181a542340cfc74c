use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Activation, Probability, default};

/// Prefix tuning: trained keys and values stand before those of the input in every attention block.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "prefix-tuning")]
pub struct PrefixTuningConfig {
    /// Says which method the config is for.
    pub architecture: PrefixTuningTag,
    /// Whether the encoder gets prefixes, in BART, T5, Whisper and their kin. Has no effect on other models.
    #[serde(default = "default::yes")]
    #[schemars(extend("x-source" = "methods/prefix_tuning.py, PrefixTuningLayer.add_adapter"))]
    pub encoder_prefix: bool,
    /// Whether the cross-attention gets prefixes, in encoder-decoder models. Has no effect on other models.
    #[serde(default = "default::yes")]
    #[schemars(extend("x-source" = "methods/prefix_tuning.py, PrefixTuningLayer.add_adapter"))]
    pub cross_prefix: bool,
    /// The numbers of the layers without a prefix, from 0. In an encoder-decoder model the decoder's layers count on from the encoder's, but start at 0 again in an `EncoderDecoderModel`. Numbers that the model does not have are ignored.
    #[serde(default)]
    #[schemars(extend("x-unit" = "layer numbers from 0",
        "x-source" = "configuration/model_adapters_config.py, ModelAdaptersConfig.match"
    ))]
    pub leave_out: Vec<u64>,
    /// Whether the keys and values themselves are the trained parameters. If not, a small network computes them from
    /// a trained embedding, which trains more steadily; `eject_prefix_tuning` turns the second form into the first.
    #[serde(default)]
    #[schemars(extend("x-source" = "arXiv:2101.00190, section 4.3"))]
    pub flat: bool,
    /// How many positions the prefix has, in every attention block. With 0 there is no prefix.
    #[serde(default = "default::size::<30>")]
    #[schemars(extend("x-unit" = "positions", "x-source" = "arXiv:2101.00190, section 4.2"))]
    pub prefix_length: u64,
    /// The width of the hidden layer of the network that computes the prefix. With 0 the prefix is the network's last
    /// bias. Without meaning if `flat` is true.
    #[serde(default = "default::size::<512>")]
    #[schemars(extend("x-unit" = "hidden units", "x-source" = "methods/prefix_tuning.py, PrefixTuning.__init__"))]
    pub bottleneck_size: u64,
    /// The activation in the network that computes the prefix. Without meaning if `flat` is true. The library does not
    /// mind upper or lower case.
    #[serde(default = "tanh")]
    #[schemars(extend("x-source" = "methods/prefix_tuning.py, PrefixTuning.__init__"))]
    pub non_linearity: Activation,
    /// The dropout on the keys and values of the prefix; only in training.
    #[serde(default = "default::probability::<0, 1>")]
    #[schemars(extend("x-unit" = "probability", "x-source" = "methods/prefix_tuning.py, PrefixTuning.forward"))]
    pub dropout: Probability,
    /// Whether a trained gate in (0, 1) weighs the prefix: a linear map of the layer's input and a logistic function,
    /// averaged over the sequence. Belongs to UniPELT.
    #[serde(default)]
    #[schemars(extend("x-source" = "arXiv:2110.07577"))]
    pub use_gating: bool,
    /// Whether keys and values share one gate. If not, each has its own. Without meaning unless `use_gating` is true.
    #[serde(default = "default::yes")]
    #[schemars(extend("x-source" = "methods/prefix_tuning.py, PrefixTuningLayer.add_adapter"))]
    pub shared_gating: bool,
    /// The seed that is set anew before each module of the adapter is initialised, so that all modules of the same
    /// shape begin with the same weights. Null (and 0) leave the random generator alone.
    #[serde(default)]
    #[schemars(extend("x-source" = "methods/utils.py, fix_seed"))]
    pub init_weights_seed: Option<i64>,
}

fn tanh() -> Activation {
    Activation::Tanh
}

/// The value of `architecture`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PrefixTuningTag {
    /// Prefix tuning.
    PrefixTuning,
}
