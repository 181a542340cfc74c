//! Containers in containers, to names with dots.

use std::ops::Range;

use super::super::contents::{Contents, Entry, Other};
use super::super::error::{Cause, Fault};
use super::pickle::{Heap, Item, Object, Text};
use super::rebuild::Rebuilt;
use crate::value::{Int, Map, Value};

/// How deep containers may nest.
const MAX_DEPTH: usize = 32;

/// The most values of a file.
const MAX_VALUES: usize = 1 << 20;

/// The most values for each byte of the pickle. More than one takes containers that stand in several others; in a few
/// bytes these can stand for any number of values.
const MAX_VALUES_PER_BYTE: usize = 16;

/// The most bytes of all names and values together.
const MAX_TEXT: usize = 64 << 20;

/// The tensors and other values below `root`, each tensor held against the storage it lies in.
pub(super) fn flatten(
    heap: &Heap<'_>,
    root: Item,
    rebuilt: &Rebuilt,
    storages: Vec<Range<usize>>,
    big_endian: bool,
) -> Result<Contents, Fault> {
    let lengths: Vec<_> = storages.iter().map(ExactSizeIterator::len).collect();
    let contents = Contents { storages, big_endian, ..Contents::default() };
    let mut flattener = Flattener { heap, rebuilt, lengths, contents, values: 0, text: 0 };
    flattener.walk(root, String::new(), 0)?;
    Ok(flattener.contents)
}

struct Flattener<'a, 'h> {
    heap: &'a Heap<'h>,
    rebuilt: &'a Rebuilt,
    lengths: Vec<usize>,
    contents: Contents,
    values: usize,
    text: usize,
}

impl Flattener<'_, '_> {
    fn walk(&mut self, item: Item, name: String, depth: usize) -> Result<(), Fault> {
        self.values += 1;
        self.text = self.text.saturating_add(name.len()).saturating_add(text_of(item).map_or(0, Text::len));
        self.bound("values", self.values, MAX_VALUES.min(self.heap.len().saturating_mul(MAX_VALUES_PER_BYTE)))?;
        self.bound("bytes of names and values", self.text, MAX_TEXT)?;
        self.bound("levels of nested containers", depth, MAX_DEPTH)?;
        let heap = self.heap;
        match (item, heap.object(item)) {
            (Item::Tensor(tensor), _) => return self.tensor(tensor, name),
            (_, Some(Object::Dict(pairs))) if !pairs.is_empty() => {
                for (key, value) in pairs {
                    let key = self.key(*key, &name)?;
                    self.walk(*value, joined(&name, depth, &key), depth + 1)?;
                }
            }
            (_, Some(Object::List(items) | Object::Tuple(items))) if !items.is_empty() => {
                for (index, item) in items.iter().enumerate() {
                    self.walk(*item, joined(&name, depth, &index.to_string()), depth + 1)?;
                }
            }
            _ => {
                let value = self.value(item);
                self.contents.others.push(Other { name, value });
            }
        }
        Ok(())
    }

    fn bound(&self, what: &'static str, count: usize, bound: usize) -> Result<(), Fault> {
        if count > bound { Err(Cause::Limit { what, bound: bound as u64 }.of_file()) } else { Ok(()) }
    }

    fn tensor(&mut self, tensor: u32, name: String) -> Result<(), Fault> {
        match self.rebuilt.layout(tensor, &self.lengths) {
            Ok((dtype, storage, layout)) => {
                self.contents.entries.push(Entry { name, dtype, storage, layout });
                Ok(())
            }
            Err(cause) => Err(cause.of_tensor(name)),
        }
    }

    /// A key of a dict as a part of a name.
    fn key(&self, key: Item, name: &str) -> Result<String, Fault> {
        match (key, self.heap.text(key)) {
            (_, Some(text)) => Ok(text.to_owned()),
            (Item::Int(int), _) => Ok(int.to_string()),
            _ => {
                Err(Cause::unsupported(format!("a key in `{name}` that is neither a string nor an integer")).of_file())
            }
        }
    }

    /// What is no tensor and holds none.
    fn value(&self, item: Item) -> Value {
        match item {
            Item::None => Value::Null,
            Item::Bool(value) => Value::Bool(value),
            Item::Int(int) => Value::Int(Int::from(int)),
            Item::Float(value) => Value::Float(value),
            Item::Global(global) => Value::String(global.describe()),
            Item::Storage(index) => Value::String(format!("storage {}", self.rebuilt.storages[index as usize].key)),
            // Bytes become the characters of the same numbers, as Python 2 has them; so do integers beyond 64 bits.
            Item::Text(_) | Item::Bytes(_) | Item::LongInt(_) => Value::String(self.characters(item)),
            Item::Tensor(_) | Item::Object(_) => match self.heap.object(item) {
                Some(Object::Dict(_)) => Value::Map(Map::new()),
                _ => Value::List(Vec::new()),
            },
        }
    }

    fn characters(&self, item: Item) -> String {
        match (item, text_of(item)) {
            (Item::LongInt(_), Some(text)) => {
                let digits = self.heap.bytes_of(text).iter().rev().map(|byte| format!("{byte:02x}"));
                format!("0x{}", digits.collect::<String>())
            }
            (Item::Bytes(_), Some(text)) => self.heap.bytes_of(text).iter().map(|byte| char::from(*byte)).collect(),
            _ => self.heap.text(item).unwrap_or_default().to_owned(),
        }
    }
}

fn text_of(item: Item) -> Option<Text> {
    match item {
        Item::Text(text) | Item::Bytes(text) | Item::LongInt(text) => Some(text),
        _ => None,
    }
}

/// A name and a part below it.
fn joined(name: &str, depth: usize, part: &str) -> String {
    if depth == 0 { part.to_owned() } else { format!("{name}.{part}") }
}
