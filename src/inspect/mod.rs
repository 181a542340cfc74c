//! What a folder, an archive or a file of weights holds: what can be told of its adapters, and what they lack. The types are
//! the format of the JSON, and `schemas/inspect.json` is generated from them.

mod build;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::dialects::is_weights_name;
use crate::json_schema::output::{require_all, version_one};
pub use crate::methods::parameters::Nature;

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = require_all)]
pub struct Inspection {
    /// The version of this format. Members may be added within a version.
    #[schemars(schema_with = "version_one")]
    pub version: u32,
    /// The path that was given.
    pub path: String,
    /// Every adapter, AdapterFusion and head in it, by folder.
    pub parts: Vec<Part>,
}

impl Inspection {
    /// Whether all configs and weights of adapters can be read. What lies beside them, such as a trainer's own files, may be
    /// anything.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let is_alone = self.parts.iter().flat_map(|part| &part.files).count() == 1;
        let is_meant = |file: &File| is_alone || is_weights_name(file.name.rsplit('/').next().unwrap_or_default());
        let is_read = |file: &File| file.error.is_none() || !is_meant(file);
        self.parts.iter().all(|part| part.config_error.is_none() && part.files.iter().all(is_read))
    }
}

/// An adapter, an AdapterFusion, a head, or weights that nothing is known of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = require_all)]
pub struct Part {
    /// The folder, within the path that was given; empty for that itself.
    pub folder: String,
    /// What it is: `adapter`, `fusion` or `head`; null for weights that nothing is known of.
    pub role: Option<String>,
    /// The library that it is for, such as `adapterhub` or `peft`; null if it cannot be told.
    pub dialect: Option<String>,
    /// The release that wrote it, as far as it can be told.
    pub release: Option<Release>,
    /// The name of the adapter, the AdapterFusion or the head.
    pub name: Option<String>,
    /// The methods, such as `bottleneck` or `lora`; empty if they are not known.
    pub methods: Vec<String>,
    /// What is said of the base model.
    pub base: Base,
    /// The config, without what is the default anyway; null if there is none, or it cannot be loaded.
    pub config: Option<serde_json::Value>,
    /// Why the config cannot be used: it is broken, or the library refuses it; null if it can, or there is none.
    pub config_error: Option<String>,
    /// What could not be told, and why.
    pub remarks: Vec<String>,
    /// The files of weights, by name.
    pub files: Vec<File>,
}

/// The release of a library.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = require_all)]
pub struct Release {
    /// The library: `adapters`, `adapter-transformers` or `peft`.
    pub library: String,
    /// The version, or as much of it as is known: `1.3.0`, `1.x`.
    pub version: String,
    /// What tells it: the config's `version`, or keys and names of tensors that only it has.
    pub told_by: ToldBy,
}

/// What tells a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ToldBy {
    /// The version that is written.
    Version,
    /// Keys, and names of tensors.
    Layout,
}

/// The base model, as the config has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = require_all)]
pub struct Base {
    /// `model_type` as transformers has it.
    pub model_type: Option<String>,
    /// The model's name or path.
    pub model_name: Option<String>,
    /// The class in Python.
    pub model_class: Option<String>,
    /// The hidden size.
    pub hidden_size: Option<u64>,
}

/// A file of weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = require_all)]
pub struct File {
    /// The name, within the path that was given.
    pub name: String,
    /// The format: `safetensors`, `torch zip` or `torch legacy`; null if it cannot be read.
    pub format: Option<String>,
    /// The size in bytes; null if it cannot be read.
    pub bytes: Option<u64>,
    /// Why it cannot be read.
    pub error: Option<String>,
    /// The number of parameters, each counted once; without what is known to be a buffer.
    pub parameters: u64,
    /// The bytes of all tensors, those that share memory counted once.
    pub tensor_bytes: u64,
    /// Every tensor once: first those whose place is known, in the order of the model's modules, then the others by
    /// name.
    pub tensors: Vec<Tensor>,
}

/// A tensor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = require_all)]
pub struct Tensor {
    /// The name in the file.
    pub name: String,
    /// Other names in the file that share its memory.
    pub aliases: Vec<String>,
    /// Its place in the base model and in the method's equations; null if the config does not lead to it.
    pub slot: Option<Slot>,
    /// The shape.
    pub shape: Vec<u64>,
    /// The type of the numbers, by its name in PyTorch.
    pub dtype: String,
    /// The number of elements.
    pub elements: u64,
    /// The number of bytes.
    pub bytes: u64,
    /// What the numbers are like; null unless `--stats` asks for it, and for complex numbers.
    pub stats: Option<Stats>,
}

/// A place in a base model, and in a method's equations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = require_all)]
pub struct Slot {
    /// The layer's number, counted through the whole model; null for what belongs to no layer.
    pub layer: Option<u64>,
    /// The place in the layer or model, such as `output-adapters`, `query` or `shared`.
    pub site: String,
    /// The method, such as `bottleneck` or `lora`.
    pub method: String,
    /// The role in the method's equations, such as `down.weight` or `A`.
    pub role: String,
    /// The symbols of the dimensions in the method's equations.
    pub symbols: Vec<String>,
    /// What training does with it.
    pub nature: Nature,
}

/// What the numbers of a tensor are like. Those that are not finite are counted, and left out of the rest.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = require_all)]
pub struct Stats {
    /// The least; null if no number is finite.
    pub min: Option<f64>,
    /// The greatest.
    pub max: Option<f64>,
    /// The mean.
    pub mean: Option<f64>,
    /// The square root of the sum of squares; null if that is too large for a number.
    pub norm: Option<f64>,
    /// How many are zero.
    pub zeros: u64,
    /// How many are not a number.
    pub nan: u64,
    /// How many are infinite.
    pub infinite: u64,
}
