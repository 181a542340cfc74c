use std::path::{Path, PathBuf};

use super::{ConvertError, OutputKind, Weights, adapterhub, peft};
use crate::checkpoint::Container;
use crate::dialects::adapterhub::Role;
use crate::document::{Document, Format};
use crate::value::Map;

/// What is to be converted, as it lies on disk.
#[derive(Debug)]
pub struct Source {
    /// Where.
    pub path: PathBuf,
    /// Whose it is, and what is in it.
    pub holds: Holds,
    /// The files of tensors, which the parts and [`Output::reads`](super::Output::reads) number.
    pub weights: Vec<Weights>,
    /// Files of weights that are not looked at, since the same is there in a better format.
    pub ignored: Vec<String>,
    /// Configs beside the adapter that belong to a model or to several adapters, and are not converted.
    pub beside: Vec<String>,
    /// Other files in the folder, such as a README or a tokenizer.
    pub strangers: Vec<String>,
}

/// Whose files the source holds.
#[derive(Debug)]
pub enum Holds {
    /// An adapter, an AdapterFusion or a head, or several of them, of AdapterHub.
    AdapterHub(Vec<adapterhub::Part>),
    /// An adapter of PEFT.
    Peft(Box<peft::Part>),
}

impl Source {
    /// Reads a folder, an archive of one (zip, tar, tar.gz), or a file of weights with the config beside it.
    ///
    /// # Errors
    /// If a file is missing or cannot be read, or the config is not one that is known.
    pub fn open(path: &Path) -> Result<Self, ConvertError> {
        Self::of(&Container::open(path)?, path)
    }

    /// Reads what a container holds. `path` is what the source is called by.
    pub(crate) fn of(container: &Container, path: &Path) -> Result<Self, ConvertError> {
        match peft::open(container, path)? {
            Some(source) => Ok(source),
            None => adapterhub::open(container, path),
        }
    }

    /// What lies in the folder of an adapter and is none of its files, such as a README or a tokenizer.
    pub(super) fn strangers(container: &Container, path: &Path, folder: &str) -> Vec<String> {
        // Beside a single file that was named anything may lie.
        if path.is_file() && container.path() != path {
            return Vec::new();
        }
        let kinds = Role::ALL.map(OutputKind::AdapterHub).into_iter().chain([OutputKind::Peft]);
        let own: Vec<_> = kinds.flat_map(|kind| kind.weights_names().into_iter().chain([kind.config_name()])).collect();
        let is_own = |name: &String| {
            // Weights in several files have an index, and are numbered.
            let stem = |own: &&str| own.split('.').next().is_some_and(|stem| name.starts_with(stem));
            let is_piece = name.ends_with(".index.json") || name.contains("-of-");
            own.contains(&name.as_str())
                || adapterhub::BESIDE.contains(&name.as_str())
                || is_piece && own.iter().any(stem)
        };
        container.all_in(folder).into_iter().filter(|name| !is_own(name)).collect()
    }

    /// The parts of AdapterHub; none of another library's.
    #[must_use]
    pub fn parts(&self) -> &[adapterhub::Part] {
        match &self.holds {
            Holds::AdapterHub(parts) => parts,
            Holds::Peft(_) => &[],
        }
    }
}

/// A JSON file in a container whose outermost value is an object.
pub(super) fn config_of(container: &Container, name: &str) -> Result<Map, ConvertError> {
    container.document(name)?.object().map_err(|detail| ConvertError::file(container.shown(name), detail))
}

/// A JSON file whose outermost value is an object.
pub(super) fn read_config(path: &Path) -> Result<Map, ConvertError> {
    let document = Document::open(path, Format::Json).map_err(|error| ConvertError::file(path.display(), error))?;
    document.object().map_err(|detail| ConvertError::file(path.display(), detail))
}
