//! A file of tensors, once its structure is known to be sound.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::ops::Range;
use std::path::Path;

use super::contents::{Contents, Entry, Other};
use super::dtype::Dtype;
use super::error::{Cause, Fault, TensorError};
use super::recognise::{Format, recognise};
use super::source::{Source, Unreadable};
use super::{safetensors, torch};

/// A file of tensors, open to be read.
#[derive(Debug)]
pub struct TensorFile {
    name: String,
    source: Source,
    format: Format,
    contents: Contents,
    aliases: Vec<usize>,
}

impl TensorFile {
    /// Opens and checks the file at `path`.
    ///
    /// The file is mapped, not read: a tensor's bytes are fetched when they are looked at. Nothing may change the file
    /// meanwhile.
    ///
    /// # Errors
    /// [`TensorError`] if the file cannot be read, is in no known format, or is not sound.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, TensorError> {
        let path = path.as_ref();
        let name = path.display().to_string();
        match Source::open(path) {
            Ok(source) => Self::read(name, source),
            Err(fault) => Err(fault.in_file(&name)),
        }
    }

    /// Checks a file that is in memory. `name` stands for it in errors.
    ///
    /// # Errors
    /// [`TensorError`] if the bytes are in no known format, or not sound.
    pub fn from_bytes(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Result<Self, TensorError> {
        Self::read(name.into(), Source::Held(bytes.into()))
    }

    fn read(name: String, source: Source) -> Result<Self, TensorError> {
        match contents(&source) {
            Ok((format, contents)) => {
                let aliases = aliases(&contents.entries);
                Ok(Self { name, source, format, contents, aliases })
            }
            Err(fault) => Err(fault.in_file(&name)),
        }
    }

    /// The same tensors under other names, without those that have none.
    ///
    /// # Errors
    /// If two would have one name.
    #[cfg(feature = "oracle")]
    pub(crate) fn renamed(mut self, name: impl Fn(&str) -> Option<String>) -> Result<Self, TensorError> {
        self.contents.entries.retain_mut(|entry| match name(&entry.name) {
            Some(name) => {
                entry.name = name;
                true
            }
            None => false,
        });
        let fault = sort(&mut self.contents.entries);
        self.aliases = aliases(&self.contents.entries);
        fault.map_err(|fault| fault.in_file(&self.name)).map(|()| self)
    }

    /// The file, as it was named to us.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The format, told by the content.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// The `__metadata__` of safetensors, but for lines that are other names of tensors; torch has none.
    #[must_use]
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.contents.metadata
    }

    /// The protocol of torch's pickle, if there is one and says it: 2, unless whoever saved it asked for another.
    #[must_use]
    pub fn pickle_protocol(&self) -> Option<u8> {
        self.contents.pickle_protocol
    }

    /// What is in the file besides tensors, sorted by name.
    #[must_use]
    pub fn others(&self) -> &[Other] {
        &self.contents.others
    }

    /// How many tensors there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.contents.entries.len()
    }

    /// Whether there are no tensors.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The tensors, sorted by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Tensor<'_>> {
        (0..self.len()).map(|index| Tensor { file: self, index })
    }

    /// The tensor of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Tensor<'_>> {
        let index = self.contents.entries.binary_search_by(|entry| entry.name.as_str().cmp(name)).ok()?;
        Some(Tensor { file: self, index })
    }
}

/// Reads all but the elements.
fn contents(bytes: &[u8]) -> Result<(Format, Contents), Fault> {
    let format = recognise(bytes)?;
    let mut contents = match format {
        Format::Safetensors => safetensors::read(bytes)?,
        Format::TorchZip => torch::zip::read(bytes)?,
        Format::TorchLegacy => torch::legacy::read(bytes)?,
    };
    contents.others.sort_unstable_by(|left, right| left.name.cmp(&right.name));
    sort(&mut contents.entries)?;
    Ok((format, contents))
}

/// Sorts by name, of which each may be there once.
fn sort(entries: &mut [Entry]) -> Result<(), Fault> {
    entries.sort_unstable_by(|left, right| left.name.cmp(&right.name));
    match entries.windows(2).find(|pair| pair[0].name == pair[1].name) {
        Some(pair) => Err(Cause::DuplicateName.of_tensor(&pair[0].name)),
        None => Ok(()),
    }
}

/// For each entry the first one that is the same elements in the same memory: itself, mostly.
fn aliases(entries: &[Entry]) -> Vec<usize> {
    let mut first = HashMap::new();
    let mut aliases = Vec::with_capacity(entries.len());
    for (index, Entry { dtype, storage, layout, .. }) in entries.iter().enumerate() {
        let is_empty = layout.elements() == 0;
        aliases.push(if is_empty { index } else { *first.entry((dtype, storage, layout)).or_insert(index) });
    }
    aliases
}

/// One tensor of a file.
#[derive(Debug, Clone, Copy)]
pub struct Tensor<'a> {
    file: &'a TensorFile,
    index: usize,
}

/// A tensor that is read some elements at a time.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    tensor: Tensor<'a>,
    /// Where the file has the bytes; without that they are gathered once.
    range: Option<Range<usize>>,
    gathered: Cow<'a, [u8]>,
}

