//! What a weight is along some of its directions: what methods take out of it, or put another in the place of.

use nalgebra::{DMatrix, SymmetricEigen};
use ndarray::{Array2, s};

use super::matrix::{dot, orthonormal};
use crate::methods::{MethodError, Scalar};

/// The nearest matrix of a rank to a weight (Eckart and Young 1936, doi:10.1007/BF02288367):
///
/// ```text
/// W_k = U_k · diag(σ_k) · V_kᵀ = U_k · U_kᵀ · W        σ_1 ≥ … ≥ σ_k the largest singular values
/// ```
///
/// The signs that a library gives to the singular vectors cancel in it. From the eigenvectors of `W · Wᵀ` or `Wᵀ · W`,
/// whichever is smaller, in double precision.
///
/// - PiSSA (Meng et al. 2024, arXiv:2404.02948): LoRA begins at `W_r`, which is taken out of the weight.
/// - KaSA (arXiv:2412.06071): of the weight `W_{k-r}` is left, with `k` the smaller of its sizes.
/// - OSF (arXiv:2504.07097): `W - W_k` is trained.
///
/// # Errors
/// If the weight has numbers that are not finite, or the eigenvectors are not found.
pub(crate) fn nearest<T: Scalar>(weight: &Array2<T>, rank: usize) -> Result<Array2<T>, MethodError> {
    let (outputs, inputs) = weight.dim();
    let size = outputs.min(inputs);
    if rank >= size {
        return Ok(weight.clone());
    }
    if !weight.iter().all(|value| value.wide().is_finite()) {
        return Err(MethodError::undefined("a weight with numbers that are not finite has no singular values"));
    }
    let wide = weight.mapv(|value| value.wide());
    let short = if outputs <= inputs { wide.view() } else { wide.t() };
    let square = f64::product(&short, &short.t());
    let square = DMatrix::from_fn(size, size, |row, column| square[(row, column)]);
    // Twice the size is the common number of steps.
    let found = SymmetricEigen::try_new(square, f64::EPSILON, size.saturating_mul(64).max(1024));
    let found = found.ok_or_else(|| MethodError::undefined("the singular values of the weight are not found"))?;
    let mut order: Vec<usize> = (0..size).collect();
    order.sort_by(|one, other| found.eigenvalues[*other].total_cmp(&found.eigenvalues[*one]));
    // The fewer directions are worked with: those that stay, or those that go.
    let (chosen, is_complement) = if rank * 2 <= size { (&order[..rank], false) } else { (&order[rank..], true) };
    let basis = Array2::from_shape_fn((size, chosen.len()), |(row, column)| found.eigenvectors[(row, chosen[column])]);
    let along = dot(&basis, &dot(&basis.t(), &short)?)?;
    let along = if is_complement { &short - &along } else { along };
    let nearest = if outputs <= inputs { along } else { along.reversed_axes() };
    Ok(nearest.mapv(T::of))
}

/// What a weight is within the space of its first columns, `Q · R` of its QR decomposition cut to them: what OLoRA
/// (Büyükakyüz 2024, arXiv:2406.01775) takes out of the weight, times the factor of LoRA.
///
/// # Errors
/// If there are fewer columns than that.
pub(crate) fn leading<T: Scalar>(weight: &Array2<T>, rank: usize) -> Result<Array2<T>, MethodError> {
    let rank = rank.min(weight.nrows()).min(weight.ncols());
    let q = orthonormal(&weight.slice(s![.., ..rank]).to_owned());
    dot(&q, &dot(&q.t(), weight)?)
}
