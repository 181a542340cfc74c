use ndarray::{Array1, Array2};

use super::Update;
use super::matrix::{minus, plus, rows, vector_times};
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
#[derive(Debug, Clone, PartialEq)]
pub struct Dora<U, T> {
    /// LoRA.
    pub update: U,
    /// `m`, `[out]`.
    pub magnitude: Array1<T>,
}

impl<T: Scalar, U: Update<T>> Update<T> for Dora<U, T> {
    fn delta(&self, base: &Linear<T>) -> Result<Array2<T>, MethodError> {
        minus(self.merged(base)?.weight, &base.weight)
    }

    fn merged(&self, base: &Linear<T>) -> Result<Linear<T>, MethodError> {
        let weight = plus(base.weight.clone(), &self.update.delta(base)?)?;
        let lengths = row_norms(weight.view()).mapv(|length| T::one() / length);
        let factors = vector_times(&self.magnitude, &lengths)?;
        Ok(Linear { weight: rows(&factors, weight)?, bias: base.bias.clone() })
    }
}
