//! What AdapterHub's libraries keep in a folder: an adapter, an AdapterFusion or a head, each a config with weights;
//! which release wrote it, and which tensors it should have.

mod expected;
mod fusion;
mod head;
pub(crate) mod names;
mod release;
pub(crate) mod rules;
mod saved;
mod sketch;
mod subject;

pub use super::Role;
pub use expected::{Expected, Unknown, by_name, expected};
pub use names::current;
pub use release::{Release, ToldBy};
pub use saved::Saved;
use subject::Subject;
pub(crate) use subject::{FEW_BYTES, check};
