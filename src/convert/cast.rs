//! Tensors in another type of numbers.

use super::recipe::nearest;
use super::{Change, ConvertError, Plan, RecipeError, Source};
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

/// Whether every number of a type has its place in another.
fn holds(wide: Dtype, narrow: Dtype) -> bool {
    match wide {
        Dtype::F64 => true,
        Dtype::F32 => narrow != Dtype::F64,
        _ => narrow == wide,
    }
}
