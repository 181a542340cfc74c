//! VeRA.

use ndarray::{Array2, Array3, ArrayView3, Ix2};

use super::gate::Gate;
use super::linear::product;
use super::lora::{self, weigh};
use super::parameters::{Parameter, Parameters};
use super::{MethodError, Scalar};

/// What VeRA consists of: the sizes are those of LoRA, and `magnitude` makes it DVoRA.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Architecture(pub lora::Architecture);

impl Architecture {
    /// The parameters at one weight.
    #[must_use]
    pub fn parameters(&self) -> Vec<Parameter> {
        let (r, d) = (("r", self.0.rank.saturating_mul(self.0.groups)), ("d", self.0.outputs));
        let mut parameters = vec![Parameter::trained("D", &[r, r]), Parameter::trained("scaling", &[d, d])];
        parameters.extend(self.0.common_parameters());
        parameters
    }

    /// The random matrices that all weights share. Their sizes are those of the first weight that is adapted.
    #[must_use]
    pub fn shared_parameters(&self) -> Vec<Parameter> {
        vec![
            Parameter::trained("A", &[("r", self.0.rank.saturating_mul(self.0.groups)), ("k", self.0.inputs)]).frozen(),
            Parameter::trained("B", &[("d", self.0.outputs), ("r", self.0.rank)]).frozen(),
        ]
    }
}

/// A low-rank update whose matrices `A` and `B` are random, frozen and shared by all layers (Kopiczko et al. 2024,
/// arXiv:2310.11454, equation 2):
///
/// ```text
/// y = x · Wᵀ + b + α/r · x · (Λ_b · B · Λ_d · A)ᵀ          A [r, k], B [d, r]
/// ```
///
/// In the paper `Λ_d` and `Λ_b` are diagonal and there is no factor `α / r`. In the library both are full matrices,
/// `[r, r]` and `[d, d]`, which only begin as diagonal ones (`methods/lora.py`, `Vera`, adapters 1.3.0); among the
/// parameters `Λ_d` is `D` and `Λ_b` is `scaling`. With DoRA's trained row lengths it is DVoRA.
#[derive(Debug, Clone, PartialEq)]
pub struct Vera<T> {
    /// What it consists of.
    pub architecture: Architecture,
    /// `Λ_b · B · Λ_d · A`, `[d, k]`.
    delta: Array2<T>,
    /// DoRA's `m`, `[d, 1]`.
    pub magnitude: Option<Array2<T>>,
    /// The gate.
    pub gate: Option<Gate<T>>,
}

impl<T: Scalar> Vera<T> {
    /// The update with these parameters and those that all layers share.
    ///
    /// # Errors
    /// If a parameter is missing or has another shape.
    pub fn new(
        architecture: Architecture,
        parameters: &Parameters<T>,
        shared: &Parameters<T>,
    ) -> Result<Self, MethodError> {
        parameters.check(&architecture.parameters())?;
        shared.check(&architecture.shared_parameters())?;
        let (a, b) = (shared.take::<Ix2>("A")?, shared.take::<Ix2>("B")?);
        let (inner, outer) = (parameters.take::<Ix2>("D")?, parameters.take::<Ix2>("scaling")?);
        Ok(Self {
            delta: outer.dot(&b).dot(&inner).dot(&a),
            magnitude: architecture.0.magnitude.then(|| parameters.take::<Ix2>("magnitude")).transpose()?,
            gate: (architecture.0.gates > 0).then(|| Gate::take(parameters)).transpose()?,
            architecture,
        })
    }

    /// The update of the output, as [`Lora::forward`](lora::Lora::forward).
    #[must_use]
    pub fn forward(&self, hidden: ArrayView3<'_, T>, input: ArrayView3<'_, T>) -> Array3<T> {
        let update = product(&hidden, &self.delta.t());
        weigh(update, self.gate.as_ref(), input, self.architecture.0.scaling())
    }

    /// `Λ_b · B · Λ_d · A`, `[d, k]`, without the factor.
    #[must_use]
    pub fn delta(&self) -> &Array2<T> {
        &self.delta
    }
}
