use ndarray::{Array1, Array2};

use super::Update;
use super::matrix::plus;
use crate::methods::linear::Linear;
use crate::methods::{MethodError, Scalar};

/// A change that does not depend on the weight: `W' = W + Δ`, `b' = b + β`.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept<T> {
    /// `Δ`, `[out, in]`.
    pub delta: Array2<T>,
    /// `β`, `[out]`: BEFT's bias, or the last column of AdaMSS.
    pub bias: Option<Array1<T>>,
}

impl<T: Scalar> Update<T> for Kept<T> {
    fn delta(&self, _: &Linear<T>) -> Result<Array2<T>, MethodError> {
        Ok(self.delta.clone())
    }

    fn merged(&self, base: &Linear<T>) -> Result<Linear<T>, MethodError> {
        let bias = match (&base.bias, &self.bias) {
            (Some(base), Some(added)) if base.len() == added.len() => Some(base + added),
            (None, Some(_)) => return Err(MethodError::undefined("the layer has no bias to merge into")),
            (Some(_), Some(_)) => return Err(MethodError::input("biases of different lengths")),
            (base, None) => base.clone(),
        };
        Ok(Linear { weight: plus(base.weight.clone(), &self.delta)?, bias })
    }

    fn forward(&self, base: &Linear<T>, x: &Array2<T>) -> Result<Array2<T>, MethodError> {
        let weight = plus(base.weight.clone(), &self.delta)?;
        let mut y = super::apply(&Linear { weight, bias: base.bias.clone() }, x)?;
        if let Some(bias) = &self.bias {
            if bias.len() != y.ncols() {
                return Err(MethodError::input("biases of different lengths"));
            }
            y += bias;
        }
        Ok(y)
    }
}
