//! The tensors of two adapters, those that compute something together side by side.

use std::collections::{BTreeMap, BTreeSet};

use super::effect;
use super::intervention;
use super::low_rank::{FACTORS, GATE};
use super::measure::{Measure, step};
use super::outcome::{Compared, Numbers, State, Tensor};
use super::side::{Piece, Place, Side, Slot};
use crate::convert::eject::{FLAT, part_of_network};
use crate::convert::{ConvertError, Weights};
use crate::dialects::adapterhub::names::Container;
use crate::dialects::peft::names::Part;
use crate::tensors::Dtype;

/// Tensors that compute something together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unit {
    /// The factors of a low-rank update at a module, and its gate.
    Update(String),
    /// The network of a prefix at a location, or the flat prefix.
    Prefix(String),
    /// An intervention of ReFT, by its path.
    Intervention(String),
    /// Down- and up-projection of a bottleneck at a module.
    Units(String),
    /// One tensor alone.
    Alone(String),
}

impl Unit {
    fn of(key: &str, place: &Place) -> Self {
        match place {
            Place::Held { module, container: Container::Loras, leaf }
                if FACTORS.contains(&leaf.as_str()) || GATE.contains(&leaf.as_str()) =>
            {
                Self::Update(module.clone())
            }
            Place::Held { container: container @ Container::Prefixes, leaf, .. } => {
                let flat = || leaf.strip_suffix(FLAT).and_then(|location| location.strip_suffix('.'));
                let location = part_of_network(*container, leaf).map(|(location, _)| location).or_else(flat);
                location.map_or_else(|| Self::Alone(key.to_owned()), |location| Self::Prefix(location.to_owned()))
            }
            Place::Held { container: Container::Refts, .. } => match intervention::path(key) {
                Some(path) => Self::Intervention(path.to_owned()),
                None => Self::Alone(key.to_owned()),
            },
            Place::Held { module, container: Container::Adapters, leaf }
                if effect::BOTTLENECK.contains(&leaf.as_str()) =>
            {
                Self::Units(module.clone())
            }
            Place::Part { module, part: Part::LoraA | Part::LoraB } => Self::Update(module.clone()),
            _ => Self::Alone(key.to_owned()),
        }
    }
}

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

/// Compares all tensors. `tolerance` stands in for what rounding explains.
pub(super) fn compare(
    a: Half<'_>,
    b: Half<'_>,
    tolerance: Option<f64>,
    progress: &dyn Fn(usize, usize),
) -> Result<Vec<Tensor>, ConvertError> {
    let mut units: BTreeMap<Unit, BTreeSet<&str>> = BTreeMap::new();
    let (slots_a, slots_b) = (&a.piece.slots, &b.piece.slots);
    let all =
        slots_a.iter().map(|slot| (slot, slots_a, slots_b)).chain(slots_b.iter().map(|slot| (slot, slots_b, slots_a)));
    for ((key, slot), own, other) in all {
        if is_second_name(key, slot, own, other) {
            continue;
        }
        units.entry(Unit::of(key, &slot.place)).or_default().insert(key);
    }
    let mut all = Vec::new();
    let count = units.len();
    for (done, (unit, keys)) in units.into_iter().enumerate() {
        progress(done, count);
        let failed = |error: String| ConvertError::file(keys.first().copied().unwrap_or_default(), error);
        let mut tensors = Vec::new();
        for key in &keys {
            tensors.push(alone(key, a, b, tolerance).map_err(failed)?);
        }
        effect::judge(&unit, a, b, tolerance, &mut tensors).map_err(failed)?;
        all.append(&mut tensors);
    }
    all.sort_by(|one, other| one.slot.cmp(&other.slot));
    Ok(all)
}

/// Whether a tensor is one memory with another that both have. safetensors keeps one of its names only.
fn is_second_name(key: &str, slot: &Slot, own: &BTreeMap<String, Slot>, other: &BTreeMap<String, Slot>) -> bool {
    let Some(tie) = slot.carried.tie.as_ref().filter(|_| !other.contains_key(key)) else { return false };
    own.iter().any(|(key, slot)| slot.carried.tie.as_ref() == Some(tie) && other.contains_key(key))
}

/// Compares a tensor with its like.
fn alone(key: &str, a: Half<'_>, b: Half<'_>, tolerance: Option<f64>) -> Result<Tensor, String> {
    let (slot_a, slot_b) = (a.piece.slots.get(key), b.piece.slots.get(key));
    let shown = |slot: Option<&Slot>| {
        slot.map(|Slot { carried, .. }| Numbers {
            names: carried.recipe.from().into_iter().map(str::to_owned).collect(),
            dtype: carried.dtype.to_string(),
            shape: carried.shape.clone(),
        })
    };
    let mut tensor = Tensor {
        slot: key.to_owned(),
        state: State::Differs,
        a: shown(slot_a),
        b: shown(slot_b),
        compared: Compared::Tensor,
        absolute: None,
        relative: None,
    };
    let (Some(slot_a), Some(slot_b)) = (slot_a, slot_b) else {
        tensor.state = if slot_a.is_some() { State::OnlyA } else { State::OnlyB };
        return Ok(tensor);
    };
    let (one, other) = (&slot_a.carried, &slot_b.carried);
    if let (Some(name_a), Some(name_b)) = (one.copy_of(a.weights), other.copy_of(b.weights))
        && let (Some(bytes_a), Some(bytes_b)) = (a.weights.get(name_a), b.weights.get(name_b))
        && bytes_a.is_same(bytes_b).map_err(|error| error.to_string())?
    {
        tensor.state = State::Identical;
        (tensor.absolute, tensor.relative) = (Some(0.0), Some(0.0));
        return Ok(tensor);
    }
    if one.shape != other.shape {
        return Ok(tensor);
    }
    let mut measure = Measure::default();
    for (piece_a, piece_b) in one.recipe.pieces(a.weights)?.zip(other.recipe.pieces(b.weights)?) {
        measure.add_all(&piece_a?, &piece_b?);
    }
    let allowed = tolerance.unwrap_or_else(|| step(one.dtype).max(step(other.dtype)));
    set(&mut tensor, measure, allowed, State::Equal);
    Ok(tensor)
}

/// Enters a difference, which is none if it is within the tolerance.
pub(super) fn set(tensor: &mut Tensor, measure: Measure, tolerance: f64, same: State) {
    let finite = |number: f64| number.is_finite().then_some(number);
    tensor.state = if measure.is_within(tolerance) { same } else { State::Differs };
    (tensor.absolute, tensor.relative) = (finite(measure.absolute), finite(measure.relative()));
}

/// What rounding of all these numbers explains in what is computed from them.
pub(super) fn rounding(dtypes: impl IntoIterator<Item = Dtype>) -> f64 {
    /// Products of two rounded factors, and sums of those, are off by a few steps.
    const STEPS: f64 = 8.0;
    STEPS * dtypes.into_iter().map(step).fold(0.0, f64::max)
}
