use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::Subject;
use crate::dialects::adapterhub::files::Block;

/// The version of the format that this crate reads.
pub const FORMAT: &str = "adapter-spec/oracle/v1";

/// A golden case: what the real library computed for one config, inputs and weights. The arrays stand in a
/// safetensors file of the same name beside it, under names in groups: `input/…`, `base/…` (the model's own weights),
/// `adapter/<adapter>/…`, `shared/<adapter>/…`, `fusion/<fusion>/…`, `output/f64/…` and `output/f32/…`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "oracle-case")]
pub struct Case {
    /// The version of the format.
    #[schemars(extend("const" = FORMAT))]
    pub format: String,
    /// The case's name, unique and permanent.
    pub id: String,
    /// The method it belongs to, which is also the folder.
    pub method: String,
    /// What is run, and its sizes.
    #[serde(flatten)]
    pub subject: Subject,
    /// What the case shows, in a sentence.
    pub title: String,
    /// Whether an implementation has to agree with the outputs.
    pub verdict: Verdict,
    /// What is wrong with the outputs of a case that has to be rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flaw: Option<String>,
    /// What the library said when it refused the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refused>,
    /// What produced it.
    pub source: Source,
    /// The full config of each adapter, by name.
    #[schemars(with = "BTreeMap<String, serde_json::Map<String, serde_json::Value>>")]
    pub adapters: serde_json::Map<String, serde_json::Value>,
    /// The full config of each AdapterFusion, by name.
    #[schemars(with = "BTreeMap<String, serde_json::Map<String, serde_json::Value>>")]
    pub fusions: serde_json::Map<String, serde_json::Value>,
    /// How the adapters are composed, as the library writes it; null where only one thing is run.
    pub setup: Option<Block>,
    /// The shape of every array.
    pub shapes: BTreeMap<String, Vec<u64>>,
    /// How near another implementation has to come.
    pub tolerance: Tolerances,
}

/// Whether an implementation has to agree with the outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The outputs are right.
    Accept,
    /// The outputs are subtly wrong: an implementation that agrees with them, or a comparison that lets them pass, is
    /// at fault.
    Reject,
    /// There are no outputs: the library refuses to build the adapter or to load its tensors, and so has an implementation.
    Refuse,
}

/// What the library said when it refused a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "oracle-refusal")]
pub struct Refused {
    /// When.
    pub stage: Stage,
    /// The class of the error.
    pub error: String,
    /// Its message, the first line that says something.
    pub message: String,
}

/// When the library refuses a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// When it builds the adapter on the model.
    Build,
    /// When it loads the tensors.
    Load,
}

/// What produced a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "oracle-source")]
pub struct Source {
    /// The library.
    pub library: String,
    /// Its release.
    pub version: String,
    /// The class or function that was run.
    pub callable: String,
    /// Releases of the packages below it.
    pub packages: BTreeMap<String, String>,
    /// The script that recorded it.
    pub recorder: String,
    /// The seed it was given.
    pub seed: u64,
}

/// How near another implementation has to come, in each precision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "oracle-tolerances")]
pub struct Tolerances {
    /// In double precision.
    pub f64: Tolerance,
    /// In single precision.
    pub f32: Tolerance,
}

/// The largest difference that is let pass. NaN has to meet NaN, and an infinity the same infinity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "oracle-tolerance")]
pub struct Tolerance {
    /// The absolute difference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absolute: Option<f64>,
    /// The absolute difference, divided by the largest finite magnitude in the recorded array; if that is 0, only
    /// equality passes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relative: Option<f64>,
    /// Why so much.
    pub reason: String,
}
