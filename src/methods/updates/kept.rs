use ndarray::{Array1, Array2};

use super::matrix::plus;
use super::{Block, Update};
use crate::methods::linear::Linear;
use crate::methods::{MethodError, Scalar};

/// A change that does not depend on the weight: `W' = W + Δ`, `b' = b + β`.
///
/// AdaMSS trains a small matrix for each of several groups of outputs (`tuners/adamss/layer.py`):
///
/// ```text
/// [Δ | β][rows, :] = [B_0 · A_0; B_1 · A_1; …] · N        the products one below the other; other rows are 0
/// ```
///
/// `N` has a last column more than the weight if the layer has a bias. `rows` is the order of all groups' outputs, which
/// PEFT finds by clustering the weight when it loads the adapter; it is not saved.
///
/// | method | tensor | shape | |
/// |---|---|---|---|
/// | AdaMSS | `adamss_A.i` | `[r_i, r]` | `A_i` |
/// | | `adamss_B.i` | `[outputs of the group, r_i]` | `B_i` |
/// | | `adamss_newB` | `[r, in]`, with a bias `[r, in + 1]` | `N` |
/// | BEFT | `beft_bias` | `[1, out]` | `β` |
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
        let mut y = super::affine(&Linear { weight, bias: base.bias.clone() }, x)?;
        if let Some(bias) = &self.bias {
            if bias.len() != y.ncols() {
                return Err(MethodError::input("biases of different lengths"));
            }
            y += bias;
        }
        Ok(y)
    }
}
