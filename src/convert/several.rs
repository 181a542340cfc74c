//! Folders of several adapters, each in a folder of its own, as AdapterHub's `save_all_adapters` writes them.

use std::fs;
use std::path::{Path, PathBuf};

use super::write::parent;
use super::{Container, ConvertError, Plan, Proof, Source, adapterhub};
use crate::checkpoint;
use crate::files::{Existing, Scratch};

/// What lies in a folder of several adapters.
#[derive(Debug, Default)]
pub struct Several {
    /// The folders in it that hold one; none where there are not several.
    pub folders: Vec<String>,
    /// Files at its top that belong to all of them, and are not converted.
    pub beside: Vec<String>,
}

impl Several {
    /// Looks into a path. What is no folder, or has an adapter at its top, does not hold several.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn find(path: &Path) -> Result<Self, ConvertError> {
        if !path.is_dir() {
            return Ok(Self::default());
        }
        let container = checkpoint::Container::open(path)?;
        let folders: Vec<&str> = adapterhub::folders(&container);
        if folders.len() < 2 || folders.contains(&"") {
            return Ok(Self::default());
        }
        let folders = folders.into_iter().map(|folder| folder.trim_end_matches('/').to_owned()).collect();
        Ok(Self { folders, beside: adapterhub::beside(&container, "") })
    }
}

/// One of several adapters, and what is to become of it.
#[derive(Debug)]
pub struct Planned {
    /// Its folder, in that of all.
    pub folder: String,
    /// It as it lies on disk.
    pub source: Source,
    /// What is done.
    pub plan: Plan,
    /// The kind of file for its weights.
    pub container: Container,
}

impl Planned {
    fn write(&self, target: &Path, existing: Existing, progress: &dyn Fn(usize)) -> Result<Proof, ConvertError> {
        let target = target.join(&self.folder);
        let around = parent(&target);
        fs::create_dir_all(around).map_err(|error| ConvertError::file(around.display(), error))?;
        self.plan.write(&self.source, &target, self.container, existing, progress)
    }
}

/// Writes several adapters, each into a folder of the name that it has, as [`Plan::write`] does it. A folder that does not
/// exist appears with all of them or not at all; in one that exists, every place is looked at before anything is written.
///
/// # Errors
/// If one of them cannot be written.
pub fn write_all(
    all: &[Planned],
    target: &Path,
    existing: Existing,
    progress: &dyn Fn(usize),
) -> Result<Vec<Proof>, ConvertError> {
    if target.exists() {
        for one in all {
            let place: PathBuf = target.join(&one.folder);
            if place.exists() {
                one.plan.check_target(&place, one.container, existing)?;
            }
        }
        return all.iter().map(|one| one.write(target, existing, progress)).collect();
    }
    let around = parent(target);
    let failed = |error| ConvertError::file(around.display(), error);
    let beside = Scratch::new(around).map_err(failed)?;
    let written = |one: &Planned| one.write(beside.path(), Existing::Refuse, progress);
    let proofs = all.iter().map(written).collect::<Result<_, _>>()?;
    beside.publish(target).map_err(|error| ConvertError::file(target.display(), error))?;
    Ok(proofs)
}
