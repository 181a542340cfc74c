use std::path::Path;

use super::super::source::{Holds, Source, open_weights, read_config};
use super::super::{ConvertError, Release};
use crate::dialects::adapterhub::Role;
use crate::dialects::adapterhub::load::{Kind, Loader, Names, Reading, Resolved};
use crate::document::{Document, Format};
use crate::value::{Map, Value};

/// An adapter, an AdapterFusion or a head.
#[derive(Debug)]
pub struct Part {
    /// Which of them.
    pub role: Role,
    /// The whole config file.
    pub file: Map,
    /// The config as the newest release holds it, after what it changes in older files.
    pub resolved: Resolved,
    /// The name of the adapter or fusion.
    pub name: String,
    /// The release that saved it.
    pub release: Release,
    /// The number of its tensors among those of the source.
    pub weights: usize,
}

/// Reads a folder.
pub(crate) fn open(folder: &Path) -> Result<Source, ConvertError> {
    let roles = [Role::Adapter, Role::Fusion];
    let Some(role) = roles.into_iter().find(|role| folder.join(role.config_name()).is_file()) else {
        let detail = "there is neither adapter_config.json nor adapter_fusion_config.json in it";
        return Err(ConvertError::file(folder.display(), detail));
    };
    let path = folder.join(role.config_name());
    let mut file = read_config(&path)?;
    if role == Role::Fusion {
        repair_fusion(&mut file);
    }
    let resolved = load(&file, role, &path)?;
    let text = |key: &str| file.get(key).and_then(Value::as_str);
    let Some(name) = text("name").map(str::to_owned) else {
        return Err(ConvertError::file(path.display(), "`name` is missing: its tensors cannot be told"));
    };
    let release = Release::of_version(text("version"));
    let weights = vec![open_weights(folder, role.weights_names())?];
    let part = Part { role, resolved, name, release, file, weights: 0 };
    Ok(Source { path: folder.to_owned(), holds: Holds::AdapterHub(vec![part]), weights })
}

impl Part {
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

/// adapter-transformers wrote no `dropout_prob`, which `adapters` asks for: null, as then, means the model's own.
fn repair_fusion(file: &mut Map) {
    if let Some(Value::Map(config)) = file.get_mut("config")
        && !config.contains_key("dropout_prob")
    {
        config.insert("dropout_prob", Value::Null);
    }
}

fn load(file: &Map, role: Role, path: &Path) -> Result<Resolved, ConvertError> {
    let (kind, reading) = match role {
        Role::Fusion => (Kind::Fusion, Reading::Config),
        Role::Adapter | Role::Head => (Kind::Adapter, Reading::Adapter),
    };
    let loader = Loader { kind, names: Names::Library, ..Loader::default() };
    let text = Value::Map(file.clone()).to_json().to_string();
    let document = Document::read(text.into_bytes(), Format::Json);
    let loaded = loader.load_document(&document, &path.display().to_string(), reading, &[]);
    let failed = |error| ConvertError::Config { path: path.display().to_string(), error: Box::new(error) };
    loaded.map_err(failed)?.ok_or_else(|| ConvertError::file(path.display(), "the config is empty"))
}
