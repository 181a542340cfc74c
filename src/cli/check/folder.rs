//! The files of a folder and of those below it, in the order of their paths.
//!
//! A walk of our own, since nearly half of the time that many small configs take is the system's: the usual crates do not
//! hand over what else lies in a folder, and to list each a second time, for the rules that ask what is beside a config,
//! cost five of seventeen system calls for each.

use std::ffi::OsString;
use std::fs::{self, FileType};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::vec;

/// The names of all that lies in one folder, sorted.
pub(super) type Names = Arc<[String]>;

/// A file, or a link to whatever.
pub(super) struct Entry {
    pub(super) path: PathBuf,
    pub(super) kind: FileType,
    /// How many folders down it is, from the one that was named: 1 is right in it.
    pub(super) depth: usize,
    /// What lies in its folder.
    pub(super) beside: Names,
}

/// The files that are left. Only the folders above the one at hand are kept.
pub(super) struct Files {
    /// A folder that was not listed yet.
    next: Option<PathBuf>,
    open: Vec<Level>,
    enters: fn(&str) -> bool,
}

/// A folder that was listed.
struct Level {
    path: PathBuf,
    names: Names,
    rest: vec::IntoIter<(OsString, FileType)>,
}

/// Why a folder could not be listed, and which.
pub(super) type Failure = (PathBuf, io::Error);

impl Files {
    /// What is in a folder. Links are given, not followed; those folders are entered whose name `enters` takes.
    pub(super) fn of(folder: &Path, enters: fn(&str) -> bool) -> Self {
        Self { next: Some(folder.to_owned()), open: Vec::new(), enters }
    }

    fn list(&mut self, path: PathBuf) -> Result<(), Failure> {
        let mut entries = match entries(&path) {
            Ok(entries) => entries,
            Err(error) => return Err((path, error)),
        };
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        let names = entries.iter().map(|(name, _)| name.to_string_lossy().into_owned()).collect();
        self.open.push(Level { path, names, rest: entries.into_iter() });
        Ok(())
    }
}

fn entries(folder: &Path) -> io::Result<Vec<(OsString, FileType)>> {
    fs::read_dir(folder)?.map(|entry| entry.and_then(|entry| Ok((entry.file_name(), entry.file_type()?)))).collect()
}

impl Iterator for Files {
    type Item = Result<Entry, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(Err(failure)) = self.next.take().map(|folder| self.list(folder)) {
                return Some(Err(failure));
            }
            let depth = self.open.len();
            let level = self.open.last_mut()?;
            let Some((name, kind)) = level.rest.next() else {
                self.open.pop();
                continue;
            };
            let path = level.path.join(&name);
            if !kind.is_dir() {
                return Some(Ok(Entry { path, kind, depth, beside: Arc::clone(&level.names) }));
            }
            if (self.enters)(&name.to_string_lossy()) {
                self.next = Some(path);
            }
        }
    }
}
