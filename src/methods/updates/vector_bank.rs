use ndarray::{Array1, Array2, ArrayD, Axis};

use crate::methods::{MethodError, Scalar};

/// VB-LoRA's sub-vectors (Li et al. 2024, arXiv:2405.15179, equation 4): for each vector of logits, the largest `k` of
/// them pick vectors of the bank, weighed by the softmax among themselves (`tuners/vblora/layer.py`):
///
/// ```text
/// u = Σ_{i in top k} softmax(σ_i) · bank_i
/// ```
///
/// `logits` are `[a, b, vectors]`, the result is `[a · b, length]`. The update of the layer is `B · A`, without a factor. A's
/// pieces stand beside each other in its rows; B's stand below each other in its columns:
///
/// ```text
/// A[ρ, j·ℓ + t] = u_A[ρ, j][t]        B[j·ℓ + t, ρ] = u_B[j, ρ][t]        ℓ = vector_length
/// ```
///
/// | tensor | shape | |
/// |---|---|---|
/// | `vblora_logits_A` | `[r, in / ℓ, num_vectors]` | the `σ` of A's pieces |
/// | `vblora_logits_B` | `[out / ℓ, r, num_vectors]` | the `σ` of B's pieces |
/// | `vblora_vector_bank` | `[num_vectors, ℓ]`, shared by all layers | `bank` |
/// | `vblora_logits_A_topk_indices`, `vblora_logits_B_topk_indices` | `[r, in / ℓ, k]`, `[out / ℓ, r, k]` | with `save_only_topk_weights`, instead of logits: the vectors chosen |
/// | `vblora_logits_A_topk_weights`, `vblora_logits_B_topk_weights` | `[r, in / ℓ, k - 1]`, `[out / ℓ, r, k - 1]` | their softmax; the last weight is what they lack of 1 |
///
/// # Errors
/// If the bank has not as many vectors, or fewer than `k`.
pub fn mixtures<T: Scalar>(logits: &ArrayD<T>, bank: &Array2<T>, k: usize) -> Result<Array2<T>, MethodError> {
    let count = logits.shape().last().copied().unwrap_or_default();
    if count != bank.nrows() || k > count {
        return Err(MethodError::input(format!("{count} logits, of which {k}, for a bank of {}", bank.nrows())));
    }
    let mut out = Array2::zeros((0, bank.ncols()));
    for lane in logits.lanes(Axis(logits.ndim().saturating_sub(1))) {
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by(|a, b| lane[*b].wide().total_cmp(&lane[*a].wide()));
        order.truncate(k);
        let most = order.first().map_or(T::zero(), |first| lane[*first]);
        let weights: Vec<T> = order.iter().map(|at| (lane[*at] - most).exp()).collect();
        let sum: T = weights.iter().copied().sum();
        let weights: Vec<T> = weights.into_iter().map(|weight| weight / sum).collect();
        push(&mut out, &order, &weights, bank)?;
    }
    Ok(out)
}

/// The same of what `save_only_topk_weights` leaves: which vectors, `[a, b, k]`, and all weights but the last, which is
/// what they lack of one.
///
/// # Errors
/// If the two do not fit, or a vector is not in the bank.
pub fn saved_mixtures<T: Scalar>(
    chosen: &[usize],
    weights: &ArrayD<T>,
    bank: &Array2<T>,
    k: usize,
) -> Result<Array2<T>, MethodError> {
    let weights: Vec<T> = weights.iter().copied().collect();
    if k == 0 || !chosen.len().is_multiple_of(k) || weights.len() != chosen.len() / k * (k - 1) {
        return Err(MethodError::input(format!("{} weights of {} vectors, {k} each", weights.len(), chosen.len())));
    }
    let mut out = Array2::zeros((0, bank.ncols()));
    for (at, order) in chosen.chunks(k).enumerate() {
        let mut own = weights[at * (k - 1)..(at + 1) * (k - 1)].to_vec();
        own.push(T::one() - own.iter().copied().sum());
        push(&mut out, order, &own, bank)?;
    }
    Ok(out)
}

fn push<T: Scalar>(out: &mut Array2<T>, order: &[usize], weights: &[T], bank: &Array2<T>) -> Result<(), MethodError> {
    let mut sum = Array1::zeros(bank.ncols());
    for (&at, &weight) in order.iter().zip(weights) {
        if at >= bank.nrows() {
            return Err(MethodError::input(format!("vector {at} of a bank of {}", bank.nrows())));
        }
        sum.scaled_add(weight, &bank.row(at));
    }
    out.push_row(sum.view()).map_err(|error| MethodError::input(error.to_string()))
}
