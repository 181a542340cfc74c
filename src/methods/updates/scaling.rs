use ndarray::{Array1, Array2};

use super::matrix::{columns, minus, rows, vector_times};
use super::{Block, Update};
use crate::methods::linear::Linear;
use crate::methods::{MethodError, Scalar};

/// (IA)³ (Liu et al. 2022, arXiv:2205.05638, section 3.3), as PEFT has it (`tuners/ia3/layer.py`):
///
/// ```text
/// y = (x · Wᵀ + b) ⊙ l,  or in feed-forward modules  y = (x ⊙ l) · Wᵀ + b
/// ```
///
/// so that the bias is merged too in the first case.
///
/// | tensor | shape | |
/// |---|---|---|
/// | `ia3_l` | `[out, 1]`, in feed-forward modules `[1, in]`; of a convolution `[1, channels, 1, 1]` | `l` |
#[derive(Debug, Clone, PartialEq)]
pub enum Scaling<T> {
    /// `l`, `[out]`.
    Outputs(Array1<T>),
    /// `l`, `[in]`, or one for each channel of a convolution.
    Inputs(Array1<T>),
}

impl<T: Scalar> Update<T> for Scaling<T> {
    fn delta(&self, base: &Linear<T>) -> Result<Array2<T>, MethodError> {
        minus(self.merged(base)?.weight, &base.weight)
    }

    fn merged_bias(&self, bias: Option<&Array1<T>>) -> Result<Option<Array1<T>>, MethodError> {
        match (self, bias) {
            (Self::Outputs(factors), Some(bias)) => vector_times(bias, factors).map(Some),
            (_, bias) => Ok(bias.cloned()),
        }
    }

    fn merged_block(&self, block: &Block, part: Array2<T>) -> Option<Result<Array2<T>, MethodError>> {
        Some(self.changed(block, part))
    }
}

impl<T: Scalar> Scaling<T> {
    fn changed(&self, block: &Block, part: Array2<T>) -> Result<Array2<T>, MethodError> {
        match self {
            Self::Outputs(factors) => rows(&block.of_rows(factors)?.to_owned(), part),
            Self::Inputs(factors) => {
                let (inputs, count) = (block.of.1, factors.len());
                if count == 0 || inputs % count != 0 {
                    return Err(MethodError::input(format!("{count} factors of {inputs} inputs")));
                }
                let places = inputs / count;
                let factors: Array1<T> = block.columns.clone().map(|at| factors[at / places]).collect();
                columns(part, &factors)
            }
        }
    }
}
