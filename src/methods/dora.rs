//! DoRA: direction and length of each row of a weight, apart.

use ndarray::{Array1, Array2, Array3, ArrayView2, Axis};

use super::Scalar;

/// The lengths of the rows of a weight.
#[must_use]
pub fn row_norms<T: Scalar>(weight: ArrayView2<'_, T>) -> Array1<T> {
    weight.map_axis(Axis(1), |row| row.dot(&row).sqrt())
}

/// The output of a layer with DoRA (Liu et al. 2024, arXiv:2402.09353, equation 5), as `methods/lora.py`,
/// `compute_dora_deltaw`, of adapters 1.3.0 has it:
///
/// ```text
/// y = m / ‖W + B·A‖ ⊙ (x · Wᵀ + b + α/r · x · Aᵀ · Bᵀ)
/// ```
///
/// with the norm of each row; `m` `[d, 1]` begins as that of `W`. Two things differ from the paper, and from PEFT: the
/// norm is taken without `α / r`, and the bias is scaled too. `output` is the layer's, bias included; `update` is
/// `α/r · …`, or what a gate made of it.
///
/// # Panics
/// If the shapes are not those of one layer.
#[must_use]
pub fn forward<T: Scalar>(
    output: &Array3<T>,
    update: &Array3<T>,
    magnitude: &Array2<T>,
    weight: ArrayView2<'_, T>,
    delta: &Array2<T>,
) -> Array3<T> {
    let norms = row_norms((&weight + delta).view());
    let length = magnitude.index_axis(Axis(1), 0).to_owned() / norms;
    (output + update) * length
}

/// The merged weight (`methods/lora.py`, `dora_merge`), with the norm of each row:
///
/// ```text
/// W := m / ‖W + B·A‖ ⊙ (W + B·A)
/// ```
///
/// Here the library leaves `α / r` out altogether, so that the merged layer computes what the unmerged one does only
/// for `α = r` and no bias. Its `reset_adapter` computes [the weight as it was](unmerge) and drops it: the weight stays
/// merged, and as the layer counts as not merged, a pass with the adapter active applies it a second time.
///
/// # Panics
/// If the shapes are not those of one layer.
#[must_use]
pub fn merge<T: Scalar>(weight: ArrayView2<'_, T>, delta: &Array2<T>, magnitude: &Array2<T>) -> Array2<T> {
    let direction = &weight + delta;
    let norms = row_norms(direction.view()).insert_axis(Axis(1));
    direction * &(magnitude / &norms)
}

/// The inverse of [`merge`]: `W` from the merged weight, with the row norms of `W + B·A` before it was merged.
#[must_use]
pub fn unmerge<T: Scalar>(
    merged: ArrayView2<'_, T>,
    delta: &Array2<T>,
    magnitude: &Array2<T>,
    norms: &Array1<T>,
) -> Array2<T> {
    &merged * &norms.view().insert_axis(Axis(1)) / magnitude - delta
}
