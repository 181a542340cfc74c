//! The typed keys of every AdapterHub config. A key's type, default and manual live on its field: JSON Schemas, the
//! key reference and `explain` are generated from here.
//!
//! Beside the standard schema keywords a field may carry, through `#[schemars(extend(…))]`:
//!
//! - `x-unit`: the unit of a number;
//! - `x-source`: the paper, or the file of the library, that defines the key;
//! - `deprecated`: the key is only there for old files.
//!
//! The schemas get two more from tables: `x-since` and `x-until` from [`releases`](super::releases), and `x-use`, how
//! the library uses the value, from [`Use`](super::uses::Use). Only files that the latter does not cover say
//! `x-use` on their fields.

mod activation;
mod any;
mod bottleneck;
mod bottleneck_values;
mod fusion;
mod lora;
mod members;
mod number;
mod prefix_tuning;
mod prompt_tuning;
mod reft;
mod union;

pub use activation::{Activation, NonLinearity, OldActivation, UnknownActivation};
pub use any::{AnyConfig, MemberConfig};
pub use bottleneck::BottleneckConfig;
pub use bottleneck_values::{
    BottleneckInit, InvertibleAdapter, InvertibleKind, LayerKey, LearnedScaling, PhmRuleInit, PhmWeightInit, PostAdd,
    ReductionFactor, ResidualBeforeLn, Scaling,
};
pub use fusion::FusionConfig;
pub use lora::{
    AttentionMatrix, CompositionMode, Dtype, LoraConfig, LoraInit, LoraTag, MtlLoraConfig, MtlLoraTag,
    TaskSpecificMatrix,
};
#[cfg(feature = "oracle")]
pub(crate) use members::only_member;
pub(crate) use members::{architecture_of, members, members_mut};
pub use number::{NonNegative, Nullable, Number, OutOfBounds, Positive, Probability};
pub use prefix_tuning::{PrefixTuningConfig, PrefixTuningTag};
pub use prompt_tuning::{Combine, PromptInit, PromptTuningConfig, PromptTuningTag};
pub use reft::{AllLayers, ReftConfig, ReftLayers, ReftTag};
pub use union::{UnionConfig, UnionTag};

use serde::Deserialize;
use serde_json::json;

use crate::value::{Map, Value};

/// The library's config classes, by the value of `architecture`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Method {
    /// Bottleneck adapters (no `architecture` key, or null).
    Bottleneck,
    /// `"prefix_tuning"`.
    PrefixTuning,
    /// `"prompt_tuning"`.
    PromptTuning,
    /// `"lora"`: LoRA, (IA)³, VeRA, DoRA, DVoRA.
    Lora,
    /// `"mtl_lora"`.
    MtlLora,
    /// `"reft"`: LoReFT, NoReFT, DiReFT.
    Reft,
    /// `"union"`: several of the others.
    Union,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Bottleneck, Self::PrefixTuning, Self::PromptTuning, Self::Lora, Self::MtlLora, Self::Reft, Self::Union];

    /// The method that a value of `architecture` selects (`adapter_config.py`, `_get_config_class`, 1.3.0);
    /// `None` where the library raises a `KeyError`.
    #[must_use]
    pub fn of_architecture(architecture: Option<&str>) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.architecture() == architecture)
    }

    /// The value of `architecture`.
    #[must_use]
    pub fn architecture(self) -> Option<&'static str> {
        match self {
            Self::Bottleneck => None,
            Self::PrefixTuning => Some("prefix_tuning"),
            Self::PromptTuning => Some("prompt_tuning"),
            Self::Lora => Some("lora"),
            Self::MtlLora => Some("mtl_lora"),
            Self::Reft => Some("reft"),
            Self::Union => Some("union"),
        }
    }

    /// The keys that have no default: the library's constructor raises a `TypeError` without them.
    #[must_use]
    pub fn required(self) -> &'static [&'static str] {
        match self {
            Self::Bottleneck => &["mh_adapter", "output_adapter", "reduction_factor", "non_linearity"],
            Self::Reft => &["layers", "prefix_positions", "suffix_positions", "r", "orthogonality"],
            Self::Union => &["configs"],
            Self::PrefixTuning | Self::PromptTuning | Self::Lora | Self::MtlLora => &[],
        }
    }

    /// All keys in the library's order with their defaults, `None` for a required key. Empty for a union, which is
    /// no dataclass.
    #[must_use]
    pub fn fields(self) -> Vec<(String, Option<Value>)> {
        let full = match self {
            Self::Bottleneck => full::<BottleneckConfig>(json!({
                "mh_adapter": false, "output_adapter": false, "reduction_factor": 1, "non_linearity": "relu"
            })),
            Self::PrefixTuning => full::<PrefixTuningConfig>(json!({"architecture": "prefix_tuning"})),
            Self::PromptTuning => full::<PromptTuningConfig>(json!({"architecture": "prompt_tuning"})),
            Self::Lora => full::<LoraConfig>(json!({"architecture": "lora"})),
            Self::MtlLora => full::<MtlLoraConfig>(json!({"architecture": "mtl_lora"})),
            Self::Reft => full::<ReftConfig>(json!({
                "architecture": "reft", "layers": "all", "prefix_positions": 0, "suffix_positions": 0, "r": 1,
                "orthogonality": false
            })),
            Self::Union => return Vec::new(),
        };
        let required = self.required();
        let field = |(key, value): (String, Value)| {
            let default = (!required.contains(&key.as_str())).then_some(value);
            (key, default)
        };
        full.into_iter().map(field).collect()
    }
}

/// A type's config with every default filled in, from one that has only the required keys.
fn full<T: for<'de> Deserialize<'de> + serde::Serialize>(minimal: serde_json::Value) -> Map {
    let typed: T = serde_json::from_value(minimal).expect("the minimal config has every required key");
    match Value::from(&serde_json::to_value(typed).expect("configs have string keys and finite numbers")) {
        Value::Map(map) => map,
        _ => Map::new(),
    }
}

/// Defaults that are not their type's own.
mod default {
    use std::num::NonZeroU64;

    use super::{NonNegative, Number, Positive, Probability};

    pub(super) fn yes() -> bool {
        true
    }

    #[expect(clippy::unnecessary_wraps, reason = "the field is optional")]
    pub(super) fn some_yes() -> Option<bool> {
        Some(true)
    }

    #[expect(clippy::unnecessary_wraps, reason = "the field is optional")]
    pub(super) fn some_no() -> Option<bool> {
        Some(false)
    }

    pub(super) fn count<const N: u64>() -> NonZeroU64 {
        NonZeroU64::new(N).expect("no default count is 0")
    }

    pub(super) fn size<const N: u64>() -> u64 {
        N
    }

    pub(super) fn number<const N: u64>() -> Number {
        N.into()
    }

    /// `M` divided by `D`, as a float.
    pub(super) fn float<const M: u32, const D: u32>() -> Number {
        Number::from_f64(f64::from(M) / f64::from(D)).expect("a ratio of two small integers is finite")
    }

    pub(super) fn probability<const M: u32, const D: u32>() -> Probability {
        Probability::try_from(float::<M, D>()).expect("the default is a probability")
    }

    pub(super) fn positive<const M: u32, const D: u32>() -> Positive {
        Positive::try_from(float::<M, D>()).expect("the default is above 0")
    }

    pub(super) fn non_negative<const M: u32, const D: u32>() -> NonNegative {
        NonNegative::try_from(float::<M, D>()).expect("the default is not below 0")
    }
}
