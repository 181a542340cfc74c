use ndarray::Array2;

use super::Update;
use super::matrix::{dot, times};
use crate::methods::linear::Linear;
use crate::methods::{MethodError, Scalar};

/// HiRA (Huang et al. 2025): the weight times a matrix of low rank, element by element (`tuners/hira/layer.py`):
///
/// ```text
/// W' = W + W ⊙ (B · A)        A [r, in], B [out, r]
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Hira<T> {
    /// `A`.
    pub a: Array2<T>,
    /// `B`.
    pub b: Array2<T>,
}

impl<T: Scalar> Update<T> for Hira<T> {
    fn delta(&self, base: &Linear<T>) -> Result<Array2<T>, MethodError> {
        times(dot(&self.b, &self.a)?, &base.weight)
    }
}
