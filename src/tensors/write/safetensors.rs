//! Safetensors, in the order of the format's own library: large elements first, so that all are aligned, then by name.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::Write;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::super::error::{Cause, Fault};
use super::super::safetensors::{LENGTH, MAX_HEADER, METADATA};
use super::Outgoing;
use super::copies::Copied;

/// Writes a header, then the elements of one tensor after the other. `copied` is told of those that are copied from a
/// file, each as soon as `out` has passed it on.
pub(super) fn write<'a>(
    out: &mut impl Write,
    mut tensors: Vec<Outgoing<'a>>,
    metadata: &BTreeMap<String, String>,
    copied: &mut dyn FnMut(Copied<'a>),
) -> Result<(), Fault> {
    tensors.sort_by_key(|tensor| Reverse(tensor.dtype));
    let mut header = serde_json::to_vec(&header(&tensors, metadata)?)
        .map_err(|error| Cause::malformed(format!("the header cannot be written: {error}")).of_file())?;
    // The first tensor begins at a multiple of eight bytes.
    header.resize(header.len().next_multiple_of(LENGTH), b' ');
    if header.len() > MAX_HEADER {
        return Err(Cause::Limit { what: "bytes of header", bound: MAX_HEADER as u64 }.of_file());
    }
    out.write_all(&(header.len() as u64).to_le_bytes())?;
    out.write_all(&header)?;
    let mut start = LENGTH + header.len();
    for tensor in tensors {
        let range = start..start + tensor.byte_len()?;
        start = range.end;
        let copy = tensor.copy_of().map(|of| Copied { name: tensor.name.to_string(), range, of });
        tensor.write(out)?;
        if let Some(copy) = copy {
            out.flush()?;
            copied(copy);
        }
    }
    Ok(())
}

struct Header<'a> {
    metadata: &'a BTreeMap<String, String>,
    tensors: Vec<(&'a str, Info<'a>)>,
}

#[derive(Serialize)]
struct Info<'a> {
    dtype: &'static str,
    shape: &'a [usize],
    data_offsets: (usize, usize),
}

fn header<'a>(tensors: &'a [Outgoing<'_>], metadata: &'a BTreeMap<String, String>) -> Result<Header<'a>, Fault> {
    let mut end = 0_usize;
    let mut infos = Vec::with_capacity(tensors.len());
    for tensor in tensors {
        if tensor.name == METADATA {
            return Err(
                Cause::malformed("the format reserves this name for something other than a tensor").of_tensor(METADATA)
            );
        }
        let dtype = tensor.dtype.safetensors().ok_or_else(|| {
            Cause::Unwritable { dtype: tensor.dtype.name(), format: "safetensors" }.of_tensor(&*tensor.name)
        })?;
        let start = end;
        end = end.checked_add(tensor.byte_len()?).ok_or_else(|| Cause::ShapeTooLarge.of_tensor(&*tensor.name))?;
        infos.push((&*tensor.name, Info { dtype, shape: &tensor.shape, data_offsets: (start, end) }));
    }
    Ok(Header { metadata, tensors: infos })
}

impl Serialize for Header<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if !self.metadata.is_empty() {
            map.serialize_entry(METADATA, self.metadata)?;
        }
        for (name, info) in &self.tensors {
            map.serialize_entry(name, info)?;
        }
        map.end()
    }
}
