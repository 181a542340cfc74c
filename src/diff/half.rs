//! A part of one of the two adapters that are compared.

use std::collections::{BTreeMap, BTreeSet};

use ndarray::{ArrayD, IxDyn};

use super::low_rank::Scales;
use super::side::{Piece, Place, Side, Slot};
use crate::convert::{Numbers, RecipeError, Weights};
use crate::dialects::adapterhub::config::only_member;
use crate::dialects::adapterhub::names::Container;
use crate::dialects::peft::names::Part;
use crate::value::{Map, Value};

/// A part of one of the two, with its tensors.
#[derive(Clone, Copy)]
pub(super) struct Half<'a> {
    pub(super) piece: &'a Piece,
    pub(super) weights: &'a Weights,
    pub(super) index: &'a Index<'a>,
}

impl<'a> Half<'a> {
    pub(super) fn new(side: &'a Side, piece: &'a Piece, index: &'a Index<'a>) -> Self {
        Self { piece, weights: &side.weights[piece.reads], index }
    }

    /// The numbers of a tensor.
    pub(super) fn numbers(&self, slot: &Slot) -> Result<Numbers, RecipeError> {
        slot.carried.recipe.numbers(self.weights)
    }

    /// The numbers of a tensor, in its shape.
    pub(super) fn array(&self, slot: &Slot) -> Result<ArrayD<f64>, RecipeError> {
        let Numbers { shape, values } = self.numbers(slot)?;
        ArrayD::from_shape_vec(IxDyn(&shape), values).map_err(|error| RecipeError::unfit(error.to_string()))
    }
}

/// What is looked up of a part for each of its modules, read once.
pub(super) struct Index<'a> {
    held: BTreeMap<(&'a str, Container, &'a str), &'a Slot>,
    parts: BTreeMap<(&'a str, Part), &'a Slot>,
    /// Those of prefixes, by what stands behind the module.
    prefixes: BTreeMap<&'a str, &'a Slot>,
    /// What tensors have in common that are one memory, of those that the other has, too.
    ties: BTreeSet<&'a str>,
    pub(super) scales: Scales,
}

impl<'a> Index<'a> {
    pub(super) fn new(piece: &'a Piece, other: &Piece) -> Self {
        let mut index = Self {
            held: BTreeMap::new(),
            parts: BTreeMap::new(),
            prefixes: BTreeMap::new(),
            ties: BTreeSet::new(),
            scales: Scales::new(&piece.file),
        };
        for (key, slot) in &piece.slots {
            // Of several at one place the first counts.
            match &slot.place {
                Place::Held { module, container, leaf } => {
                    index.held.entry((module, *container, leaf)).or_insert(slot);
                    if *container == Container::Prefixes {
                        index.prefixes.entry(leaf).or_insert(slot);
                    }
                }
                Place::Part { module, part } => _ = index.parts.entry((module, *part)).or_insert(slot),
                Place::Other => {}
            }
            let tie = slot.carried.tie.as_deref().filter(|_| other.slots.contains_key(key));
            index.ties.extend(tie);
        }
        index
    }

    /// AdapterHub's tensor of a container at a module.
    pub(super) fn held(&self, module: &str, container: Container, leaf: &str) -> Option<&'a Slot> {
        self.held.get(&(module, container, leaf)).copied()
    }

    /// PEFT's tensor at a module.
    pub(super) fn part(&self, module: &str, part: Part) -> Option<&'a Slot> {
        self.parts.get(&(module, part)).copied()
    }

    /// A tensor of a prefix, by what stands behind the module.
    pub(super) fn prefix(&self, leaf: &str) -> Option<&'a Slot> {
        self.prefixes.get(leaf).copied()
    }

    /// Whether a tensor is one memory with one that both have.
    pub(super) fn is_tied(&self, slot: &Slot) -> bool {
        slot.carried.tie.as_deref().is_some_and(|tie| self.ties.contains(tie))
    }
}

/// The config of a method, itself or in a union; none if there are several.
pub(super) fn member<'f>(file: &'f Map, architecture: &str) -> Option<&'f Map> {
    only_member(file.get("config").and_then(Value::as_map)?, architecture)
}
