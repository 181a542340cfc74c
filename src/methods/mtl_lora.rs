//! MTL-LoRA.

use ndarray::{Array1, Array2, Array3, ArrayView3, Axis, Ix1, Ix2, Ix3};

use super::gate::Gate;
use super::linear::product;
use super::lora::{self, weigh};
use super::parameters::{Parameter, Parameters};
use super::{MethodError, Scalar};

/// What MTL-LoRA consists of at one weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Architecture {
    /// The sizes, as LoRA has them.
    pub lora: lora::Architecture,
    /// `n`, the number of up-projections.
    pub up_projections: usize,
    /// `τ`, the temperature of the average over up-projections.
    pub sharpness: f64,
}

impl Architecture {
    /// The parameters of one task. `A` and `B` are the same for all tasks.
    #[must_use]
    pub fn parameters(&self) -> Vec<Parameter> {
        let (r, n) = (("r", self.lora.rank), ("n", self.up_projections));
        let mut parameters = vec![
            Parameter::trained("A", &[("r", self.lora.rank.saturating_mul(self.lora.groups)), ("k", self.lora.inputs)]),
            Parameter::trained("B", &[n, ("d", self.lora.outputs), r]),
            Parameter::trained("task", &[r]),
            Parameter::trained("weights", &[n]),
        ];
        if self.lora.gates > 0 {
            parameters.extend(Gate::<f64>::parameters(self.lora.gates, ("k", self.lora.inputs)));
        }
        parameters
    }
}

/// A low-rank update for several tasks (Yang et al. 2024, arXiv:2410.09437, equations 2 to 4):
///
/// ```text
/// y = x · Wᵀ + b + α/r · Σ_i a_i · x · Aᵀ · Λ · B_iᵀ          a_i = exp(w_i / τ) / Σ_j exp(w_j / τ)
/// ```
///
/// `A` `[r, k]` and the `n` matrices `B_i` `[d, r]` serve all tasks; `Λ`, a diagonal of `r` numbers, and `w` belong to
/// one task. The paper's `Λ` is a full matrix; of the library's two kinds only the diagonal can be built
/// (`methods/lora.py`, `MTLLoRA`, adapters 1.3.0), and DoRA's row lengths cannot be added.
#[derive(Debug, Clone, PartialEq)]
pub struct MtlLora<T> {
    /// What it consists of.
    pub architecture: Architecture,
    a: Array2<T>,
    b: Array3<T>,
    task: Array1<T>,
    weights: Array1<T>,
    gate: Option<Gate<T>>,
}

impl<T: Scalar> MtlLora<T> {
    /// The update with these parameters.
    ///
    /// # Errors
    /// If a parameter is missing or has another shape.
    pub fn new(architecture: Architecture, parameters: &Parameters<T>) -> Result<Self, MethodError> {
        parameters.check(&architecture.parameters())?;
        Ok(Self {
            a: parameters.take::<Ix2>("A")?,
            b: parameters.take::<Ix3>("B")?,
            task: parameters.take::<Ix1>("task")?,
            weights: parameters.take::<Ix1>("weights")?,
            gate: (architecture.lora.gates > 0).then(|| Gate::take(parameters)).transpose()?,
            architecture,
        })
    }

    /// The update of the output, as [`Lora::forward`](lora::Lora::forward).
    #[must_use]
    pub fn forward(&self, hidden: ArrayView3<'_, T>, input: ArrayView3<'_, T>) -> Array3<T> {
        let inner = product(&hidden, &self.a.t()) * &self.task;
        let up = self.shares();
        let mut update = Array3::zeros((hidden.dim().0, hidden.dim().1, self.architecture.lora.outputs));
        for (b, &share) in self.b.axis_iter(Axis(0)).zip(&up) {
            update.scaled_add(share, &product(&inner, &b.t()));
        }
        weigh(update, self.gate.as_ref(), input, self.architecture.lora.scaling())
    }

    /// `Σ_i a_i · B_i · Λ · A`, `[d, k]`, without the factor. The library cannot merge MTL-LoRA; this is what the
    /// equation says.
    #[must_use]
    pub fn delta(&self) -> Array2<T> {
        self.up().dot(&self.a)
    }

    /// `Σ_i a_i · B_i · Λ`, `[d, r]`: what stands in the place of LoRA's `B`.
    #[must_use]
    pub fn up(&self) -> Array2<T> {
        let mut up = Array2::zeros((self.architecture.lora.outputs, self.architecture.lora.rank));
        for (b, &share) in self.b.axis_iter(Axis(0)).zip(&self.shares()) {
            up.scaled_add(share, &b);
        }
        up * &self.task
    }

    /// `a`.
    fn shares(&self) -> Array1<T> {
        let exponentials = self.weights.mapv(|weight| (weight / T::of(self.architecture.sharpness)).exp());
        let sum = exponentials.sum();
        exponentials / sum
    }
}
