use ndarray::{Array1, Array2};

use crate::methods::{MethodError, Scalar};

/// A matrix that is zero but for these entries, those of one place added up: SHiRA (Bhardwaj et al. 2024,
/// arXiv:2406.13175), Super-Tuning, and the spectra of FourierFT and WaveFT (`tuners/shira/layer.py`,
/// `tuners/supertuning/layer.py`):
///
/// ```text
/// SHiRA:         ΔW[i_k, j_k] = v_k        (i_k, j_k) a column of the indices
/// Super-Tuning:  ΔW[⌊p_k / in⌋, p_k mod in] = v_k,  and + α / r · B · A if there is an `r`
/// ```
///
/// Neither has a factor before the entries. Super-Tuning's places `p_k` are flat, row by row; `α` is `lora_alpha`, or
/// `2 · r` where that is null.
///
/// | tensor | shape | |
/// |---|---|---|
/// | `shira_weight` | `[r · (in + out)]` | `v` |
/// | `shira_indices` | `[2, r · (in + out)]` | rows `i`, then columns `j` |
/// | `supertuning_values` | `[n]`, `n` = `(1 - sparsity) · out · in` cut to an integer | `v` |
/// | `supertuning_indices` | `[n]` | `p`, if `save_precomputed_indices`; else PEFT finds them in the base weight anew |
/// | `supertuning_lora_A.weight` | `[r, in]` | `A`, if there is an `r` |
/// | `supertuning_lora_B.weight` | `[out, r]` | `B`, if there is an `r` |
///
/// # Errors
/// If there is another number of places than of values, or a place is outside.
pub fn scatter<T: Scalar>(
    values: &Array1<T>,
    places: &[(usize, usize)],
    shape: (usize, usize),
) -> Result<Array2<T>, MethodError> {
    if values.len() != places.len() {
        return Err(MethodError::input(format!("{} values at {} places", values.len(), places.len())));
    }
    let mut dense = Array2::zeros(shape);
    for (&value, &place) in values.iter().zip(places) {
        match dense.get_mut(place) {
            Some(entry) => *entry += value,
            None => return Err(MethodError::input(format!("a place {place:?} in a weight of {shape:?}"))),
        }
    }
    Ok(dense)
}
