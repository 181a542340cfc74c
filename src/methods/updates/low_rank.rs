use ndarray::{Array1, Array2, ArrayView2, ArrayView3, Axis, s};

use super::matrix::{columns, dot, rows};
use super::{Block, Update, affine};
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
/// - aLoRA (Greenewald et al. 2025, arXiv:2504.12397) adds `s · B · A · x` only at the last `n` of an example's `T` tokens,
///   the positions `t ≥ T - n`. `alora_offsets` has `n` for each example. It is counted from the end of the input, so that
///   the first of the `n` is the first of the `alora_invocation_tokens`, where these stand for the last time. It is 0
///   where they do not stand in the input, and more than `T` counts as `T`. Such an adapter cannot be merged
///   (`tuners/lora/variants.py`, `calculate_alora_offsets`).
/// - PiSSA, OLoRA and KaSA first take a part `D` out of the weight, at every loading anew; see below.
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
/// - PSOFT (arXiv:2505.11235): `s · B · (diag(b) · R · diag(a) - I) · A` (`tuners/psoft/layer.py`), where `s` is
///   `psoft_alpha / r`, and A and B are not saved: they come from the `r` largest singular values of the weight,
///   `U · diag(σ) · Vᵀ`, as `A = Vᵀ` and `B = U · diag(σ / s)`, or with `pissa_init` the root of `σ / s` in each. The
///   rotation `R` is `(I + Q) · (I - Q)⁻¹` of a skew `Q`, or the start of its series as in [OFT](super::oft), which here is
///   that of the same rotation. With `cayley_neumann_eps` the series takes a `Q` that is no longer than that.
/// - OSF (arXiv:2504.07097): `U · diag(S) · V` of the smallest directions, less what they were (`tuners/osf/layer.py`).
///
/// What is taken out: `W'` is then of `W - D`, from the weight as the base model's own file has it
/// (`tuners/lora/layer.py`, `variants.py`):
///
/// ```text
/// PiSSA:  D = U_r · diag(σ_r) · V_rᵀ        the r largest singular values of W
/// OLoRA:  D = s · Q[:, :r] · R[:r, :]       W = Q · R, with the factor s
/// KaSA:   D = W - U_k · diag(σ_k) · V_kᵀ    k = min(out, in) - r: the r smallest singular values go
/// ```
///
/// PiSSA (Meng et al. 2024, arXiv:2404.02948) begins with `s · B · A = D`, so its `D` has no other factor. OLoRA
/// (Büyükakyüz 2024, arXiv:2406.01775) begins with `A = R[:r, :]` and `B = Q[:, :r]`, and decomposes the weight as it is
/// stored, which in GPT-2 is `[in, out]`.
///
/// | method | tensor | shape | |
/// |---|---|---|---|
/// | LoRA | `lora_A.weight` | `[r, in]`; of a convolution `[r, in, height, width]` | `A` |
/// | | `lora_B.weight` | `[out, r]`; of a convolution `[out, r, 1, 1]` | `B` |
/// | | `lora_B.bias` | `[out]` | `β`, with `lora_bias` |
/// | | `lora_embedding_A`, `lora_embedding_B` | `[r, rows]`, `[width, r]` | `A`, `B` of an embedding |
/// | | `lora_magnitude_vector` | `[out]`; of a convolution `[1, out, 1, 1]` | DoRA's [`m`](super::Dora) |
/// | | `lora_diag` | `[r]` | KaSA's `d` |
/// | | `lora_velora_embed` | `[1]` | VeLoRA's; only for training |
/// | | `lora_monteclora_sampler.…` | | MonteCLoRA's; only for training |
/// | BD-LoRA | `lora_A.weight`, `lora_B.weight` | `[r, in / n]`, `[out, r / n]`, if that one is block-diagonal | the `n` blocks, one below the other |
/// | AdaLoRA | `lora_A`, `lora_B`, `lora_E` | `[n, in]`, `[out, n]`, `[n, 1]` | `A`, `B`, `d` |
/// | VeRA | `vera_A`, `vera_B` | `[r, most in]`, `[most out, r]`, shared by all layers | `A`, `B`, with `save_projection` |
/// | | `vera_lambda_d`, `vera_lambda_b` | `[r]`, `[out]` | `λ_d`, `λ_b` |
/// | PVeRA | `pvera_A`, `pvera_B` | `[2r, most in]`, `[most out, r]`, shared by all layers | `A`, `B`, with `save_projection` |
/// | | `pvera_lambda_d`, `pvera_lambda_b` | `[2r]`, `[out]` | `λ_d`, `λ_b` |
/// | Uni-LoRA | `unilora_theta_d` | `[theta_d_length]`, shared by all layers | the short vector |
/// | | `unilora_indices_A`, `unilora_indices_B` | `[r, in]`, `[out, r]` | the positions, with `save_indices` |
/// | | `unilora_scales_A`, `unilora_scales_B` | the same | the factors, with `save_indices` |
/// | TinyLoRA | `tinylora_A`, `tinylora_B` | `[r, in]`, `[out, r]` | `A`, `B` |
/// | | `tinylora_P` | `[u, r, r]` | `P_1 … P_u`, with `save_projection` |
/// | | `tinylora_v.i` | `[u]`, shared by a group of layers | `v` of group `i` |
/// | PSOFT | `psoft_R.weight` | `[r·(r-1) / 2]`; `[r, r]` without `psoft_orth` | the numbers of `Q` above its diagonal, row by row; `R` itself |
/// | | `psoft_R.vector_a`, `psoft_R.vector_b` | `[r]` | `a`, `b`, with `psoft_mag_a`, `psoft_mag_b` |
/// | OSF | `osf_svd_params.U_low`, `osf_svd_params.S_low`, `osf_svd_params.V_low` | `[out, n]`, `[n]`, `[n, in]` | `U`, `S`, `V` of `n = min(out, in) - effective_rank` |
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
        super::matrix::plus(affine(base, x)?, &added)
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
/// | tensor | shape | |
/// |---|---|---|
/// | `delora_A`, `delora_B` | `[r, in]`, `[out, r]` | `A`, `B` |
/// | `delora_lambda` | `[1]` | `λ` |
/// | `delora_w_norm` | `[in]` | `w` |
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
/// ΔW = α / r · B' · A'       if in ≤ out, else the transpose of this
/// A'[ρ·N + n, i] = λ[ρ, n] · A[ρ, 0, i] · γ[n, i]        B'[o, n·r + ρ] = B[o, n, ρ]
/// ```
///
/// with `i` up to the smaller of the weight's sizes, `min`, `o` up to the larger, `max`, and `N = ⌈min / r⌉` bases. A square
/// weight is not transposed. The columns of `B'` run over `ρ` within `n`, the rows of `A'` over `n` within `ρ`, so that
/// with more than one basis the pieces are paired otherwise than in the paper (`tuners/randlora/layer.py`,
/// `get_scaled_bases`).
///
/// | tensor | shape | |
/// |---|---|---|
/// | `randlora_lambda` | `[r, N]` | `λ` |
/// | `randlora_gamma` | `[N, min]` | `γ` |
/// | `randlora_A` | `[r, 1, smaller size of the widest layer]`, shared by all layers | `A`, with `save_projection` |
/// | `randlora_B` | `[larger size of the widest layer, its N, r]`, shared by all layers | `B`, with `save_projection` |
///
/// # Errors
/// If shapes do not meet.
pub fn randlora<T: Scalar>(
    scaling: f64,
    (outputs, inputs): (usize, usize),
    (a, b): (ArrayView3<'_, T>, ArrayView3<'_, T>),
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
        (a, b): (ArrayView2<'_, T>, ArrayView2<'_, T>),
        (inner, outer): (&Array1<T>, &Array1<T>),
    ) -> Result<Self, MethodError> {
        let a = super::matrix::cut(&a, inner.len(), inputs)?;
        let b = rows(outer, super::matrix::cut(&b, outputs, b.ncols())?)?;
        Self::new(1.0, a, b, None).with_diagonal(inner)
    }
}
