use ndarray::{Array2, Array3, ArrayView2, s};

use super::matrix::dot;
use crate::methods::activation::{sigmoid, softmax};
use crate::methods::{MethodError, Scalar};

/// What Lily (Zhong et al. 2024, arXiv:2407.09946) adds to a layer's output (`tuners/lily/layer.py`):
///
/// ```text
/// h = x · Aᵀ        p = mean over all rows of softmax(h · routerᵀ)        s · h · Σ_e p_e · B_e
/// ```
///
/// `B` is `[experts · r, out]`. The mean runs over the whole batch: what one row gets depends on the others.
///
/// | tensor | shape | |
/// |---|---|---|
/// | `lily_A.weight` | `[r, in]` | `A` |
/// | `lily_B.weight` | `[num_B · r, out]` | `B_1 …`, one below the other |
/// | `lily_router.weight` | `[num_B, r]` | `router` |
///
/// # Errors
/// If shapes do not meet.
pub fn lily<T: Scalar>(
    scaling: f64,
    x: &Array2<T>,
    (a, b, router): (&Array2<T>, &Array2<T>, &Array2<T>),
) -> Result<Array2<T>, MethodError> {
    let hidden = dot(x, &a.t())?;
    let odds = softmax(dot(&hidden, &router.t())?);
    let (rank, experts) = (a.nrows(), router.nrows());
    if rank.checked_mul(experts) != Some(b.nrows()) || odds.nrows() == 0 {
        return Err(MethodError::input(format!("{experts} experts of rank {rank} in {} rows", b.nrows())));
    }
    let count = T::of(odds.nrows() as f64);
    let mut mixed = Array2::zeros((rank, b.ncols()));
    for (expert, column) in odds.columns().into_iter().enumerate() {
        let part = b.slice(s![expert * rank..(expert + 1) * rank, ..]);
        mixed.scaled_add(column.sum() / count, &part);
    }
    Ok(dot(&hidden, &mixed)? * T::of(scaling))
}

/// How X-LoRA weighs its adapters at each token (Buehler and Buehler 2024, arXiv:2402.07148), from what its classifier
/// says, `[tokens, adapters]` (`tuners/xlora/layer.py`, `get_maybe_topk_scalings`): only the `top` largest count, if
/// there is such a limit, and with `anew` the softmax of those that are not 0 takes their place. The layer's output is
/// `x · Wᵀ + b + g · Σ_k LoRA_k(s_k ⊙ x)`.
#[must_use]
pub fn xlora<T: Scalar>(scalings: &Array2<T>, top: Option<usize>, anew: bool) -> Array2<T> {
    let mut weights = scalings.clone();
    for mut row in weights.rows_mut() {
        if let Some(top) = top {
            let mut order: Vec<usize> = (0..row.len()).collect();
            order.sort_by(|a, b| row[*b].wide().total_cmp(&row[*a].wide()));
            order.into_iter().skip(top).for_each(|at| row[at] = T::zero());
        }
        if anew {
            let most = row.iter().copied().filter(|weight| *weight != T::zero()).fold(T::neg_infinity(), T::max);
            row.mapv_inplace(|weight| if weight == T::zero() { weight } else { (weight - most).exp() });
            let sum = row.sum();
            row.mapv_inplace(|weight| if sum == T::zero() { weight } else { weight / sum });
        }
    }
    weights
}

/// How Arrow (Ostapenko et al. 2024, arXiv:2405.11157) weighs its adapters at each token, by how far the token lies along
/// the direction that each adapter's update stretches most (`tuners/lora/arrow.py`):
///
/// ```text
/// softmax over the top k of |x · p_e| / T        p_e the first right singular vector of B_e · A_e
/// ```
///
/// `directions` is `[adapters, in]`; the library finds them by powers of the update, from a draw. The layer's output is
/// `x · Wᵀ + b + Σ_e w_e · LoRA_e(x)`; with general adapters their mean has been taken out of each A and B first
/// (GenKnowSub, arXiv:2505.10939).
///
/// # Errors
/// If shapes do not meet.
pub fn arrow<T: Scalar>(
    x: &Array2<T>,
    directions: &Array2<T>,
    top: usize,
    temperature: f64,
) -> Result<Array2<T>, MethodError> {
    let mut weights = dot(x, &directions.t())?.mapv(T::abs);
    for mut row in weights.rows_mut() {
        let mut order: Vec<usize> = (0..row.len()).collect();
        order.sort_by(|a, b| row[*b].wide().total_cmp(&row[*a].wide()));
        order.into_iter().skip(top).for_each(|at| row[at] = T::neg_infinity());
        row.mapv_inplace(|along| along / T::of(temperature));
        let most = row.iter().copied().fold(T::neg_infinity(), T::max);
        row.mapv_inplace(|along| (along - most).exp());
        let sum = row.sum();
        row.mapv_inplace(|weight| weight / sum);
    }
    Ok(weights)
}

/// What Poly (Ponti et al. 2022, arXiv:2202.13914; Caccia et al. 2023, arXiv:2211.03831) adds to the output of one
/// example (`tuners/poly/layer.py`, `router.py`): the skills of each split, mixed as the task's logits say,
///
/// ```text
/// x · A · B / r        A = [Σ_s w_qs · A_qs]_q,  B = Σ_q …        w = σ(logits) / (Σ_s σ(logits) + 10⁻¹²)
/// ```
///
/// with `A` `[splits, skills, in / splits, r]` and `B` `[splits, skills, r, out / splits]`, flattened here to
/// `[splits · skills, …, …]`.
///
/// | tensor | shape | |
/// |---|---|---|
/// | `poly_lora_A` | `[splits, skills, in / splits, r]` | `A_qs` |
/// | `poly_lora_B` | `[splits, skills, r, out / splits]` | `B_qs` |
/// | `poly_router.module_logits` | `[tasks, splits · skills]` | `logits`, a task's row as `[splits, skills]` |
///
/// # Errors
/// If shapes do not meet.
pub fn poly<T: Scalar>(
    x: ArrayView2<'_, T>,
    (a, b): (&Array3<T>, &Array3<T>),
    logits: ArrayView2<'_, T>,
) -> Result<Array2<T>, MethodError> {
    let ((splits, skills), (count, part, rank)) = (logits.dim(), a.dim());
    let (same, again, width) = b.dim();
    if splits.checked_mul(skills) != Some(count) || same != count || again != rank {
        return Err(MethodError::input(format!(
            "{splits} × {skills} skills of shapes {:?} and {:?}",
            a.dim(),
            b.dim()
        )));
    }
    let weights = logits.mapv(sigmoid);
    let (mut down, mut up) = (Array2::zeros((splits * part, rank)), Array2::zeros((rank, splits * width)));
    for q in 0..splits {
        let sum = weights.row(q).sum() + T::of(1e-12);
        for skill in 0..skills {
            let weight = weights[(q, skill)] / sum;
            let at = q * skills + skill;
            down.slice_mut(s![q * part..(q + 1) * part, ..]).scaled_add(weight, &a.index_axis(ndarray::Axis(0), at));
            up.slice_mut(s![.., q * width..(q + 1) * width]).scaled_add(weight, &b.index_axis(ndarray::Axis(0), at));
        }
    }
    Ok(dot(&dot(&x, &down)?, &up)? / T::of(rank as f64))
}
