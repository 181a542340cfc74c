//! Infused Adapter by Inhibiting and Amplifying Inner Activations: (IA)³.

use ndarray::{Array1, Array2, Array3, ArrayView3, Axis, Ix2};

use super::gate::Gate;
use super::lora::weigh;
use super::parameters::{Parameter, Parameters};
use super::{MethodError, Scalar};

/// What (IA)³ consists of at one weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Architecture {
    /// `k`, the inputs of the weight, which a gate reads.
    pub inputs: usize,
    /// `d`, the outputs that are scaled.
    pub outputs: usize,
    /// `α`, a constant factor; 1 in the paper.
    pub alpha: f64,
    /// The number of gates, in place of the factor `α`; 0 for no gate.
    pub gates: usize,
}

impl Architecture {
    /// The parameters.
    #[must_use]
    pub fn parameters(&self) -> Vec<Parameter> {
        let mut parameters = vec![Parameter::trained("vector", &[("d", self.outputs), ("1", 1)])];
        if self.gates > 0 {
            parameters.extend(Gate::<f64>::parameters(self.gates, ("k", self.inputs)));
        }
        parameters
    }
}

/// A trained factor on each output of a layer (Liu et al. 2022, arXiv:2205.05638, section 3.3):
///
/// ```text
/// y = (x · Wᵀ + b) ⊙ α · l          l [d]
/// ```
///
/// With a gate (UniPELT), `g` stands in the place of `α` (`methods/lora.py`, `IA3`, adapters 1.3.0).
#[derive(Debug, Clone, PartialEq)]
pub struct Ia3<T> {
    /// What it consists of.
    pub architecture: Architecture,
    /// `l`, `[d]`.
    pub vector: Array1<T>,
    /// The gate.
    pub gate: Option<Gate<T>>,
}

impl<T: Scalar> Ia3<T> {
    /// The vector with these parameters.
    ///
    /// # Errors
    /// If a parameter is missing or has another shape.
    pub fn new(architecture: Architecture, parameters: &Parameters<T>) -> Result<Self, MethodError> {
        parameters.check(&architecture.parameters())?;
        Ok(Self {
            vector: parameters.take::<Ix2>("vector")?.remove_axis(Axis(1)),
            gate: (architecture.gates > 0).then(|| Gate::take(parameters)).transpose()?,
            architecture,
        })
    }

    /// The factors for every example, `[batch, 1, d]`; or, in a Stack, `hidden` (what the adapter below gave) times
    /// the factors.
    ///
    /// # Panics
    /// If `hidden` has not `d` units, or `input` not as many as the gate reads.
    #[must_use]
    pub fn forward(&self, hidden: Option<&Array3<T>>, input: ArrayView3<'_, T>) -> Array3<T> {
        let factors = match hidden {
            Some(hidden) => hidden * &self.vector,
            None => Array3::from_shape_fn((input.dim().0, 1, self.vector.len()), |(_, _, unit)| self.vector[unit]),
        };
        weigh(factors, self.gate.as_ref(), input, self.architecture.alpha)
    }

    /// The weight with the factors merged into it, `W ⊙ α · l` by rows. The library leaves the bias as it is, so that
    /// the merged layer computes what the unmerged one does only without a bias.
    ///
    /// # Panics
    /// If `weight` has not as many rows as there are factors.
    #[must_use]
    pub fn merge(&self, weight: &Array2<T>) -> Array2<T> {
        weight * &self.factors()
    }

    /// The inverse of [`Ia3::merge`]; not finite where a factor is 0.
    #[must_use]
    pub fn unmerge(&self, merged: &Array2<T>) -> Array2<T> {
        merged / &self.factors()
    }

    fn factors(&self) -> Array2<T> {
        (&self.vector * T::of(self.architecture.alpha)).insert_axis(Axis(1))
    }
}
