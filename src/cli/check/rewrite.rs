//! A text in the place of the one that a file has: as a whole or not at all.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, bail};

/// Gives a file another text, if it still has the one that was read. It is written beside, synced, and moved into place
/// with the permissions of the old one. A link stays, and the file that it leads to is changed.
pub(super) fn rewrite(path: &Path, before: &str, after: &str) -> anyhow::Result<()> {
    let shown = || format!("{}: cannot be fixed", path.display());
    let target = fs::canonicalize(path).with_context(shown)?;
    let metadata = fs::metadata(&target).with_context(shown)?;
    if metadata.permissions().readonly() {
        bail!("{}: it is read-only", shown());
    }
    let folder = target.parent().with_context(shown)?;
    let mut beside = tempfile::Builder::new().prefix(".adapter-lint-").tempfile_in(folder).with_context(shown)?;
    beside.write_all(after.as_bytes()).with_context(shown)?;
    keep_owner(beside.path(), &metadata);
    beside.as_file().set_permissions(metadata.permissions()).with_context(shown)?;
    beside.as_file().sync_all().with_context(shown)?;
    if fs::read(&target).with_context(shown)? != before.as_bytes() {
        bail!("{}: it was changed by someone else meanwhile", shown());
    }
    beside.persist(&target).map_err(|error| error.error).with_context(shown)?;
    sync_folder(folder);
    Ok(())
}

/// Gives a file the owner and group of another. Who may not do so owns both anyway, or makes the file their own, as
/// editors do.
fn keep_owner(path: &Path, like: &fs::Metadata) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, chown};
        let _ = chown(path, Some(like.uid()), Some(like.gid()));
    }
    #[cfg(not(unix))]
    let _ = (path, like);
}

/// Makes the move itself last, where folders can be opened for that. The text is in place either way.
fn sync_folder(folder: &Path) {
    if cfg!(unix) {
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
}
