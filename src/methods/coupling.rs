//! Invertible adapters: NICE and GLOW.

use ndarray::{Array3, ArrayView3, Axis, s};

use super::activation::{Activation, Function};
use super::linear::Linear;
use super::parameters::{Parameter, Parameters, linear};
use super::{MethodError, Scalar};
use crate::python::floor_divide;

/// The kind of coupling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Additive.
    Nice,
    /// Affine.
    Glow,
}

/// What an invertible adapter consists of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Architecture {
    /// The kind of coupling.
    pub kind: Kind,
    /// `d`, the size of the embeddings.
    pub embedding: usize,
    /// How many times narrower the hidden layers are than their input.
    pub reduction_factor: f64,
    /// `f`, the activation of the hidden layers.
    pub activation: Function,
}

impl Architecture {
    /// The sizes of the two halves: the second has the odd unit.
    #[must_use]
    pub fn halves(&self) -> (usize, usize) {
        (self.embedding / 2, self.embedding - self.embedding / 2)
    }

    /// The two networks, by role, with their inputs and outputs.
    fn networks(&self) -> [(&'static str, usize, usize); 2] {
        let (first, second) = self.halves();
        match self.kind {
            Kind::Nice => [("F", second, first), ("G", first, second)],
            Kind::Glow => [("s1", first, second.saturating_mul(2)), ("s2", second, first.saturating_mul(2))],
        }
    }

    /// The width of the hidden layer behind so many inputs: 0 if the factor is larger. `None` for a factor that gives no
    /// number.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number, bounded just above")]
    pub fn width_of(&self, inputs: usize) -> Option<usize> {
        let width = floor_divide(inputs as f64, self.reduction_factor);
        (0.0..1e15).contains(&width).then_some(width as usize)
    }

    /// The parameters.
    #[must_use]
    pub fn parameters(&self) -> Vec<Parameter> {
        let network = |(role, inputs, outputs): (&'static str, usize, usize)| {
            let width = self.width_of(inputs).unwrap_or(usize::MAX);
            let hidden = linear("hidden", ("m", width), ("in", inputs), true);
            let activation = self.activation.parameters().into_iter().map(|own| own.within("activation"));
            let output = linear("output", ("out", outputs), ("m", width), true);
            hidden.chain(activation).chain(output).map(|own| own.within(role)).collect::<Vec<_>>()
        };
        self.networks().into_iter().flat_map(network).collect()
    }
}

/// An invertible adapter behind the embeddings, undone before the output embeddings (Pfeiffer et al. 2020,
/// arXiv:2005.00052, section 3.3). The embedding is cut into halves `x₁` and `x₂`.
///
/// NICE (Dinh et al. 2015, arXiv:1410.8516, equations 6 to 9; MAD-X, equations 4 and 5), where `F` reads the second
/// half and changes the first, and `G` reads the first as changed and changes the second:
///
/// ```text
/// y₁ = x₁ + F(x₂)        x₂ = y₂ - G(y₁)
/// y₂ = x₂ + G(y₁)        x₁ = y₁ - F(x₂)
/// ```
///
/// GLOW (Kingma and Dhariwal 2018, arXiv:1807.03039, table 1), with the clamped exponential
/// `e(s) = exp(c · 0.636 · atan(s / c))`, `c = 5`. `S₂` has the place of `F`, `S₁` that of `G`; the first half of a
/// network's output is `s`, the second `t`:
///
/// ```text
/// [s₂; t₂] = S₂(x₂)      y₁ = e(s₂) ⊙ x₁ + t₂           x₂ = (y₂ - t₁) / e(s₁),  [s₁; t₁] = S₁(y₁)
/// [s₁; t₁] = S₁(y₁)      y₂ = e(s₁) ⊙ x₂ + t₁           x₁ = (y₁ - t₂) / e(s₂),  [s₂; t₂] = S₂(x₂)
/// ```
///
/// Every network is a linear map, an activation and a linear map, the inner width being its inputs
/// `÷ reduction_factor`, rounded down. **The library's own GLOW does not work**: it cuts the networks' output along the
/// sequence and never calls `S₂` forwards (`methods/modeling.py`, `GLOWCouplingBlock`, 1.3.0), and stops with an error
/// on every input of more than one unit a half. What is computed here is what FrEIA, from which the library took it,
/// computes.
#[derive(Debug, Clone, PartialEq)]
pub struct Coupling<T> {
    /// What it consists of.
    pub architecture: Architecture,
    /// `F` and `G`, or `S₁` and `S₂`.
    networks: [Network<T>; 2],
}

/// A linear map, an activation and a linear map.
#[derive(Debug, Clone, PartialEq)]
struct Network<T> {
    hidden: Linear<T>,
    activation: Activation<T>,
    output: Linear<T>,
}

impl<T: Scalar> Network<T> {
    fn forward(&self, x: ArrayView3<'_, T>) -> Array3<T> {
        self.output.forward(&self.activation.forward(&self.hidden.forward(&x)))
    }
}

impl<T: Scalar> Coupling<T> {
    /// The adapter with these parameters.
    ///
    /// # Errors
    /// If a parameter is missing or has another shape.
    pub fn new(architecture: Architecture, parameters: &Parameters<T>) -> Result<Self, MethodError> {
        parameters.check(&architecture.parameters())?;
        let network = |role: &str| {
            let own = parameters.part(role);
            Ok::<_, MethodError>(Network {
                hidden: Linear::take(&own, "hidden")?,
                activation: Activation::new(architecture.activation, &own.part("activation"))?,
                output: Linear::take(&own, "output")?,
            })
        };
        let [(first, ..), (second, ..)] = architecture.networks();
        Ok(Self { networks: [network(first)?, network(second)?], architecture })
    }

