use ndarray::{Array1, Array2};

use super::matrix::{minus, rows, vector_times};
use super::{Block, LowRank, Update};
use crate::methods::dora::row_norms;
use crate::methods::linear::Linear;
use crate::methods::{MethodError, Scalar};

/// DoRA (Liu et al. 2024, arXiv:2402.09353, equation 5), as PEFT has it (`tuners/lora/dora.py`, `variants.py`):
///
/// ```text
/// W' = diag(m / ‖W + ΔW‖) · (W + ΔW)
/// ```
///
/// with the norm of each row, the factor of LoRA in `ΔW`, and the bias left as it is.
///
/// | tensor | shape | |
/// |---|---|---|
/// | `lora_magnitude_vector` | `[out]`; of a convolution `[1, out, 1, 1]` | `m` |
#[derive(Debug, Clone, PartialEq)]
pub struct Dora<T> {
    /// LoRA.
    pub update: LowRank<T>,
    /// `m`, `[out]`.
    pub magnitude: Array1<T>,
}

impl<T: Scalar> Update<T> for Dora<T> {
    fn delta(&self, base: &Linear<T>) -> Result<Array2<T>, MethodError> {
        minus(self.merged(base)?.weight, &base.weight)
    }

    fn merged_block(&self, block: &Block, part: Array2<T>) -> Option<Result<Array2<T>, MethodError>> {
        if !block.has_whole_rows() {
            return None;
        }
        let changed = self.update.merged_block(block, part)?;
        Some(changed.and_then(|weight| self.scaled(block, weight)))
    }
}

impl<T: Scalar> Dora<T> {
    /// Gives rows that have been turned their lengths.
    fn scaled(&self, block: &Block, weight: Array2<T>) -> Result<Array2<T>, MethodError> {
        let lengths = row_norms(weight.view()).mapv(|length| T::one() / length);
        let factors = vector_times(&block.of_rows(&self.magnitude)?.to_owned(), &lengths)?;
        rows(&factors, weight)
    }
}
