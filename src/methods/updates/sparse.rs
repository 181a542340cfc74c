use ndarray::{Array1, Array2};

use crate::methods::{MethodError, Scalar};

/// A matrix that is zero but for these entries, those of one place added up: SHiRA (Bhardwaj et al. 2024,
/// arXiv:2406.13175), Super-Tuning, and the spectra of FourierFT and WaveFT (`tuners/shira/layer.py`,
/// `tuners/supertuning/layer.py`).
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
