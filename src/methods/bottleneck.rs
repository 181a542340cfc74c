//! Bottleneck adapters, sequential and parallel.

use ndarray::{Array1, Array3, ArrayRef3, ArrayView3, Ix1};

use super::activation::{Activation, Function};
use super::gate::Gate;
use super::hypercomplex::{self, Hypercomplex};
use super::layer_norm::LayerNorm;
use super::linear::Linear;
use super::parameters::{Parameter, Parameters, layer_norm, linear};
use super::{MethodError, Scalar, States, add, add_into};
use crate::python::floor_divide;

/// What a bottleneck adapter consists of, and how it meets the block it sits at.
#[derive(Debug, Clone, PartialEq)]
pub struct Architecture {
    /// `d`, the model's hidden size.
    pub hidden: usize,
    /// `m`, the width of the bottleneck.
    pub width: usize,
    /// `f`, the activation.
    pub activation: Function,
    /// Compacter's projections in place of linear ones.
    pub hypercomplex: Option<hypercomplex::Architecture>,
    /// Whether the adapter runs beside the block instead of behind it.
    pub parallel: bool,
    /// Whether the block's residual sum and layer norm come before the adapter.
    pub original_ln_before: bool,
    /// Whether the block's residual sum and layer norm come behind the adapter.
    pub original_ln_after: bool,
    /// Where the adapter's own residual is taken.
    pub residual: Residual,
    /// Whether the adapter has a layer norm of its own before the down-projection.
    pub ln_before: bool,
    /// Whether the adapter has a layer norm of its own behind the up-projection.
    pub ln_after: bool,
    /// Whether the adapter's residual is added before its own last layer norm.
    pub residual_before_ln_after: bool,
    /// `s`, the factor on the up-projection.
    pub scaling: Scaling,
    /// Whether a gate weighs the output.
    pub gating: bool,
}

/// Where the adapter's own residual is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Residual {
    /// The block's output, before its residual sum.
    BlockOutput,
    /// Behind the block's residual sum, before its layer norm.
    Sum,
    /// The adapter's input: behind the layer norm, if that comes before the adapter.
    Input,
}

/// The factor on the up-projection.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scaling {
    /// A constant.
    Constant(f64),
    /// One trained number.
    Learned,
    /// One trained number for each hidden unit.
    Channel,
}

impl Architecture {
    /// `m` for a hidden size and a reduction factor: `d ÷ factor` rounded down, and at least 1
    /// (`methods/bottleneck.py`, `add_adapter`, and `methods/modeling.py`, `Adapter.__init__`, 1.3.0). `None` for a
    /// factor that gives no number.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number, bounded just above")]
    pub fn width_of(hidden: usize, reduction_factor: f64) -> Option<usize> {
        let width = floor_divide(hidden as f64, reduction_factor);
        (width.is_finite() && width < 9e18).then_some(if width < 1.0 { 1 } else { width as usize })
    }

    /// The adapter's own parameters, without what Compacter shares between layers.
    #[must_use]
    pub fn parameters(&self) -> Vec<Parameter> {
        let (d, m) = (("d", self.hidden), ("m", self.width));
        let mut parameters = Vec::new();
        if self.ln_before {
            parameters.extend(layer_norm("ln_before", d));
        }
        match &self.hypercomplex {
            Some(phm) => {
                let within = |part, parameters: Vec<Parameter>| parameters.into_iter().map(move |own| own.within(part));
                parameters.extend(within("down", phm.parameters(self.hidden, self.width)));
                parameters.extend(within("up", phm.parameters(self.width, self.hidden)));
            }
            None => {
                parameters.extend(linear("down", m, d, true));
                parameters.extend(linear("up", d, m, true));
            }
        }
        parameters.extend(self.activation.parameters().into_iter().map(|own| own.within("activation")));
        match self.scaling {
            Scaling::Constant(_) => {}
            Scaling::Learned => parameters.push(Parameter::trained("scaling", &[("1", 1)])),
            Scaling::Channel => parameters.push(Parameter::trained("scaling", &[d])),
        }
        if self.ln_after {
            parameters.extend(layer_norm("ln_after", d));
        }
        if self.gating {
            parameters.extend(Gate::<f64>::parameters(1, d));
        }
        parameters
    }

    /// What all adapters of this kind share in a model.
    #[must_use]
    pub fn shared_parameters(&self) -> Vec<Parameter> {
        self.hypercomplex.map_or_else(Vec::new, |phm| phm.shared_parameters(self.hidden, self.width))
    }
}

