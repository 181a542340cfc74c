use ndarray::{Array1, Array2, Array3, Axis, s};

use super::matrix::{columns, dot, rows};
use super::{Block, Update, apply};
use crate::methods::linear::Linear;
use crate::methods::{MethodError, Scalar};

/// A change of low rank:
///
/// ```text
/// W' = W + s · B · diag(d) · A ⊙ w        b' = b + s · β        A [r, in], B [out, r]
/// ```
///
/// - LoRA (Hu et al. 2021, arXiv:2106.09685): `s` is `lora_alpha / r`, and `lora_alpha / √r` with rsLoRA (Kalajdzievski
///   2023, arXiv:2312.03732); `β` is the bias of B (`lora_bias`). KaSA (arXiv:2412.06071) trains `d`. BD-LoRA
///   (arXiv:2510.23346): A or B is [block-diagonal](block_diagonal). MiCA trains A alone (`tuners/lora/layer.py`,
///   `variants.py`).
/// - AdaLoRA (Zhang et al. 2023, arXiv:2303.10512): `d` is `E`, and `s` is `α / (n + 10⁻⁵)`, where `n` is the number of
///   ranks that are left, `init_r` after loading, and `α` is `lora_alpha`, or `init_r` if that is not above 0
///   (`tuners/adalora/layer.py`).
/// - VeRA (Kopiczko et al. 2024, arXiv:2310.11454): `B` is `diag(λ_b) · B[:out]` and `A` is `A[:, :in]` of the matrices
///   that all layers share, `d` is `λ_d`; PVeRA the same with the first halves of `A` and `λ_d`, which give the mean of
///   what is drawn in training (`tuners/vera/layer.py`, `tuners/pvera/layer.py`).
/// - [RandLoRA](randlora), [DeLoRA](delora).
/// - VB-LoRA (Li et al. 2024, arXiv:2405.15179): A and B are [mixtures](super::mixtures) of vectors of a bank.
/// - Uni-LoRA (arXiv:2506.00799): the numbers of A and B are those of a short vector at given positions, times given
///   factors (`tuners/unilora/layer.py`).
/// - TinyLoRA (arXiv:2602.04118): `B · (Σ_i v_i · P_i) · A` (`tuners/tinylora/layer.py`).
/// - PSOFT (arXiv:2505.11235): `s · B · (diag(b) · R · diag(a) - I) · A`, with a rotation `R` by Cayley's transform or
///   the start of its series (`tuners/psoft/layer.py`).
/// - OSF (arXiv:2504.07097): `U · diag(S) · V` of the smallest directions, less what they were (`tuners/osf/layer.py`).
#[derive(Debug, Clone, PartialEq)]
pub struct LowRank<T> {
    a: Array2<T>,
    b: Array2<T>,
    bias: Option<Array1<T>>,
}

impl<T: Scalar> LowRank<T> {
    /// `s · B · A`, and `s · β` on the bias.
    #[must_use]
    pub fn new(scaling: f64, a: Array2<T>, b: Array2<T>, bias: Option<Array1<T>>) -> Self {
        let scaling = T::of(scaling);
        Self { a, b: b * scaling, bias: bias.map(|bias| bias * scaling) }
    }

    /// `B · diag(d) · A`, for `B` with the factor in it.
    ///
    /// # Errors
    /// If there is another number of factors than ranks.
    pub fn with_diagonal(self, diagonal: &Array1<T>) -> Result<Self, MethodError> {
        Ok(Self { b: columns(self.b, diagonal)?, ..self })
    }

    /// `B · M · A`, for `B` with the factor in it.
    ///
    /// # Errors
    /// If shapes do not meet.
    pub fn with_middle(self, middle: &Array2<T>) -> Result<Self, MethodError> {
        Ok(Self { b: dot(&self.b, middle)?, ..self })
    }
}

impl<T: Scalar> Update<T> for LowRank<T> {
    fn delta(&self, _: &Linear<T>) -> Result<Array2<T>, MethodError> {
        dot(&self.b, &self.a)
    }

