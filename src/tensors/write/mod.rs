//! Files of tensors, written as a stream: one tensor's bytes at a time, whatever the whole amounts to. The same
//! tensors give the same file, in whatever order they come. An output is written beside its place, synced, and renamed.

mod copies;
mod pickle;
mod publish;
mod safetensors;
mod torch;

use crate::files::Existing;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write as _};
use std::iter;
use std::path::Path;
use std::thread;

use super::dtype::Dtype;
use super::error::{Cause, Fault, TensorError};
use super::file::Tensor;
use super::layout::count;
use copies::Comparing;
pub(crate) use copies::Copies;

/// A tensor to be written. Its bytes are asked for when their turn comes.
pub struct Outgoing<'a> {
    name: Cow<'a, str>,
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Bytes<'a>,
    tie: Option<Tie>,
    progress: Option<&'a dyn Fn(usize)>,
}

/// Where the bytes come from.
enum Bytes<'a> {
    Given(Box<Produce<'a>>),
    Of(Tensor<'a>),
}

type Produce<'a> = dyn FnOnce() -> io::Result<Pieces<'a>> + 'a;

/// The bytes of a tensor, one piece after the other.
pub type Pieces<'a> = Box<dyn Iterator<Item = io::Result<Cow<'a, [u8]>>> + 'a>;

/// Tensors of equal ties are one memory: a file, by its address, and a number in it.
type Tie = (usize, usize);

impl<'a> Outgoing<'a> {
    /// A tensor whose elements, in order and little-endian, `bytes` gives.
    pub fn new(
        name: impl Into<Cow<'a, str>>,
        dtype: Dtype,
        shape: impl Into<Vec<usize>>,
        bytes: impl FnOnce() -> io::Result<Cow<'a, [u8]>> + 'a,
    ) -> Self {
        Self::in_pieces(name, dtype, shape, || Ok(Box::new(iter::once(bytes()))))
    }

    /// A tensor whose elements, in order and little-endian, `pieces` gives piece by piece.
    pub fn in_pieces(
        name: impl Into<Cow<'a, str>>,
        dtype: Dtype,
        shape: impl Into<Vec<usize>>,
        pieces: impl FnOnce() -> io::Result<Pieces<'a>> + 'a,
    ) -> Self {
        Self {
            name: name.into(),
            dtype,
            shape: shape.into(),
            bytes: Bytes::Given(Box::new(pieces)),
            tie: None,
            progress: None,
        }
    }

    /// The tensor under another name.
    #[must_use]
    pub fn renamed(self, name: impl Into<Cow<'a, str>>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// The tensor, tied to all others of this number: those of one type and shape are written once, where the format
    /// has names that share memory. Tensors of a [`TensorFile`](super::TensorFile) are tied as they are there.
    #[must_use]
    pub fn tied(self, number: usize) -> Self {
        Self { tie: Some((0, number)), ..self }
    }

    /// The tensor, tied to no other, whatever it was in a file.
    #[must_use]
    pub fn untied(self) -> Self {
        Self { tie: None, ..self }
    }

    /// The tensor; `progress` is told how many bytes are written, whenever some are.
    #[must_use]
    pub fn watched(self, progress: &'a dyn Fn(usize)) -> Self {
        Self { progress: Some(progress), ..self }
    }

    /// The tensor of a file whose bytes it has.
    fn copy_of(&self) -> Option<Tensor<'a>> {
        match self.bytes {
            Bytes::Given(_) => None,
            Bytes::Of(tensor) => Some(tensor),
        }
    }

    /// How many bytes there have to be.
    fn byte_len(&self) -> Result<usize, Fault> {
        let bytes = count(&self.shape).and_then(|elements| elements.checked_mul(self.dtype.size()));
        bytes.ok_or_else(|| Cause::ShapeTooLarge.of_tensor(&*self.name))
    }

    /// Writes the elements.
    fn write(self, out: &mut dyn io::Write) -> Result<(), Fault> {
        let needed = self.byte_len()?;
        let mut given = 0;
        let mut take = |piece: &[u8]| {
            given += piece.len();
            if given > needed {
                return Ok(());
            }
            out.write_all(piece)?;
            self.progress.iter().for_each(|progress| progress(piece.len()));
            Ok(())
        };
        match self.bytes {
            Bytes::Given(produce) => {
                let written = produce().and_then(|mut pieces| pieces.try_for_each(|piece| take(&piece?)));
                written.map_err(|error| Cause::Io(error).of_tensor(&*self.name))?;
            }
            Bytes::Of(tensor) => tensor.pieces(take)?,
        }
        if given != needed {
            let why = format!("{given} bytes were given for a shape that needs {needed}");
            return Err(Cause::malformed(why).of_tensor(self.name));
        }
        Ok(())
    }
}

impl<'a> From<Tensor<'a>> for Outgoing<'a> {
    fn from(tensor: Tensor<'a>) -> Self {
        let (name, shape, tie) = (tensor.name().into(), tensor.shape().to_vec(), Some(tensor.tie()));
        Self { name, dtype: tensor.dtype(), shape, bytes: Bytes::Of(tensor), tie, progress: None }
    }
}

