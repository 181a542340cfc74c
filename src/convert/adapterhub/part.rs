use std::collections::BTreeSet;
use std::path::Path;

use super::super::source::{Holds, Source, config_of};
use super::super::{ConvertError, Weights};
use crate::checkpoint::Container;
use crate::dialects::adapterhub::Role;
use crate::dialects::adapterhub::load::{Kind, Loader, Names, Reading, Resolved};
use crate::dialects::adapterhub::release::Release;
use crate::tensors::ShardedTensors;
use crate::value::{Map, Value};

/// An adapter, an AdapterFusion or a head.
#[derive(Debug)]
pub struct Part {
    /// Which of them.
    pub role: Role,
    /// The whole config file.
    pub file: Map,
    /// The config as the newest release holds it, after what it changes in older files; none of a head.
    pub resolved: Option<Resolved>,
    /// The name of the adapter, the fusion or the head; empty for the head of a class with a fixed one.
    pub name: String,
    /// The release that saved it.
    pub release: Release,
    /// The number of its tensors among those of the source.
    pub weights: usize,
}

/// Files that the library saves beside adapters: how a model is adapted, and which adapters are active.
pub(in crate::convert) const BESIDE: [&str; 2] = ["adapter_interface.json", "adapter_setup.json"];

/// Reads everything of AdapterHub that lies in one folder of a container.
pub(crate) fn open(container: &Container, path: &Path) -> Result<Source, ConvertError> {
    let folder = folder(container, path)?;
    let mut source = Source {
        path: path.to_owned(),
        holds: Holds::AdapterHub(Vec::new()),
        weights: Vec::new(),
        ignored: Vec::new(),
        beside: beside(container, &folder),
        strangers: Source::strangers(container, path, &folder),
    };
    let mut parts = Vec::new();
    for role in Role::ALL {
        let name = format!("{folder}{}", role.config_name());
        if container.names().contains(&name) {
            let part = Part::read(role, config_of(container, &name)?, &container.shown(&name), source.weights.len())?;
            source.weights.push(weights_of(container, path, &folder, role, &mut source.ignored)?);
            parts.push(part);
        }
    }
    age_together(&mut parts);
    source.holds = Holds::AdapterHub(parts);
    Ok(source)
}

/// Files in a folder of the container that belong to a model or to several adapters.
pub(crate) fn beside(container: &Container, folder: &str) -> Vec<String> {
    let names = BESIDE.map(|name| format!("{folder}{name}")).into_iter();
    names.filter(|name| container.names().contains(name)).collect()
}

/// The folders in the container that have configs, each with a slash behind it unless it is the outermost.
pub(crate) fn folders(container: &Container) -> Vec<&str> {
    let is_config = |name: &&String| Role::ALL.iter().any(|role| name.rsplit('/').next() == Some(role.config_name()));
    let configs = container.names().iter().filter(is_config);
    let folders: BTreeSet<&str> = configs.map(|name| name.rfind('/').map_or("", |slash| &name[..=slash])).collect();
    folders.into_iter().collect()
}

/// Where an adapter is at the top of a container, the folders in it that hold others, too.
pub(crate) fn others(container: &Container) -> Vec<String> {
    let all = folders(container);
    let has_one_at_its_top = all.contains(&"");
    let below = all.iter().filter(|folder| has_one_at_its_top && !folder.is_empty());
    below.map(|folder| folder.trim_end_matches('/').to_owned()).collect()
}

/// The one folder in the container that has configs.
fn folder(container: &Container, path: &Path) -> Result<String, ConvertError> {
    match folders(container).as_slice() {
        [] => {
            let [adapter, fusion, head] = Role::ALL.map(Role::config_name);
            let detail = format!("it contains no {adapter}, {fusion} or {head}");
            Err(ConvertError::file(path.display(), detail))
        }
        [only] => Ok((*only).to_owned()),
        several if several.contains(&"") => Ok(String::new()),
        several => {
            let several: Vec<_> = several.iter().map(|folder| folder.trim_end_matches('/')).collect();
            let detail = format!("it holds several adapters, in {}: give the path of one", several.join(", "));
            Err(ConvertError::file(path.display(), detail))
        }
    }
}

