use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{NonLinearity, Number, Positive};

/// One factor for all layers, or one for each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ReductionFactor {
    /// The same in every layer.
    Uniform(Positive),
    /// By layer number from 0, with `default` for the others.
    PerLayer(
        #[schemars(
            with = "BTreeMap<String, Positive>",
            extend("propertyNames" = {"pattern": "^(0|[1-9][0-9]*|default)$"})
        )]
        BTreeMap<LayerKey, Positive>,
    ),
}

/// A key of a per-layer reduction factor: `"0"`, `"1"` …, or `"default"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum LayerKey {
    /// The layer with this number.
    Layer(u64),
    /// All other layers.
    Default,
}

impl TryFrom<String> for LayerKey {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text == "default" {
            return Ok(Self::Default);
        }
        let number = text.parse::<u64>().ok().filter(|number| number.to_string() == text);
        number.map(Self::Layer).ok_or_else(|| format!("expected a layer number or \"default\", found {text:?}"))
    }
}

impl From<LayerKey> for String {
    fn from(key: LayerKey) -> Self {
        key.to_string()
    }
}

impl fmt::Display for LayerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Layer(number) => number.fmt(f),
            Self::Default => f.write_str("default"),
        }
    }
}

/// How the adapter's output is scaled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Scaling {
    /// A constant.
    Constant(Number),
    /// A trained parameter.
    Learned(LearnedScaling),
}

impl Default for Scaling {
    fn default() -> Self {
        Self::Constant(super::default::float::<1, 1>())
    }
}

/// The shapes of a trained scaling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LearnedScaling {
    /// One trained number for each place where the adapter stands.
    Learned,
    /// One trained number for each hidden unit, for each place where the adapter stands.
    Channel,
}

/// Where the adapter's residual is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ResidualBeforeLn {
    /// True: the block's output, before the base model's residual sum and layer norm. False: the value behind them.
    Before(bool),
    /// A place between the two.
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
    /// The value behind the base model's residual sum, before its layer norm.
    PostAdd,
}

/// How a bottleneck's weights begin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BottleneckInit {
    /// Weights from a normal distribution with standard deviation 0.02, biases 0.
    #[default]
    Bert,
    /// Down-projection Kaiming uniform, up-projection and biases 0: the adapter begins as no change. Not with
    /// `phm_layer`.
    MamAdapter,
    /// Weights from a normal distribution with standard deviation 0.01, cut off at two deviations, biases 0. Not with
    /// `phm_layer`.
    Houlsby,
}

/// The kinds of invertible adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum InvertibleKind {
    /// Additive coupling of the two halves of the embedding (NICE).
    Nice,
    /// Affine coupling (GLOW). Cannot be used: every release since 1.0 stops with an error in the forward pass.
    Glow,
}

/// How the small factors of PHM layers begin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PhmRuleInit {
    /// From a normal distribution around 0, with the deviation `phm_init_range` if all layers share the factors.
    #[default]
    Normal,
    /// Uniform between -1 and 1 if all layers share the factors, between -0.01 and 0.01 if not.
    Uniform,
}

/// How the large factors of PHM layers begin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PhmWeightInit {
    /// By the hypercomplex components, says the name; in fact Glorot's normal distribution.
    Phm,
    /// Glorot's normal distribution.
    GlorotNormal,
    /// Glorot's uniform distribution, says the name; in fact the normal one.
    #[default]
    GlorotUniform,
    /// A normal distribution of deviation `phm_init_range`, says the name; in fact Glorot's.
    Normal,
}

/// The invertible adapter as adapter-transformers 1.x wrote it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "invertible-adapter")]
pub struct InvertibleAdapter {
    /// The kind of invertible adapter; today `inv_adapter`.
    pub block_type: InvertibleKind,
    /// The activation of the invertible adapter's hidden layers. Newer releases ignore it and use the adapter's own.
    #[serde(default)]
    pub non_linearity: Option<NonLinearity>,
    /// How many times narrower the hidden layers are than the input; today `inv_adapter_reduction_factor`.
    pub reduction_factor: Positive,
}