impl fmt::Debug for Outgoing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {:?}", self.name, self.dtype, self.shape)
    }
}

/// Writes a file of any bytes, as a whole or not at all.
///
/// # Errors
/// If the file exists and may not be written over, or the system refuses.
pub fn write_bytes(path: &Path, existing: Existing, bytes: &[u8]) -> Result<(), TensorError> {
    publish::publish(path, existing, |out| Ok(out.write_all(bytes)?))
}

/// Writes a file of safetensors, byte for byte as its own library does.
///
/// Tensors that share memory are written in full each, since the format has no other way.
///
/// # Errors
/// [`TensorError`] if the file exists, cannot be written, two tensors have one name, or the format has no such type.
pub fn write_safetensors<'a>(
    path: impl AsRef<Path>,
    tensors: impl IntoIterator<Item = Outgoing<'a>>,
    metadata: &BTreeMap<String, String>,
    existing: Existing,
) -> Result<(), TensorError> {
    publish::publish(path.as_ref(), existing, |out| safetensors::write(out, collect(tensors)?, metadata, &mut |_| ()))
}

/// [`write_safetensors`], and what is copied from files is read back and compared with them meanwhile: on a thread of
/// its own, as it takes as long as writing does. What differs is no error here, it is only not among the copies.
///
/// # Errors
/// As there.
pub(crate) fn copy_safetensors<'a>(
    path: &Path,
    tensors: impl IntoIterator<Item = Outgoing<'a>>,
    metadata: &BTreeMap<String, String>,
    existing: Existing,
) -> Result<Copies, TensorError> {
    publish::publish(path, existing, |out| {
        let written = out.get_ref().reopen()?;
        thread::scope(|scope| {
            let comparing = Comparing::start(scope, written)?;
            safetensors::write(out, collect(tensors)?, metadata, &mut |copied| comparing.tell(copied))?;
            Ok(comparing.finish())
        })
    })
}

/// Writes a zip archive that `torch.load(…, weights_only=True)` reads as a dict of tensors. Tied tensors share memory
/// in it.
///
/// # Errors
/// [`TensorError`] if the file exists, cannot be written, or two tensors have one name.
pub fn write_torch_zip<'a>(
    path: impl AsRef<Path>,
    tensors: impl IntoIterator<Item = Outgoing<'a>>,
    existing: Existing,
) -> Result<(), TensorError> {
    publish::publish(path.as_ref(), existing, |out| torch::write(out, collect(tensors)?))
}

/// [`write_safetensors`] into memory.
///
/// # Errors
/// As there.
pub fn safetensors_bytes<'a>(
    tensors: impl IntoIterator<Item = Outgoing<'a>>,
    metadata: &BTreeMap<String, String>,
) -> Result<Vec<u8>, TensorError> {
    let mut bytes = Vec::new();
    let written = collect(tensors).and_then(|tensors| safetensors::write(&mut bytes, tensors, metadata, &mut |_| ()));
    written.map(|()| bytes).map_err(|fault| fault.in_file("output"))
}

/// [`write_torch_zip`] into memory.
///
/// # Errors
/// As there.
pub fn torch_zip_bytes<'a>(tensors: impl IntoIterator<Item = Outgoing<'a>>) -> Result<Vec<u8>, TensorError> {
    let mut bytes = io::Cursor::new(Vec::new());
    let written = collect(tensors).and_then(|tensors| torch::write(&mut bytes, tensors));
    written.map(|()| bytes.into_inner()).map_err(|fault| fault.in_file("output"))
}

/// The tensors sorted by name, which is what makes the order they come in indifferent.
fn collect<'a>(tensors: impl IntoIterator<Item = Outgoing<'a>>) -> Result<Vec<Outgoing<'a>>, Fault> {
    let mut tensors: Vec<_> = tensors.into_iter().collect();
    tensors.sort_unstable_by(|left, right| left.name.cmp(&right.name));
    match tensors.windows(2).find(|pair| pair[0].name == pair[1].name) {
        Some(pair) => Err(Cause::DuplicateName.of_tensor(&*pair[0].name)),
        None => Ok(tensors),
    }
}
