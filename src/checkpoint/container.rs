use std::fmt;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::dialects::adapterhub::Role;
use crate::document::{Document, Format};
use crate::files;
use crate::tensors::{self, Archive, TensorError, TensorFile};

/// Files below a folder are looked for so deep: adapters that are saved together lie in folders of their own.
const MAX_DEPTH: usize = 3;
/// A folder with more files is no folder of adapters.
const MAX_FILES: usize = 1 << 14;
/// Endings of files that may hold tensors.
const ENDINGS: [&str; 5] = [".safetensors", ".bin", ".pt", ".pth", ".ckpt"];

/// Where checkpoints are kept: a folder, an archive of one, or a single file of weights with the config beside it.
#[derive(Debug)]
pub struct Container {
    path: PathBuf,
    names: Vec<String>,
    archive: Option<Inside>,
}

/// A folder in an archive.
#[derive(Debug, Clone)]
struct Inside {
    archive: Arc<Archive>,
    /// The folder, with a slash at its end; empty for the whole.
    folder: String,
}

impl Inside {
    fn read(&self, name: &str) -> Result<Vec<u8>, TensorError> {
        let bytes = self.archive.read(&format!("{}{name}", self.folder))?;
        // Only what the archive lists is asked for.
        Ok(bytes.unwrap_or_default().into_owned())
    }
}

/// Why a checkpoint cannot be looked at.
#[derive(Debug)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The system cannot read a file.
    Io {
        /// The file.
        path: PathBuf,
        /// What it says.
        source: io::Error,
    },
    /// The file is neither an archive nor tensors.
    Tensors(TensorError),
    /// There are too many files.
    TooManyFiles {
        /// The folder.
        path: PathBuf,
    },
}

impl fmt::Display for CheckpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, .. } => write!(f, "{}: cannot be read", path.display()),
            Self::Tensors(error) => error.fmt(f),
            Self::TooManyFiles { path } => {
                write!(f, "{}: {}", path.display(), too_many_files())
            }
        }
    }
}

impl std::error::Error for CheckpointError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            // Its text is told whole.
            Self::Tensors(_) | Self::TooManyFiles { .. } => None,
        }
    }
}

/// What is wrong with a folder of too many files.
pub(crate) fn too_many_files() -> String {
    format!("more than {MAX_FILES} files, too many for a folder of adapters")
}

impl Container {
    /// Opens what is at `path`. An archive is told from a file of tensors by what is in it: torch's files are zip
    /// archives, too.
    ///
    /// # Errors
    /// If it cannot be read. A damaged file of tensors is no error: it is found when its tensors are asked for.
    pub fn open(path: &Path) -> Result<Self, CheckpointError> {
        let failed = |source| CheckpointError::Io { path: path.to_owned(), source };
        let metadata = std::fs::metadata(path).map_err(failed)?;
        if metadata.is_dir() {
            let mut names = Vec::new();
            list(path, "", MAX_DEPTH, &mut names)?;
            names.sort();
            return Ok(Self { path: path.to_owned(), names, archive: None });
        }
        Ok(match archive(path, failed)? {
            Some(archive) => Self::of(archive, path),
            None => Self::file(path),
        })
    }

    /// Opens an archive.
    ///
    /// # Errors
    /// If it is none, or damaged.
    pub fn archive(path: &Path) -> Result<Self, TensorError> {
        Ok(Self::of(Archive::open(path)?, path))
    }

    fn of(archive: Archive, path: &Path) -> Self {
        let names = archive.names().filter(|name| is_wanted(name)).map(str::to_owned).collect();
        let archive = Inside { archive: Arc::new(archive), folder: String::new() };
        Self { path: path.to_owned(), names, archive: Some(archive) }
    }

