//! `adapter-lint.toml`: what a project wants of the linter. The nearest one in the folders above a file holds for it.

mod baseline;
mod file;
mod matching;
mod problem;
mod project;
mod releases;
pub(crate) mod rules;
mod types;

pub use baseline::{Baseline, Entry};
pub use file::SettingsFile;
pub use matching::{Matches, slashes};
pub use problem::{Problem, SettingsError};
pub use project::{Base, Judging, Lookup, Missing, Project, Wishes};
pub use releases::{ReleaseError, Releases};
pub use types::{Level, PathSettings, Settings, Suppression};

use std::path::{Path, PathBuf};

/// What a baseline is called, unless the settings say otherwise.
pub const BASELINE_NAME: &str = "adapter-lint-baseline.json";

/// What the file is called.
pub const FILE_NAME: &str = "adapter-lint.toml";

/// The file that holds for what is in a folder: its own, or that of the nearest folder above.
#[must_use]
pub fn nearest(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().map(|folder| folder.join(FILE_NAME)).find(|path| path.is_file())
}

/// Writes settings, as a whole or not at all.
///
/// # Errors
/// If they cannot be written.
pub fn write(path: &Path, text: &str) -> std::io::Result<()> {
    crate::files::replace(path, text.as_bytes())
}
