//! One function a method: which tensors and keys make its update. A file is a family.

mod blocks;
mod few;
mod low_rank;
mod rotations;
mod shared;
mod sparse;

pub(super) use blocks::{c3a, glora, gralora, loha, lokr, miss};
pub(super) use few::{adamss, beft, ia3, ln_tuning};
pub(super) use low_rank::{adalora, deft, delora, hira, lora, peanut};
pub(crate) use rotations::has_one_direction;
pub(super) use rotations::{boft, hra, oft, osf, psoft, road};
pub(super) use shared::{frod, pvera, randlora, tinylora, unilora, vblora, vera};
pub(super) use sparse::{fourierft, shira, supertuning, trainable_tokens, waveft};

use ndarray::{Array2, Array3, Ix3};

use super::{Boxed, UpdateError};
use crate::methods::parameters::Parameters;
use crate::methods::updates::matrix::positions;
use crate::methods::{MethodError, Scalar, updates};

type Made<T> = Result<Boxed<T>, UpdateError>;

fn kept<T: Scalar>(delta: Array2<T>) -> Made<T> {
    Ok(Box::new(updates::Kept { delta, bias: None }))
}

fn block<T: Scalar>(parameters: &Parameters<T>, role: &str) -> Result<Array3<T>, MethodError> {
    parameters.take::<Ix3>(role)
}

/// A row of row numbers and one of column numbers.
fn pairs<T: Scalar>(
    parameters: &Parameters<T>,
    role: &str,
    (outputs, inputs): (usize, usize),
) -> Result<Vec<(usize, usize)>, UpdateError> {
    let all = positions(parameters, role, outputs.max(inputs))?;
    let (rows, columns) = all.split_at(all.len() / 2);
    Ok(rows.iter().copied().zip(columns.iter().copied()).collect())
}
