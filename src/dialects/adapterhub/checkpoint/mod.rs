//! What AdapterHub's libraries keep in a folder: an adapter, an AdapterFusion or a head, each a config with weights;
//! which release wrote it, and which tensors it should have.

mod expected;
mod fusion;
mod head;
pub(crate) mod names;
pub(crate) mod rules;
mod saved;
mod saved_by;
mod sketch;
mod subject;

pub use super::Role;
pub use expected::{Expected, Unknown, by_name, expected};
pub use names::current;
pub use saved::Saved;
pub use saved_by::{SavedBy, ToldBy};
use subject::Subject;
pub(crate) use subject::check;
