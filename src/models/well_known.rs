//! Well-known models by name.

use super::Model;

/// The model of this name.
pub(super) fn find(_name: &str) -> Option<Model> {
    None
}

/// Every name.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    std::iter::empty()
}
