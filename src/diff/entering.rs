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

/// What rounding of all these numbers explains in what is computed from them.
pub(super) fn rounding(dtypes: impl IntoIterator<Item = Dtype>) -> f64 {
    /// Products of two rounded factors, and sums of those, are off by a few steps.
    const STEPS: f64 = 8.0;
    STEPS * dtypes.into_iter().map(step).fold(0.0, f64::max)
}
