//! Affine maps.

use ndarray::{Array, Array1, Array2, ArrayBase, Data, Dimension, Ix1, Ix2};

use super::parameters::Parameters;
use super::{MethodError, Scalar};

/// An affine map of the last axis: `y = x · Wᵀ + b`.
#[derive(Debug, Clone, PartialEq)]
pub struct Linear<T> {
    /// `W`, `[out, in]`.
    pub weight: Array2<T>,
    /// `b`, `[out]`; none for a linear map.
    pub bias: Option<Array1<T>>,
}

impl<T: Scalar> Linear<T> {
    /// The map whose parameters are `{role}.weight` and, if it is there, `{role}.bias`.
    pub(crate) fn take(parameters: &Parameters<T>, role: &str) -> Result<Self, MethodError> {
        let bias_role = format!("{role}.bias");
        let bias = parameters.get(&bias_role).map(|_| parameters.take::<Ix1>(&bias_role)).transpose()?;
        Ok(Self { weight: parameters.take::<Ix2>(&format!("{role}.weight"))?, bias })
    }

    /// Applies the map to the last axis of `x`.
    ///
    /// # Panics
    /// If the last axis is not as long as the map's input.
    #[must_use]
    pub fn forward<S: Data<Elem = T>, D: Dimension>(&self, x: &ArrayBase<S, D>) -> Array<T, D> {
        let mut y = product(x, &self.weight.t());
        if let Some(bias) = &self.bias {
            y += bias;
        }
        y
    }
}

/// `x · m` over the last axis of `x`: every vector along that axis is a row.
///
/// # Panics
/// If the last axis of `x` is not as long as `m` has rows.
pub(crate) fn product<T, S, D, S2>(x: &ArrayBase<S, D>, m: &ArrayBase<S2, Ix2>) -> Array<T, D>
where
    T: Scalar,
    S: Data<Elem = T>,
    D: Dimension,
    S2: Data<Elem = T>,
{
    let mut shape = x.raw_dim();
    let last = shape.ndim() - 1;
    let (width, rows) = (m.nrows(), x.shape()[..last].iter().product::<usize>());
    assert_eq!(x.shape()[last], width, "a vector of {} numbers meets a matrix of {width} rows", x.shape()[last]);
    let flat = x.to_shape((rows, width)).expect("the same number of elements");
    shape[last] = m.ncols();
    // A product of one row or column may lie the other way round in memory.
    T::product(&flat, m).to_shape(shape).expect("the same number of elements").into_owned()
}
