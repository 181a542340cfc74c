use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ndarray::ArrayD;

use super::super::{Group, OracleError};
use super::{AdaptedModel, Saved};
use crate::dialects::adapterhub::config::{FusionConfig, MemberConfig};
use crate::dialects::adapterhub::load::{Kind, Loader, Names, Reading, Resolved};
use crate::dialects::adapterhub::modules::{self, ModuleError, Tensors};
use crate::dialects::adapterhub::names::Name;
use crate::document::{Document, Format};
use crate::methods::Scalar;
use crate::ordered;
use crate::tensors::TensorFile;

/// An adapter's folder, as `save_adapter` writes it.
#[derive(Debug)]
pub struct AdapterFolder {
    /// The adapter's name.
    pub name: String,
    /// The type of the model it was saved from, if the file says.
    pub model_type: Option<String>,
    members: Vec<MemberConfig>,
    tensors: TensorFile,
}

/// The files of weights that an adapter's folder may have, the safer first.
const WEIGHTS: [&str; 2] = ["adapter.safetensors", "pytorch_adapter.bin"];
/// The files of weights that an AdapterFusion's folder may have.
const FUSION_WEIGHTS: [&str; 2] = ["model_adapter_fusion.safetensors", "pytorch_model_adapter_fusion.bin"];

impl AdapterFolder {
    /// Reads the folder: `adapter_config.json`, and `adapter.safetensors` or `pytorch_adapter.bin`.
    ///
    /// # Errors
    /// If a file is missing or cannot be read, or the library would refuse the config.
    pub fn open(folder: &Path) -> Result<Self, OracleError> {
        let path = folder.join("adapter_config.json");
        let document = read(&path)?;
        let resolved = load(&document, &path, Kind::Adapter, Reading::Adapter)?;
        let members = modules::members(&resolved).map_err(|error| OracleError::file(path.display(), error))?;
        let name = string(&document, "name").unwrap_or_else(|| "adapter".to_owned());
        let model_type = string(&document, "model_type");
        Ok(Self { name, model_type, members, tensors: weights(folder, WEIGHTS)? })
    }

    /// Adds the adapter to a model. `subtract_projection` is false for DiReFT, which no file says.
    ///
    /// # Errors
    /// If the library refuses it in this model, or its tensors are missing or do not fit.
    pub fn add_to<T: Scalar>(&self, model: &mut AdaptedModel<T>, subtract_projection: bool) -> Result<(), OracleError> {
        model.add(&Saved {
            name: &self.name,
            members: &self.members,
            tensors: &Layouts::new(&self.tensors, &self.name),
            shared: None,
            subtract_projection,
        })
    }
}

/// An AdapterFusion's folder, as `save_adapter_fusion` writes it.
#[derive(Debug)]
pub struct FusionFolder {
    /// The names of the fused adapters, joined by commas.
    pub name: String,
    config: FusionConfig,
    tensors: TensorFile,
}

impl FusionFolder {
    /// Reads the folder: `adapter_fusion_config.json`, and its weights.
    ///
    /// # Errors
    /// If a file is missing or cannot be read, or the library would refuse the config.
    pub fn open(folder: &Path) -> Result<Self, OracleError> {
        let path = folder.join("adapter_fusion_config.json");
        let document = read(&path)?;
        let resolved = load(&document, &path, Kind::Fusion, Reading::Config)?;
        let config = resolved.config().value().typed();
        let name = string(&document, "name").ok_or_else(|| OracleError::file(path.display(), "`name` is missing"))?;
        Ok(Self {
            name,
            config: config.map_err(|error| OracleError::file(path.display(), error))?,
            tensors: weights(folder, FUSION_WEIGHTS)?,
        })
    }

    /// Adds the fusion of adapters that were added before.
    ///
    /// # Errors
    /// If its tensors are nowhere, or do not fit.
    pub fn add_to<T: Scalar>(
        &self,
        model: &mut AdaptedModel<T>,
        adapters: &[AdapterFolder],
    ) -> Result<(), OracleError> {
        let adapters: Vec<_> =
            adapters.iter().map(|adapter| (adapter.name.as_str(), adapter.members.as_slice())).collect();
        model.add_fusion((&self.name, &self.config), &adapters, &Layouts::new(&self.tensors, &self.name))
    }
}

/// The tensors of an adapter by the names of today, whatever release saved them.
struct Layouts<'a> {
    group: Group<'a>,
    /// The name in the file, for names that are spelled otherwise today.
    renamed: BTreeMap<String, &'a str>,
}

impl<'a> Layouts<'a> {
    fn new(file: &'a TensorFile, adapter: &'a str) -> Self {
        let today = |name: &'a str| Some((Name::parse(name, adapter)?.0.to_string(), name));
        let renamed = file.iter().filter_map(|tensor| today(tensor.name())).filter(|(today, name)| today != name);
        Self { group: Group { file, prefix: "" }, renamed: ordered::map(renamed) }
    }
}

impl<T: Scalar> Tensors<T> for Layouts<'_> {
    fn tensor(&self, name: &str) -> Result<Option<ArrayD<T>>, ModuleError> {
        self.group.tensor(self.renamed.get(name).copied().unwrap_or(name))
    }
}

fn read(path: &Path) -> Result<Document, OracleError> {
    Document::open(path, Format::Json).map_err(|error| OracleError::file(path.display(), error))
}

fn load(document: &Document, path: &Path, kind: Kind, reading: Reading) -> Result<Resolved, OracleError> {
    let loader = Loader { kind, names: Names::Library, ..Loader::default() };
    let loaded = loader.load_document(document, &path.display().to_string(), reading, &[]);
    let loaded = loaded.map_err(|error| OracleError::file(path.display(), error))?;
    loaded.ok_or_else(|| OracleError::file(path.display(), "the config is empty"))
}

fn string(document: &Document, key: &str) -> Option<String> {
    document.root.as_ref()?.get(key)?.as_str().map(str::to_owned)
}

/// The weights in a folder.
fn weights(folder: &Path, names: [&str; 2]) -> Result<TensorFile, OracleError> {
    let found: Option<PathBuf> = names.iter().map(|name| folder.join(name)).find(|path| path.exists());
    let Some(path) = found else {
        let detail = format!("there is neither {} nor {} in it", names[0], names[1]);
        return Err(OracleError::file(folder.display(), detail));
    };
    Ok(TensorFile::open(path)?)
}
