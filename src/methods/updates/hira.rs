use ndarray::Array2;

use super::matrix::{dot, plus, times};
use super::{Block, Update};
use crate::methods::linear::Linear;
use crate::methods::{MethodError, Scalar};

/// HiRA (Huang et al. 2025): the weight times a matrix of low rank, element by element (`tuners/hira/layer.py`):
///
/// ```text
/// W' = W + W ⊙ (B · A)        A [r, in], B [out, r]
/// ```
///
/// | tensor | shape | |
/// |---|---|---|
/// | `hira_A`, `hira_B` | `[r, in]`, `[out, r]`; of a convolution `[r, in, height, width]`, `[out, r, 1, 1]` | `A`, `B` |
/// | `hira_embedding_A`, `hira_embedding_B` | `[r, rows]`, `[width, r]` | `A`, `B` of an embedding |
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

    fn merged_block(&self, block: &Block, part: Array2<T>) -> Option<Result<Array2<T>, MethodError>> {
        let factors = block.product(&self.b, &self.a);
        Some(factors.and_then(|factors| plus(part.clone(), &times(factors, &part)?)))
    }
}
