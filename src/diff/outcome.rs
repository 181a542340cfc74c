use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::RunError;
use crate::json_schema::output::{require_all, version_one};

/// How two saved adapters compare.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = require_all)]
pub struct Comparison {
    /// The version of this format. Members may be added within a version.
    #[schemars(schema_with = "version_one")]
    pub version: u32,
    /// The first.
    pub a: Subject,
    /// The second.
    pub b: Subject,
    /// Whether they are the same function.
    pub same: bool,
    /// What cannot be determined, or makes the function different whatever the values are, and why.
    pub obstacles: Vec<Obstacle>,
    /// What else there is to know: where what is compared is not what the library makes of the folder.
    pub notes: Vec<Note>,
    /// The adapters, AdapterFusions and heads.
    pub parts: Vec<Part>,
    /// What a whole model computes with either; null if none was asked for.
    pub run: Option<Run>,
}

/// One of the two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = require_all)]
pub struct Subject {
    /// The path that was given.
    pub path: String,
    /// The library and release that wrote it, as far as is known.
    pub release: String,
}

/// Something that keeps the two from being compared, or from being the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = require_all)]
pub struct Obstacle {
    /// Which of the two it is about; null for both, in which case it does not distinguish them.
    pub of: Option<Which>,
    /// What it is.
    pub what: String,
}

/// Something to know of one of the two, which does not distinguish them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = require_all)]
pub struct Note {
    /// Which of the two it is about.
    pub of: Which,
    /// What it is.
    pub what: String,
}

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Which {
    /// The first.
    A,
    /// The second.
    B,
}

/// An adapter, an AdapterFusion or a head.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = require_all)]
pub struct Part {
    /// What it is: `adapter`, `fusion` or `head`.
    pub role: String,
    /// The name in the first; null if only the second has it.
    pub a: Option<String>,
    /// The name in the second; null if only the first has it.
    pub b: Option<String>,
    /// Keys whose values differ, after both configs are converted to the meaning of the newest release.
    pub config: Vec<Key>,
    /// Every tensor once.
    pub tensors: Vec<Tensor>,
}

/// A key whose values differ.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = require_all)]
pub struct Key {
    /// The key; for members of a union, with their place, such as `1/scaling`.
    pub key: String,
    /// The value in the first; also null if it is missing.
    pub a: serde_json::Value,
    /// The value in the second; also null if it is missing.
    pub b: serde_json::Value,
    /// Why the function is the same anyway; null if it is not, or if that was for the tensors to show, and some differ.
    pub harmless: Option<String>,
}

/// A tensor of both, or of one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = require_all)]
pub struct Tensor {
    /// Its place in the bare base model, with `*` for the name of the adapter.
    pub slot: String,
    /// How the two compare.
    pub state: State,
    /// The tensor of the first; null if it has none.
    pub a: Option<Numbers>,
    /// The tensor of the second; null if it has none.
    pub b: Option<Numbers>,
    /// What was compared.
    pub compared: Compared,
    /// The largest absolute difference; null if there is none, as with different sizes, or if it is not finite.
    pub absolute: Option<f64>,
    /// That, divided by the largest magnitude in either; null likewise.
    pub relative: Option<f64>,
}

/// How two tensors compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The same bytes.
    Identical,
    /// The same values, within what rounding explains, in another type or layout.
    Equal,
    /// Different values that compute the same.
    Equivalent,
    /// The method does not use it.
    Unused,
    /// A different function.
    Differs,
    /// Only the first has it.
    OnlyA,
    /// Only the second has it.
    OnlyB,
}

impl State {
    /// Whether the function is the same as far as this tensor goes.
    #[must_use]
    pub fn is_same(self) -> bool {
        matches!(self, Self::Identical | Self::Equal | Self::Equivalent | Self::Unused)
    }
}

/// What was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Compared {
    /// The tensor itself.
    Tensor,
    /// The update of the weight that it makes together with other tensors, including its factor: `α/r · B · A`.
    Update,
    /// The prefix that it computes together with other tensors.
    Prefix,
    /// The orthogonal matrix that it represents.
    Projection,
    /// What the intervention that it belongs to does to a state.
    Intervention,
    /// The matrix of the hypercomplex layer that it makes together with other tensors: `Σ_i A_i ⊗ B_i`.
    Products,
    /// The tensor with the units of the bottleneck in another order.
    Units,
}

/// A tensor of one side, and what it is made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = require_all)]
pub struct Numbers {
    /// The names of the tensors from which it is made.
    pub names: Vec<String>,
    /// The type of the numbers, by its name in PyTorch.
    pub dtype: String,
    /// The shape.
    pub shape: Vec<usize>,
}

/// What a whole model computes with either adapter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = require_all)]
pub struct Run {
    /// Why it was not run; null if it was.
    pub failed: Option<String>,
    /// The largest absolute difference of the last hidden states; null if they were not computed or are not finite.
    pub absolute: Option<f64>,
    /// That, divided by the largest magnitude; null likewise.
    pub relative: Option<f64>,
    /// Whether that is within the tolerance.
    pub same: bool,
}

impl Part {
    /// Whether both have it, and it is the same function.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.a.is_some()
            && self.b.is_some()
            && self.config.iter().all(|key| key.harmless.is_some())
            && self.tensors.iter().all(|tensor| tensor.state.is_same())
    }
}

impl Run {
    /// One that could not be done.
    pub(super) fn failed(why: &RunError) -> Self {
        Self { failed: Some(why.to_string()), absolute: None, relative: None, same: false }
    }
}
