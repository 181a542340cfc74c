//! How a difference is entered into the outcome.

use super::measure::{Measure, step};
use super::outcome::{Compared, State, Tensor};
use crate::tensors::Dtype;

/// Enters a difference, which is none if it is within the tolerance.
pub(super) fn set(tensor: &mut Tensor, measure: Measure, tolerance: f64, same: State) {
    let finite = |number: f64| number.is_finite().then_some(number);
    tensor.state = if measure.is_within(tolerance) { same } else { State::Differs };
    (tensor.absolute, tensor.relative) = (finite(measure.absolute), finite(measure.relative()));
}

/// Enters what was found of several tensors together.
pub(super) fn enter<'t>(
    tensors: impl IntoIterator<Item = &'t mut Tensor>,
    compared: Compared,
    measure: Measure,
    tolerance: Option<f64>,
    dtypes: [Dtype; 2],
) {
    let allowed = tolerance.unwrap_or_else(|| rounding(dtypes));
    for tensor in tensors {
        tensor.compared = compared;
        set(tensor, measure, allowed, State::Equivalent);
    }
}

/// By so many steps of the type in which they are computed, products of factors and sums of those are off.
const STEPS: f64 = 8.0;

fn coarsest(dtypes: impl IntoIterator<Item = Dtype>) -> f64 {
    dtypes.into_iter().map(step).fold(0.0, f64::max)
}

/// What rounding of all these numbers explains in what is computed from them.
pub(super) fn rounding(dtypes: impl IntoIterator<Item = Dtype>) -> f64 {
    STEPS * coarsest(dtypes)
}

/// What rounding explains in the products of so many of these tensors that were made of others. Libraries compute in single
/// precision at least; numbers of a coarser type are rounded once, when they are stored: by half a step on either side.
pub(super) fn stored(dtypes: impl IntoIterator<Item = Dtype>, factors: usize) -> f64 {
    let step = coarsest(dtypes);
    (STEPS * fine(step)).max(factors as f64 * step)
}

/// What computing alone explains. Where one tensor of several differs, and by more than rounding of its own, no rounding
/// makes up for it: what is computed of all must be the same, as with a direction that the others take out.
pub(super) fn computing(dtypes: impl IntoIterator<Item = Dtype>) -> f64 {
    STEPS * fine(coarsest(dtypes))
}

fn fine(step_of_type: f64) -> f64 {
    step_of_type.min(step(Dtype::F32))
}
