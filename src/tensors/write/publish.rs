//! Outputs that are there as a whole or not at all.

use std::fs::File;
use std::io::{BufWriter, ErrorKind, Write as _};
use std::path::Path;

use super::super::error::{Cause, Fault, TensorError};
use super::super::source::PIECE;
use super::Existing;

/// Bytes that are gathered before they are written. Pieces of tensors are as long, and are written as they are.
const BUFFER: usize = PIECE;

/// Lets `write` fill a file beside `path`, and moves it there.
pub(super) fn publish(
    path: &Path,
    existing: Existing,
    write: impl FnOnce(&mut BufWriter<&File>) -> Result<(), Fault>,
) -> Result<(), TensorError> {
    published(path, existing, write).map_err(|fault| fault.in_file(&path.display().to_string()))
}

fn published(
    path: &Path,
    existing: Existing,
    write: impl FnOnce(&mut BufWriter<&File>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    // Asked for here so that no work is done in vain; what counts is the answer when the file is moved.
    if existing == Existing::Refuse && path.symlink_metadata().is_ok() {
        return Err(Cause::Exists.of_file());
    }
    // A link is followed to the file it means. A pipe or a device is nothing to put a file in the place of.
    let target = match path.symlink_metadata() {
        Ok(metadata) if metadata.is_symlink() => path.canonicalize()?,
        _ => path.to_owned(),
    };
    if target.metadata().is_ok_and(|metadata| !metadata.is_file()) {
        return Err(Cause::NotAFile.of_file());
    }
    let path = target.as_path();
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let beside = builder().prefix(".tensors-").tempfile_in(folder)?;
    let mut out = BufWriter::with_capacity(BUFFER, beside.as_file());
    write(&mut out)?;
    out.flush()?;
    drop(out);
    beside.as_file().sync_all()?;
    let moved = match existing {
        Existing::Refuse => beside.persist_noclobber(path),
        Existing::Overwrite => beside.persist(path),
    };
    match moved {
        Ok(_) => sync_folder(folder),
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Err(Cause::Exists.of_file()),
        Err(error) => Err(error.error.into()),
    }
}

/// Files with the permissions that other new files get, where the system knows of such.
fn builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder
}

/// Makes the move itself last. Only systems where folders can be opened have this to do.
fn sync_folder(folder: &Path) -> Result<(), Fault> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}