/// A bottleneck adapter (Houlsby et al. 2019, arXiv:1902.00751, section 2.1; the parallel and scaled forms He et al.
/// 2022, arXiv:2110.04366, table 1). On its input `x`, `[batch, sequence, d]`, and with the residual `r`:
///
/// ```text
/// u(x) = s · (f(LN₁(x) · W_downᵀ + b_down) · W_upᵀ + b_up)         W_down [m, d], W_up [d, m]
/// sequential:  y = LN₂(g · u(x) + r)    with `residual_before_ln_after`
///              y = LN₂(g · u(x)) + r    without
/// parallel:    y = LN₂(g · u(x))        added to the block's output behind the last adapter
/// ```
///
/// `LN₁`, `LN₂` and the gate `g` are the adapter's own and there only if asked for. Both norms have `ε = 1e-5`,
/// whatever the model's have; the [gate](Gate) reads `x` before `LN₁`. Which state is `x`, and which is `r`, is said at
/// [`Bottleneck::before`]; what follows, at [`Bottleneck::after`]. As in `methods/modeling.py`, classes `Adapter` and
/// `ParallelAdapter`, of adapters 1.3.0; dropout and stochastic depth are identities in evaluation.
#[derive(Debug, Clone, PartialEq)]
pub struct Bottleneck<T> {
    /// What it consists of.
    pub architecture: Architecture,
    ln_before: Option<LayerNorm<T>>,
    down: Projection<T>,
    activation: Activation<T>,
    up: Projection<T>,
    scaling: Array1<T>,
    gate: Option<Gate<T>>,
    ln_after: Option<LayerNorm<T>>,
}

/// The states that enter an adapter.
#[derive(Debug, Clone, PartialEq)]
pub struct Before<T> {
    /// `x`, the input.
    pub input: States<T>,
    /// `r`, the residual.
    pub residual: States<T>,
    /// The query of an AdapterFusion at this place.
    pub query: States<T>,
}

/// What an adapter gives.
#[derive(Debug, Clone, PartialEq)]
pub struct After<T> {
    /// `y`.
    pub output: States<T>,
    /// `s · …`: the up-projection before gate and residual, which AdapterFusion attends to.
    pub up: States<T>,
}

impl<T: Scalar> Bottleneck<T> {
    /// The adapter with these parameters; `shared` are Compacter's.
    ///
    /// # Errors
    /// If a parameter is missing or has another shape.
    pub fn new(
        architecture: Architecture,
        parameters: &Parameters<T>,
        shared: &Parameters<T>,
    ) -> Result<Self, MethodError> {
        parameters.check(&architecture.parameters())?;
        let norm = |role| LayerNorm::take(parameters, role, LayerNorm::<T>::DEFAULT_EPSILON);
        let (hidden, width) = (architecture.hidden, architecture.width);
        let projection = |part: &str, sizes| match &architecture.hypercomplex {
            Some(phm) => Hypercomplex::new(phm, sizes, part, &parameters.part(part), shared).map(Projection::Phm),
            None => Linear::take(parameters, part).map(Projection::Linear),
        };
        Ok(Self {
            ln_before: architecture.ln_before.then(|| norm("ln_before")).transpose()?,
            down: projection("down", (hidden, width))?,
            activation: Activation::new(architecture.activation, &parameters.part("activation"))?,
            up: projection("up", (width, hidden))?,
            scaling: match architecture.scaling {
                Scaling::Constant(scaling) => Array1::from_elem(1, T::of(scaling)),
                Scaling::Learned | Scaling::Channel => parameters.take::<Ix1>("scaling")?,
            },
            gate: architecture.gating.then(|| Gate::take(parameters)).transpose()?,
            ln_after: architecture.ln_after.then(|| norm("ln_after")).transpose()?,
            architecture,
        })
    }