    fn merged_bias(&self, bias: Option<&Array1<T>>) -> Result<Option<Array1<T>>, MethodError> {
        match (bias, &self.bias) {
            (Some(base), Some(added)) if base.len() == added.len() => Ok(Some(base + added)),
            (Some(_), Some(_)) => Err(MethodError::input("biases of different lengths")),
            (None, Some(_)) => Err(MethodError::undefined("the layer has no bias that B's bias could be merged into")),
            (base, None) => Ok(base.cloned()),
        }
    }

    fn merged_block(&self, block: &Block, part: Array2<T>) -> Option<Result<Array2<T>, MethodError>> {
        Some(block.product(&self.b, &self.a).and_then(|added| super::matrix::plus(part, &added)))
    }

    fn forward(&self, base: &Linear<T>, x: &Array2<T>) -> Result<Array2<T>, MethodError> {
        let mut added = dot(&dot(x, &self.a.t())?, &self.b.t())?;
        if let Some(bias) = &self.bias {
            if bias.len() != added.ncols() {
                return Err(MethodError::input("B's bias is of another length than the outputs"));
            }
            added += bias;
        }
        super::matrix::plus(apply(base, x)?, &added)
    }
}

/// The matrix whose blocks on the diagonal are the blocks of rows of `stacked`, `[out, in / n]`, one below the other.
///
/// # Errors
/// If the rows cannot be divided into so many blocks.
pub fn block_diagonal<T: Scalar>(stacked: &Array2<T>, blocks: usize) -> Result<Array2<T>, MethodError> {
    let (out, width) = stacked.dim();
    if blocks == 0 || out % blocks != 0 {
        return Err(MethodError::input(format!("{out} rows in {blocks} blocks")));
    }
    let height = out / blocks;
    let total = width.checked_mul(blocks).ok_or_else(|| MethodError::input("too many blocks"))?;
    let mut whole = Array2::zeros((out, total));
    for block in 0..blocks {
        let rows = s![block * height..(block + 1) * height, ..];
        whole
            .slice_mut(s![block * height..(block + 1) * height, block * width..(block + 1) * width])
            .assign(&stacked.slice(rows));
    }
    Ok(whole)
}

/// QALoRA's `A` as one that takes every input (Xu et al. 2023, arXiv:2309.14717, section 3.3): `pooled`, `[r, in / g]`,
/// takes the sums of `g` inputs each, `[r, in]` the inputs themselves,
///
/// ```text
/// A'[ρ, i] = A[ρ, ⌊i / g⌋] · (in / g) / g
/// ```
///
/// PEFT takes means of groups, not their sums, and multiplies them by the number of groups (`tuners/lora/variants.py`,
/// `QALoraLinearVariant`).
#[must_use]
pub fn ungrouped<T: Scalar>(pooled: &Array2<T>, group: usize) -> Array2<T> {
    let (rank, groups) = pooled.dim();
    let factor = T::of(groups as f64) / T::of(group.max(1) as f64);
    Array2::from_shape_fn((rank, groups * group), |(row, input)| pooled[(row, input / group)] * factor)
}

/// LoRA on a parameter of `experts` matrices, one for each of as many layers (`target_parameters`;
/// `tuners/lora/layer.py`, `ParamWrapper`): the update of the matrix of a number,
///
/// ```text
/// ΔW_e[o, i] = s · Σ_ρ B[o, ρ·E + e] · A[e·r + ρ, i]        A [E·r, in], B [out, r·E]
/// ```
///
/// # Errors
/// If the ranks cannot be shared out so.
pub fn expert<T: Scalar>(
    scaling: f64,
    (a, b): (&Array2<T>, &Array2<T>),
    experts: usize,
    number: usize,
) -> Result<Array2<T>, MethodError> {
    let ranks = a.nrows();
    if experts == 0 || !ranks.is_multiple_of(experts) || b.ncols() != ranks || number >= experts {
        return Err(MethodError::input(format!("{ranks} ranks for {experts} experts")));
    }
    let rank = ranks / experts;
    let a = a.slice(s![number * rank..(number + 1) * rank, ..]);
    let b = b.slice(s![.., number..; experts]);
    Ok(dot(&b, &a)? * T::of(scaling))
}

