//! The directory of a zip archive, held against its bytes.

use std::io::{Cursor, ErrorKind};
use std::ops::Range;

use zip::read::{ArchiveOffset, Config};
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::error::{Cause, Fault};

/// The most records: one for every storage of torch, and a few more.
const MAX_RECORDS: usize = 1 << 19;

/// How far from the end the directory's last part is looked for: it ends in a comment of at most 64 KiB.
const MAX_COMMENT: usize = 1 << 16;

/// One record of an archive.
pub(super) struct Record {
    pub(super) name: String,
    /// Its bytes in the archive.
    pub(super) range: Range<usize>,
    pub(super) is_deflated: bool,
    /// How many bytes it is said to have when it is not compressed.
    pub(super) size: u64,
    /// The checksum of those bytes.
    pub(super) crc: u32,
}

/// Every record, in the order of the directory. No two have one name or share a byte.
pub(super) fn records(bytes: &[u8]) -> Result<Vec<Record>, Fault> {
    let config = Config { archive_offset: ArchiveOffset::Known(0) };
    let archive = ZipArchive::with_config(config, Cursor::new(bytes));
    let mut archive = archive.map_err(|error| directory_fault(bytes, error))?;
    if archive.len() > MAX_RECORDS {
        return Err(Cause::Limit { what: "records", bound: MAX_RECORDS as u64 }.of_file());
    }
    if archive.has_duplicate_names() {
        return Err(Cause::malformed("two records of the archive have the same name").of_file());
    }
    let directory = archive.central_directory_start();
    let mut records = Vec::with_capacity(archive.len());
    let mut taken = Vec::with_capacity(archive.len());
    for index in 0..archive.len() {
        let record = archive.by_index_raw(index).map_err(|error| cause(error).of_file())?;
        let name = String::from_utf8_lossy(record.name_raw()).into_owned();
        let is_deflated = match record.compression() {
            _ if record.encrypted() => return Err(Cause::unsupported("an encrypted record").of_record(name)),
            CompressionMethod::Stored if record.size() == record.compressed_size() => false,
            CompressionMethod::DEFLATE => true,
            other => return Err(Cause::unsupported(format!("a record compressed as {other}")).of_record(name)),
        };
        let range = record.data_start().and_then(|start| Some((start, start.checked_add(record.compressed_size())?)));
        let Some((start, end)) = range.filter(|(_, end)| *end <= directory) else {
            return Err(Cause::malformed("the record extends beyond the archive").of_record(name));
        };
        taken.push((record.header_start(), end));
        // The directory lies within the bytes, so both can be addressed.
        records.push(Record {
            name,
            range: start as usize..end as usize,
            is_deflated,
            size: record.size(),
            crc: record.crc32(),
        });
    }
    taken.sort_unstable();
    if taken.windows(2).any(|pair| pair[0].1 > pair[1].0) {
        return Err(Cause::malformed("two records of the archive share bytes").of_file());
    }
    Ok(records)
}

/// Why the directory at the end of the archive cannot be read.
fn directory_fault(bytes: &[u8], error: ZipError) -> Fault {
    let magic = b"PK\x05\x06";
    if bytes.windows(magic.len()).rev().take(MAX_COMMENT).any(|window| window == magic) {
        return cause(error).of_file();
    }
    Cause::malformed("the archive has no directory at its end; the file is cut short").at(bytes.len())
}

fn cause(error: ZipError) -> Cause {
    match error {
        ZipError::Io(error) if error.kind() != ErrorKind::UnexpectedEof => Cause::Io(error),
        error => Cause::malformed(error.to_string()),
    }
}
