use ndarray::{Array1, Array2};

use super::Update;
use super::matrix::minus;
use crate::methods::linear::Linear;
use crate::methods::{MethodError, Scalar};

/// A weight in the place of another.
#[derive(Debug, Clone, PartialEq)]
pub enum Replaced<T> {
    /// The whole weight: FRoD (arXiv:2512.23485), `U · (S + diag(l)) · Vᵀ` (`tuners/frod/layer.py`).
    Whole(Array2<T>),
    /// Some columns of the map: trained tokens, whose rows of the embedding are `[tokens, width]`
    /// (`tuners/trainable_tokens/layer.py`). Of a token that is named twice the last row counts.
    Tokens {
        /// The tokens.
        tokens: Vec<usize>,
        /// Their rows.
        rows: Array2<T>,
    },
}

impl<T: Scalar> Update<T> for Replaced<T> {
    fn delta(&self, base: &Linear<T>) -> Result<Array2<T>, MethodError> {
        minus(self.merged(base)?.weight, &base.weight)
    }

    fn merged(&self, base: &Linear<T>) -> Result<Linear<T>, MethodError> {
        let bias: Option<Array1<T>> = base.bias.clone();
        let shape = base.weight.dim();
        match self {
            Self::Whole(weight) if weight.dim() == shape => Ok(Linear { weight: weight.clone(), bias }),
            Self::Whole(weight) => {
                Err(MethodError::input(format!("a weight of {:?} in the place of one of {shape:?}", weight.dim())))
            }
            Self::Tokens { tokens, rows } => {
                if rows.dim() != (tokens.len(), shape.0) {
                    return Err(MethodError::input(format!(
                        "rows of shape {:?} for {} tokens of width {}",
                        rows.dim(),
                        tokens.len(),
                        shape.0
                    )));
                }
                let mut weight = base.weight.clone();
                for (&token, row) in tokens.iter().zip(rows.outer_iter()) {
                    if token >= shape.1 {
                        return Err(MethodError::input(format!("token {token} of {}", shape.1)));
                    }
                    weight.column_mut(token).assign(&row);
                }
                Ok(Linear { weight, bias })
            }
        }
    }
}
