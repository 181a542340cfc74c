//! Mends the names of tensors, in place: a file of weights is written anew beside itself, read back and compared, and
//! then moved to its place.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::dialects::peft::checkpoint::mending::{self, Names};
use crate::dialects::peft::repair::Flaw;
use crate::files::{self, Existing, Scratch};
use crate::tensors::{Format, Outgoing, TensorError, TensorFile, write_safetensors, write_torch_zip};

pub use crate::dialects::peft::checkpoint::MendError;

/// The names that the tensors of an adapter of PEFT are to get.
#[derive(Debug, Clone)]
pub struct Renaming {
    files: Vec<RenamedFile>,
}

/// A file of weights, and what becomes of its names.
#[derive(Debug, Clone)]
pub struct RenamedFile {
    path: PathBuf,
    names: Names,
}

/// Why tensors were not renamed.
#[derive(Debug)]
#[non_exhaustive]
pub enum RenameError {
    /// What the names should be cannot be told.
    Ambiguous(MendError),
    /// The system refuses.
    Io(PathBuf, io::Error),
    /// A file of tensors cannot be read or written.
    Tensors(TensorError),
    /// The file is not what it was when it was looked at.
    Changed(PathBuf),
    /// What was written is not what was to be written.
    Unproven(PathBuf, String),
}

impl fmt::Display for RenameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ambiguous(error) => error.fmt(f),
            Self::Io(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Tensors(error) => error.fmt(f),
            Self::Changed(path) => write!(f, "{}: {}", path.display(), files::CHANGED),
            Self::Unproven(path, name) => {
                write!(f, "{}: `{name}` does not read back as it was written", path.display())
            }
        }
    }
}

impl std::error::Error for RenameError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // Their own text is part of ours already.
            Self::Ambiguous(error) => error.source(),
            Self::Io(_, error) => error.source(),
            Self::Tensors(error) => error.source(),
            Self::Changed(_) | Self::Unproven(..) => None,
        }
    }
}

impl From<TensorError> for RenameError {
    fn from(error: TensorError) -> Self {
        Self::Tensors(error)
    }
}

impl Renaming {
    /// Looks at a file of weights, and at that of the other format beside it. `None` if all names are as PEFT saves them,
    /// or it is none of PEFT's.
    ///
    /// # Errors
    /// [`RenameError::Ambiguous`] if it cannot be told what a name should be.
    pub fn plan(path: &Path) -> Result<Option<Self>, RenameError> {
        let files = mending::plan(path).map_err(RenameError::Ambiguous)?;
        let files: Vec<_> = files.into_iter().map(|(path, names)| RenamedFile { path, names }).collect();
        Ok((!files.is_empty()).then_some(Self { files }))
    }

    /// The files that change.
    #[must_use]
    pub fn files(&self) -> &[RenamedFile] {
        &self.files
    }

    /// Writes the files, each as a whole or not at all. Types, shapes, bytes, what names share memory, metadata and
    /// permissions stay.
    ///
    /// # Errors
    /// If a file cannot be written, or was changed meanwhile; that file is as it was then.
    pub fn write(&self) -> Result<(), RenameError> {
        self.files.iter().try_for_each(RenamedFile::write)
    }
}

impl RenamedFile {
    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The names that change, old and new; those without a new one are left out, as PEFT leaves them out when it saves.
    pub fn changes(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        let changed = self.names.iter().filter(|(_, repaired)| !repaired.flaws.is_empty());
        changed.map(|(old, repaired)| (old.as_str(), repaired.name.as_deref()))
    }

    /// What was wrong with the names.
    #[must_use]
    pub fn flaws(&self) -> BTreeSet<Flaw> {
        self.names.values().flat_map(|repaired| repaired.flaws.iter().copied()).collect()
    }

    /// All names, old and new, a line each, in the order of the old ones.
    #[must_use]
    pub fn lines(&self) -> [String; 2] {
        let line = |name: &str| format!("{name}\n");
        let new = self.names.values().filter_map(|repaired| repaired.name.as_deref());
        [self.names.keys().map(|name| line(name)).collect(), new.map(line).collect()]
    }

    fn write(&self) -> Result<(), RenameError> {
        let failed = |error| RenameError::Io(self.path.clone(), error);
        let (target, before) = files::changeable(&self.path).map_err(failed)?;
        let file = TensorFile::open(&target)?;
        let is_same =
            file.len() == self.names.len() && file.iter().all(|tensor| self.names.contains_key(tensor.name()));
        if !is_same || !file.others().is_empty() {
            return Err(RenameError::Changed(self.path.clone()));
        }
        let folder = files::folder(&target);
        let scratch = Scratch::new(folder).map_err(failed)?;
        let beside = scratch.path().join(target.file_name().unwrap_or_default());
        let outgoing = self
            .names
            .iter()
            .filter_map(|(old, repaired)| Some(Outgoing::from(file.get(old)?).renamed(repaired.name.as_deref()?)));
        match file.format() {
            Format::Safetensors => write_safetensors(&beside, outgoing, file.metadata(), Existing::Refuse)?,
            Format::TorchZip | Format::TorchLegacy => write_torch_zip(&beside, outgoing, Existing::Refuse)?,
        }
        self.prove(&file, &beside)?;
        // The map of the old file is let go before it is replaced: some systems insist on that.
        drop(file);
        if stamp(&fs::metadata(&target).map_err(failed)?) != stamp(&before) {
            return Err(RenameError::Changed(self.path.clone()));
        }
        files::publish(&beside, &target, Existing::Overwrite).map_err(failed)
    }

    /// Reads back what was written.
    fn prove(&self, before: &TensorFile, path: &Path) -> Result<(), RenameError> {
        let after = TensorFile::open(path)?;
        let unproven = |name: &str| RenameError::Unproven(self.path.clone(), name.to_owned());
        let mut kept = 0;
        for (old, repaired) in &self.names {
            let Some(new) = &repaired.name else { continue };
            kept += 1;
            let (Some(old), Some(new)) = (before.get(old), after.get(new)) else { return Err(unproven(new)) };
            if !old.is_same(new)? {
                return Err(unproven(new.name()));
            }
        }
        if after.len() != kept || after.metadata() != before.metadata() {
            return Err(unproven("__metadata__"));
        }
        Ok(())
    }
}

/// What changes when a file does.
fn stamp(metadata: &Metadata) -> (u64, Option<SystemTime>) {
    (metadata.len(), metadata.modified().ok())
}
