use ndarray::{Array1, Array2, Axis};

use super::matrix::{cayley, minus, neumann, rows, skew, times_blocks};
use super::{Block, Update};
use crate::methods::linear::Linear;
use crate::methods::{MethodError, Scalar};

/// A weight whose rows are turned, and may be scaled:
///
/// ```text
/// W' = diag(s) · W · R
/// ```
///
/// This `R` is what stands behind the weight: the transpose of the `R` that [`oft`] and [`boft`] make.
#[derive(Debug, Clone, PartialEq)]
pub enum Rotation<T> {
    /// `R` is block-diagonal ([`oft`], [`boft`]); a single block serves all.
    Blocks {
        /// The blocks.
        blocks: Vec<Array2<T>>,
        /// `s`, `[out]`.
        scale: Option<Array1<T>>,
    },
    /// `R` is a product of block-diagonal matrices over columns in other orders ([`boft`]).
    Butterfly {
        /// Each factor's blocks, and where each column goes before it: the column that comes there.
        factors: Vec<(Vec<Array2<T>>, Vec<usize>)>,
        /// `s`, `[out]`.
        scale: Array1<T>,
    },
    /// `R` is a chain of reflections at these directions of length one ([`hra`]).
    Reflections(Vec<Array1<T>>),
}

impl<T: Scalar> Update<T> for Rotation<T> {
    fn delta(&self, base: &Linear<T>) -> Result<Array2<T>, MethodError> {
        minus(self.merged(base)?.weight, &base.weight)
    }

    fn merged_block(&self, block: &Block, part: Array2<T>) -> Option<Result<Array2<T>, MethodError>> {
        // Every row is turned by itself, and as a whole.
        block.has_whole_rows().then(|| self.turned(block, part))
    }
}

impl<T: Scalar> Rotation<T> {
    fn turned(&self, block: &Block, mut weight: Array2<T>) -> Result<Array2<T>, MethodError> {
        let scaled = |weight, scale: &Array1<T>| rows(&block.of_rows(scale)?.to_owned(), weight);
        match self {
            Self::Blocks { blocks, scale } => {
                let turned = times_blocks(&weight, blocks)?;
                match scale {
                    Some(scale) => scaled(turned, scale),
                    None => Ok(turned),
                }
            }
            Self::Butterfly { factors, scale } => {
                for (blocks, order) in factors {
                    if order.len() != weight.ncols() {
                        return Err(MethodError::input("blocks of another size than the inputs"));
                    }
                    let mut ordered = weight.clone();
                    for (column, &place) in order.iter().enumerate() {
                        ordered.column_mut(place).assign(&weight.column(column));
                    }
                    weight = times_blocks(&ordered, blocks)?.select(Axis(1), order);
                }
                scaled(weight, scale)
            }
            Self::Reflections(directions) => {
                for u in directions {
                    if u.len() != weight.ncols() {
                        return Err(MethodError::input("a direction of another length than the inputs"));
                    }
                    let along = weight.dot(u) * T::of(-2.0);
                    for (mut row, &along) in weight.rows_mut().into_iter().zip(&along) {
                        row.scaled_add(along, u);
                    }
                }
                Ok(weight)
            }
        }
    }
}

