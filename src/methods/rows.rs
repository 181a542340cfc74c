//! Operations along the batch.

use ndarray::{Array, Array3, ArrayView, Axis, Dimension, RemoveAxis};

use super::{MethodError, Scalar};

/// Some rows, in this order.
pub(crate) fn select<T: Scalar, D: Dimension + RemoveAxis>(array: &Array<T, D>, rows: &[usize]) -> Array<T, D> {
    array.select(Axis(0), rows)
}

/// The whole batch, several times over.
pub(crate) fn repeat<T: Scalar, D: Dimension + RemoveAxis>(array: &Array<T, D>, times: usize) -> Array<T, D> {
    let batch = array.shape()[0];
    let rows: Vec<usize> = (0..times).flat_map(|_| 0..batch).collect();
    array.select(Axis(0), &rows)
}

/// The array, repeated so often that it has as many examples as a larger batch (`composition.py`,
/// `adjust_tensors_for_parallel`, 1.3.0).
pub(crate) fn match_batch<T: Scalar, D: Dimension + RemoveAxis>(array: &Array<T, D>, batch: usize) -> Array<T, D> {
    match array.shape()[0] {
        own @ 1.. if batch > own => repeat(array, batch / own),
        _ => array.clone(),
    }
}

/// Batches one behind the other.
pub(crate) fn concatenate<T: Scalar, D: Dimension + RemoveAxis>(
    arrays: &[&Array<T, D>],
) -> Result<Array<T, D>, MethodError> {
    let views: Vec<ArrayView<'_, T, D>> = arrays.iter().map(|array| array.view()).collect();
    ndarray::concatenate(Axis(0), &views).map_err(|_| MethodError::input("states of different shapes cannot be joined"))
}

/// The mean of the weighted arrays. The library keeps the weights in single precision, whatever the model's, and takes
/// the mean of the products, so that weights that sum to 1 give an `N`-th of the average of `N` adapters.
pub(crate) fn mean<T: Scalar>(arrays: &[&Array3<T>], weights: &[f64]) -> Result<Array3<T>, MethodError> {
    let first = arrays.first().ok_or_else(|| MethodError::undefined("there is nothing to average"))?;
    let mut sum = Array3::zeros(first.dim());
    for (array, weight) in arrays.iter().zip(weights) {
        if array.dim() != sum.dim() {
            return Err(MethodError::input("outputs of different shapes cannot be averaged"));
        }
        sum.scaled_add(T::of(single_precision(*weight)), array);
    }
    Ok(sum / T::of(arrays.len() as f64))
}

/// What is left of a number in single precision.
#[expect(clippy::cast_possible_truncation, reason = "rounding to single precision is what is asked for")]
pub(crate) fn single_precision(value: f64) -> f64 {
    f64::from(value as f32)
}
