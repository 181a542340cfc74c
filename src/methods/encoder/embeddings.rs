use ndarray::{Array2, Array3, Axis};

use super::Inputs;
use crate::methods::layer_norm::LayerNorm;
use crate::methods::{MethodError, Scalar};

/// How a model counts positions where the input does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Positions {
    /// From 0.
    FromZero,
    /// As RoBERTa: from the padding token's number + 1, over the tokens that are not padding; padding keeps the number
    /// of the padding token.
    BehindPadding {
        /// The number of the padding token.
        padding: i64,
    },
}

/// The sum of three embeddings, normalised: `LN(word + position + segment)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Embeddings<T> {
    /// By token, `[vocabulary, e]`.
    pub word: Array2<T>,
    /// By position, `[positions, e]`.
    pub position: Array2<T>,
    /// By segment, `[segments, e]`; DistilBERT has none.
    pub segment: Option<Array2<T>>,
    /// The layer norm.
    pub norm: LayerNorm<T>,
    /// How positions are counted.
    pub positions: Positions,
}

impl<T: Scalar> Embeddings<T> {
    /// `[batch, sequence, e]`.
    pub(super) fn forward(&self, inputs: &Inputs) -> Result<Array3<T>, MethodError> {
        let ids = &inputs.input_ids;
        let mut sum = look_up(&self.word, ids, "input_ids")?;
        let positions = inputs.position_ids.clone().unwrap_or_else(|| self.count(ids));
        add_to(&mut sum, look_up(&self.position, &positions, "position_ids")?, "position_ids")?;
        if let Some(segment) = &self.segment {
            let segments = inputs.token_type_ids.clone().unwrap_or_else(|| Array2::zeros(ids.dim()));
            add_to(&mut sum, look_up(segment, &segments, "token_type_ids")?, "token_type_ids")?;
        }
        Ok(self.norm.forward(&sum))
    }

    fn count(&self, ids: &Array2<i64>) -> Array2<i64> {
        let mut positions = Array2::zeros(ids.dim());
        for (mut row, ids) in positions.axis_iter_mut(Axis(0)).zip(ids.axis_iter(Axis(0))) {
            let mut count = 0;
            for (position, &id) in row.iter_mut().zip(ids) {
                *position = match self.positions {
                    Positions::FromZero => count,
                    Positions::BehindPadding { padding } if id == padding => {
                        *position = padding;
                        continue;
                    }
                    Positions::BehindPadding { padding } => padding.saturating_add(1 + count),
                };
                count += 1;
            }
        }
        positions
    }
}

/// The rows of a table.
fn look_up<T: Scalar>(table: &Array2<T>, ids: &Array2<i64>, name: &str) -> Result<Array3<T>, MethodError> {
    let mut rows = Array3::zeros((ids.nrows(), ids.ncols(), table.ncols()));
    for ((example, position), &id) in ids.indexed_iter() {
        let row = usize::try_from(id).ok().filter(|row| *row < table.nrows());
        let row = row.ok_or_else(|| {
            MethodError::input(format!("`{name}` has {id}, but the model's table only {} rows", table.nrows()))
        })?;
        rows.slice_mut(ndarray::s![example, position, ..]).assign(&table.row(row));
    }
    Ok(rows)
}

fn add_to<T: Scalar>(sum: &mut Array3<T>, rows: Array3<T>, name: &str) -> Result<(), MethodError> {
    let fits = rows.dim().1 == sum.dim().1 && [1, sum.dim().0].contains(&rows.dim().0) && rows.dim().2 == sum.dim().2;
    if !fits {
        return Err(MethodError::input(format!("`{name}` and `input_ids` differ in shape")));
    }
    *sum += &rows;
    Ok(())
}