/// The tensors of a part: safetensors before a file of torch, and an index of several files where neither is there.
fn weights_of(
    container: &Container,
    path: &Path,
    folder: &str,
    role: Role,
    ignored: &mut Vec<String>,
) -> Result<Weights, ConvertError> {
    let names = role.weights_names().map(|name| format!("{folder}{name}"));
    let mut there = names.iter().filter(|name| container.names().contains(name));
    if let Some(name) = there.next() {
        ignored.extend(there.cloned());
        return Ok(Weights::File(container.tensors(name)?.0));
    }
    let index = names.iter().map(|name| format!("{name}.index.json")).find(|name| container.names().contains(name));
    if let Some(index) = index.filter(|_| container.path().is_dir()) {
        return Ok(Weights::Sharded(ShardedTensors::open(container.path().join(index))?));
    }
    let [first, second] = role.weights_names();
    let detail = format!("there is neither {first} nor {second} beside {}", role.config_name());
    Err(ConvertError::file(path.display(), detail))
}

/// 1.x wrote its `type` only into the config of the adapter.
fn age_together(parts: &mut [Part]) {
    if parts.iter().any(|part| part.file.contains_key("type")) {
        for part in parts.iter_mut().filter(|part| !part.file.contains_key("version")) {
            part.release = Release::that_wrote(None, true);
        }
    }
}

/// What configs and tensors are that nobody has written down yet: the number of each config is that of its tensors.
///
/// # Errors
/// If a config cannot be loaded.
pub(in crate::convert) fn hold(configs: Vec<(Role, Map)>) -> Result<Vec<Part>, ConvertError> {
    let parts = configs.into_iter().enumerate();
    let parts = parts.map(|(number, (role, file))| Part::read(role, file, role.config_name(), number));
    let mut parts = parts.collect::<Result<Vec<_>, _>>()?;
    age_together(&mut parts);
    Ok(parts)
}

impl Part {
    fn read(role: Role, file: Map, path: &str, weights: usize) -> Result<Self, ConvertError> {
        let resolved = match role {
            Role::Head => None,
            Role::Adapter => Some(load(&file, role, path)?),
            Role::Fusion => Some(load(&repaired_fusion(&file), role, path)?),
        };
        let name = match file.get("name").and_then(Value::as_str) {
            Some(name) => name.to_owned(),
            None if role == Role::Head => String::new(),
            None => return Err(ConvertError::file(path, "`name` is missing, so its tensors cannot be identified")),
        };
        let version = file.get("version").and_then(Value::as_str);
        let release = Release::that_wrote(version, file.contains_key("type"));
        Ok(Self { role, resolved, name, release, file, weights })
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

/// adapter-transformers wrote no `dropout_prob`, which `adapters` asks for: null, as then, means the model's own.
fn repaired_fusion(file: &Map) -> Map {
    let mut file = file.clone();
    if let Some(Value::Map(config)) = file.get_mut("config")
        && !config.contains_key("dropout_prob")
    {
        config.insert("dropout_prob", Value::Null);
    }
    file
}

fn load(file: &Map, role: Role, path: &str) -> Result<Resolved, ConvertError> {
    let (kind, reading) = match role {
        Role::Fusion => (Kind::Fusion, Reading::Config),
        Role::Adapter | Role::Head => (Kind::Adapter, Reading::Adapter),
    };
    let loader = Loader { kind, names: Names::Library, ..Loader::default() };
    let loaded = loader.load_file(file.clone(), path, reading);
    let failed = |error| ConvertError::Config { path: path.to_owned(), error: Box::new(error) };
    loaded.map_err(failed)?.ok_or_else(|| ConvertError::file(path, "the config is empty"))
}
