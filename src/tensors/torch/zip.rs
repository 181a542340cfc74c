//! What `torch.save` writes since torch 1.6: a zip archive with the pickle and a record for every storage, none of them
//! compressed. All records are below one folder, whose name has no meaning.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::ops::Range;

use zip::read::{ArchiveOffset, Config};
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::super::error::{Cause, Fault};
use super::super::file::Contents;
use super::flatten::flatten;
use super::pickle;
use super::rebuild::Rebuilt;

/// The pickle.
pub(in super::super) const PICKLE: &str = "data.pkl";

/// The order of the bytes in storages: `little` or `big`. Little if there is no such record.
pub(in super::super) const BYTE_ORDER: &str = "byteorder";

/// The folder of the storages.
pub(in super::super) const STORAGES: &str = "data/";

/// The most records: one for every storage, and a few more.
const MAX_RECORDS: usize = 1 << 19;

/// Reads an archive.
pub(in super::super) fn read(bytes: &[u8]) -> Result<Contents, Fault> {
    let config = Config { archive_offset: ArchiveOffset::Known(0) };
    let archive = ZipArchive::with_config(config, Cursor::new(bytes));
    let mut archive = archive.map_err(|error| directory_fault(bytes, error))?;
    let root = root(&archive)?;
    let records = records(&mut archive)?;
    let record = |name: &str| records.get(&format!("{root}{name}")).cloned();
    let big_endian = match record(BYTE_ORDER).map(|range| &bytes[range]) {
        None | Some(b"little") => false,
        Some(b"big") => true,
        Some(_) => return Err(Cause::malformed("the order of bytes is neither little nor big").of_record(BYTE_ORDER)),
    };
    let pickle = record(PICKLE).ok_or_else(|| Cause::malformed("the pickle is missing").of_record(PICKLE))?;
    let mut rebuilt = Rebuilt::default();
    let (heap, value, _) = pickle::run(&bytes[..pickle.end], pickle.start, &mut rebuilt)?;
    let storages = rebuilt.storages.iter().map(|storage| {
        let name = format!("{STORAGES}{}", storage.key);
        let needed = storage.bytes()?;
        match record(&name) {
            Some(record) if record.len() >= needed => Ok(record.start..record.start + needed),
            Some(record) => {
                Err(Cause::StorageTooShort { needed: needed as u64, held: record.len() as u64 }.of_record(name))
            }
            None if needed == 0 => Ok(0..0),
            None => Err(Cause::malformed("the record of a storage is missing").of_record(name)),
        }
    });
    let storages = storages.collect::<Result<_, _>>()?;
    flatten(&heap, value, &rebuilt, storages, big_endian)
}

/// The folder that the pickle is in, with its slash.
fn root(archive: &ZipArchive<Cursor<&[u8]>>) -> Result<String, Fault> {
    if archive.len() > MAX_RECORDS {
        return Err(Cause::Limit { what: "records", bound: MAX_RECORDS as u64 }.of_file());
    }
    if archive.has_duplicate_names() {
        return Err(Cause::malformed("two records of the archive have one name").of_file());
    }
    if archive.file_names_raw().any(|name| name.ends_with(b"/constants.pkl")) {
        return Err(Cause::unsupported("a TorchScript program").of_file());
    }
    let mut roots = archive.file_names_raw().filter_map(|name| {
        let root = name.strip_suffix(PICKLE.as_bytes())?;
        (root.iter().position(|byte| *byte == b'/')? + 1 == root.len()).then_some(root)
    });
    match (roots.next(), roots.next()) {
        (Some(root), None) => Ok(String::from_utf8_lossy(root).into_owned()),
        (Some(_), Some(_)) => Err(Cause::malformed(format!("more than one {PICKLE} in the archive")).of_file()),
        (None, _) => Err(Cause::Unrecognised { known: Some("a zip archive without a pickle of torch") }.of_file()),
    }
}

/// The bytes of every record, by name. No two share a byte.
fn records(archive: &mut ZipArchive<Cursor<&[u8]>>) -> Result<BTreeMap<String, Range<usize>>, Fault> {
    let directory = archive.central_directory_start();
    let mut records = BTreeMap::new();
    let mut taken = Vec::with_capacity(archive.len());
    for index in 0..archive.len() {
        let record = archive.by_index_raw(index).map_err(|error| cause(error).of_file())?;
        let name = String::from_utf8_lossy(record.name_raw()).into_owned();
        if record.encrypted() {
            return Err(Cause::unsupported("an encrypted record").of_record(name));
        }
        if record.compression() != CompressionMethod::Stored || record.size() != record.compressed_size() {
            return Err(Cause::unsupported("a compressed record (torch writes none)").of_record(name));
        }
        let range = record.data_start().and_then(|start| Some((start, start.checked_add(record.size())?)));
        let Some((start, end)) = range.filter(|(_, end)| *end <= directory) else {
            return Err(Cause::malformed("the record reaches beyond the archive").of_record(name));
        };
        taken.push((record.header_start(), end));
        // The directory lies within the bytes, so both can be addressed.
        records.insert(name, start as usize..end as usize);
    }
    taken.sort_unstable();
    if taken.windows(2).any(|pair| pair[0].1 > pair[1].0) {
        return Err(Cause::malformed("two records of the archive share bytes").of_file());
    }
    Ok(records)
}

/// Why the directory at the end of the archive cannot be read.
fn directory_fault(bytes: &[u8], error: ZipError) -> Fault {
    let ends = |magic: &[u8]| bytes.windows(magic.len()).rev().take(1 << 16).any(|window| window == magic);
    if ends(b"PK\x05\x06") {
        return cause(error).of_file();
    }
    Cause::malformed("the archive has no directory at its end; the file is cut short").at(bytes.len())
}

fn cause(error: ZipError) -> Cause {
    match error {
        ZipError::Io(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => Cause::Io(error),
        error => Cause::malformed(error.to_string()),
    }
}
