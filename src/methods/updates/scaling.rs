use ndarray::{Array1, Array2};

use super::Update;
use super::matrix::{columns, minus, rows, vector_times};
use crate::methods::linear::Linear;
use crate::methods::{MethodError, Scalar};

/// (IA)³ (Liu et al. 2022, arXiv:2205.05638, section 3.3), as PEFT has it (`tuners/ia3/layer.py`):
///
/// ```text
/// y = (x · Wᵀ + b) ⊙ l,  or in feed-forward modules  y = (x ⊙ l) · Wᵀ + b
/// ```
///
/// so that the bias is merged too in the first case.
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

    fn merged(&self, base: &Linear<T>) -> Result<Linear<T>, MethodError> {
        match self {
            Self::Outputs(factors) => Ok(Linear {
                weight: rows(factors, base.weight.clone())?,
                bias: base.bias.as_ref().map(|bias| vector_times(bias, factors)).transpose()?,
            }),
            Self::Inputs(factors) => {
                let (inputs, count) = (base.weight.ncols(), factors.len());
                if count == 0 || inputs % count != 0 {
                    return Err(MethodError::input(format!("{count} factors of {inputs} inputs")));
                }
                let places = inputs / count;
                let factors = Array1::from_shape_fn(inputs, |at| factors[at / places]);
                Ok(Linear { weight: columns(base.weight.clone(), &factors)?, bias: base.bias.clone() })
            }
        }
    }
}
