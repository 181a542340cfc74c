//! Tensors in another type of numbers.

use super::recipe::{can_be_computed, nearest};
use super::{Carried, Change, ConvertError, Plan, RecipeError, Source};
use crate::tensors::{Dtype, Kind};

/// Has all floating-point tensors of a plan written in a type. Reads the numbers where they could be changed by that.
pub(super) fn apply(plan: &mut Plan, source: &Source, dtype: Dtype) -> Result<(), ConvertError> {
    let (mut rounded, mut total, mut lost) = (0, 0, Vec::new());
    for output in &mut plan.outputs {
        let weights = &source.weights[output.reads];
        for carried in output.tensors.iter_mut().filter(|carried| carried.dtype.kind() == Kind::Float) {
            total += 1;
            if carried.dtype == dtype {
                continue;
            }
            if !holds(dtype, carried.dtype) {
                let failed = |error: RecipeError| ConvertError::file(source.path.display(), error);
                let (mut is_rounded, mut beyond) = (false, None);
                for piece in carried.recipe.pieces(weights).map_err(failed)? {
                    for number in piece.map_err(failed)?.into_iter().filter(|number| number.is_finite()) {
                        let nearest = nearest(number, dtype);
                        is_rounded |= nearest.to_bits() != number.to_bits();
                        beyond = beyond.or_else(|| (!nearest.is_finite()).then_some(number));
                    }
                }
                lost.extend(beyond.map(|number| format!("{number} in `{}` is out of range for {dtype}", carried.to)));
                rounded += usize::from(is_rounded);
            }
            carried.dtype = dtype;
        }
    }
    if rounded > 0 {
        plan.changes.push(Change::note(format!("{rounded} of {total} tensors are rounded to {dtype}")));
    }
    plan.changes.extend(lost.into_iter().map(Change::loss));
    Ok(())
}

/// A tensor that has to be computed in a type in which nothing can be.
pub(super) fn unwritable(plan: &Plan, source: &Source) -> Option<Change> {
    plan.outputs.iter().find_map(|output| {
        let weights = &source.weights[output.reads];
        let is_made = |carried: &&Carried| !can_be_computed(carried.dtype) && carried.copy_of(weights).is_none();
        let Carried { to, dtype, .. } = output.tensors.iter().find(is_made)?;
        Some(Change::refusal(format!("`{to}` has to be computed, and nothing can be in numbers of type {dtype}")))
    })
}

/// Whether every number of a type has its place in another.
fn holds(wide: Dtype, narrow: Dtype) -> bool {
    match wide {
        Dtype::F64 => true,
        Dtype::F32 => narrow != Dtype::F64,
        _ => narrow == wide,
    }
}
