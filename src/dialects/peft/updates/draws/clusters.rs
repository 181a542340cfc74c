use nalgebra::{DMatrix, SymmetricEigen};
use ndarray::{Array1, Array2, Axis};

use super::super::Settings;
use super::torch::Twister;
use super::{bounded, seed};
use crate::methods::linear::Linear;
use crate::methods::updates::matrix::{dot, orthonormal};
use crate::methods::{MethodError, Scalar};

/// The seed of scikit-learn's k-means in PEFT, and its most steps (`tuners/adamss/utils.py`, `clustering_Z`).
const SEED: u64 = 123_456_789;
const STEPS: usize = 10;

/// The rows of AdaMSS's clusters, one cluster after the other, as PEFT finds them when it loads an adapter
/// (`tuners/adamss/layer.py`, `utils.py`): the rows of `U` of the weight, with the bias as its last column, in the
/// randomised decomposition of `torch.svd_lowrank` (Halko, Martinsson and Tropp 2011, arXiv:0909.4061, algorithm 5.1, two
/// powers), clustered by scikit-learn 1.9.1's `KMeans` (Lloyd 1982, doi:10.1109/TIT.1982.1056489) from rows that are drawn.
/// The signs of the directions leave distances as they are.
///
/// PEFT computes in single precision and this in double, so that a row must be nearer to one cluster than to all others
/// by more than rounding explains. It is not where the rank is no smaller than the number of rows: the rows of a whole
/// orthogonal matrix are all as far from one another.
///
/// # Errors
/// If rounding decides where a row belongs, or a cluster is left empty, which scikit-learn then fills from others.
pub(in super::super) fn clusters<T: Scalar>(
    config: Settings<'_>,
    base: &Linear<T>,
) -> Result<Vec<Vec<usize>>, MethodError> {
    let mut weight = base.weight.mapv(Scalar::wide);
    if let Some(bias) = &base.bias {
        let pushed = weight.push_column(bias.mapv(Scalar::wide).view());
        pushed.map_err(|error| MethodError::input(error.to_string()))?;
    }
    if !weight.iter().all(|value| value.is_finite()) {
        return Err(MethodError::undefined("a weight with values that are not finite has no clusters"));
    }
    let rank = config.size("r").min(weight.nrows()).min(weight.ncols());
    let mut points = left_directions(&weight, rank, seed(config, "random_seed")?)?;
    let mean = points.mean_axis(Axis(0)).ok_or_else(|| MethodError::input("the weight has no rows"))?;
    points -= &mean;
    lloyd(&points, config.size("num_subspaces").min(points.nrows()))
}

/// `U` of `torch.svd_lowrank(weight, q=rank, niter=2)`, up to the signs of its columns.
fn left_directions(weight: &Array2<f64>, rank: usize, seed: u64) -> Result<Array2<f64>, MethodError> {
    let is_wide = weight.nrows() < weight.ncols();
    let tall = if is_wide { weight.t() } else { weight.view() };
    let width = tall.ncols();
    let drawn = Twister::new(seed).normal(bounded(&[width, rank])?, 1.0).into_iter().map(f64::from).collect();
    let drawn = Array2::from_shape_vec((width, rank), drawn).map_err(|error| MethodError::input(error.to_string()))?;
    let mut basis = orthonormal(&dot(&tall, &drawn)?);
    for _ in 0..2 {
        let back = orthonormal(&dot(&tall.t(), &basis)?);
        basis = orthonormal(&dot(&tall, &back)?);
    }
    let small = dot(&basis.t(), &tall)?;
    let square = dot(&small, &small.t())?;
    let square = DMatrix::from_fn(rank, rank, |row, column| square[(row, column)]);
    let found = SymmetricEigen::try_new(square, f64::EPSILON, rank.saturating_mul(64).max(1024));
    let found = found.ok_or_else(|| MethodError::undefined("the singular values of the weight cannot be computed"))?;
    let mut order: Vec<usize> = (0..rank).collect();
    order.sort_by(|one, other| found.eigenvalues[*other].total_cmp(&found.eigenvalues[*one]));
    let turn = Array2::from_shape_fn((rank, rank), |(row, column)| found.eigenvectors[(row, order[column])]);
    if !is_wide {
        return dot(&basis, &turn);
    }
    let mut right = dot(&small.t(), &turn)?;
    for mut column in right.columns_mut() {
        let length = column.dot(&column).sqrt();
        column /= length;
    }
    Ok(right)
}

