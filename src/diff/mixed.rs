//! Factors of half precision that are other numbers in both adapters. Their products are sums, in which a number that is off
//! drowns among others; but where the products are the same, the rows of one A are mixtures of those of the other, and so
//! are the columns of B, each number to within what rounding makes of it and of those that it is mixed of.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};

use super::measure::Step;

/// Of matrices with more rows than this nothing is said: each row is fitted by itself, which takes long.
const MOST_ROWS: usize = 32;

/// So much further than rounding takes it may a number be from its mixture: a fit spreads what is off.
const SLACK: f64 = 1.5;

/// So many steps are directions apart at least that count as several, however their numbers are rounded.
const APART: f64 = 16.0;

/// What computing in single precision adds, relative to the largest number of a row.
const COMPUTED: f64 = 8.0 * f32::EPSILON as f64;

/// A and B of an update, and how far their numbers are from one another.
#[derive(Clone, Copy)]
pub(super) struct Factors<'a> {
    pub(super) down: &'a Array2<f64>,
    pub(super) up: &'a Array2<f64>,
    pub(super) step: Step,
}

/// Whether two A, and two B, can be mixtures of one another as those with the same product are; yes where this cannot be told.
pub(super) fn can_be(one: Factors<'_>, other: Factors<'_>) -> bool {
    let ranks = [one.down.nrows(), other.down.nrows(), one.up.ncols(), other.up.ncols()];
    if ranks.iter().any(|rank| *rank != ranks[0] || *rank > MOST_ROWS) {
        return true;
    }
    let side = |of: Factors<'_>, from: Factors<'_>| {
        let [up, down] = [of.up.t(), of.down.view()];
        // A is what B leaves of the product, if its columns are several directions; and B what A leaves.
        (!is_apart(up, of.step) || is_mixed((down, of.step), (from.down.view(), from.step)))
            && (!is_apart(down, of.step) || is_mixed((up, of.step), (from.up.t(), from.step)))
    };
    side(one, other) && side(other, one)
}

/// Whether the rows are so many directions, even if all numbers were rounded otherwise.
fn is_apart(rows: ArrayView2<'_, f64>, step: Step) -> bool {
    let lengths: Vec<f64> = rows.axis_iter(Axis(0)).map(|row| row.dot(&row).sqrt()).collect();
    if lengths.iter().any(|length| !length.is_normal()) {
        return false;
    }
    let mut gram = rows.dot(&rows.t());
    for ((row, column), entry) in gram.indexed_iter_mut() {
        *entry /= lengths[row] * lengths[column];
    }
    lower(gram, (APART * step.at_one()).powi(2)).is_some()
}

/// Whether each row of one can be a mixture of the rows of another.
fn is_mixed((of, its): (ArrayView2<'_, f64>, Step), (from, others): (ArrayView2<'_, f64>, Step)) -> bool {
    if of.ncols() != from.ncols() || from.ncols() <= from.nrows() || !is_apart(from, others) {
        return true;
    }
    let even = Array1::ones(from.ncols());
    of.axis_iter(Axis(0)).all(|row| {
        let largest = row.fold(0.0_f64, |largest, number| largest.max(number.abs()));
        // How far each number may be from its mixture, half a step for each rounding.
        let allowed = |mixture: &Array1<f64>| {
            let mut allowed = row.mapv(|number| its.of(number.abs()) / 2.0 + COMPUTED * largest);
            for (share, row) in mixture.iter().zip(from.axis_iter(Axis(0))) {
                allowed.zip_mut_with(&row, |sum, number| *sum += share.abs() * others.of(number.abs()) / 2.0);
            }
            allowed
        };
        let Some(first) = fit(row, from, &even) else { return true };
        let bounds = allowed(&first);
        if bounds.iter().any(|bound| !bound.is_normal()) {
            return true;
        }
        let Some(mixture) = fit(row, from, &bounds) else { return true };
        let bounds = allowed(&mixture);
        let mixed = mixture.dot(&from);
        row.iter().zip(&mixed).zip(&bounds).all(|((own, mixed), bound)| (own - mixed).abs() <= SLACK * bound)
    })
}

