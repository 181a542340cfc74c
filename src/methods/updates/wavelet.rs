use ndarray::{Array1, Array2, s};

use super::matrix::{dot, plus};
use super::sparse::scatter;
use super::wavelets::FAMILIES;
use crate::methods::{MethodError, Scalar};

/// WaveFT (Bilican et al. 2025, arXiv:2505.12532): one step of the inverse wavelet transform of a matrix with few
/// entries (`tuners/waveft/layer.py`, `waverec2d.py`):
///
/// ```text
/// ΔW = s · (L · C_ll · Lᵀ + H · C_hl · Lᵀ + L · C_lh · Hᵀ + H · C_hh · Hᵀ), its middle
/// ```
///
/// `L[n, i] = lo[n - 2i + f - 2]` for a filter of `f` numbers, `H` the same of `hi[n] = (-1)ⁿ · lo[f - 1 - n]`. The
/// four quarters `C_ll` (top left), `C_hl` (top right), `C_lh` (bottom left) and `C_hh` are those of a matrix that is
/// `f - 2` rows and columns larger than the weight, made even, with the entries in its middle. An entry that this moves
/// outside is dropped. Without `use_idwt` the entries themselves are the change, times `s`.
///
/// | tensor | shape | |
/// |---|---|---|
/// | `waveft_spectrum` | `[n_frequency]` | the entries; their positions are drawn from `random_loc_seed`, and not saved |
///
/// # Errors
/// If the family is not known, or there is another number of positions than of entries.
pub fn wavelet<T: Scalar>(
    scaling: f64,
    family: &str,
    spectrum: &Array1<T>,
    positions: &[(usize, usize)],
    (outputs, inputs): (usize, usize),
) -> Result<Array2<T>, MethodError> {
    let found = FAMILIES.iter().find(|(name, _)| *name == family);
    let (_, low) = found.ok_or_else(|| MethodError::undefined(format!("there is no wavelet `{family}`")))?;
    let reduction = low.len() - 2;
    let padded = |size: usize| (size + reduction).next_multiple_of(2);
    let (rows, columns) = (padded(outputs), padded(inputs));
    let offset = ((rows - outputs) / 2, (columns - inputs) / 2);
    let moved: Vec<_> = positions.iter().map(|(row, column)| (row + offset.0, column + offset.1)).collect();
    let dense = scatter(spectrum, &moved, (rows, columns))?;
    let (half, width) = (rows / 2, columns / 2);

    let high: Vec<f64> =
        low.iter().rev().enumerate().map(|(at, value)| if at % 2 == 0 { *value } else { -value }).collect();
    let (low_rows, high_rows) = (synthesis::<T>(low, half), synthesis::<T>(&high, half));
    let (low_columns, high_columns) = (synthesis::<T>(low, width), synthesis::<T>(&high, width));
    // By rows first: each half of the columns meets one filter of the rows' two.
    let side = |columns: ndarray::Slice| {
        let top = dense.slice(s![..half, columns]);
        let bottom = dense.slice(s![half.., columns]);
        (top.to_owned(), bottom.to_owned())
    };
    let (ll, lh) = side(ndarray::Slice::from(..width));
    let (hl, hh) = side(ndarray::Slice::from(width..));
    let with_low = plus(dot(&low_rows, &ll)?, &dot(&high_rows, &hl)?)?;
    let with_high = plus(dot(&low_rows, &lh)?, &dot(&high_rows, &hh)?)?;
    let whole = plus(dot(&with_low, &low_columns.t())?, &dot(&with_high, &high_columns.t())?)?;
    let start = ((whole.nrows() - outputs) / 2, (whole.ncols() - inputs) / 2);
    let middle = whole.slice(s![start.0..start.0 + outputs, start.1..start.1 + inputs]);
    Ok(middle.mapv(|value| value * T::of(scaling)))
}

/// The matrix that upsamples by two and filters, without the margins.
fn synthesis<T: Scalar>(filter: &[f64], half: usize) -> Array2<T> {
    let margin = filter.len() - 2;
    let rows = (2 * half + 2).saturating_sub(filter.len());
    Array2::from_shape_fn((rows, half), |(row, at)| {
        let place = (row + margin).checked_sub(2 * at).and_then(|place| filter.get(place));
        T::of(place.copied().unwrap_or_default())
    })
}
