//! From which release to which, and with what.

use super::super::{Options, Recipe, Weights};
use super::Part;
use crate::dialects::adapterhub::names::{Container, Name};
use crate::dialects::adapterhub::release::Release;

/// What a tensor is made from, by its name whole and taken apart; none if it stays as it is.
pub(super) type Recast = Box<dyn Fn(&str, &Name<'_>) -> Option<Recipe>>;

/// A conversion of one adapter.
#[derive(Clone, Copy)]
pub(super) struct Route<'a> {
    pub(super) part: &'a Part,
    pub(super) weights: &'a Weights,
    pub(super) target: Release,
    pub(super) options: &'a Options,
}

impl Route<'_> {
    /// Whether something is so in one of the two releases and not in the other.
    pub(super) fn differs(&self, fact: impl Fn(Release) -> bool) -> bool {
        fact(self.part.release) != fact(self.target)
    }

    /// The tensor names that can be taken apart.
    pub(super) fn names(&self) -> impl Iterator<Item = Name<'_>> {
        self.weights.iter().filter_map(|tensor| Name::parse(tensor.name(), &self.part.name).map(|(name, _)| name))
    }

    pub(super) fn has(&self, container: Container) -> bool {
        self.names().any(|name| name.container == container)
    }
}
