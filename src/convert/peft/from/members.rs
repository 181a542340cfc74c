use std::collections::BTreeSet;

use super::super::place::{Location, Place, Places, location};
use crate::value::{Map, Value};

/// What all of an adapter's modules have together. The library has no more than one LoRA in an adapter: it refuses a
/// union of two as soon as it is added to a model, whatever layers and places they leave to each other.
#[derive(Debug)]
pub(super) struct Spec {
    pub(super) rank: i64,
    pub(super) alpha: Value,
    /// Which of query, key and value.
    pub(super) matrices: [bool; 3],
    pub(super) locations: BTreeSet<Location>,
    /// The layers that have anything.
    pub(super) layers: BTreeSet<u64>,
}

/// A method's own keys of LoRA's config.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    pub(super) scales: bool,
    pub(super) dora: bool,
    pub(super) vera: bool,
    pub(super) dropout: f64,
}

impl Spec {
    /// Without modules.
    pub(super) fn new(rank: i64, alpha: Value) -> Self {
        Self { rank, alpha, matrices: [false; 3], locations: BTreeSet::new(), layers: BTreeSet::new() }
    }

    /// With one more module, and what of query, key and value it has.
    pub(super) fn add(&mut self, places: &Places, place: Place, matrices: [bool; 3]) {
        for (all, own) in self.matrices.iter_mut().zip(matrices) {
            *all |= own;
        }
        self.locations.insert(location(place.linear.projection).0);
        self.layers.insert(places.number(place));
    }

    /// The config.
    pub(super) fn config(&self, places: &Places, kind: Kind) -> Map {
        let text = |text: &str| Value::String(text.to_owned());
        let has = |location| Value::Bool(self.locations.contains(&location));
        let is_default = !self.locations.contains(&Location::Attention);
        let matrices = if is_default { [true, false, true] } else { self.matrices };
        let names = ["q", "k", "v"].into_iter().zip(matrices).filter(|(_, is)| *is);
        let vera = |value: f64| if kind.vera { Value::Float(value) } else { Value::Null };
        let init = match kind {
            Kind { scales: true, .. } => "ia3",
            Kind { vera: true, .. } => "vera",
            _ => "lora",
        };
        let left_out = (0..places.count()).filter(|layer| !self.layers.contains(layer));
        let number = |layer: u64| Value::Int(i64::try_from(layer).unwrap_or(i64::MAX).into());
        [
            ("architecture", text("lora")),
            ("selfattn_lora", has(Location::Attention)),
            ("intermediate_lora", has(Location::Intermediate)),
            ("output_lora", has(Location::Output)),
            ("leave_out", Value::List(left_out.map(number).collect())),
            ("r", Value::Int(self.rank.into())),
            ("alpha", self.alpha.clone()),
            ("dropout", Value::Float(kind.dropout)),
            ("attn_matrices", Value::List(names.map(|(name, _)| text(name)).collect())),
            ("composition_mode", text(if kind.scales { "scale" } else { "add" })),
            ("init_weights", text(init)),
            ("init_weights_seed", Value::Null),
            ("use_gating", Value::Bool(false)),
            ("use_dora", Value::Bool(kind.dora)),
            ("vera_d", vera(0.1)),
            ("vera_b", vera(0.0)),
            ("dtype", Value::Null),
        ]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
    }
}
