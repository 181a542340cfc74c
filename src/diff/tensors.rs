//! The tensors of two adapters, those that compute something together side by side.

use std::collections::{BTreeMap, BTreeSet};

use super::effect;
use super::entering::set;
use super::error::DiffError;
use super::half::Half;
use super::measure::{Measure, Step, step};
use super::outcome::{Compared, Numbers, State, Tensor};
use super::side::Slot;
use super::unit::Unit;
use crate::convert::RecipeError;

/// Compares all tensors. `tolerance` stands in for what rounding explains.
pub(super) fn compare(
    a: Half<'_>,
    b: Half<'_>,
    tolerance: Option<f64>,
    progress: &dyn Fn(usize, usize),
) -> Result<Vec<Tensor>, DiffError> {
    let mut units: BTreeMap<Unit, BTreeSet<&str>> = BTreeMap::new();
    for (own, other) in [(a, b), (b, a)] {
        for (key, slot) in &own.piece.slots {
            // Of a tensor that is one memory with another that both have, safetensors keeps one of the names only.
            if !other.piece.slots.contains_key(key) && own.index.is_tied(slot) {
                continue;
            }
            units.entry(Unit::of(key, &slot.place)).or_default().insert(key);
        }
    }
    let mut all = Vec::new();
    let count = units.len();
    for (done, (unit, keys)) in units.into_iter().enumerate() {
        progress(done, count);
        let first = keys.first().copied().unwrap_or_default();
        let mut tensors = Vec::new();
        for key in &keys {
            tensors.push(alone(key, a, b, tolerance).map_err(DiffError::of(key))?);
        }
        effect::judge(&unit, a, b, tolerance, &mut tensors).map_err(DiffError::of(first))?;
        all.append(&mut tensors);
    }
    all.sort_unstable_by(|one, other| one.slot.cmp(&other.slot));
    Ok(all)
}

/// Compares a tensor with its like.
fn alone(key: &str, a: Half<'_>, b: Half<'_>, tolerance: Option<f64>) -> Result<Tensor, RecipeError> {
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
        && bytes_a.is_same(bytes_b)?
    {
        tensor.state = State::Identical;
        (tensor.absolute, tensor.relative) = (Some(0.0), Some(0.0));
        return Ok(tensor);
    }
    if one.shape != other.shape {
        return Ok(tensor);
    }
    let mut measure = Measure::default();
    // Sums may be of numbers that are larger, and are rounded as these are.
    let each = Step::half([one.dtype, other.dtype]).filter(|_| tolerance.is_none());
    let each = each.filter(|_| one.recipe.is_number_by_number() && other.recipe.is_number_by_number());
    for (piece_a, piece_b) in one.recipe.pieces(a.weights)?.zip(other.recipe.pieces(b.weights)?) {
        let (piece_a, piece_b) = (piece_a?, piece_b?);
        measure.add_all(&piece_a, &piece_b);
        if let Some(step) = each {
            measure.hold(&piece_a, &piece_b, step);
        }
    }
    let allowed = tolerance.unwrap_or_else(|| step(one.dtype).max(step(other.dtype)));
    set(&mut tensor, measure, allowed, State::Equal);
    Ok(tensor)
}
