use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Activation, Dtype, Probability, default};

/// Representation fine-tuning (ReFT): the hidden states at a few positions of the input are changed in a small subspace,
/// behind some layers. LoReFT and NoReFT are the two forms that a file can express. The third, DiReFT, differs from
/// NoReFT in `subtract_projection`, which the library never writes: a saved DiReFT adapter is read as NoReFT.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "reft")]
pub struct ReftConfig {
    /// The layers behind which the hidden states are changed: `"all"`, or their numbers from 0.
    #[schemars(extend("x-unit" = "layer numbers from 0", "x-source" = "methods/reft.py, ReftLayer.add_adapter"))]
    pub layers: ReftLayers,
    /// How many positions at the beginning of the input are changed, not counting padding.
    #[schemars(extend("x-unit" = "positions", "x-source" = "arXiv:2404.03592"))]
    pub prefix_positions: u64,
    /// How many positions at the end of the input are changed, not counting padding.
    #[schemars(extend("x-unit" = "positions", "x-source" = "arXiv:2404.03592"))]
    pub suffix_positions: u64,
    /// The dimension of the subspace in which the hidden states are changed. With 0 they stay as they are.
    #[schemars(extend("x-unit" = "rank", "x-source" = "arXiv:2404.03592"))]
    pub r: u64,
    /// Whether the rows that span the subspace are kept orthonormal (LoReFT) or are free (NoReFT). PyTorch keeps their
    /// signs in a parameter and cuts them to whole numbers: train them without weight decay, whose first step makes them
    /// zero.
    #[schemars(extend("x-source" = "arXiv:2404.03592"))]
    pub orthogonality: bool,
    /// Whether the positions at the beginning and at the end share their weights. If not, each side has its own.
    #[serde(default)]
    #[schemars(extend("x-source" = "methods/reft.py, ReftModule.__init__"))]
    pub tied_weights: bool,
    /// The dropout on the changed hidden states; only in training.
    #[serde(default = "default::probability::<1, 20>")]
    #[schemars(extend("x-unit" = "probability", "x-source" = "methods/reft.py, ReftUnit.forward"))]
    pub dropout: Probability,
    /// The activation on the learned target in the subspace; null for none. The library does not mind upper or lower
    /// case.
    #[serde(default)]
    #[schemars(extend("x-source" = "methods/reft.py, ReftUnit.forward"))]
    pub non_linearity: Option<Activation>,
    /// The type of the trained numbers, by its name in PyTorch; null for PyTorch's default, float32. Rows that are
    /// kept orthonormal need at least 32 bits.
    #[serde(default)]
    #[schemars(extend("x-source" = "methods/reft.py, ReftModule.__init__"))]
    pub dtype: Option<Dtype>,
    /// Says which method the config is for.
    pub architecture: ReftTag,
    /// Whether the hidden states behind the layers are changed at all. False makes an adapter without weights.
    #[serde(default = "default::yes")]
    #[schemars(extend("x-source" = "methods/reft.py, ReftLayer.add_adapter"))]
    pub output_reft: bool,
    /// The seed that is set anew before each module of the adapter is initialised, so that all modules of the same
    /// shape begin with the same weights. Null (and 0) leave the random generator alone.
    #[serde(default)]
    #[schemars(extend("x-source" = "methods/utils.py, fix_seed"))]
    pub init_weights_seed: Option<i64>,
}

/// The value of `architecture`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReftTag {
    /// ReFT.
    Reft,
}

/// The layers with an intervention.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ReftLayers {
    /// Every layer.
    All(AllLayers),
    /// The layers with these numbers.
    Some(Vec<u64>),
}

/// The one text that `layers` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AllLayers {
    /// Every layer.
    All,
}