    /// A file of weights, and what belongs to the same adapter beside it.
    fn file(path: &Path) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let mut names = vec![name];
        let role = Role::of_weights(&names[0]).map(Role::config_name);
        names.extend(role.filter(|config| folder.join(config).is_file()).map(str::to_owned));
        names.sort();
        Self { path: folder, names, archive: None }
    }

    /// What belongs to the same adapter, AdapterFusion or head as a file of weights: its config, and weights in the
    /// other format.
    #[must_use]
    pub fn beside(path: &Path) -> Self {
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let own = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self { names: belonging(own, |name| folder.join(name).is_file()), path: folder, archive: None }
    }

    /// As [`beside`](Self::beside), of a file in this container.
    #[must_use]
    pub fn beside_in(&self, name: &str) -> Self {
        let (folder, own) = name.rsplit_once('/').map_or(("", name), |(folder, own)| (folder, own));
        let Some(archive) = &self.archive else { return Self::beside(&self.path.join(name)) };
        let inside = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let is_there = |name: &str| self.has(&format!("{inside}{name}"));
        let names = belonging(own.to_owned(), is_there);
        let archive = Inside { archive: Arc::clone(&archive.archive), folder: format!("{}{inside}", archive.folder) };
        Self { path: self.path.join(folder), names, archive: Some(archive) }
    }

    /// A folder in this container, as a container of its own.
    #[must_use]
    pub fn within(&self, folder: &str) -> Self {
        let inside = format!("{folder}/");
        let names = self.names.iter().filter_map(|name| name.strip_prefix(&inside)).map(str::to_owned).collect();
        let archive = self
            .archive
            .as_ref()
            .map(|outer| Inside { archive: Arc::clone(&outer.archive), folder: format!("{}{inside}", outer.folder) });
        Self { path: self.path.join(folder), names, archive }
    }

    /// Whether there is a file of this name, a config or weights.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        match &self.archive {
            Some(inside) => {
                let name = format!("{}{name}", inside.folder);
                inside.archive.names().any(|other| other == name)
            }
            None => self.path.join(name).is_file(),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The files that may be configs or weights, by their paths in the folder, sorted.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// All files in one folder of it, by their names, sorted: what is neither a config nor weights, too. None of a file of
    /// weights, in whose folder anything may lie; nor where they cannot be listed.
    #[must_use]
    pub(crate) fn all_in(&self, folder: &str) -> Vec<String> {
        let is_own = |name: &str| !name.is_empty() && !name.contains('/') && !name.starts_with('.');
        let mut all: Vec<String> = match &self.archive {
            Some(inside) => {
                let folder = format!("{}{folder}", inside.folder);
                let names = inside.archive.names().filter_map(|name| name.strip_prefix(folder.as_str()));
                names.filter(|name| is_own(name)).map(str::to_owned).collect()
            }
            None => {
                let entries = std::fs::read_dir(self.path.join(folder)).into_iter().flatten().flatten();
                let files = entries.filter(|entry| entry.path().is_file());
                files
                    .map(|entry| entry.file_name().to_string_lossy().into_owned())
                    .filter(|name| is_own(name))
                    .collect()
            }
        };
        all.sort();
        all
    }

    /// The name of a file, as it is shown.
    #[must_use]
    pub fn shown(&self, name: &str) -> String {
        self.path.join(name).display().to_string()
    }

    /// A JSON file.
    ///
    /// # Errors
    /// If it cannot be read. What is wrong with the text stands in the document.
    pub fn document(&self, name: &str) -> Result<Document, CheckpointError> {
        let path = self.path.join(name);
        match &self.archive {
            Some(inside) => Ok(Document::read(inside.read(name).map_err(CheckpointError::Tensors)?, Format::Json)),
            None => Document::open(&path, Format::Json).map_err(|source| CheckpointError::Io { path, source }),
        }
    }

    /// A file of tensors, and how many bytes it has.
    ///
    /// # Errors
    /// If it is not sound.
    pub fn tensors(&self, name: &str) -> Result<(TensorFile, u64), TensorError> {
        match &self.archive {
            Some(inside) => {
                let bytes = inside.read(name)?;
                let size = bytes.len() as u64;
                Ok((TensorFile::from_bytes(self.shown(name), bytes)?, size))
            }
            None => {
                let path = self.path.join(name);
                let file = TensorFile::open(&path)?;
                Ok((file, std::fs::metadata(&path).map_or(0, |metadata| metadata.len())))
            }
        }
    }
}

/// A file of weights with what belongs to it, as far as it is there.
fn belonging(own: String, is_there: impl Fn(&str) -> bool) -> Vec<String> {
    let role = Role::of_weights(&own);
    let known = role.into_iter().flat_map(|role| role.weights_names().into_iter().chain([role.config_name()]));
    let known = known.filter(|name| *name != own && is_there(name)).map(str::to_owned);
    let mut names: Vec<_> = known.collect();
    names.push(own);
    names.sort();
    names
}

/// The archive at `path`; `None` if it is something else.
fn archive(path: &Path, failed: impl Fn(io::Error) -> CheckpointError) -> Result<Option<Archive>, CheckpointError> {
    let mut start = [0; 512];
    let mut file = files::open(path).map_err(&failed)?;
    let mut filled = 0;
    while let read @ 1.. = file.read(&mut start[filled..]).map_err(&failed)? {
        filled += read;
    }
    if start.starts_with(tensors::GZIP) || tensors::is_tar(&start) {
        return Archive::open(path).map(Some).map_err(CheckpointError::Tensors);
    }
    if !start.starts_with(b"PK") {
        return Ok(None);
    }
    match Archive::open(path) {
        Ok(archive) => Ok(Some(archive).filter(|archive| archive.names().any(is_wanted))),
        Err(error) if error.is_io() => Err(CheckpointError::Tensors(error)),
        // Weights of torch are such an archive, too: as these it is read next, and its flaw told.
        Err(_) => Ok(None),
    }
}

/// Whether a file may be a config or weights.
fn is_wanted(name: &str) -> bool {
    let base = name.rsplit('/').next().unwrap_or(name);
    base.ends_with(".json") || ENDINGS.iter().any(|ending| base.ends_with(ending))
}

fn list(folder: &Path, inside: &str, depth: usize, names: &mut Vec<String>) -> Result<(), CheckpointError> {
    let failed = |source| CheckpointError::Io { path: folder.to_owned(), source };
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        let path = format!("{inside}{name}");
        let is_folder = entry.file_type().map_err(failed)?.is_dir();
        if is_folder && depth > 0 {
            list(&entry.path(), &format!("{path}/"), depth - 1, names)?;
        } else if !is_folder && is_wanted(&name) && entry.path().is_file() {
            names.push(path);
        }
        if names.len() > MAX_FILES {
            return Err(CheckpointError::TooManyFiles { path: folder.to_owned() });
        }
    }
    Ok(())
}
