//! Checkpoints: the files in which adapters are kept, put together by what belongs to one another.
//!
//! [`Container`] is a folder, an archive of one, or a single file; [`parts`] finds in it the adapters, AdapterFusions
//! and heads, each a config with its weights. Of the weights only the headers are read; their values wait until
//! someone asks for them.

mod container;
#[cfg(feature = "oracle")]
mod numbers;
#[cfg(feature = "oracle")]
mod part;

pub(crate) use container::too_many_files;
pub use container::{CheckpointError, Container};
#[cfg(feature = "oracle")]
pub(crate) use numbers::{FEW_BYTES, Numbers};
#[cfg(feature = "oracle")]
pub use part::{Part, Weights, parts};
