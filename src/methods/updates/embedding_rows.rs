use ndarray::Array2;

use super::matrix::minus;
use super::{Block, Update};
use crate::methods::linear::Linear;
use crate::methods::{MethodError, Scalar};

/// A weight in the place of another.
///
/// | method | tensor | shape | |
/// |---|---|---|---|
/// | FRoD | `frod_lambda_l` | `[in]` | `l` |
/// | | `frod_lambda_s_values` | `[n]` | the entries of `S` |
/// | | `frod_s_indices.…` | `[2, n]` | their rows, then their columns |
/// | | `frod_s_size.…` | `[2]` | the sizes of `S`, `[in, in]` |
/// | | `frod_V.…` | `[in, in]` | `V`; these three by kind of module, with `save_projection` |
/// | trained tokens | `trainable_tokens_delta` | `[tokens, width]` | the rows |
/// | LN tuning | `ln_tuning_layers.weight`, `ln_tuning_layers.bias` | those of the norm | what stands in their place |
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

    fn merged_block(&self, block: &Block, part: Array2<T>) -> Option<Result<Array2<T>, MethodError>> {
        Some(self.changed(block, part))
    }
}

impl<T: Scalar> Replaced<T> {
    fn changed(&self, block: &Block, mut part: Array2<T>) -> Result<Array2<T>, MethodError> {
        let (width, known) = block.of;
        match self {
            Self::Whole(weight) => Ok(block.share(weight)?.to_owned()),
            Self::Tokens { tokens, rows } => {
                if rows.dim() != (tokens.len(), width) {
                    let (shape, count) = (rows.dim(), tokens.len());
                    let detail = format!("rows of shape {shape:?} for {count} tokens of width {width}");
                    return Err(MethodError::input(detail));
                }
                block.fits(&part)?;
                for (&token, row) in tokens.iter().zip(rows.outer_iter()) {
                    if token >= known {
                        return Err(MethodError::input(format!("token {token} of {known}")));
                    }
                    if block.columns.contains(&token) {
                        part.column_mut(token - block.columns.start).assign(&block.of_rows(&row)?);
                    }
                }
                Ok(part)
            }
        }
    }
}
