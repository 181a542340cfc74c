//! The header of safetensors: eight bytes of its length, then JSON. Read strictly, as the format's own library does,
//! which our tests hold us to; beyond it, two tensors of one name are an error.
//!
//! The format has no names that share memory. Where a tensor has several, `safetensors.torch.save_model` writes one, and for
//! each of the others a line of metadata that leads to it, unless a line of that key was there before; so does
//! `huggingface_hub`. Such a line is read as the tensor that it stands for. Others may lead to a tensor by chance, as
//! `"format": "pt"` does beside a tensor `pt`. They have keys of one word; the tensors of modules have paths.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::contents::{Contents, Entry};
use super::dtype::Dtype;
use super::error::{Cause, Fault};
use super::layout::{Layout, MAX_DIMENSIONS, count};

/// The bytes of the header's length.
pub(super) const LENGTH: usize = 8;

/// The longest header, as the format has it.
pub(super) const MAX_HEADER: usize = 100_000_000;

/// The key of what is no tensor.
pub(super) const METADATA: &str = "__metadata__";

/// Reads a header, and holds it against the bytes that follow.
pub(super) fn read(bytes: &[u8]) -> Result<Contents, Fault> {
    let (header, data) = split(bytes)?;
    let text = std::str::from_utf8(header)
        .map_err(|error| Cause::malformed("the header is not UTF-8").at(LENGTH + error.valid_up_to()))?;
    let Header { metadata, mut tensors } = serde_json::from_str(text).map_err(|error| json_fault(text, &error))?;
    tensors.sort_unstable_by(|(left_name, left), (right_name, right)| {
        left.data_offsets.cmp(&right.data_offsets).then_with(|| left_name.cmp(right_name))
    });
    let mut contents = Contents { metadata, ..Contents::default() };
    let mut end = 0;
    for (name, info) in tensors {
        let entry = entry(name, &info, end, contents.entries.len())?;
        end = info.data_offsets.1;
        let start = bytes.len() - data.len();
        let Some(stop) = start.checked_add(end).filter(|stop| *stop <= bytes.len()) else {
            return Err(Cause::Truncated { needed: end as u64, left: data.len() as u64 }.at(start));
        };
        contents.storages.push(start + info.data_offsets.0..stop);
        contents.entries.push(entry);
    }
    tie(&mut contents);
    if end < data.len() {
        let why = format!("{} bytes after the last tensor belong to no tensor", data.len() - end);
        return Err(Cause::malformed(why).at(bytes.len() - data.len() + end));
    }
    Ok(contents)
}

/// Takes the lines of metadata that are other names of tensors for tensors.
fn tie(contents: &mut Contents) {
    let names: HashMap<&str, usize> =
        contents.entries.iter().enumerate().map(|(at, entry)| (entry.name.as_str(), at)).collect();
    let is_other_name = |name: &String, meant: &String| {
        let of = names.get(meant.as_str()).filter(|_| name.contains('.') && !names.contains_key(name.as_str()));
        of.map(|at| (name.clone(), *at))
    };
    let others: Vec<_> = contents.metadata.iter().filter_map(|(name, meant)| is_other_name(name, meant)).collect();
    for (name, of) in others {
        contents.metadata.remove(&name);
        let Entry { dtype, storage, layout, .. } = &contents.entries[of];
        let entry = Entry { name, dtype: *dtype, storage: *storage, layout: layout.clone() };
        contents.entries.push(entry);
    }
}

/// The header, and what is behind it.
fn split(bytes: &[u8]) -> Result<(&[u8], &[u8]), Fault> {
    let truncated = |needed: u64| Cause::Truncated { needed, left: bytes.len() as u64 }.at(0);
    let (length, rest) = bytes.split_first_chunk::<LENGTH>().ok_or_else(|| truncated(LENGTH as u64))?;
    let length = u64::from_le_bytes(*length);
    if length > MAX_HEADER as u64 {
        return Err(Cause::Limit { what: "bytes of header", bound: MAX_HEADER as u64 }.at(0));
    }
    let split = usize::try_from(length).ok().and_then(|length| rest.split_at_checked(length));
    split.ok_or_else(|| truncated(LENGTH as u64 + length))
}

/// An entry that begins where the one before it ended.
fn entry(name: String, info: &Info, before: usize, storage: usize) -> Result<Entry, Fault> {
    match checked(info, before) {
        Ok((dtype, layout)) => Ok(Entry { name, dtype, storage, layout }),
        Err(cause) => Err(cause.of_tensor(name)),
    }
}

fn checked(info: &Info, before: usize) -> Result<(Dtype, Layout), Cause> {
    let (start, end) = info.data_offsets;
    let dtype = Dtype::from_safetensors(&info.dtype).ok_or_else(|| Cause::UnknownDtype { name: info.dtype.clone() })?;
    if start != before {
        return Err(Cause::malformed(format!(
            "the data begins at {start}, but that of the tensor before ends at {before}"
        )));
    }
    let needed = count(&info.shape.0).and_then(|elements| elements.checked_mul(dtype.size()));
    let needed = needed.ok_or(Cause::ShapeTooLarge)?;
    let held =
        end.checked_sub(start).ok_or_else(|| Cause::malformed(format!("the data ends at {end}, before it begins")))?;
    if needed != held {
        return Err(Cause::malformed(format!("the shape needs {needed} bytes, but the data has {held}")));
    }
    Ok((dtype, Layout::contiguous(info.shape.0.clone(), dtype.size(), held)?))
}

/// An error of the JSON reader, at its byte.
fn json_fault(text: &str, error: &serde_json::Error) -> Fault {
    let before: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let why = error.to_string();
    let why = why.rsplit_once(" at line ").map_or(why.as_str(), |(why, _)| why);
    Cause::malformed(format!("the header is malformed: {why}")).at(LENGTH + before + error.column().saturating_sub(1))
}

struct Header {
    metadata: BTreeMap<String, String>,
    tensors: Vec<(String, Info)>,
}

/// What the header says of a tensor. Other keys are passed over, as the format's own library does.
#[derive(Deserialize)]
struct Info {
    dtype: String,
    shape: Shape,
    data_offsets: (usize, usize),
}

struct Shape(Vec<usize>);

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HeaderVisitor)
    }
}

struct HeaderVisitor;

impl<'de> Visitor<'de> for HeaderVisitor {
    type Value = Header;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of tensors")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Header, A::Error> {
        let mut metadata = None;
        let mut tensors = Vec::new();
        let mut names = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if name == METADATA {
                let read: Option<BTreeMap<String, String>> = map.next_value()?;
                if metadata.replace(read.unwrap_or_default()).is_some() {
                    return Err(A::Error::custom("there are two `__metadata__`"));
                }
            } else if names.insert(name.clone()) {
                tensors.push((name, map.next_value()?));
            } else {
                return Err(A::Error::custom(format_args!("there are two tensors `{name}`")));
            }
        }
        Ok(Header { metadata: metadata.unwrap_or_default(), tensors })
    }
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ShapeVisitor)
    }
}

struct ShapeVisitor;

impl<'de> Visitor<'de> for ShapeVisitor {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of sizes")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Shape, A::Error> {
        let mut shape = Vec::new();
        while shape.len() < MAX_DIMENSIONS {
            match sequence.next_element()? {
                Some(size) => shape.push(size),
                None => return Ok(Shape(shape)),
            }
        }
        match sequence.next_element::<IgnoredAny>()? {
            Some(_) => Err(A::Error::custom(format_args!("more than {MAX_DIMENSIONS} dimensions"))),
            None => Ok(Shape(shape)),
        }
    }
}
