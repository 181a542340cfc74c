use ndarray::{Array2, Array3};

use crate::methods::{MethodError, Scalar};

/// GraLoRA (Jung et al. 2025, arXiv:2505.20355): `k × k` blocks, each of low rank (`tuners/gralora/layer.py`):
///
/// ```text
/// ΔW[j·(out/k) + o, n·(in/k) + i] = s · Σ_t A[n, i, j·(r/k) + t] · B[j, n·(r/k) + t, o],   0 ≤ t < r/k
/// hybrid:  ΔW + s · B_g · A_g        s = alpha / (r + hybrid_r)
/// ```
///
/// with `A` `[k, in/k, r]` and `B` `[k, r, out/k]`. If `hybrid_r` is above 0, a LoRA of that rank is added, with the same
/// `s`. What this function gives has neither `s` nor that LoRA.
///
/// | tensor | shape | |
/// |---|---|---|
/// | `gralora_A` | `[k, in / k, r]` | `A` |
/// | `gralora_B` | `[k, r, out / k]` | `B` |
/// | `gralora_A_general.weight` | `[hybrid_r, in]` | `A_g`, if `hybrid_r` is above 0 |
/// | `gralora_B_general.weight` | `[out, hybrid_r]` | `B_g`, if `hybrid_r` is above 0 |
///
/// # Errors
/// If shapes do not meet.
pub fn gralora<T: Scalar>(a: &Array3<T>, b: &Array3<T>) -> Result<Array2<T>, MethodError> {
    let ((k, width, rank), (same, again, height)) = (a.dim(), b.dim());
    if k == 0 || same != k || again != rank || rank % k != 0 {
        return Err(MethodError::input(format!("blocks of shapes {:?} and {:?}", a.dim(), b.dim())));
    }
    let part = rank / k;
    let mut delta = Array2::zeros((k * height, k * width));
    for j in 0..k {
        for n in 0..k {
            let left = Array2::from_shape_fn((height, part), |(o, t)| b[(j, n * part + t, o)]);
            let right = Array2::from_shape_fn((part, width), |(t, i)| a[(n, i, j * part + t)]);
            let mut block = delta.slice_mut(ndarray::s![j * height..(j + 1) * height, n * width..(n + 1) * width]);
            block.assign(&T::product(&left, &right));
        }
    }
    Ok(delta)
}
