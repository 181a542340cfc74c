use ndarray::{Array2, Array4};

use super::matrix::{dot, kronecker, times};
use crate::methods::{MethodError, Scalar};

/// LoHa (Hyeon-Woo et al. 2022, arXiv:2108.06098, proposition 1): the product, element by element, of two matrices of
/// low rank (`tuners/loha/layer.py`),
///
/// ```text
/// ΔW = α / r · (w1_a · w1_b) ⊙ (w2_a · w2_b)
/// ```
///
/// where for a convolution in effective form each of the two is [put together](cp) of a core.
///
/// | tensor | shape | in effective form | |
/// |---|---|---|---|
/// | `hada_w1_a`, `hada_w2_a` | `[out, r]` | `[r, out]` | `w1_a`, `w2_a` |
/// | `hada_w1_b`, `hada_w2_b` | `[r, in]`; of a convolution `[r, in · height · width]` | `[r, in]` | `w1_b`, `w2_b` |
/// | `hada_t1`, `hada_t2` | | `[r, r, height, width]` | the cores |
///
/// # Errors
/// If shapes do not meet.
pub fn hadamard<T: Scalar>(scaling: f64, one: Array2<T>, two: &Array2<T>) -> Result<Array2<T>, MethodError> {
    Ok(times(one, two)? * T::of(scaling))
}

/// A kernel in CP form, `[out, in · height · width]`, of a core `t` and its factors `[r, out]` and `[r, in]`:
///
/// ```text
/// K[p, q, y, x] = Σ_ij t[i, j, y, x] · out[i, p] · in[j, q]
/// ```
///
/// # Errors
/// If shapes do not meet.
pub fn cp<T: Scalar>(core: &Array4<T>, out: &Array2<T>, input: &Array2<T>) -> Result<Array2<T>, MethodError> {
    let (i, j, height, width) = core.dim();
    if out.nrows() != i || input.nrows() != j {
        return Err(MethodError::input(format!(
            "a core of shape {:?} with factors of shapes {:?} and {:?}",
            core.dim(),
            out.dim(),
            input.dim()
        )));
    }
    let (outputs, inputs, places) = (out.ncols(), input.ncols(), height * width);
    let mut kernel = Array2::zeros((outputs, inputs * places));
    for place in 0..places {
        let slice = Array2::from_shape_fn((i, j), |(i, j)| core[(i, j, place / width, place % width)]);
        let part = dot(&dot(&out.t(), &slice)?, input)?;
        for ((p, q), value) in part.indexed_iter() {
            kernel[(p, q * places + place)] = *value;
        }
    }
    Ok(kernel)
}

/// LoKr (Yeh et al. 2024, arXiv:2309.14859; Edalati et al. 2022, arXiv:2212.10650): a Kronecker product,
///
/// ```text
/// ΔW = α / r · w1 ⊗ w2
/// ```
///
/// of two matrices that are whole or of low rank (`tuners/lokr/layer.py`): `w1 = w1_a · w1_b`, `w2 = w2_a · w2_b`, for a
/// convolution in effective form `w2` as [`cp`] of a core. In `w1 ⊗ w2` a block of `w2`'s size stands for each entry of
/// `w1`; the sizes are `out = out_1 · out_2`, `in = in_1 · in_2`, and a kernel's places belong to `w2`.
///
/// | tensor | shape | of a convolution | |
/// |---|---|---|---|
/// | `lokr_w1` | `[out_1, in_1]` | the same | `w1` |
/// | `lokr_w1_a`, `lokr_w1_b` | `[out_1, r]`, `[r, in_1]` | the same | instead, if `decompose_both` and it has a low rank |
/// | `lokr_w2` | `[out_2, in_2]` | `[out_2, in_2, height, width]` | `w2` |
/// | `lokr_w2_a`, `lokr_w2_b` | `[out_2, r]`, `[r, in_2]` | `[out_2, r]`, `[r, in_2 · height · width]` | instead, if it has a low rank |
/// | `lokr_w2_a`, `lokr_w2_b`, `lokr_t2` | | `[r, out_2]`, `[r, in_2]`, `[r, r, height, width]` | the same in effective form |
///
/// # Errors
/// If the product has more elements than `bound`, those of the weight.
pub fn lokr<T: Scalar>(scaling: f64, one: &Array2<T>, two: &Array2<T>, bound: usize) -> Result<Array2<T>, MethodError> {
    match one.len().checked_mul(two.len()) {
        Some(elements) if elements <= bound => Ok(kronecker(one, two) * T::of(scaling)),
        _ => Err(MethodError::input(format!(
            "factors of shapes {:?} and {:?} for a weight of {bound} elements",
            one.dim(),
            two.dim()
        ))),
    }
}
