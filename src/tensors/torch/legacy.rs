//! What `torch.save` wrote before torch 1.6: five pickles (a magic number, the version of the protocol, the system, the
//! value, the keys of the storages), then for each key the number of elements, and the elements.
//!
//! The system's pickle says whether the machine was little-endian. Torch writes elements little-endian on every machine
//! and does not look at the mark when it reads; neither do we, except that it must be a boolean.

use super::super::contents::Contents;
use super::super::error::{Cause, Fault};
use super::flatten::flatten;
use super::pickle::{self, Heap, Item, NoHost, Object};
use super::protocol;
use super::rebuild::Rebuilt;

/// 0x1950a86a20f9469cfc6c, little-endian.
const MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

const PROTOCOL: i64 = 1001;

/// Reads a file of pickles and storages.
pub(in super::super) fn read(bytes: &[u8]) -> Result<Contents, Fault> {
    let at = expect(bytes, 0, |heap, item| match item {
        Item::LongInt(text) if heap.bytes_of(text) == MAGIC => Ok(()),
        _ => Err(Cause::Unrecognised { known: Some("a pickle that torch did not write") }),
    })?;
    let at = expect(bytes, at, |_, item| match item {
        Item::Int(PROTOCOL) => Ok(()),
        Item::Int(other) => Err(Cause::unsupported(format!("version {other} of torch's protocol"))),
        _ => Err(Cause::malformed("the version of torch's protocol is not an integer")),
    })?;
    let at = expect(bytes, at, system)?;
    let mut rebuilt = Rebuilt::default();
    let (heap, value, at) = pickle::run(bytes, at, &mut rebuilt)?;
    let (keys, list, mut end) = pickle::run(bytes, at, &mut NoHost)?;
    let list = keys.sequence(list).ok_or_else(|| Cause::malformed("the keys of the storages are not a list").at(at))?;

    let mut storages = vec![None; rebuilt.storages.len()];
    for key in list {
        let key = keys.text(*key).ok_or_else(|| Cause::malformed("the key of a storage is not a string").at(at))?;
        let Some(index) = rebuilt.storage(key) else {
            return Err(Cause::malformed("the storage belongs to no tensor").of_record(key));
        };
        let claim = &rebuilt.storages[index];
        let truncated = |needed: usize, end: usize| {
            Cause::Truncated { needed: needed as u64, left: (bytes.len() - end) as u64 }.at(end)
        };
        let count = bytes[end..].first_chunk().ok_or_else(|| truncated(size_of::<u64>(), end))?;
        let count = u64::from_le_bytes(*count);
        if count != claim.elements() as u64 {
            let why = format!("the storage has {count} elements, but {} were announced", claim.elements());
            return Err(Cause::malformed(why).at(end));
        }
        let start = end + size_of::<u64>();
        let length = claim.bytes()?;
        end = start.checked_add(length).filter(|end| *end <= bytes.len()).ok_or_else(|| truncated(length, start))?;
        if storages[index].replace(start..end).is_some() {
            return Err(Cause::malformed("the storage occurs twice").of_record(key));
        }
    }
    let missing = |(range, claim): (Option<_>, &super::rebuild::StorageClaim)| {
        range.ok_or_else(|| Cause::malformed("the storage is missing").of_record(&claim.key))
    };
    let storages = storages.into_iter().zip(&rebuilt.storages).map(missing).collect::<Result<_, _>>()?;
    let contents = flatten(&heap, value, &rebuilt, storages, false)?;
    Ok(Contents { pickle_protocol: protocol(bytes), ..contents })
}

/// Reads a pickle of plain data that must satisfy `check`; gives its end.
fn expect(
    bytes: &[u8],
    start: usize,
    check: impl FnOnce(&Heap<'_>, Item) -> Result<(), Cause>,
) -> Result<usize, Fault> {
    let (heap, item, end) = pickle::run(bytes, start, &mut NoHost)?;
    check(&heap, item).map_err(|cause| cause.at(start))?;
    Ok(end)
}

/// The sizes of C's integers and the order of bytes.
fn system(heap: &Heap<'_>, item: Item) -> Result<(), Cause> {
    let Some(Object::Dict(pairs)) = heap.object(item) else {
        return Err(Cause::malformed("the description of the system is not a dict"));
    };
    let order = pairs.iter().find(|(key, _)| heap.text(*key) == Some("little_endian"));
    match order {
        None | Some((_, Item::Bool(_))) => Ok(()),
        Some(_) => Err(Cause::malformed("`little_endian` is not a boolean")),
    }
}