/// OFT (Qiu et al. 2023, arXiv:2306.07280), as `tuners/oft/layer.py` has it: the input is turned in blocks,
///
/// ```text
/// y = (x · R) · Wᵀ + b,  so  W' = W · Rᵀ        R = diag(R_1, R_2, …)
/// exact:   R_i = (I - S_i) · (I + S_i)⁻¹
/// series:  R_i = I                                             terms 1
///          R_i = I + 2·S_i                                     terms 2
///          R_i = I + 2·(S_i + … + S_i^(t-2)) + S_i^(t-1)       terms t ≥ 4; 3 is as 4
/// ```
///
/// `S_i` is skew: its numbers above the diagonal are row `i` of `upper`, row by row, and those below their negatives. The
/// series (Qiu et al. 2025, arXiv:2506.19847) is the start of `(I + S) · (I - S)⁻¹ = I + 2·S + 2·S² + …`, which is the
/// transpose of the exact `R_i`: `use_cayley_neumann`, true by default, turns every block the other way. With
/// `constraint` `ε` (COFT) an `S_i` whose Frobenius norm is above `ε / √b` is shortened to it first, where `b` is the
/// number of rows of `oft_R.weight`: that of the blocks, or 1 with `block_share`.
///
/// `terms` is `num_cayley_neumann_terms` with `use_cayley_neumann`, else `R_i` is exact; `ε` is `eps` with `coft`. The size of
/// the blocks shows in the width of the tensor.
///
/// | tensor | shape | |
/// |---|---|---|
/// | `oft_R.weight` | `[in / n, n·(n-1) / 2]`; with `block_share` one row for all blocks | `upper`, for blocks of size `n` |
///
/// For a convolution `in` is the number of inputs times that of the kernel's places.
///
/// # Errors
/// If a row does not fill a skew matrix, or a transform does not exist.
pub fn oft<T: Scalar>(
    upper: &Array2<T>,
    terms: Option<usize>,
    constraint: Option<f64>,
) -> Result<Rotation<T>, MethodError> {
    let size = triangular_root(upper.ncols());
    let size = size.ok_or_else(|| MethodError::input(format!("{} numbers above a diagonal", upper.ncols())))?;
    if size == 1 {
        // They turn nothing, and of what has no numbers a file may have any number of rows.
        return Ok(Rotation::Blocks { blocks: vec![Array2::eye(1)], scale: None });
    }
    let count = upper.nrows() as f64;
    let block = |row: ndarray::ArrayView1<'_, T>| {
        let mut s = skew(&row.to_vec(), size);
        if let Some(constraint) = constraint {
            let (limit, length) =
                (T::of(constraint) / T::of(count).sqrt(), s.iter().map(|v| *v * *v).sum::<T>().sqrt());
            if length > limit {
                s *= limit / length;
            }
        }
        let turned = match terms {
            Some(terms) => neumann(&s, terms),
            None => cayley(&s)?,
        };
        Ok(turned.reversed_axes())
    };
    let blocks = upper.outer_iter().map(block).collect::<Result<_, MethodError>>()?;
    Ok(Rotation::Blocks { blocks, scale: None })
}

/// `n` of the `n · (n - 1) / 2` numbers above the diagonal of a matrix: of none it is 1.
pub(crate) fn triangular_root(numbers: usize) -> Option<usize> {
    let doubled = numbers.checked_mul(2)?;
    // (n - 1)² ≤ n · (n - 1) < n²
    let before = doubled.isqrt();
    (before.checked_mul(before + 1)? == doubled).then_some(before + 1)
}

/// BOFT (Liu et al. 2024, arXiv:2311.06243, section 4), as `tuners/boft/layer.py` has it:
///
/// ```text
/// W' = diag(s) · W · Rᵀ        R = P_{n-1} · B_{n-1} · P_{n-1}ᵀ · … · P_0 · B_0 · P_0ᵀ
/// B_i = diag of (I - S) · (I + S)⁻¹        S = (M - Mᵀ) / 2
/// ```
///
/// for the matrices `M` of `factors`, `[n, blocks, size, size]`. `P_i` is a permutation of the inputs, with ones at
/// `[k, π_i(k)]` (`block_butterfly_perm`): they are cut into parts of `size · 2^i`, and each part into pieces of
/// `h = size / 2`, which are put in the order of the pieces 0, 2, 4, …, 1, 3, 5, …:
///
/// ```text
/// π_i(o + q·h + t) = o + e(q)·h + t        o where the part begins, e = 0, 2, 4, …, 1, 3, 5, …,  0 ≤ t < h
/// ```
///
/// So `P_0` is the identity. There are more factors than one only where PEFT's CUDA extension is built.
///
/// | tensor | shape | |
/// |---|---|---|
/// | `boft_R` | `[n, blocks, size, size]` | `factors`; `blocks · size` is the number of inputs, times that of a kernel's places |
/// | `boft_s` | `[out, 1]`, of a convolution `[1, out]` | `s` |
///
/// # Errors
/// If a transform does not exist, or blocks cannot be permuted so.
pub fn boft<T: Scalar>(factors: &ndarray::Array4<T>, scale: Array1<T>) -> Result<Rotation<T>, MethodError> {
    let half = T::of(0.5);
    let block = |m: ndarray::ArrayView2<'_, T>| {
        if m.nrows() != m.ncols() {
            return Err(MethodError::input("a block that is not square"));
        }
        Ok(cayley(&((&m - &m.t()) * half))?.reversed_axes())
    };
    let (count, blocks, size, _) = factors.dim();
    let mut all = Vec::with_capacity(count);
    for (at, factor) in factors.outer_iter().enumerate() {
        let rotations = factor.outer_iter().map(block).collect::<Result<Vec<_>, MethodError>>()?;
        if count == 1 {
            return Ok(Rotation::Blocks { blocks: rotations, scale: Some(scale) });
        }
        all.push((rotations, butterfly(blocks, size, at)?));
    }
    Ok(Rotation::Butterfly { factors: all, scale })
}