/// Clusters of rows, each with its rows in their order.
fn lloyd(points: &Array2<f64>, count: usize) -> Result<Vec<Vec<usize>>, MethodError> {
    let rows = points.nrows();
    let mut centers = points.select(Axis(0), &starts(rows, count));
    let variance = points.var_axis(Axis(0), 0.0).mean().unwrap_or_default();
    let mut labels: Vec<usize> = vec![usize::MAX; rows];
    for _ in 0..STEPS {
        let found = nearest(points, &centers)?;
        let mut sums = Array2::<f64>::zeros(centers.dim());
        let mut sizes = Array1::<f64>::zeros(count);
        for (point, &label) in points.rows().into_iter().zip(&found) {
            sums.row_mut(label).scaled_add(1.0, &point);
            sizes[label] += 1.0;
        }
        if sizes.iter().any(|size| *size < 0.5) {
            return Err(MethodError::undefined("a cluster ends up without rows"));
        }
        for (mut sum, size) in sums.rows_mut().into_iter().zip(&sizes) {
            sum /= *size;
        }
        let moved: f64 = (&sums - &centers).mapv(|step| step * step).sum();
        centers = sums;
        if found == labels {
            return Ok(by_label(&found, count));
        }
        labels = found;
        if moved <= variance * 1e-4 {
            break;
        }
    }
    Ok(by_label(&nearest(points, &centers)?, count))
}

fn by_label(labels: &[usize], count: usize) -> Vec<Vec<usize>> {
    let mut clusters = vec![Vec::new(); count];
    for (row, &label) in labels.iter().enumerate() {
        clusters[label].push(row);
    }
    clusters
}

/// For each row the nearest center.
fn nearest(points: &Array2<f64>, centers: &Array2<f64>) -> Result<Vec<usize>, MethodError> {
    /// By how much of its distance a row must be nearer than to the next: a hundred roundings of single precision.
    const MARGIN: f64 = 1e-5;
    let label = |point: ndarray::ArrayView1<'_, f64>| {
        let (mut nearest, mut next) = ((0, f64::INFINITY), f64::INFINITY);
        for (label, center) in centers.rows().into_iter().enumerate() {
            let distance = (&point - &center).mapv(|d| d * d).sum();
            if distance < nearest.1 {
                (nearest, next) = ((label, distance), nearest.1);
            } else {
                next = next.min(distance);
            }
        }
        let is_told = next.is_infinite() || next - nearest.1 > MARGIN * next;
        let detail = "a row of the weight is equally near to two clusters: rounding decides where PEFT puts it";
        is_told.then_some(nearest.0).ok_or_else(|| MethodError::undefined(detail))
    };
    points.rows().into_iter().map(label).collect()
}

/// The rows that `numpy.random.RandomState(SEED).choice(rows, count, replace=False, p=…)` draws with equal odds: those
/// that are drawn again are drawn anew.
fn starts(rows: usize, count: usize) -> Vec<usize> {
    let mut twister = Twister::new(SEED);
    let mut odds = vec![1.0_f64; rows];
    let mut found: Vec<usize> = Vec::with_capacity(count);
    while found.len() < count.min(rows) {
        let drawn: Vec<f64> = (found.len()..count).map(|_| twister.numpy_unit()).collect();
        found.iter().for_each(|row| odds[*row] = 0.0);
        let all: f64 = odds.iter().sum();
        let mut sum = 0.0;
        let limits: Vec<f64> = odds
            .iter()
            .map(|odds| {
                sum += odds;
                sum / all
            })
            .collect();
        for number in drawn {
            let row = limits.partition_point(|limit| *limit <= number);
            if !found.contains(&row) {
                found.push(row);
            }
        }
    }
    found
}
