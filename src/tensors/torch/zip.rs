//! What `torch.save` writes since torch 1.6: a zip archive with the pickle and a record for every storage, none of them
//! compressed. All records are below one folder, whose name has no meaning.

use std::collections::HashMap;
use std::ops::Range;

use super::super::contents::Contents;
use super::super::error::{Cause, Fault};
use super::super::zipped::{self, Record};
use super::flatten::flatten;
use super::rebuild::Rebuilt;
use super::{pickle, protocol};

/// The pickle.
pub(in super::super) const PICKLE: &str = "data.pkl";

/// The order of the bytes in storages: `little` or `big`. Little if there is no such record.
pub(in super::super) const BYTE_ORDER: &str = "byteorder";

/// The folder of the storages.
pub(in super::super) const STORAGES: &str = "data/";

/// Reads an archive.
pub(in super::super) fn read(bytes: &[u8]) -> Result<Contents, Fault> {
    let records = zipped::records(bytes)?;
    let root = root(&records)?;
    if let Some(record) = records.iter().find(|record| record.is_deflated) {
        return Err(Cause::unsupported("a compressed record (torch writes none)").of_record(&record.name));
    }
    let records: HashMap<_, _> = records.iter().map(|record| (record.name.as_str(), &record.range)).collect();
    let record = |name: &str| records.get(format!("{root}{name}").as_str()).map(|range| Range::clone(range));
    let big_endian = match record(BYTE_ORDER).map(|range| &bytes[range]) {
        None | Some(b"little") => false,
        Some(b"big") => true,
        Some(_) => return Err(Cause::malformed("the byte order is neither little nor big").of_record(BYTE_ORDER)),
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
    let contents = flatten(&heap, value, &rebuilt, storages, big_endian)?;
    Ok(Contents { pickle_protocol: protocol(&bytes[pickle]), ..contents })
}

/// The folder that the pickle is in, with its slash.
fn root(records: &[Record]) -> Result<&str, Fault> {
    if records.iter().any(|record| record.name.ends_with("/constants.pkl")) {
        return Err(Cause::unsupported("a TorchScript program").of_file());
    }
    let mut roots = records.iter().filter_map(|record| {
        let root = record.name.strip_suffix(PICKLE)?;
        (root.find('/')? + 1 == root.len()).then_some(root)
    });
    match (roots.next(), roots.next()) {
        (Some(root), None) => Ok(root),
        (Some(_), Some(_)) => Err(Cause::malformed(format!("more than one {PICKLE} in the archive")).of_file()),
        (None, _) => Err(Cause::Unrecognised { known: Some("a zip archive without a torch pickle") }.of_file()),
    }
}
