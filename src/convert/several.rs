//! Folders and archives of several adapters, each in a folder of its own, as AdapterHub's `save_all_adapters` writes them.

use std::path::{Path, PathBuf};
use std::{fs, io};

use super::{Container, ConvertError, Plan, Proof, Source, adapterhub};
use crate::checkpoint;
use crate::files::{self, Existing, Scratch};

/// Which adapters lie in a folder or an archive, of which there may be several.
#[derive(Debug)]
pub struct Several {
    path: PathBuf,
    container: checkpoint::Container,
    /// The folders in it that hold one; none where there are not several.
    pub folders: Vec<String>,
    /// Where an adapter is at its top, the folders in it that hold others.
    pub others: Vec<String>,
    /// Files at its top that belong to all of them, and are not converted.
    pub beside: Vec<String>,
}

impl Several {
    /// Looks into a path, three folders deep. What has an adapter at its top does not hold several.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn find(path: &Path) -> Result<Self, ConvertError> {
        let container = checkpoint::Container::open(path)?;
        let all = adapterhub::folders(&container);
        let below = all.iter().filter(|folder| !folder.is_empty());
        let below: Vec<_> = below.map(|folder| folder.trim_end_matches('/').to_owned()).collect();
        let has_one_at_its_top = below.len() < all.len();
        let (folders, others) = match () {
            () if has_one_at_its_top => (Vec::new(), adapterhub::others(&container)),
            () if below.len() < 2 => (Vec::new(), Vec::new()),
            () => (below, Vec::new()),
        };
        let beside = if folders.is_empty() { Vec::new() } else { adapterhub::beside(&container, "") };
        Ok(Self { path: path.to_owned(), container, folders, others, beside })
    }

    /// The only one, or that at its top.
    ///
    /// # Errors
    /// As of [`Source::open`].
    pub fn only(&self) -> Result<Source, ConvertError> {
        Source::of(&self.container, &self.path)
    }

    /// The one in a folder.
    ///
    /// # Errors
    /// As of [`Source::open`].
    pub fn open(&self, folder: &str) -> Result<Source, ConvertError> {
        Source::of(&self.container.within(folder), &self.path.join(folder))
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

/// Whether several adapters may be put into a folder, each into one of the name that it has: what [`write_all`] asks before
/// anything else.
///
/// # Errors
/// If there is something in the place of one, or beside it, or no folder for a new one.
pub fn check_all(all: &[Planned], target: &Path, existing: Existing) -> Result<(), ConvertError> {
    if target.symlink_metadata().is_err() {
        let around = files::folder(target);
        let missing = || ConvertError::file(around.display(), "there is no such folder");
        return if around.is_dir() { Ok(()) } else { Err(missing()) };
    }
    for one in all {
        let place = target.join(&one.folder);
        // From the target down to the place: what is there must be a folder.
        let mut on_the_way: Vec<&Path> = place.ancestors().take_while(|path| *path != target).collect();
        on_the_way.push(target);
        let is_in_the_way = |path: &&&Path| path.symlink_metadata().is_ok() && !path.is_dir();
        if let Some(path) = on_the_way.iter().find(is_in_the_way) {
            return Err(ConvertError::file(path.display(), "it is no folder"));
        }
        if place.is_dir() {
            one.plan.check_target(&place, one.container, existing)?;
        }
    }
    Ok(())
}

/// Writes several adapters, each into a folder of the name that it has, as [`Plan::write`] does it. All are written and
/// compared beside before the first is moved to its place; a folder that does not exist appears with all of them or not at
/// all.
///
/// # Errors
/// If one of them cannot be written.
pub fn write_all(
    all: &[Planned],
    target: &Path,
    existing: Existing,
    progress: &dyn Fn(usize),
) -> Result<Vec<Proof>, ConvertError> {
    check_all(all, target, existing)?;
    let failed = |path: &Path, error: io::Error| ConvertError::file(path.display(), error);
    let exists = target.is_dir();
    let around = if exists { target } else { files::folder(target) };
    let beside = Scratch::new(around).map_err(|error| failed(around, error))?;
    let mut proofs = Vec::new();
    for one in all {
        let folder = beside.path().join(&one.folder);
        fs::create_dir_all(&folder).map_err(|error| failed(&folder, error))?;
        proofs.push(one.plan.write_into(&folder, &one.source, one.container, progress)?);
    }
    if !exists {
        beside.publish(target).map_err(|error| failed(target, error))?;
        return Ok(proofs);
    }
    for one in all {
        let place = target.join(&one.folder);
        fs::create_dir_all(&place).map_err(|error| failed(&place, error))?;
        one.plan.publish(&beside.path().join(&one.folder), &place, one.container, existing)?;
    }
    Ok(proofs)
}
