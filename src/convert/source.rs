use std::path::{Path, PathBuf};

use super::{ConvertError, Weights, adapterhub};
use crate::document::{Document, Format, MAX_BYTES};
use crate::tensors::TensorFile;
use crate::value::{Map, Value};

/// What is to be converted, as it lies on disk.
#[derive(Debug)]
pub struct Source {
    /// Where.
    pub path: PathBuf,
    /// Whose it is, and what is in it.
    pub holds: Holds,
    /// The files of tensors, which the parts and [`Output::reads`](super::Output::reads) number.
    pub weights: Vec<Weights>,
}

/// Whose files the source holds.
#[derive(Debug)]
pub enum Holds {
    /// An adapter, an AdapterFusion or a head, or several of them, of AdapterHub.
    AdapterHub(Vec<adapterhub::Part>),
}

impl Source {
    /// Reads a folder.
    ///
    /// # Errors
    /// If a file is missing or cannot be read, or the config is not one that is known.
    pub fn open(path: &Path) -> Result<Self, ConvertError> {
        adapterhub::open(path)
    }

    /// The parts of AdapterHub; none of another library's.
    #[must_use]
    pub fn parts(&self) -> &[adapterhub::Part] {
        match &self.holds {
            Holds::AdapterHub(parts) => parts,
        }
    }
}

/// A JSON file whose outermost value is an object.
pub(super) fn read_config(path: &Path) -> Result<Map, ConvertError> {
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

/// The first of the named files of weights that is there.
pub(super) fn open_weights(folder: &Path, names: [&str; 2]) -> Result<Weights, ConvertError> {
    match names.map(|name| folder.join(name)).into_iter().find(|path| path.is_file()) {
        Some(path) => Ok(Weights::File(TensorFile::open(path)?)),
        None => {
            let [first, second] = names;
            Err(ConvertError::file(folder.display(), format!("there is neither {first} nor {second} in it")))
        }
    }
}
