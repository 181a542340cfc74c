//! Files of tensors that are there as a whole or not at all.

use std::fs::File;
use std::io::{BufWriter, ErrorKind, Write as _};
use std::path::Path;

use super::super::error::{Cause, Fault, TensorError};
use super::super::source::PIECE;
use crate::files::{Beside, Existing};

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
    // A pipe or a device is nothing to put a file in the place of.
    if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
        return Err(Cause::NotAFile.of_file());
    }
    let beside = Beside::new(path)?;
    let mut out = BufWriter::with_capacity(BUFFER, beside.file());
    write(&mut out)?;
    out.flush()?;
    drop(out);
    match beside.publish(existing) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(Cause::Exists.of_file()),
        moved => Ok(moved?),
    }
}
