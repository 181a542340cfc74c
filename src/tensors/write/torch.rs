//! The zip archive of torch.
//!
//! Torch's own writer adds the record `.format_version`, by which a reader may compute where records begin instead of
//! looking them up. That holds only for the layout of torch's writer, so the record is left out.

use std::collections::HashMap;
use std::io::{self, Seek, SeekFrom, Write};

use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::super::error::{Cause, Fault};
use super::super::torch::zip::{BYTE_ORDER, PICKLE, STORAGES};
use super::Outgoing;
use super::pickle::Pickle;

/// The folder of all records; torch takes any.
const ROOT: &str = "archive/";

/// Where storages begin, so that they can be mapped.
const ALIGNMENT: u16 = 64;

/// The version of the archive that torch writes for tensors.
const VERSION: &[u8] = b"3\n";

/// The longest name that a pickle of protocol 2 can hold.
const MAX_NAME: usize = u32::MAX as usize;

/// Writes the pickle, then one storage after the other.
pub(super) fn write(out: &mut (impl Write + Seek), tensors: Vec<Outgoing<'_>>) -> Result<(), Fault> {
    let mut pickle = Pickle::new();
    let mut storages = Vec::new();
    let mut tied = HashMap::new();
    for tensor in tensors {
        if tensor.name.len() > MAX_NAME {
            return Err(Cause::Limit { what: "bytes of name", bound: MAX_NAME as u64 }.of_file());
        }
        let bytes = tensor.byte_len()?;
        let next = storages.len();
        let tie = tensor.tie.map(|tie| (tie, tensor.dtype, tensor.shape.clone()));
        let key = tie.map_or(next, |tie| *tied.entry(tie).or_insert(next));
        pickle.tensor(&tensor.name, tensor.dtype, &tensor.shape, bytes / tensor.dtype.size(), &key.to_string());
        if key == next {
            storages.push((tensor, bytes));
        }
    }

    let mut archive = ZipWriter::new(Given { out, is_up: false });
    record(&mut archive, PICKLE, &pickle.finish())?;
    record(&mut archive, BYTE_ORDER, b"little")?;
    for (key, (tensor, bytes)) in storages.into_iter().enumerate() {
        start(&mut archive, &format!("{STORAGES}{key}"), bytes)?;
        tensor.write(&mut archive)?;
    }
    record(&mut archive, "version", VERSION)?;
    archive.finish().map_err(fault)?;
    Ok(())
}

/// Writes until something fails, and is silent then: an archive that is given up tries to finish, and would print why it
/// cannot.
struct Given<W> {
    out: W,
    is_up: bool,
}

impl<W> Given<W> {
    fn done<T>(&mut self, otherwise: T, call: impl FnOnce(&mut W) -> io::Result<T>) -> io::Result<T> {
        if self.is_up {
            return Ok(otherwise);
        }
        let done = call(&mut self.out);
        self.is_up = done.is_err();
        done
    }
}

impl<W: Write> Write for Given<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.done(bytes.len(), |out| out.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.done((), Write::flush)
    }
}

impl<W: Seek> Seek for Given<W> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.done(0, |out| out.seek(to))
    }
}

fn record<W: Write + Seek>(archive: &mut ZipWriter<W>, name: &str, bytes: &[u8]) -> Result<(), Fault> {
    start(archive, name, bytes.len())?;
    Ok(archive.write_all(bytes)?)
}

fn start<W: Write + Seek>(archive: &mut ZipWriter<W>, name: &str, bytes: usize) -> Result<(), Fault> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .with_alignment(ALIGNMENT)
        .large_file(u32::try_from(bytes).is_err());
    archive.start_file(format!("{ROOT}{name}"), options).map_err(fault)
}

fn fault(error: ZipError) -> Fault {
    match error {
        ZipError::Io(error) => error.into(),
        error => Cause::malformed(error.to_string()).of_file(),
    }
}
