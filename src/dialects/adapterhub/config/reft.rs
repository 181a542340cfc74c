use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Number, default};

/// ReFT.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReftConfig {
    /// layers
    pub layers: ReftLayers,
    /// prefix_positions
    pub prefix_positions: u64,
    /// suffix_positions
    pub suffix_positions: u64,
    /// r
    #[schemars(range(min = 1))]
    pub r: u64,
    /// orthogonality
    #[schemars(extend("x-use" = "truth"))]
    pub orthogonality: bool,
    /// tied_weights
    #[serde(default)]
    #[schemars(extend("x-use" = "truth"))]
    pub tied_weights: bool,
    /// dropout
    #[serde(default = "default::float::<1, 20>")]
    #[schemars(range(min = 0.0, max = 1.0), extend("x-use" = "dropout"))]
    pub dropout: Number,
    /// non_linearity
    #[serde(default)]
    #[schemars(extend("x-use" = "activation"))]
    pub non_linearity: Option<String>,
    /// dtype
    #[serde(default)]
    pub dtype: Option<String>,
    /// architecture
    pub architecture: ReftTag,
    /// output_reft
    #[serde(default = "default::yes")]
    #[schemars(extend("x-use" = "truth"))]
    pub output_reft: bool,
    /// init_weights_seed
    #[serde(default)]
    #[schemars(extend("x-use" = "seed"))]
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
    /// `"all"`.
    All(AllLayers),
    /// These.
    Some(Vec<u64>),
}

/// The one text that `layers` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AllLayers {
    /// Every layer.
    All,
}
