//! Archives of adapter folders, as hubs served them: zip, tar, tar.gz. Read in place; nothing is unpacked to a disk.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};
use std::ops::Range;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use flate2::Crc;
use flate2::read::{DeflateDecoder, MultiGzDecoder};

use super::error::{Cause, Fault, TensorError};
use super::recognise;
use super::source::Source;
use super::zipped;

/// The most bytes that the compressed files of an archive have together once they are unpacked, or the tar in a gzip. It is
/// less for a small archive: ten times its own bytes, but 64 MiB at least.
pub const MAX_UNPACKED: u64 = 1 << 30;

/// What is compressed may grow to this, whatever the length of the archive.
const ALWAYS_UNPACKED: u64 = 64 << 20;

/// Beyond that, what is compressed grows at most so many times: weights hardly shrink at all. A hundred times would let
/// four megabytes fill several hundred.
const MAX_GROWTH: u64 = 10;

/// The most files of an archive. A folder of adapters has a dozen.
const MAX_FILES: usize = 1 << 12;

/// An archive of a folder, open to be read.
///
/// As in the `adapters` library, folders inside of a zip have no meaning: files have the last parts of their names.
/// Those of a tar keep their folders.
#[derive(Debug)]
pub struct Archive {
    name: String,
    source: Source,
    files: BTreeMap<String, Packed>,
    unpacked: Mutex<Unpacked>,
}

/// What was unpacked so far: whoever reads all files may hold all of them.
#[derive(Debug, Default)]
struct Unpacked {
    names: BTreeSet<String>,
    bytes: u64,
}

/// Where a file lies in the archive.
#[derive(Debug)]
struct Packed {
    range: Range<usize>,
    deflated: Option<Deflated>,
}

/// What a compressed file must turn out to be.
#[derive(Debug, Clone, Copy)]
struct Deflated {
    size: u64,
    crc: u32,
}

impl Archive {
    /// Opens the archive at `path`. Nothing may change the file meanwhile.
    ///
    /// # Errors
    /// [`TensorError`] if the file cannot be read, is no archive, or names a place outside of its folder.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, TensorError> {
        let path = path.as_ref();
        let name = path.display().to_string();
        match Source::open(path).and_then(index) {
            Ok((source, files)) => Ok(Self { name, source, files, unpacked: Mutex::default() }),
            Err(fault) => Err(fault.in_file(&name)),
        }
    }

    /// An archive in memory. `name` stands for it in errors.
    ///
    /// # Errors
    /// [`TensorError`] if the bytes are no archive, or name a place outside of its folder.
    pub fn from_bytes(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Result<Self, TensorError> {
        let name = name.into();
        match index(Source::Held(bytes.into())) {
            Ok((source, files)) => Ok(Self { name, source, files, unpacked: Mutex::default() }),
            Err(fault) => Err(fault.in_file(&name)),
        }
    }

    /// The names of the files, sorted.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// The bytes of a file, or `None` if there is no such. Borrowed where they are not compressed.
    ///
    /// # Errors
    /// [`TensorError`] if what is compressed is damaged, or all that was read of the archive is more than
    /// [`MAX_UNPACKED`] has it.
    pub fn read(&self, name: &str) -> Result<Option<Cow<'_, [u8]>>, TensorError> {
        let Some(Packed { range, deflated }) = self.files.get(name) else { return Ok(None) };
        let bytes = &self.source[range.clone()];
        match deflated {
            None => Ok(Some(Cow::Borrowed(bytes))),
            Some(deflated) => match self.take(name, deflated.size).and_then(|()| inflate(bytes, *deflated)) {
                Ok(bytes) => Ok(Some(Cow::Owned(bytes))),
                Err(cause) => Err(cause.of_record(name).in_file(&self.name)),
            },
        }
    }
}

impl Archive {
    /// Counts a file that is about to be unpacked.
    fn take(&self, name: &str, size: u64) -> Result<(), Cause> {
        let mut unpacked = self.unpacked.lock().unwrap_or_else(PoisonError::into_inner);
        if unpacked.names.contains(name) {
            return Ok(());
        }
        let bytes = unpacked.bytes.saturating_add(size);
        let bound = bound(self.source.len());
        if bytes > bound {
            return Err(Cause::Limit { what: "bytes once unpacked", bound });
        }
        unpacked.names.insert(name.to_owned());
        unpacked.bytes = bytes;
        Ok(())
    }
}

type Files = BTreeMap<String, Packed>;

fn index(source: Source) -> Result<(Source, Files), Fault> {
    if source.starts_with(b"PK") {
        let files = zip_files(&source)?;
        return Ok((source, files));
    }
    let source = if source.starts_with(recognise::GZIP) {
        let unpacked = unpack(MultiGzDecoder::new(&*source), bound(source.len()), 0);
        Source::Held(unpacked.map_err(Cause::of_file)?)
    } else {
        source
    };
    if !recognise::is_tar(&source) {
        return Err(match recognise::recognise(&source) {
            Err(fault) if !matches!(fault.cause, Cause::Unrecognised { .. }) => fault,
            _ => Cause::malformed("this is not an archive of a folder: neither zip, tar nor tar.gz").of_file(),
        });
    }
    let files = tar_files(&source)?;
    Ok((source, files))
}

