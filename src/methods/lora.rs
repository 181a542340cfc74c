//! LoRA.

use ndarray::{Array2, Array3, ArrayView3, Ix2};

use super::gate::Gate;
use super::linear::product;
use super::parameters::{Parameter, Parameters};
use super::{MethodError, Scalar};

/// What a low-rank update consists of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Architecture {
    /// `k`, the inputs of the weight that is updated.
    pub inputs: usize,
    /// `d`, its outputs.
    pub outputs: usize,
    /// `r`, the rank.
    pub rank: usize,
    /// `α`.
    pub alpha: f64,
    /// The number of gates, in place of the factor `α / r`; 0 for no gate.
    pub gates: usize,
    /// Whether the updated weight gets a trained length for each row (DoRA).
    pub magnitude: bool,
    /// How many projections stand side by side in one weight, each with an update of its own; 1 for a single one.
    pub groups: usize,
}

impl Architecture {
    /// The parameters.
    #[must_use]
    pub fn parameters(&self) -> Vec<Parameter> {
        let mut parameters = vec![
            Parameter::trained("A", &[("r", self.rank.saturating_mul(self.groups)), ("k", self.inputs)]),
            Parameter::trained("B", &[("d", self.outputs), ("r", self.rank)]),
        ];
        parameters.extend(self.common_parameters());
        parameters
    }

    /// The parameters of DoRA and of the gate.
    pub(crate) fn common_parameters(&self) -> impl Iterator<Item = Parameter> {
        let magnitude = self.magnitude.then(|| Parameter::trained("magnitude", &[("d", self.outputs), ("1", 1)]));
        let gate = (self.gates > 0).then(|| Gate::<f64>::parameters(self.gates, ("k", self.inputs)));
        magnitude.into_iter().chain(gate.into_iter().flatten())
    }

    /// `α / r`, the factor on the update.
    #[must_use]
    pub fn scaling(&self) -> f64 {
        self.alpha / self.rank as f64
    }
}

/// A low-rank update of a weight `W`, `[d, k]` (Hu et al. 2021, arXiv:2106.09685, equation 3):
///
/// ```text
/// y = x · Wᵀ + b + α/r · x · Aᵀ · Bᵀ           A [r, k], B [d, r]
/// ```
///
/// With a gate (UniPELT), `g` stands in the place of `α / r` (`methods/lora.py`, `LoRA`, adapters 1.3.0). Dropout on
/// `x` is the identity in evaluation.
#[derive(Debug, Clone, PartialEq)]
pub struct Lora<T> {
    /// What it consists of.
    pub architecture: Architecture,
    /// `A`.
    pub a: Array2<T>,
    /// `B`.
    pub b: Array2<T>,
    /// DoRA's `m`, `[d, 1]`.
    pub magnitude: Option<Array2<T>>,
    /// The gate.
    pub gate: Option<Gate<T>>,
}

impl<T: Scalar> Lora<T> {
    /// The update with these parameters.
    ///
    /// # Errors
    /// If a parameter is missing or has another shape.
    pub fn new(architecture: Architecture, parameters: &Parameters<T>) -> Result<Self, MethodError> {
        parameters.check(&architecture.parameters())?;
        Ok(Self {
            a: parameters.take::<Ix2>("A")?,
            b: parameters.take::<Ix2>("B")?,
            magnitude: architecture.magnitude.then(|| parameters.take::<Ix2>("magnitude")).transpose()?,
            gate: (architecture.gates > 0).then(|| Gate::take(parameters)).transpose()?,
            architecture,
        })
    }

    /// The update of the output, `[batch, sequence, d]`. `input` is the layer's input `x`, which a gate reads; `hidden`
    /// is what enters `A`: `x` too, or in a Stack the update of the adapter below, which then needs `k` units.
    ///
    /// # Panics
    /// If the last axes are not as long as `A` and the gate take them. [`AdaptedLinear`](super::adapted_linear) says so
    /// with an error.
    #[must_use]
    pub fn forward(&self, hidden: ArrayView3<'_, T>, input: ArrayView3<'_, T>) -> Array3<T> {
        let update = product(&product(&hidden, &self.a.t()), &self.b.t());
        weigh(update, self.gate.as_ref(), input, self.architecture.scaling())
    }

    /// `B · A`, `[d, k]`, without the factor.
    #[must_use]
    pub fn delta(&self) -> Array2<T> {
        self.b.dot(&self.a)
    }
}

/// An update times its gate, or times the constant where there is none.
pub(crate) fn weigh<T: Scalar>(
    mut update: Array3<T>,
    gate: Option<&Gate<T>>,
    input: ArrayView3<'_, T>,
    scaling: f64,
) -> Array3<T> {
    match gate {
        Some(gate) => update *= &gate.weight(input),
        None => update *= T::of(scaling),
    }
    update
}