/// The order of columns before the factor of a number: they are cut into as many parts as there are blocks, over two to
/// the power of the number, and each part into pieces of half a block, of which those at even places come first
/// (`block_butterfly_perm`).
fn butterfly(blocks: usize, size: usize, number: usize) -> Result<Vec<usize>, MethodError> {
    let wrong = || MethodError::input(format!("{blocks} blocks of {size} in factor {number}"));
    let inputs = blocks.checked_mul(size).ok_or_else(wrong)?;
    let parts = u32::try_from(number).ok().and_then(|number| blocks.checked_shr(number)).filter(|parts| *parts > 0);
    let parts = parts.ok_or_else(wrong)?;
    let (length, piece) = (inputs / parts, size / 2);
    if piece == 0 || !inputs.is_multiple_of(parts) || !length.is_multiple_of(piece) {
        return Err(wrong());
    }
    let pieces = length / piece;
    let sorted: Vec<usize> = (0..pieces).step_by(2).chain((1..pieces).step_by(2)).collect();
    Ok((0..inputs).map(|at| at / length * length + sorted[at % length / piece] * piece + at % piece).collect())
}

/// HRA (Yuan et al. 2024, arXiv:2405.17484, equation 4), as `tuners/hra/layer.py` has it:
///
/// ```text
/// W' = W · H_1 · … · H_r        H_i = I - 2 · u_i · u_iᵀ / ‖u_i‖²
/// ```
///
/// with `u_i` a column; orthogonalised one after the other first if `orthogonal` (`apply_GS`).
///
/// | tensor | shape | |
/// |---|---|---|
/// | `hra_u` | `[in, r]`; for a convolution `in` times the number of the kernel's places | `u_1 … u_r` |
///
/// # Errors
/// Never; directions of no length give what is not a number, as in the library.
pub fn hra<T: Scalar>(u: &Array2<T>, orthogonal: bool) -> Rotation<T> {
    let mut directions: Vec<Array1<T>> = Vec::with_capacity(u.ncols());
    for column in u.axis_iter(Axis(1)) {
        let mut direction = column.to_owned();
        if orthogonal {
            for before in &directions {
                let along = before.dot(&direction);
                direction.scaled_add(-along, before);
            }
        }
        let length = direction.dot(&direction).sqrt();
        directions.push(direction / length);
    }
    Rotation::Reflections(directions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_of_a_triangle() {
        let rows = [1, 2, 3, 4, 5, 1000, 1 << 31].map(|n: usize| (n * (n - 1) / 2, Some(n)));
        let between = [2, 4, 5, 7, usize::MAX / 2, usize::MAX].map(|numbers| (numbers, None));
        for (numbers, root) in rows.into_iter().chain(between) {
            assert_eq!(triangular_root(numbers), root, "{numbers}");
        }
    }

    /// PEFT takes blocks of one row (`oft_block_size` 1), whose tensor has no numbers.
    #[test]
    fn blocks_of_one_row_turn_nothing() {
        let base =
            Linear { weight: Array2::from_shape_fn((2, 3), |(row, column)| (row + 2 * column) as f64), bias: None };
        for terms in [None, Some(5)] {
            let rotation = oft(&Array2::<f64>::zeros((3, 0)), terms, None).expect("blocks");
            assert_eq!(rotation.merged(&base).expect("it fits").weight, base.weight);
        }
    }
}