    /// `y` from `x`, `[batch, sequence, d]`.
    ///
    /// # Errors
    /// If the embeddings are of another size.
    pub fn forward(&self, x: &Array3<T>) -> Result<Array3<T>, MethodError> {
        let (x1, x2) = self.halves(x)?;
        let [f, g] = &self.networks;
        match self.architecture.kind {
            Kind::Nice => {
                let y1 = &x1 + &f.forward(x2);
                let y2 = &x2 + &g.forward(y1.view());
                joined(&y1, &y2)
            }
            Kind::Glow => {
                let (s2, t2) = scale_and_shift(&g.forward(x2));
                let y1 = s2 * x1 + t2;
                let (s1, t1) = scale_and_shift(&f.forward(y1.view()));
                let y2 = s1 * x2 + t1;
                joined(&y1, &y2)
            }
        }
    }

    /// `x` from `y`.
    ///
    /// # Errors
    /// If the embeddings are of another size.
    pub fn inverse(&self, y: &Array3<T>) -> Result<Array3<T>, MethodError> {
        let (y1, y2) = self.halves(y)?;
        let [f, g] = &self.networks;
        match self.architecture.kind {
            Kind::Nice => {
                let x2 = &y2 - &g.forward(y1);
                let x1 = &y1 - &f.forward(x2.view());
                joined(&x1, &x2)
            }
            Kind::Glow => {
                let (s1, t1) = scale_and_shift(&f.forward(y1));
                let x2 = (&y2 - &t1) / s1;
                let (s2, t2) = scale_and_shift(&g.forward(x2.view()));
                let x1 = (&y1 - &t2) / s2;
                joined(&x1, &x2)
            }
        }
    }

    fn halves<'a>(&self, x: &'a Array3<T>) -> Result<(ArrayView3<'a, T>, ArrayView3<'a, T>), MethodError> {
        let (found, expected) = (x.dim().2, self.architecture.embedding);
        if found != expected {
            let detail = format!("the embeddings have {found} units, the invertible adapter {expected}");
            return Err(MethodError::input(detail));
        }
        let (first, _) = self.architecture.halves();
        Ok((x.slice(s![.., .., ..first]), x.slice(s![.., .., first..])))
    }
}

fn joined<T: Scalar>(first: &Array3<T>, second: &Array3<T>) -> Result<Array3<T>, MethodError> {
    ndarray::concatenate(Axis(2), &[first.view(), second.view()])
        .map_err(|_| MethodError::input("the halves do not fit each other"))
}

/// `e(s)` and `t` from the output of a network of GLOW.
fn scale_and_shift<T: Scalar>(output: &Array3<T>) -> (Array3<T>, Array3<T>) {
    const CLAMP: f64 = 5.0;
    let half = output.dim().2 / 2;
    let clamped = |s: T| (T::of(CLAMP * 0.636) * (s / T::of(CLAMP)).atan()).exp();
    (output.slice(s![.., .., ..half]).mapv(clamped), output.slice(s![.., .., half..]).to_owned())
}
