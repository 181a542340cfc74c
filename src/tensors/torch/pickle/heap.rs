//! What a pickle has made so far.

use super::super::super::error::Cause;
use super::super::globals::Global;
use super::{MAX_ARGUMENTS, MAX_COPIED};

/// A value on the stack or in a container.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in super::super) enum Item {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Text),
    Bytes(Text),
    /// An integer of more than 64 bits: its bytes in two's complement, little-endian.
    LongInt(Text),
    Global(Global),
    /// A storage, by its number with the host.
    Storage(u32),
    /// A tensor, by its number with the host.
    Tensor(u32),
    /// A container on the heap.
    Object(u32),
}

/// Where text stands in the file; it is not copied.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in super::super) struct Text {
    start: u32,
    length: u32,
}

impl Text {
    /// The number of bytes.
    pub(in super::super) fn len(self) -> usize {
        self.length as usize
    }
}

/// A container.
#[derive(Debug)]
pub(in super::super) enum Object {
    /// A list or a set.
    List(Vec<Item>),
    Tuple(Vec<Item>),
    /// A `dict` or an `OrderedDict`.
    Dict(Vec<(Item, Item)>),
}

/// All containers of a pickle, and the bytes that its texts are in.
#[derive(Debug)]
pub(in super::super) struct Heap<'a> {
    /// The file from the pickle on.
    bytes: &'a [u8],
    objects: Vec<Object>,
    /// How many items calls have copied.
    copied: usize,
}

impl<'a> Heap<'a> {
    /// An empty heap for a pickle at the start of `bytes`.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, objects: Vec::new(), copied: 0 }
    }

    /// The bytes that the pickle may have, at most.
    pub(in super::super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Keeps a container. There are fewer than opcodes, so they can be counted in 32 bits.
    pub(in super::super) fn add(&mut self, object: Object) -> Item {
        self.objects.push(object);
        Item::Object((self.objects.len() - 1) as u32)
    }

    /// The container that an item is.
    pub(in super::super) fn object(&self, item: Item) -> Option<&Object> {
        match item {
            Item::Object(index) => self.objects.get(index as usize),
            _ => None,
        }
    }

    pub(super) fn object_mut(&mut self, item: Item) -> Option<&mut Object> {
        match item {
            Item::Object(index) => self.objects.get_mut(index as usize),
            _ => None,
        }
    }

    /// The items of a tuple.
    pub(in super::super) fn tuple(&self, item: Item) -> Option<&[Item]> {
        match self.object(item)? {
            Object::Tuple(items) => Some(items),
            _ => None,
        }
    }

    /// The items of a tuple that are the arguments of a call.
    pub(in super::super) fn arguments(&self, item: Item) -> Result<Vec<Item>, Cause> {
        let arguments = self.tuple(item).ok_or_else(|| Cause::malformed("the arguments are not a tuple"))?;
        if arguments.len() > MAX_ARGUMENTS {
            return Err(Cause::Limit { what: "arguments of a call", bound: MAX_ARGUMENTS as u64 });
        }
        Ok(arguments.to_vec())
    }

    /// The items of a list or tuple.
    pub(in super::super) fn sequence(&self, item: Item) -> Option<&[Item]> {
        match self.object(item)? {
            Object::Tuple(items) | Object::List(items) => Some(items),
            Object::Dict(_) => None,
        }
    }

    /// A copy of the items of a list or tuple, for a call that makes another container of them.
    pub(in super::super) fn copy(&mut self, item: Item) -> Result<Option<Vec<Item>>, Cause> {
        self.copied += self.sequence(item).map_or(0, <[Item]>::len);
        if self.copied > MAX_COPIED {
            return Err(Cause::Limit { what: "items that calls copy", bound: MAX_COPIED as u64 });
        }
        Ok(self.sequence(item).map(<[Item]>::to_vec))
    }

    /// The text of these bytes of the pickle, if they can be addressed.
    pub(super) fn span(start: usize, length: usize) -> Option<Text> {
        Some(Text { start: u32::try_from(start).ok()?, length: u32::try_from(length).ok()? })
    }

    /// The bytes of a text.
    pub(in super::super) fn bytes_of(&self, text: Text) -> &'a [u8] {
        &self.bytes[text.start as usize..][..text.length as usize]
    }

    /// The characters of text, or of bytes of Python 2 that are text. The machine has checked the former.
    pub(in super::super) fn text(&self, item: Item) -> Option<&'a str> {
        match item {
            Item::Text(text) | Item::Bytes(text) => std::str::from_utf8(self.bytes_of(text)).ok(),
            _ => None,
        }
    }
}
