use ndarray::{Array1, Array2};

use super::matrix::plus;
use super::{Block, Update};
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

    fn merged_bias(&self, bias: Option<&Array1<T>>) -> Result<Option<Array1<T>>, MethodError> {
        match (bias, &self.bias) {
            (Some(base), Some(added)) if base.len() == added.len() => Ok(Some(base + added)),
            (None, Some(_)) => Err(MethodError::undefined("the layer has no bias to merge into")),
            (Some(_), Some(_)) => Err(MethodError::input("biases of different lengths")),
            (base, None) => Ok(base.cloned()),
        }
    }

    fn merged_block(&self, block: &Block, part: Array2<T>) -> Option<Result<Array2<T>, MethodError>> {
        Some(block.share(&self.delta).and_then(|added| plus(part, &added)))
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
