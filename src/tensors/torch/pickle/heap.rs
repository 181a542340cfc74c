//! What a pickle has made so far.

use super::super::globals::Global;

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
}

impl<'a> Heap<'a> {
    /// An empty heap for a pickle at the start of `bytes`.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, objects: Vec::new() }
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

    /// The items of a list or tuple.
    pub(in super::super) fn sequence(&self, item: Item) -> Option<&[Item]> {
        match self.object(item)? {
            Object::Tuple(items) | Object::List(items) => Some(items),
            Object::Dict(_) => None,
        }
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
