//! What the library does with the files beside an adapter's config, as the rules need it: key tables, views of the
//! parts of a file, and Python's own conversions. All of it is read from the sources of `adapters` 1.3.0.

pub(super) mod composition;
pub(super) mod fusion;
pub(super) mod heads;
pub(super) mod interface;
pub(super) mod keys;
pub(super) mod model_classes;
pub(super) mod object;
pub(super) mod objects;
pub(crate) mod python;
pub(super) mod section;
pub(in crate::dialects::adapterhub) mod structure;
