use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Number, default};

/// A bottleneck adapter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BottleneckConfig {
    /// mh_adapter
    #[schemars(extend("x-use" = "truth"))]
    pub mh_adapter: bool,
    /// output_adapter
    #[schemars(extend("x-use" = "truth"))]
    pub output_adapter: bool,
    /// reduction_factor
    #[schemars(extend("x-use" = "reduction"))]
    pub reduction_factor: ReductionFactor,
    /// non_linearity
    #[schemars(extend("x-use" = "activation"))]
    pub non_linearity: String,
    /// original_ln_before
    #[serde(default)]
    #[schemars(extend("x-use" = "truth"))]
    pub original_ln_before: bool,
    /// original_ln_after
    #[serde(default = "default::yes")]
    #[schemars(extend("x-use" = "truth"))]
    pub original_ln_after: bool,
    /// ln_before
    #[serde(default)]
    #[schemars(extend("x-use" = "truth"))]
    pub ln_before: bool,
    /// ln_after
    #[serde(default)]
    #[schemars(extend("x-use" = "truth"))]
    pub ln_after: bool,
    /// init_weights
    #[serde(default)]
    pub init_weights: BottleneckInit,
    /// init_weights_seed
    #[serde(default)]
    #[schemars(extend("x-use" = "seed"))]
    pub init_weights_seed: Option<i64>,
    /// is_parallel
    #[serde(default)]
    #[schemars(extend("x-use" = "truth"))]
    pub is_parallel: bool,
    /// scaling
    #[serde(default)]
    #[schemars(extend("x-use" = "scaling"))]
    pub scaling: Scaling,
    /// use_gating
    #[serde(default)]
    #[schemars(extend("x-use" = "truth"))]
    pub use_gating: bool,
    /// residual_before_ln
    #[serde(default)]
    #[schemars(extend("x-use" = "residual"))]
    pub residual_before_ln: ResidualBeforeLn,
    /// adapter_residual_before_ln
    #[serde(default)]
    #[schemars(extend("x-use" = "truth"))]
    pub adapter_residual_before_ln: bool,
    /// inv_adapter
    #[serde(default)]
    pub inv_adapter: Option<InvertibleKind>,
    /// inv_adapter_reduction_factor
    #[serde(default)]
    pub inv_adapter_reduction_factor: Option<Number>,
    /// cross_adapter
    #[serde(default)]
    #[schemars(extend("x-use" = "truth"))]
    pub cross_adapter: bool,
    /// leave_out
    #[serde(default)]
    #[schemars(extend("x-use" = "layers"))]
    pub leave_out: Vec<u64>,
    /// dropout
    #[serde(default = "default::float::<0, 1>")]
    #[schemars(range(min = 0.0, max = 1.0), extend("x-use" = "dropout"))]
    pub dropout: Number,
    /// phm_layer
    #[serde(default)]
    #[schemars(extend("x-use" = "truth"))]
    pub phm_layer: bool,
    /// phm_dim
    #[serde(default = "default::int::<4>")]
    #[schemars(range(min = 1))]
    pub phm_dim: u64,
    /// factorized_phm_W
    #[serde(default = "yes_if_set", rename = "factorized_phm_W")]
    #[schemars(extend("x-use" = "truth"))]
    pub factorized_phm_w: Option<bool>,
    /// shared_W_phm
    #[serde(default = "no_if_set", rename = "shared_W_phm")]
    #[schemars(extend("x-use" = "truth"))]
    pub shared_w_phm: Option<bool>,
    /// shared_phm_rule
    #[serde(default = "yes_if_set")]
    #[schemars(extend("x-use" = "truth"))]
    pub shared_phm_rule: Option<bool>,
    /// factorized_phm_rule
    #[serde(default = "no_if_set")]
    #[schemars(extend("x-use" = "truth"))]
    pub factorized_phm_rule: Option<bool>,
    /// phm_c_init
    #[serde(default)]
    pub phm_c_init: PhmRuleInit,
    /// phm_init_range
    #[serde(default = "default::float::<1, 10000>")]
    pub phm_init_range: Number,
    /// learn_phm
    #[serde(default = "yes_if_set")]
    #[schemars(extend("x-use" = "truth"))]
    pub learn_phm: Option<bool>,
    /// hypercomplex_nonlinearity
    #[serde(default)]
    pub hypercomplex_nonlinearity: PhmWeightInit,
    /// phm_rank
    #[serde(default = "default::int::<1>")]
    #[schemars(range(min = 1))]
    pub phm_rank: u64,
    /// phm_bias
    #[serde(default = "yes_if_set")]
    #[schemars(extend("x-use" = "truth"))]
    pub phm_bias: Option<bool>,
    /// stochastic_depth
    #[serde(default = "default::float::<0, 1>")]
    #[schemars(range(min = 0.0, max = 1.0), extend("x-use" = "dropout"))]
    pub stochastic_depth: Number,
    /// architecture
    #[serde(default, skip_serializing)]
    pub architecture: (),
}

#[expect(clippy::unnecessary_wraps, reason = "the field is optional")]
fn yes_if_set() -> Option<bool> {
    Some(true)
}

#[expect(clippy::unnecessary_wraps, reason = "the field is optional")]
fn no_if_set() -> Option<bool> {
    Some(false)
}

/// One factor for all layers, or one for each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ReductionFactor {
    /// The same in every layer.
    Uniform(#[schemars(extend("exclusiveMinimum" = 0))] Number),
    /// By layer number (from 0, as text), with `default` for the others.
    PerLayer(BTreeMap<String, Number>),
}

/// How the adapter's output is scaled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Scaling {
    /// A constant. The library wants a float: `1.0`, not `1`.
    Constant(Number),
    /// A learned parameter.
    Learned(LearnedScaling),
}

impl Default for Scaling {
    fn default() -> Self {
        Self::Constant(default::float::<1, 1>())
    }
}

/// The shapes of a learned scaling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LearnedScaling {
    /// One number.
    Learned,
    /// One number for each hidden unit.
    Channel,
}

/// Where the adapter's residual is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ResidualBeforeLn {
    /// Before (`true`) or behind (`false`) the base model's layer norm.
    Before(bool),
    /// Behind the base model's residual sum.
    Sum(PostAdd),
}

impl Default for ResidualBeforeLn {
    fn default() -> Self {
        Self::Before(true)
    }
}

/// The one text that `residual_before_ln` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PostAdd {
    /// Behind the base model's residual sum, before its layer norm.
    PostAdd,
}

/// How a bottleneck's weights begin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BottleneckInit {
    /// Normal with standard deviation 0.02.
    #[default]
    Bert,
    /// Kaiming uniform down, zero up.
    MamAdapter,
    /// Normal with standard deviation 0.01, cut at two deviations.
    Houlsby,
}

/// The kinds of invertible adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum InvertibleKind {
    /// NICE.
    Nice,
    /// GLOW.
    Glow,
}

/// How a PHM rule begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PhmRuleInit {
    /// Normal.
    #[default]
    Normal,
    /// Uniform.
    Uniform,
}

/// How PHM weights begin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PhmWeightInit {
    /// phm
    Phm,
    /// glorot-normal
    GlorotNormal,
    /// glorot-uniform
    #[default]
    GlorotUniform,
    /// normal
    Normal,
}
