//! Files of tensors: safetensors, torch's zip, and torch's format from before 1.6. Nothing in a file is ever run: the
//! pickles of torch are interpreted only as far as tensors need, and whatever else they would call is refused by name.
//!
//! [`TensorFile::open`] tells the formats apart by content, maps the file and checks all of its structure; after that,
//! reading a tensor cannot fail. No number in a file is believed before it is held against the file's length.
//!
//! [`write_safetensors`] and [`write_torch_zip`] write one tensor at a time, and the same bytes for the same tensors.
//!
//! [`ShardedTensors`] reads files that an index holds together, [`Archive`] the files of a folder in a zip or tar.
//!
//! Decided here:
//! - Containers in containers become names with dots: `{"model": {"a": …}}` is `model.a`, and the items of a list are
//!   numbered from 0. A tensor that is saved alone has the empty name. Two tensors of one name are an error.
//! - What is no tensor is listed by [`TensorFile::others`], not an error, as long as it is plain data. The attributes
//!   of an `OrderedDict` (the `_metadata` of a state dict) are read and left out.
//! - Tensors that share memory stay recognisable: [`Tensor::storage`], [`Tensor::alias`].
//! - An expanded tensor (a stride of 0) is read; a tensor whose elements overlap in another way is refused.
//! - Checksums of zip entries are not compared, as torch does not: it can be told to write none.

mod archive;
mod contents;
mod dtype;
mod error;
mod file;
mod layout;
mod recognise;
mod safetensors;
mod sharded;
mod source;
mod statistics;
mod torch;
mod values;
mod write;
mod zipped;

pub use crate::files::Existing;
pub use archive::{Archive, MAX_UNPACKED};
pub use contents::Other;
pub use dtype::{Dtype, Kind};
pub use error::{Cause, Place, TensorError};
pub(crate) use file::Reader;
pub use file::{StorageView, Tensor, TensorFile};
pub use recognise::{Format, GZIP};
pub(crate) use recognise::{LFS_POINTER, is_tar};
pub use sharded::ShardedTensors;
pub use statistics::Statistics;
pub(crate) use write::{Copies, copy_safetensors};
pub use write::{
    Outgoing, Pieces, safetensors_bytes, torch_zip_bytes, write_bytes, write_safetensors, write_torch_zip,
};
