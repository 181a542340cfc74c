use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::MergeError;
use crate::document::write::to_json;
use crate::document::{Document, Format};
use crate::files;
use crate::models::{Model, Quirk, former};
use crate::tensors::{ShardedTensors, Tensor, TensorFile};
use crate::value::{Map, Value};

/// The weights of a base model in a folder, in the order in which transformers looks for them.
pub(super) const WEIGHTS: [&str; 4] =
    ["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"];

/// The longest config that is read.
const MAX_CONFIG: u64 = 16 << 20;

/// As many parts of a model as are looked into for a bare model. Few have more than a handful.
const MAX_PARTS: usize = 16;

/// What layers are called that store their weight transposed.
const TRANSPOSED_LAYERS: [&str; 4] = ["c_attn", "c_proj", "c_fc", "q_attn"];

/// A base model: its weights, and what its config says of its type.
#[derive(Debug)]
pub struct Base {
    pub(super) weights: Weights,
    /// What the names of its tensors begin with, up to the first dot.
    parts: BTreeSet<String>,
    /// The folder, if one was given.
    pub(super) folder: Option<PathBuf>,
    /// Its config; empty if there is none.
    pub(super) config: Map,
    /// Whether the output layer is the embedding (`tie_word_embeddings`), as far as the config says.
    pub(super) is_tied: bool,
}

/// The files of the weights.
#[derive(Debug)]
pub(super) enum Weights {
    One(Box<TensorFile>),
    Sharded(ShardedTensors),
}

impl Base {
    /// Opens a folder, a file of weights, or an index of several.
    ///
    /// # Errors
    /// If there are no weights, or they cannot be read.
    pub fn open(path: &Path) -> Result<Self, MergeError> {
        let folder = path.is_dir().then(|| path.to_path_buf());
        let file = match &folder {
            None => path.to_path_buf(),
            Some(folder) => {
                let found = WEIGHTS.iter().map(|name| folder.join(name)).find(|file| file.is_file());
                found.ok_or_else(|| {
                    MergeError::file(
                        folder.display(),
                        format!("it contains no weights: none of {}", WEIGHTS.join(", ")),
                    )
                })?
            }
        };
        if file.file_name().is_some_and(|name| name == "config.json") {
            let reason = "this is the config of a model: name the folder that it is in, or the weights";
            return Err(MergeError::file(file.display(), reason));
        }
        let is_index = file.extension().is_some_and(|extension| extension == "json");
        let weights = match is_index {
            true => Weights::Sharded(ShardedTensors::open(&file)?),
            false => Weights::One(Box::new(TensorFile::open(&file)?)),
        };
        let config = file.parent().map(|folder| folder.join("config.json")).filter(|config| config.is_file());
        let config = config.map(|config| object(&config)).transpose()?.unwrap_or_default();
        let is_tied = config.get("tie_word_embeddings").and_then(Value::as_bool).unwrap_or(false);
        let first = |tensor: Tensor<'_>| Some(tensor.name().split_once('.')?.0.to_owned());
        let parts = match &weights {
            Weights::One(file) => file.iter().filter_map(first).collect(),
            Weights::Sharded(shards) => shards.shards().iter().flat_map(|file| file.iter()).filter_map(first).collect(),
        };
        Ok(Self { weights, parts, folder, config, is_tied })
    }

    /// How many bytes the weights have.
    #[must_use]
    pub fn bytes(&self) -> usize {
        match &self.weights {
            Weights::One(file) => file.iter().map(Tensor::byte_len).sum(),
            Weights::Sharded(shards) => shards.shards().iter().flat_map(|file| file.iter()).map(Tensor::byte_len).sum(),
        }
    }

    /// The tensor that an adapter means by a name: of this name, or of the same without the name of the bare model before
    /// it, or with one, where only one part of the base model has it.
    pub(super) fn find(&self, name: &str) -> Option<Tensor<'_>> {
        let get = |name: &str| match &self.weights {
            Weights::One(file) => file.get(name),
            Weights::Sharded(shards) => shards.get(name),
        };
        let without = || {
            let (first, rest) = name.split_once('.')?;
            // What the base model has a part of this name for is not in another part.
            (rest.contains('.') && !self.parts.contains(first)).then(|| get(rest)).flatten()
        };
        let with = || {
            let mut found = self.parts.iter().take(MAX_PARTS).filter_map(|part| get(&format!("{part}.{name}")));
            found.next().filter(|_| found.next().is_none())
        };
        let former = || self.former_names(name).find_map(|name| get(&name));
        get(name).or_else(former).or_else(without).or_else(with)
    }

    /// What its config says of it.
    pub(super) fn model(&self) -> Option<Model> {
        let text = to_json(&Value::Map(self.config.clone()));
        Model::from_config(Document::read(text.into_bytes(), Format::Json).root.as_ref()?)
    }

    /// Names under which the files of some models have what is called so in the model.
    pub(super) fn former_names(&self, name: &str) -> impl Iterator<Item = String> {
        former::in_files(self.config.get("model_type").and_then(Value::as_str).unwrap_or_default(), name)
    }

    /// Whether a linear layer's weight is stored as `[inputs, outputs]`. The type of the model decides where it is known,
    /// as PEFT looks at the layer itself; else `fan_in_fan_out` is believed.
    pub(super) fn is_transposed(&self, module: &str, fan_in_fan_out: bool) -> bool {
        let last = module.rsplit('.').next().unwrap_or(module);
        match self.config.get("model_type").and_then(Value::as_str) {
            Some(model) => Quirk::TransposedLayers.is_of(model) && TRANSPOSED_LAYERS.contains(&last),
            None => fan_in_fan_out,
        }
    }
}

/// A file that holds one JSON object.
pub(super) fn object(path: &Path) -> Result<Map, MergeError> {
    let text = files::read(path, MAX_CONFIG).map_err(|error| MergeError::file(path.display(), error))?;
    let document = Document::read(text, Format::Json);
    document.object().map_err(|detail| MergeError::file(path.display(), detail))
}