impl<'a> Reader<'a> {
    pub(super) fn tensor(&self) -> Tensor<'a> {
        self.tensor
    }

    /// Some elements in little-endian bytes.
    ///
    /// # Errors
    /// If the file cannot be read any more.
    pub(crate) fn bytes(&self, elements: Range<usize>) -> Result<Cow<'_, [u8]>, TensorError> {
        let size = self.tensor.dtype().size();
        let bytes = elements.start * size..elements.end * size;
        match &self.range {
            Some(range) => {
                let read = self.tensor.file.source.read(range.start + bytes.start..range.start + bytes.end);
                read.map_err(|error| self.tensor.error(Cause::Io(error)))
            }
            None => Ok(Cow::Borrowed(&self.gathered[bytes])),
        }
    }
}

/// The memory that a tensor is a view of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StorageView<'a> {
    /// The storage; tensors of one storage share memory.
    pub id: usize,
    /// The bytes of the whole storage.
    pub bytes: usize,
    /// The first element, counted in elements.
    pub offset: usize,
    /// The step of each dimension, counted in elements.
    pub strides: &'a [usize],
}

impl<'a> Tensor<'a> {
    fn entry(self) -> &'a Entry {
        &self.file.contents.entries[self.index]
    }

    /// The name.
    #[must_use]
    pub fn name(self) -> &'a str {
        &self.entry().name
    }

    /// The type of the elements.
    #[must_use]
    pub fn dtype(self) -> Dtype {
        self.entry().dtype
    }

    /// The sizes; none for a scalar.
    #[must_use]
    pub fn shape(self) -> &'a [usize] {
        &self.entry().layout.shape
    }

    /// How many elements there are.
    #[must_use]
    pub fn elements(self) -> usize {
        self.entry().layout.elements()
    }

    /// How many bytes [`Self::bytes`] gives.
    #[must_use]
    pub fn byte_len(self) -> usize {
        self.elements() * self.dtype().size()
    }

    /// The elements in little-endian bytes, the last index running fastest. Borrowed where they lie so in the file.
    #[must_use]
    pub fn bytes(self) -> Cow<'a, [u8]> {
        let Entry { dtype, storage, layout, .. } = self.entry();
        let storage = &self.file.source[self.file.contents.storages[*storage].clone()];
        let mut bytes = if layout.is_contiguous() {
            let start = if layout.elements() == 0 { 0 } else { layout.offset * dtype.size() };
            Cow::Borrowed(&storage[start..start + self.byte_len()])
        } else {
            Cow::Owned(layout.gather(storage, dtype.size()))
        };
        if self.file.contents.big_endian && dtype.word() > 1 {
            bytes.to_mut().chunks_exact_mut(dtype.word()).for_each(<[u8]>::reverse);
        }
        bytes
    }

    /// Gives what [`Self::bytes`] gives piece by piece, so that memory does not grow with the tensor where it lies in the
    /// file as it is. A piece ends with an element.
    ///
    /// # Errors
    /// If the file cannot be read any more, and those of `each`.
    pub fn pieces(self, mut each: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        match self.range() {
            Some(range) => self.file.source.pieces(range, &mut each),
            None => each(&self.bytes()),
        }
    }

    /// What reads the tensor some elements at a time, so that memory does not grow with it where it lies in the file as
    /// it is.
    pub(crate) fn reader(self) -> Reader<'a> {
        let range = self.range();
        let gathered = if range.is_none() { self.bytes() } else { Cow::default() };
        Reader { tensor: self, range, gathered }
    }

    /// Whether two tensors have the same type, shape and bytes, in little memory.
    ///
    /// # Errors
    /// If one of the files cannot be read any more: the error says which.
    pub fn is_same(self, other: Tensor<'_>) -> Result<bool, TensorError> {
        if (self.dtype(), self.shape()) != (other.dtype(), other.shape()) {
            return Ok(false);
        }
        match (self.range(), other.range()) {
            (Some(range), Some(of_other)) => {
                let same = self.file.source.is_same(range, &other.file.source, of_other);
                same.map_err(|Unreadable { is_other, error }| {
                    let cause = Cause::Io(error);
                    if is_other { other.error(cause) } else { self.error(cause) }
                })
            }
            _ => Ok(self.bytes() == other.bytes()),
        }
    }

    /// Where the file has the bytes as [`Self::bytes`] gives them.
    pub(super) fn range(self) -> Option<Range<usize>> {
        let Entry { dtype, storage, layout, .. } = self.entry();
        if !layout.is_contiguous() || (self.file.contents.big_endian && dtype.word() > 1) {
            return None;
        }
        let start = self.file.contents.storages[*storage].start;
        let start = if layout.elements() == 0 { start } else { start + layout.offset * dtype.size() };
        Some(start..start + self.byte_len())
    }

    /// The memory behind the tensor.
    #[must_use]
    pub fn storage(self) -> StorageView<'a> {
        let Entry { storage, layout, .. } = self.entry();
        StorageView {
            id: *storage,
            bytes: self.file.contents.storages[*storage].len(),
            offset: layout.offset,
            strides: &layout.strides,
        }
    }

    /// The first tensor, in the order of names, that is the same elements in the same memory; itself if none is before
    /// it. All tensors that a file ties to each other have one alias. Tensors without elements are never tied.
    #[must_use]
    pub fn alias(self) -> Self {
        Self { file: self.file, index: self.file.aliases[self.index] }
    }

    /// What the tensor has in common with all those of its alias, and with no others.
    pub(super) fn tie(self) -> (usize, usize) {
        (std::ptr::from_ref(self.file).addr(), self.file.aliases[self.index])
    }

    /// An error in this tensor.
    pub(super) fn error(self, cause: Cause) -> TensorError {
        cause.of_tensor(self.name()).in_file(&self.file.name)
    }
}
