use std::f64::consts::TAU;

use ndarray::{Array1, Array2, Axis, concatenate};

use super::matrix::dot;
use crate::methods::{MethodError, Scalar};

/// FourierFT (Gao et al. 2024, arXiv:2405.03003, equation 3): the real part of the inverse discrete Fourier transform of
/// a spectrum with few entries (`tuners/fourierft/layer.py`),
///
/// ```text
/// ΔW[p, q] = s / (out · in) · Σ_k c_k · cos(2π · (p · u_k / out + q · v_k / in))
/// ```
///
/// `positions` are `u_k · in + v_k`. PEFT draws them from `random_loc_seed` and does not save them. The cosine of the sum is
/// taken apart, which leaves two products of matrices.
///
/// | tensor | shape | |
/// |---|---|---|
/// | `fourierft_spectrum` | `[n_frequency]` | `c` |
///
/// # Errors
/// If there is another number of positions than of entries.
pub fn fourier<T: Scalar>(
    scaling: f64,
    spectrum: &Array1<T>,
    positions: &[(usize, usize)],
    (outputs, inputs): (usize, usize),
) -> Result<Array2<T>, MethodError> {
    if spectrum.len() != positions.len() {
        return Err(MethodError::input(format!("{} entries at {} positions", spectrum.len(), positions.len())));
    }
    let count = spectrum.len();
    // The product is reduced before it is divided, so that the angle is as exact for large weights as for small ones.
    let angle = |place: usize, at: usize, size: usize| TAU * ((place * at) % size) as f64 / size as f64;
    let factor = scaling / (outputs as f64 * inputs as f64);
    let left = |function: fn(f64) -> f64, sign: f64| {
        Array2::from_shape_fn((outputs, count), |(p, k)| {
            T::of(sign * factor * spectrum[k].wide() * function(angle(p, positions[k].0, outputs)))
        })
    };
    let right = |function: fn(f64) -> f64| {
        Array2::from_shape_fn((count, inputs), |(k, q)| T::of(function(angle(q, positions[k].1, inputs))))
    };
    let joined = |axis: usize, one: Array2<T>, two: Array2<T>| {
        concatenate(Axis(axis), &[one.view(), two.view()]).map_err(|error| MethodError::input(error.to_string()))
    };
    let left = joined(1, left(f64::cos, 1.0), left(f64::sin, -1.0))?;
    dot(&left, &joined(0, right(f64::cos), right(f64::sin))?)
}