/// The mixture of rows that is nearest to one, each number measured by its bound; none where rows are no several directions.
fn fit(row: ArrayView1<'_, f64>, from: ArrayView2<'_, f64>, bounds: &Array1<f64>) -> Option<Array1<f64>> {
    let weighted = &from / bounds;
    let right = weighted.dot(&(&row / bounds));
    let mut gram = weighted.dot(&weighted.t());
    let scales = gram.diag().mapv(f64::sqrt);
    if scales.iter().any(|scale| !scale.is_normal()) {
        return None;
    }
    for ((row, column), entry) in gram.indexed_iter_mut() {
        *entry /= scales[row] * scales[column];
    }
    let lower = lower(gram, 1e-10)?;
    let mut solved = &right / &scales;
    let size = solved.len();
    for row in 0..size {
        let known: f64 = (0..row).map(|column| lower[[row, column]] * solved[column]).sum();
        solved[row] = (solved[row] - known) / lower[[row, row]];
    }
    for row in (0..size).rev() {
        let known: f64 = (row + 1..size).map(|below| lower[[below, row]] * solved[below]).sum();
        solved[row] = (solved[row] - known) / lower[[row, row]];
    }
    Some(solved / scales)
}

/// The lower triangle that is the matrix times its own transposition (Cholesky); none where the square of an entry of its
/// diagonal is below the least.
fn lower(mut matrix: Array2<f64>, least: f64) -> Option<Array2<f64>> {
    for column in 0..matrix.nrows() {
        let before: f64 = (0..column).map(|at| matrix[[column, at]].powi(2)).sum();
        let square = matrix[[column, column]] - before;
        if square.is_nan() || square < least {
            return None;
        }
        let pivot = square.sqrt();
        matrix[[column, column]] = pivot;
        for row in column + 1..matrix.nrows() {
            let before: f64 = (0..column).map(|at| matrix[[row, at]] * matrix[[column, at]]).sum();
            matrix[[row, column]] = (matrix[[row, column]] - before) / pivot;
        }
    }
    Some(matrix)
}

#[cfg(test)]
mod tests {
    use half::bf16;
    use ndarray::Array2;
    use proptest::prelude::*;

    use super::*;
    use crate::tensors::Dtype;

    const RANK: usize = 4;
    const SIZE: usize = 120;

    fn rounded(matrix: &Array2<f64>) -> Array2<f64> {
        matrix.mapv(|number| bf16::from_f64(number).to_f64())
    }

    fn factors<'a>(down: &'a Array2<f64>, up: &'a Array2<f64>) -> Factors<'a> {
        Factors { down, up, step: Step::half([Dtype::Bf16]).expect("it is half precision") }
    }

    fn matrix(rows: usize, columns: usize) -> impl Strategy<Value = Array2<f64>> {
        // None is small: a fit takes such numbers for exact.
        let number = prop_oneof![-1.0..-0.1_f64, 0.1..1.0_f64];
        let numbers = prop::collection::vec(number, rows * columns);
        numbers.prop_map(move |numbers| Array2::from_shape_vec((rows, columns), numbers).expect("as many as drawn"))
    }

    proptest! {
        #[test]
        fn rounded_factors_of_one_product_can_be_and_a_number_that_is_off_is_seen(
            (down, up) in (matrix(RANK, SIZE), matrix(SIZE, RANK)),
            shares in prop::collection::vec(0.3..3.0_f64, RANK),
            place in (0..RANK, 0..SIZE),
            mixes in any::<bool>(),
        ) {
            let mut mixture = Array2::from_diag(&Array1::from_vec(shares));
            let mut back = mixture.mapv(|share| if share == 0.0 { 0.0 } else { 1.0 / share });
            if mixes {
                // One row more in another, and its inverse.
                let mut shear = Array2::eye(RANK);
                shear[[0, 1]] = 0.75;
                mixture = shear.dot(&mixture);
                shear[[0, 1]] = -0.75;
                back = back.dot(&shear);
            }
            let (other_down, other_up) = (rounded(&mixture.dot(&down)), rounded(&up.dot(&back)));
            let (down, up) = (rounded(&down), rounded(&up));
            prop_assert!(can_be(factors(&down, &up), factors(&other_down, &other_up)));
            if !mixes {
                let mut off = other_down.clone();
                off[place] *= 1.05;
                prop_assume!(off[place].abs() > 0.01);
                prop_assert!(!can_be(factors(&down, &up), factors(&off, &other_up)));
            }
        }
    }
}
