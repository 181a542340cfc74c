use std::path::{Path, PathBuf};

use super::{ConvertError, Release};
use crate::dialects::adapterhub::load::{Kind, Loader, Names, Reading, Resolved};
use crate::document::{Document, Format, MAX_BYTES};
use crate::tensors::TensorFile;
use crate::value::{Map, Value};

/// An adapter or an AdapterFusion as it lies on disk.
#[derive(Debug)]
pub struct Source {
    /// Its folder.
    pub folder: PathBuf,
    /// Whether it is an adapter or an AdapterFusion.
    pub kind: Kind,
    /// The whole config file.
    pub file: Map,
    /// The config as the newest release holds it, after what it changes in older files.
    pub resolved: Resolved,
    /// The name of the adapter or fusion.
    pub name: String,
    /// The release that saved it.
    pub release: Release,
    /// Its tensors.
    pub tensors: TensorFile,
}

/// The names of the config and of the weights, safetensors first.
pub(super) fn file_names(kind: Kind) -> [&'static str; 3] {
    match kind {
        Kind::Adapter => ["adapter_config.json", "adapter.safetensors", "pytorch_adapter.bin"],
        Kind::Fusion => {
            ["adapter_fusion_config.json", "model_adapter_fusion.safetensors", "pytorch_model_adapter_fusion.bin"]
        }
    }
}

impl Source {
    /// Reads a folder.
    ///
    /// # Errors
    /// If a file is missing or cannot be read, or the config is not AdapterHub's.
    pub fn open(folder: &Path) -> Result<Self, ConvertError> {
        let kinds = [Kind::Adapter, Kind::Fusion];
        let Some(kind) = kinds.into_iter().find(|kind| folder.join(file_names(*kind)[0]).is_file()) else {
            let detail = "there is neither adapter_config.json nor adapter_fusion_config.json in it";
            return Err(ConvertError::file(folder.display(), detail));
        };
        let [config, safetensors, torch] = file_names(kind);
        let path = folder.join(config);
        let mut file = read(&path)?;
        if kind == Kind::Fusion {
            repair_fusion(&mut file);
        }
        let resolved = load(&file, kind, &path)?;
        let text = |key: &str| file.get(key).and_then(Value::as_str);
        let Some(name) = text("name").map(str::to_owned) else {
            return Err(ConvertError::file(path.display(), "`name` is missing: its tensors cannot be told"));
        };
        let release = Release::of_version(text("version"));
        let weights = [safetensors, torch].map(|name| folder.join(name)).into_iter().find(|path| path.is_file());
        let Some(weights) = weights else {
            return Err(ConvertError::file(
                folder.display(),
                format!("there is neither {safetensors} nor {torch} in it"),
            ));
        };
        Ok(Self { folder: folder.to_owned(), kind, resolved, name, release, tensors: TensorFile::open(weights)?, file })
    }

    /// `model_type` of the base model.
    #[must_use]
    pub fn model_type(&self) -> &str {
        self.file.get("model_type").and_then(Value::as_str).unwrap_or_default()
    }

    /// What the config file says itself, before anything is changed.
    #[must_use]
    pub fn written(&self) -> Option<&Map> {
        self.file.get("config").and_then(Value::as_map)
    }
}

fn read(path: &Path) -> Result<Map, ConvertError> {
    let failed = |detail: String| ConvertError::file(path.display(), detail);
    let size = std::fs::metadata(path).map_err(|error| failed(error.to_string()))?.len();
    if size > MAX_BYTES {
        return Err(failed(format!("a config of {size} bytes is not read")));
    }
    let document = Document::read(std::fs::read(path).map_err(|error| failed(error.to_string()))?, Format::Json);
    if let Some(problem) = document.problems.iter().find(|problem| !problem.kind.keeps_the_value()) {
        let line = document.source.position(problem.span.start).line;
        return Err(failed(format!("line {line}: {}", problem.detail)));
    }
    match document.root.map(|root| root.to_value()) {
        Some(Value::Map(file)) => Ok(file),
        _ => Err(failed("it is no object".to_owned())),
    }
}

/// adapter-transformers wrote no `dropout_prob`, which `adapters` asks for: null, as then, means the model's own.
fn repair_fusion(file: &mut Map) {
    if let Some(Value::Map(config)) = file.get_mut("config")
        && !config.contains_key("dropout_prob")
    {
        config.insert("dropout_prob", Value::Null);
    }
}

fn load(file: &Map, kind: Kind, path: &Path) -> Result<Resolved, ConvertError> {
    let loader = Loader { kind, names: Names::Library, ..Loader::default() };
    let text = Value::Map(file.clone()).to_json().to_string();
    let document = Document::read(text.into_bytes(), Format::Json);
    let reading = if kind == Kind::Adapter { Reading::Adapter } else { Reading::Config };
    let loaded = loader.load_document(&document, &path.display().to_string(), reading, &[]);
    let failed = |error| ConvertError::Config { path: path.display().to_string(), error: Box::new(error) };
    loaded.map_err(failed)?.ok_or_else(|| ConvertError::file(path.display(), "the config is empty"))
}