/// DeLoRA (Bini et al. 2025, arXiv:2503.18225): rank-one pieces of length one, times a strength over the rank, and
/// times the lengths that the columns of the weight had when training began (`tuners/delora/layer.py`):
///
/// ```text
/// ΔW = B · diag(λ / (r · ‖a_i‖ · ‖b_i‖)) · A ⊙ w       lengths below 10⁻⁴ count as that
/// ```
///
/// # Errors
/// If shapes do not meet.
pub fn delora<T: Scalar>(
    a: Array2<T>,
    b: Array2<T>,
    strength: T,
    lengths: &Array1<T>,
) -> Result<LowRank<T>, MethodError> {
    let least = T::of(1e-4);
    let length = |values: ndarray::ArrayView1<'_, T>| values.dot(&values).sqrt().max(least);
    let (of_a, of_b) = (a.map_axis(Axis(1), length), b.map_axis(Axis(0), length));
    let rank = T::of(a.nrows() as f64);
    let factors = super::matrix::vector_times(&of_a, &of_b)?.mapv(|product| strength / rank / product);
    LowRank::new(1.0, columns(a, lengths)?, b, None).with_diagonal(&factors)
}

/// RandLoRA (Albert et al. 2025, arXiv:2502.00987): full-rank sums of random bases that are scaled,
///
/// ```text
/// ΔW = α / r · B · A'        B [max, n·r], A' [r·n, min], A'_{ρn} = λ_{ρn} · A_ρ ⊙ γ_n
/// ```
///
/// for a weight with more outputs than inputs, and the transpose of this else. `n` runs first in `B` and last in `A'`,
/// so that with more than one basis the pieces are paired otherwise than in the paper (`tuners/randlora/layer.py`,
/// `get_scaled_bases`).
///
/// # Errors
/// If shapes do not meet.
pub fn randlora<T: Scalar>(
    scaling: f64,
    (outputs, inputs): (usize, usize),
    (a, b): (&Array3<T>, &Array3<T>),
    (lambda, gamma): (&Array2<T>, &Array2<T>),
) -> Result<LowRank<T>, MethodError> {
    let (least, most) = (outputs.min(inputs), outputs.max(inputs));
    let (rank, bases) = lambda.dim();
    let fits = a.dim().0 == rank && a.dim().1 >= 1 && a.dim().2 >= least && gamma.dim() == (bases, least);
    if !fits || b.dim().0 < most || b.dim().1 < bases || b.dim().2 != rank {
        return Err(MethodError::input(format!(
            "bases of shapes {:?} and {:?} for {rank} ranks, {bases} bases and a weight of {outputs} × {inputs}",
            a.dim(),
            b.dim()
        )));
    }
    let width = rank * bases;
    let scaled = Array2::from_shape_fn((width, least), |(at, column)| {
        let (r, n) = (at / bases, at % bases);
        lambda[(r, n)] * a[(r, 0, column)] * gamma[(n, column)]
    });
    let flat = Array2::from_shape_fn((most, width), |(row, at)| b[(row, at / rank, at % rank)]);
    if least == inputs {
        return Ok(LowRank::new(scaling, scaled, flat, None));
    }
    Ok(LowRank::new(scaling, flat.reversed_axes(), scaled.reversed_axes(), None))
}

/// VeRA's matrices, cut to the layer.
impl<T: Scalar> LowRank<T> {
    /// `diag(λ_b) · B[:out] · diag(λ_d) · A[:, :in]`; of `A` as many rows as there are `λ_d`.
    ///
    /// # Errors
    /// If the shared matrices are smaller than the layer.
    pub fn shared(
        (outputs, inputs): (usize, usize),
        (a, b): (&Array2<T>, &Array2<T>),
        (inner, outer): (&Array1<T>, &Array1<T>),
    ) -> Result<Self, MethodError> {
        let a = super::matrix::cut(a, inner.len(), inputs)?;
        let b = rows(outer, super::matrix::cut(b, outputs, b.ncols())?)?;
        Self::new(1.0, a, b, None).with_diagonal(inner)
    }
}
