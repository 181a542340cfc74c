//! The files beside an adapter's config: heads, fusions, setups, interfaces, the section in a model's config.

mod facts;
pub(crate) mod rules;
