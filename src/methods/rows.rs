//! Operations along the batch.

use std::ops::Range;

use ndarray::{
    Array, Array3, ArrayBase, ArrayView, Axis, Data, DataOwned, Dimension, Ix3, RawDataClone, RemoveAxis, Slice,
};

use super::{MethodError, Scalar};

/// Some rows, in this order, as far as there are such.
pub(crate) fn select<T, S, D>(array: &ArrayBase<S, D>, rows: &[usize]) -> Array<T, D>
where
    T: Scalar,
    S: Data<Elem = T>,
    D: Dimension + RemoveAxis,
{
    let there = array.shape()[0];
    let rows: Vec<_> = rows.iter().copied().filter(|row| *row < there).collect();
    array.select(Axis(0), &rows)
}

/// The rows of a range, as far as there are such: a state that a Parallel block did not repeat has fewer than others.
pub(crate) fn slice<T, S, D>(array: &ArrayBase<S, D>, rows: &Range<usize>) -> Array<T, D>
where
    T: Scalar,
    S: Data<Elem = T>,
    D: Dimension,
{
    slice_along(array, 0, rows)
}

/// The same along another axis.
pub(crate) fn slice_along<T, S, D>(array: &ArrayBase<S, D>, axis: usize, range: &Range<usize>) -> Array<T, D>
where
    T: Scalar,
    S: Data<Elem = T>,
    D: Dimension,
{
    let there = array.shape()[axis];
    let (start, end) = (range.start.min(there), range.end.min(there));
    array.slice_axis(Axis(axis), Slice::from(start..end.max(start))).to_owned()
}

/// The whole batch, several times over.
pub(crate) fn repeat<T, S, D>(array: &ArrayBase<S, D>, times: usize) -> Array<T, D>
where
    T: Scalar,
    S: Data<Elem = T>,
    D: Dimension + RemoveAxis,
{
    let batch = array.shape()[0];
    let rows: Vec<usize> = (0..times).flat_map(|_| 0..batch).collect();
    array.select(Axis(0), &rows)
}

/// The array, repeated so often that it has as many examples as a larger batch (`composition.py`,
/// `adjust_tensors_for_parallel`, 1.3.0).
pub(crate) fn match_batch<T, S, D>(array: &ArrayBase<S, D>, batch: usize) -> ArrayBase<S, D>
where
    T: Scalar,
    S: RawDataClone + DataOwned<Elem = T>,
    D: Dimension + RemoveAxis,
    ArrayBase<S, D>: From<Array<T, D>>,
{
    match array.shape()[0] {
        own @ 1.. if batch > own => repeat(array, batch / own).into(),
        _ => array.clone(),
    }
}

/// Batches one behind the other.
pub(crate) fn concatenate<T, S, D>(arrays: &[&ArrayBase<S, D>]) -> Result<Array<T, D>, MethodError>
where
    T: Scalar,
    S: Data<Elem = T>,
    D: Dimension + RemoveAxis,
{
    let views: Vec<ArrayView<'_, T, D>> = arrays.iter().map(|array| array.view()).collect();
    ndarray::concatenate(Axis(0), &views).map_err(|_| MethodError::input("states of different shapes cannot be joined"))
}

/// The mean of the weighted arrays: weights that sum to 1 give an `N`-th of the average of `N` adapters.
pub(crate) fn mean<T, S>(arrays: &[&ArrayBase<S, Ix3>], weights: &[f64]) -> Result<Array3<T>, MethodError>
where
    T: Scalar,
    S: Data<Elem = T>,
{
    let first = arrays.first().ok_or_else(|| MethodError::undefined("there is nothing to average"))?;
    let mut sum = Array3::zeros(first.dim());
    for (array, weight) in arrays.iter().zip(weights) {
        if array.dim() != sum.dim() {
            return Err(MethodError::input("outputs of different shapes cannot be averaged"));
        }
        sum.scaled_add(T::of(*weight), *array);
    }
    Ok(sum / T::of(arrays.len() as f64))
}
