//! A part of one of the two adapters that are compared.

use super::side::{Piece, Side};
use crate::convert::Weights;
use crate::dialects::adapterhub::config::only_member;
use crate::value::{Map, Value};

/// A part of one of the two, with its tensors.
#[derive(Clone, Copy)]
pub(super) struct Half<'a> {
    pub(super) piece: &'a Piece,
    pub(super) weights: &'a Weights,
}

impl<'a> Half<'a> {
    pub(super) fn new(side: &'a Side, piece: &'a Piece) -> Self {
        Self { piece, weights: &side.weights[piece.reads] }
    }
}

/// The config of a method, itself or in a union; none if there are several.
pub(super) fn member<'f>(file: &'f Map, architecture: &str) -> Option<&'f Map> {
    only_member(file.get("config").and_then(Value::as_map)?, architecture)
}
