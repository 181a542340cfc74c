use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Number, default};

/// Prefix tuning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PrefixTuningConfig {
    /// architecture
    pub architecture: PrefixTuningTag,
    /// encoder_prefix
    #[serde(default = "default::yes")]
    #[schemars(extend("x-use" = "truth"))]
    pub encoder_prefix: bool,
    /// cross_prefix
    #[serde(default = "default::yes")]
    #[schemars(extend("x-use" = "truth"))]
    pub cross_prefix: bool,
    /// leave_out
    #[serde(default)]
    #[schemars(extend("x-use" = "layers"))]
    pub leave_out: Vec<u64>,
    /// flat
    #[serde(default)]
    #[schemars(extend("x-use" = "truth"))]
    pub flat: bool,
    /// prefix_length
    #[serde(default = "default::int::<30>")]
    #[schemars(range(min = 1))]
    pub prefix_length: u64,
    /// bottleneck_size
    #[serde(default = "default::int::<512>")]
    #[schemars(range(min = 1))]
    pub bottleneck_size: u64,
    /// non_linearity
    #[serde(default = "tanh")]
    #[schemars(extend("x-use" = "activation"))]
    pub non_linearity: String,
    /// dropout
    #[serde(default = "default::float::<0, 1>")]
    #[schemars(range(min = 0.0, max = 1.0), extend("x-use" = "dropout"))]
    pub dropout: Number,
    /// use_gating
    #[serde(default)]
    #[schemars(extend("x-use" = "truth"))]
    pub use_gating: bool,
    /// shared_gating
    #[serde(default = "default::yes")]
    #[schemars(extend("x-use" = "truth"))]
    pub shared_gating: bool,
    /// init_weights_seed
    #[serde(default)]
    #[schemars(extend("x-use" = "seed"))]
    pub init_weights_seed: Option<i64>,
}

fn tanh() -> String {
    "tanh".to_owned()
}

/// The value of `architecture`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PrefixTuningTag {
    /// Prefix tuning.
    PrefixTuning,
}