/// AdapterHub's libraries unpack all files of a zip into one folder, so names count without their folders; where two would
/// have one name, as two adapters that somebody packed have, they keep them.
fn zip_files(bytes: &[u8]) -> Result<Files, Fault> {
    let is_file = |record: &zipped::Record| !record.name.ends_with('/');
    let mut records = Vec::new();
    for record in zipped::records(bytes)?.into_iter().filter(is_file) {
        let path = inside(&record.name).map_err(|cause| cause.of_record(&record.name))?;
        records.push((path, record));
    }
    let base = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    let bases: BTreeSet<_> = records.iter().map(|(path, _)| base(path)).collect();
    let is_flat = bases.len() == records.len();
    let mut files = Files::new();
    for (path, record) in records {
        let name = if is_flat { base(&path) } else { path };
        let deflated = record.is_deflated.then_some(Deflated { size: record.size, crc: record.crc });
        add(&mut files, &name, Packed { range: record.range, deflated })?;
    }
    Ok(files)
}

fn tar_files(bytes: &[u8]) -> Result<Files, Fault> {
    let mut files = Files::new();
    let mut archive = tar::Archive::new(Cursor::new(bytes));
    let damaged = |error: std::io::Error| Cause::malformed(format!("the archive is damaged: {error}")).of_file();
    for entry in archive.entries().map_err(damaged)? {
        let entry = entry.map_err(damaged)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let kind = entry.header().entry_type();
        if kind.is_dir() || kind.is_pax_global_extensions() {
            continue;
        }
        if !kind.is_file() {
            return Err(Cause::unsupported("a link or device").of_record(name));
        }
        let start = entry.raw_file_position();
        let end = start.checked_add(entry.size()).filter(|end| *end <= bytes.len() as u64);
        let end = end.ok_or_else(|| {
            Cause::Truncated { needed: entry.size(), left: (bytes.len() as u64).saturating_sub(start) }.of_record(&name)
        })?;
        let path = inside(&name).map_err(|cause| cause.of_record(&name))?;
        add(&mut files, &path, Packed { range: start as usize..end as usize, deflated: None })?;
    }
    Ok(files)
}

fn add(files: &mut Files, name: &str, packed: Packed) -> Result<(), Fault> {
    if files.len() >= MAX_FILES {
        return Err(Cause::Limit { what: "files in an archive", bound: MAX_FILES as u64 }.of_file());
    }
    match files.insert(name.to_owned(), packed) {
        None => Ok(()),
        Some(_) => Err(Cause::DuplicateName.of_record(name)),
    }
}

/// The path without what has no meaning in it, if it stays inside of the folder on every system.
fn inside(name: &str) -> Result<String, Cause> {
    let parts: Vec<_> = name.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    if name.starts_with('/') || name.contains(['\\', ':', '\0']) || parts.is_empty() || parts.contains(&"..") {
        return Err(Cause::malformed("the name points outside the folder"));
    }
    Ok(parts.join("/"))
}

fn inflate(bytes: &[u8], expected: Deflated) -> Result<Vec<u8>, Cause> {
    // One byte more than the archive says tells that the file is longer; no more of it is held.
    let decoder = DeflateDecoder::new(bytes).take(expected.size.saturating_add(1));
    let inflated = unpack(decoder, MAX_UNPACKED, expected.size)?;
    let mut crc = Crc::new();
    crc.update(&inflated);
    if inflated.len() as u64 != expected.size || crc.sum() != expected.crc {
        return Err(Cause::malformed("the file is damaged: its length or checksum differs from what the archive says"));
    }
    Ok(inflated)
}

/// The most bytes that an archive of so many may have once it is unpacked.
fn bound(packed: usize) -> u64 {
    (packed as u64).saturating_mul(MAX_GROWTH).clamp(ALWAYS_UNPACKED, MAX_UNPACKED)
}

/// Everything that a decoder gives, within a bound. What is reserved at first is `size`, if that is believable.
fn unpack(decoder: impl Read, bound: u64, size: u64) -> Result<Vec<u8>, Cause> {
    const BELIEVABLE: u64 = 1 << 20;
    let mut unpacked = Vec::with_capacity(size.min(BELIEVABLE) as usize);
    let read = decoder.take(bound + 1).read_to_end(&mut unpacked);
    read.map_err(|error| Cause::malformed(format!("the compressed data is damaged: {error}")))?;
    if unpacked.len() as u64 > bound {
        return Err(Cause::Limit { what: "bytes once unpacked", bound });
    }
    Ok(unpacked)
}