    /// The states that enter the adapter, from the block's output `h`, the block's input `i` (its residual) and the
    /// block's layer norm `LN`, where the model has one at this place:
    ///
    /// | | `x` | `r` | query of an AdapterFusion | … with its `query_before_ln` |
    /// |---|---|---|---|---|
    /// | parallel | `i` | `i` | `i` | `i` |
    /// | not `original_ln_before` | `h` | `h` | `h` | `h` |
    /// | `original_ln_before` | `LN(h + i)` | `h`, `h + i` or `LN(h + i)`, by [`Residual`] | `LN(h + i)` | `h` |
    /// | … in a model without `LN` here | `h + i` | `h`, or `h + i` | `h + i` | `h` |
    /// | … in a model with neither `LN` nor `i` here | `h` | `h` | `h` | `h` |
    ///
    /// # Errors
    /// For what the library leaves undefined: [`Residual::Sum`] without a layer norm before the adapter, and a
    /// parallel adapter where the model has no residual.
    pub fn before(
        &self,
        block_output: &States<T>,
        block_input: Option<&States<T>>,
        norm: Option<&LayerNorm<T>>,
        query_before_ln: bool,
    ) -> Result<Before<T>, MethodError> {
        if self.architecture.parallel {
            let input = block_input.ok_or_else(|| no_residual("a parallel adapter reads it"))?.clone();
            return Ok(Before { residual: input.clone(), query: input.clone(), input });
        }
        let mut input = block_output.clone();
        let mut sum = None;
        if self.architecture.original_ln_before {
            match (norm, block_input) {
                (Some(norm), Some(block_input)) => {
                    let added = add(block_output, block_input)?;
                    sum = (self.architecture.residual == Residual::Sum).then(|| added.clone().into_shared());
                    input = norm.forward_into(added).into_shared();
                }
                (Some(_), None) => return Err(no_residual("its layer norm is applied to the residual sum")),
                (None, Some(block_input)) => input = add(block_output, block_input)?.into_shared(),
                (None, None) => {}
            }
        }
        let residual = match self.architecture.residual {
            Residual::BlockOutput => block_output.clone(),
            Residual::Sum => sum.ok_or_else(|| {
                let detail = "`residual_before_ln` is \"post_add\", but no layer norm comes before the adapter here";
                MethodError::undefined(detail)
            })?,
            Residual::Input => input.clone(),
        };
        let query = if query_before_ln { block_output.clone() } else { input.clone() };
        Ok(Before { input, residual, query })
    }

    /// `y` from `x` and `r`.
    ///
    /// # Errors
    /// If the states do not fit the adapter or each other.
    pub fn forward(&self, input: &ArrayRef3<T>, residual: &ArrayRef3<T>) -> Result<After<T>, MethodError> {
        if input.dim().2 != self.architecture.hidden {
            let (found, expected) = (input.dim().2, self.architecture.hidden);
            return Err(MethodError::input(format!("the states have {found} units, the adapter {expected}")));
        }
        let down = match &self.ln_before {
            Some(norm) => self.down.forward(norm.forward(&input.view()).view()),
            None => self.down.forward(input.view()),
        };
        let mut up = self.up.forward(self.activation.forward(&down).view());
        up *= &self.scaling;
        let up = up.into_shared();
        let mut output = match &self.gate {
            Some(gate) => (&up * &gate.weight(input.view())).into_shared(),
            None => up.clone(),
        };
        let adds_residual = !self.architecture.parallel;
        if adds_residual && self.architecture.residual_before_ln_after {
            output = add(&output, residual)?.into_shared();
        }
        if let Some(norm) = &self.ln_after {
            output = norm.forward(&output).into_shared();
        }
        if adds_residual && !self.architecture.residual_before_ln_after {
            output = add(&output, residual)?.into_shared();
        }
        Ok(After { output, up })
    }

    /// What leaves the place, from the output `y` of the last adapter: a parallel one first adds the block's output
    /// `h`; then the block's residual sum and layer norm follow, `LN(y + i)`, if `original_ln_after` (in a model
    /// without `LN` here: `y + i`).
    ///
    /// # Errors
    /// If the model has no residual here and one is needed, or the states do not fit each other.
    pub fn after(
        &self,
        output: Array3<T>,
        block_output: &ArrayRef3<T>,
        block_input: Option<&States<T>>,
        norm: Option<&LayerNorm<T>>,
    ) -> Result<Array3<T>, MethodError> {
        let mut output = output;
        if self.architecture.parallel {
            output = add_into(output, block_output)?;
        }
        if self.architecture.original_ln_after {
            let block_input = block_input.ok_or_else(|| no_residual("it is added behind the adapter"))?;
            output = add_into(output, block_input)?;
            if let Some(norm) = norm {
                output = norm.forward_into(output);
            }
        }
        Ok(output)
    }
}

fn no_residual(why: &str) -> MethodError {
    MethodError::undefined(format!("the model gives no residual at this place, and {why}"))
}

/// A projection of either kind.
#[derive(Debug, Clone, PartialEq)]
enum Projection<T> {
    Linear(Linear<T>),
    Phm(Hypercomplex<T>),
}

impl<T: Scalar> Projection<T> {
    fn forward(&self, x: ArrayView3<'_, T>) -> Array3<T> {
        match self {
            Self::Linear(linear) => linear.forward(&x),
            Self::Phm(phm) => phm.forward(x),
        }
    }
}
