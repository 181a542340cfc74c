use super::{CheckpointError, Container};
use crate::dialects::adapterhub::checkpoint::Role;
use crate::dialects::{self, Dialect, FileKind, Recognised};
use crate::document::Document;
use crate::tensors::{Cause, Tensor, TensorError, TensorFile};

/// An adapter, an AdapterFusion or a head: a config and its weights.
#[derive(Debug)]
pub struct Part {
    /// The folder within the container; empty for the container itself.
    pub folder: String,
    /// What it is in AdapterHub; `None` for another library's, and for weights that nothing is known of.
    pub role: Option<Role>,
    /// The config's name within the container, and its text.
    pub config: Option<(String, Document)>,
    /// What the config is.
    pub recognised: Recognised,
    /// The files of weights, sorted by name.
    pub weights: Vec<Weights>,
}

/// A file of weights.
#[derive(Debug)]
pub struct Weights {
    /// Its name within the container.
    pub name: String,
    /// Its size in bytes, if it can be read.
    pub bytes: Option<u64>,
    /// Its tensors.
    pub tensors: Result<TensorFile, TensorError>,
}

impl Weights {
    /// Those of this name in a container.
    pub(crate) fn open(container: &Container, name: &str) -> Self {
        match container.tensors(name) {
            Ok((tensors, bytes)) => Self { name: name.to_owned(), bytes: Some(bytes), tensors: Ok(tensors) },
            Err(error) => Self { name: name.to_owned(), bytes: None, tensors: Err(error) },
        }
    }

    /// Whose names the tensors have.
    #[must_use]
    pub fn dialect(&self) -> Option<Dialect> {
        let names: Vec<_> = self.file()?.iter().map(Tensor::name).collect();
        dialects::of_tensor_names(&names)
    }

    /// Whether the file could be opened at all. One that was opened and cannot be read has a flaw instead.
    ///
    /// # Errors
    /// What the system said.
    pub(crate) fn opened(&self, container: &Container) -> Result<(), CheckpointError> {
        match self.cause() {
            Some(Cause::Io(source)) => {
                let source = std::io::Error::new(source.kind(), source.to_string());
                Err(CheckpointError::Io { path: container.path().join(&self.name), source })
            }
            _ => Ok(()),
        }
    }

    /// The tensors; none if the file cannot be read.
    pub(crate) fn file(&self) -> Option<&TensorFile> {
        self.tensors.as_ref().ok()
    }

    /// Why the file cannot be read.
    pub(crate) fn cause(&self) -> Option<&Cause> {
        self.tensors.as_ref().err().map(TensorError::cause)
    }

    /// Why the file cannot be read, in words.
    pub(crate) fn flaw(&self) -> String {
        self.tensors.as_ref().err().map(TensorError::within).unwrap_or_default()
    }
}

/// Everything in a container that is a config of an adapter, or weights.
///
/// # Errors
/// If a config cannot be read. Weights that cannot be read say so themselves.
pub fn parts(container: &Container) -> Result<Vec<Part>, CheckpointError> {
    let mut folders: Vec<&str> = container.names().iter().map(|name| split(name).0).collect();
    folders.sort_unstable();
    folders.dedup();
    let mut parts = Vec::new();
    for folder in folders {
        let names: Vec<_> = container.names().iter().filter(|name| split(name).0 == folder).collect();
        of_folder(container, folder, &names, &mut parts)?;
    }
    Ok(parts)
}

/// The folder and the base of a name.
fn split(name: &str) -> (&str, &str) {
    name.rsplit_once('/').unwrap_or(("", name))
}

fn of_folder(
    container: &Container,
    folder: &str,
    names: &[&String],
    parts: &mut Vec<Part>,
) -> Result<(), CheckpointError> {
    let first = parts.len();
    let mut rest: Vec<&String> = names.iter().copied().filter(|name| !name.ends_with(".json")).collect();
    for role in Role::ALL {
        let config = names.iter().find(|name| split(name).1 == role.config_name());
        let config = config.map(|name| Ok(((*name).clone(), container.document(name)?))).transpose()?;
        let recognised =
            config.as_ref().map_or_else(Recognised::unknown, |(name, text)| dialects::recognise(text, name));
        let is_foreign = matches!(recognised.kind, FileKind::Foreign | FileKind::PeftConfig);
        // The config of another library takes all weights in its folder.
        let is_own = |name: &&String| is_foreign || role.weights_names().contains(&split(name).1);
        let (own, others): (Vec<_>, Vec<_>) = rest.into_iter().partition(is_own);
        rest = others;
        if config.is_none() && own.is_empty() {
            continue;
        }
        let weights = own.iter().map(|name| Weights::open(container, name)).collect();
        let role = (!is_foreign).then_some(role);
        parts.push(Part { folder: folder.to_owned(), role, config, recognised, weights });
    }
    for name in rest {
        let weights = Weights::open(container, name);
        let recognised = Recognised { dialect: weights.dialect(), ..Recognised::unknown() };
        parts.push(Part { folder: folder.to_owned(), role: None, config: None, recognised, weights: vec![weights] });
    }
    for part in &mut parts[first..] {
        if part.recognised.dialect.is_none() {
            part.recognised.dialect = part.weights.iter().find_map(Weights::dialect);
        }
    }
    Ok(())
}
