//! Matrices with orthonormal rows or columns, from free parameters.

use nalgebra::DMatrix;
use ndarray::{Array2, s};

use super::Scalar;

/// The matrix that PyTorch's `torch.nn.utils.parametrizations.orthogonal` makes of its parameters, with the defaults it
/// has: Householder's reflections, or for a square matrix the exponential, times a base
/// (`torch/nn/utils/parametrizations.py`, `_Orthogonal.forward`, torch 2.8.0). For a wide `original`, its transpose,
/// `[n, k]`, holds Householder vectors below the diagonal,
///
/// ```text
/// Q = base · H_1 · … · H_k · diag(sign)          H_i = I - τ_i · v_i · v_iᵀ,  τ_i = 2 / ‖v_i‖²,  v_i = (0 … 0, 1, x_{i+1,i} … x_{n,i})
/// ```
///
/// of which the first `k` columns are taken, and the result is transposed back. The signs stand on the diagonal and are
/// cut to whole numbers: ±1 as they begin; a diagonal that was changed to anything between gives zeros. A tall `original`,
/// `[n, k]` with `n > k`, holds the same vectors as it stands, and `Q` is not transposed. A square
/// `original` is turned into a rotation by the matrix exponential, `base · exp(X - Xᵀ)` of its lower triangle `X`.
///
/// # Panics
/// If `base` is not square, of the longer side of `original`.
#[must_use]
pub fn orthogonal<T: Scalar>(original: &Array2<T>, base: &Array2<T>) -> Array2<T> {
    let (rows, columns) = original.dim();
    if rows == columns {
        return base.dot(&exponential(original));
    }
    if rows < columns {
        let tall = original.t().to_owned();
        return base.dot(&householder(&tall)).reversed_axes();
    }
    base.dot(&householder(original))
}

/// `H_1 · … · H_k · diag(sign)`, first `k` columns, of a tall matrix.
fn householder<T: Scalar>(x: &Array2<T>) -> Array2<T> {
    let (n, k) = x.dim();
    let mut q = Array2::from_shape_fn((n, k), |(row, column)| if row == column { T::one() } else { T::zero() });
    // From the last to the first, so that each meets the product of those behind it.
    for i in (0..k).rev() {
        let mut v = x.column(i).to_owned();
        v.slice_mut(s![..i]).fill(T::zero());
        v[i] = T::one();
        let tau = T::of(2.0) / v.dot(&v);
        let along = v.dot(&q);
        for (row, &component) in v.iter().enumerate() {
            q.row_mut(row).scaled_add(-(tau * component), &along);
        }
    }
    for (mut column, &sign) in q.columns_mut().into_iter().zip(x.diag()) {
        column *= sign.trunc();
    }
    q
}

/// `exp(X - Xᵀ)` of the lower triangle `X`.
fn exponential<T: Scalar>(original: &Array2<T>) -> Array2<T> {
    let n = original.nrows();
    let lower = |row: usize, column: usize| if row >= column { original[(row, column)].wide() } else { 0.0 };
    let rotation = DMatrix::from_fn(n, n, |row, column| lower(row, column) - lower(column, row)).exp();
    Array2::from_shape_fn((n, n), |at| T::of(rotation[at]))
}
