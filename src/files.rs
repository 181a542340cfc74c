//! Files that are written as a whole or not at all: beside their place, synced, and then moved.

use std::io::{self, Write as _};
use std::path::Path;

/// Puts a file in its place, or writes it new. A link is followed to the file it means; permissions stay.
///
/// # Errors
/// If it cannot be written, or there is something at its place that is no file.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let target = match path.symlink_metadata() {
        Ok(metadata) if metadata.is_symlink() => path.canonicalize()?,
        _ => path.to_owned(),
    };
    let before = target.metadata().ok();
    if before.as_ref().is_some_and(|metadata| !metadata.is_file()) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
    }
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // What other new files get, less what the system's mask takes.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut beside = builder.prefix(".adapter-lint-").tempfile_in(folder)?;
    beside.write_all(bytes)?;
    if let Some(before) = before {
        beside.as_file().set_permissions(before.permissions())?;
    }
    beside.as_file().sync_all()?;
    beside.persist(&target).map_err(|error| error.error)?;
    Ok(())
}
