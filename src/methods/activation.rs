//! Activations, by their definition.
//!
//! The library finds them by name, in capitals or not (`methods/modeling.py`, `Activation_Function_Class`, adapters
//! 1.3.0, and `transformers/activations.py`, `ACT2FN`, 4.57.6); no name is the identity.

use ndarray::{Array, ArrayBase, Axis, Data, Dimension, Ix1};

use super::parameters::{Parameter, Parameters};
use super::{MethodError, Scalar};

/// An activation function without parameters, or the kind of one that is trained.
///
/// In the definitions `σ` is the logistic function and `Φ` the distribution function of the standard normal
/// distribution, `Φ(x) = (1 + erf(x / √2)) / 2`. Where a definition meets infinities, the result is what its own
/// arithmetic gives, as in PyTorch: `gelu(-∞)` is `-∞ · 0`, not a number. What is not a number stays so. Sums that
/// cancel are avoided, so that small results keep their digits: `1 + erf(x)` is `erfc(-x)`, and `(1 + tanh(u)) / 2` is
/// `σ(2u)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Function {
    /// `x`.
    Identity,
    /// `x · Φ(x)` (Hendrycks and Gimpel 2016, arXiv:1606.08415, equation 1).
    Gelu,
    /// `min(max(x · Φ(x), -10), 10)`.
    ClippedGelu,
    /// `x / 2 · (1 + tanh(√(2/π) · (x + 0.044715 · x³)))` (arXiv:1606.08415, section 2).
    GeluTanh,
    /// `x / 2 · (1 + tanh(0.7978845608 · x · (1 + 0.044715 · x²)))`: the same with a rounded constant.
    GeluFast,
    /// `x · σ(1.702 · x)` (arXiv:1606.08415, section 2).
    QuickGelu,
    /// `(1 + erf((x - 0.707107) / (0.282095 · √2))) / 2` (Ma et al. 2022, arXiv:2209.10655, equation 16).
    Laplace,
    /// `x` above 0, `0.01 · x` below.
    LeakyRelu,
    /// `x · tanh(log(1 + exp(x)))` (Misra 2019, arXiv:1908.08681, equation 1).
    Mish,
    /// `x` above 0, `a · x` below, `a` trained (He et al. 2015, arXiv:1502.01852, equation 1).
    Prelu,
    /// `max(x, 0)`.
    Relu,
    /// `max(x, 0)²` (So et al. 2021, arXiv:2109.08668).
    SquaredRelu,
    /// `min(max(x, 0), 6)`.
    Relu6,
    /// `σ(x) = 1 / (1 + exp(-x))`.
    Sigmoid,
    /// `x · σ(x)` (arXiv:1606.08415; Ramachandran et al. 2017, arXiv:1710.05941).
    Silu,
    /// `tanh(x)`.
    Tanh,
    /// `p · x² + β · x` above 0, else `n · (exp(min(x, ε)) - 1 - x) + β · x`, with `p = softplus(α_p)`,
    /// `n = β + softplus(α_n)` and `softplus(α) = log(1 + exp(α))` (Huang and Schlag 2024, arXiv:2411.13010, equation
    /// 10). Both `α` are trained; `β = 0.5` and `ε = -1e-6` stay as they are, but are saved too. The library holds the
    /// four in bfloat16, and unless the module is turned to double precision it rounds to bfloat16 what it computes of
    /// them: `p`, `softplus(α_n)` and `n`.
    Xielu,
}

impl Function {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::Identity,
        Self::Gelu,
        Self::ClippedGelu,
        Self::GeluTanh,
        Self::GeluFast,
        Self::QuickGelu,
        Self::Laplace,
        Self::LeakyRelu,
        Self::Mish,
        Self::Prelu,
        Self::Relu,
        Self::SquaredRelu,
        Self::Relu6,
        Self::Sigmoid,
        Self::Silu,
        Self::Tanh,
        Self::Xielu,
    ];

    /// The parameters, for the two functions that have some.
    #[must_use]
    pub fn parameters(self) -> Vec<Parameter> {
        match self {
            Self::Prelu => vec![Parameter::trained("slope", &[("1", 1)])],
            Self::Xielu => vec![
                Parameter::trained("alpha_p", &[("1", 1)]),
                Parameter::trained("alpha_n", &[("1", 1)]),
                Parameter::trained("beta", &[]).buffer(),
                Parameter::trained("epsilon", &[]).buffer(),
            ],
            _ => Vec::new(),
        }
    }
}

/// An activation with the parameters it may have.
#[derive(Debug, Clone, PartialEq)]
pub enum Activation<T> {
    /// A function without parameters.
    Fixed(Function),
    /// [`Function::Prelu`] with its slope `a`.
    Prelu(T),
    /// [`Function::Xielu`] with its slopes.
    Xielu {
        /// `p`, the curvature above 0.
        positive: T,
        /// `n`, the weight of the exponential below 0.
        negative: T,
        /// `β`, the slope at 0.
        beta: T,
        /// `ε`, a small negative number.
        epsilon: T,
    },
}

impl<T: Scalar> Activation<T> {
    /// The function with its parameters, if it has some, in `parameters`.
    ///
    /// # Errors
    /// If one of them is missing or has another shape.
    pub fn new(function: Function, parameters: &Parameters<T>) -> Result<Self, MethodError> {
        parameters.check(&function.parameters())?;
        Ok(match function {
            Function::Prelu => Self::Prelu(parameters.take::<Ix1>("slope")?[0]),
            Function::Xielu => {
                let scalar = |role: &str| Ok(parameters.take::<ndarray::IxDyn>(role)?.sum());
                let beta = scalar("beta")?;
                Self::Xielu {
                    positive: as_held(softplus(scalar("alpha_p")?)),
                    negative: as_held(beta + as_held(softplus(scalar("alpha_n")?))),
                    beta,
                    epsilon: scalar("epsilon")?,
                }
            }
            fixed => Self::Fixed(fixed),
        })
    }

    /// The value at one number.
    #[must_use]
    pub fn at(&self, x: T) -> T {
        match self {
            Self::Fixed(function) => fixed(*function, x),
            Self::Prelu(slope) => {
                if x > T::zero() {
                    x
                } else {
                    *slope * x
                }
            }
            Self::Xielu { positive, negative, beta, epsilon } => {
                if x > T::zero() {
                    *positive * x * x + *beta * x
                } else {
                    // A comparison with NaN is false, so that NaN stays what it is.
                    let capped = if x > *epsilon { *epsilon } else { x };
                    (capped.exp_m1() - x) * *negative + *beta * x
                }
            }
        }
    }

    /// The value at every number of an array.
    #[must_use]
    pub fn forward<S: Data<Elem = T>, D: Dimension>(&self, x: &ArrayBase<S, D>) -> Array<T, D> {
        x.mapv(|value| self.at(value))
    }
}

/// The logistic function, `1 / (1 + exp(-x))`.
pub(crate) fn sigmoid<T: Scalar>(x: T) -> T {
    T::one() / (T::one() + (-x).exp())
}

/// `log(1 + exp(x))`, which is `x` itself above 20 (`torch.nn.functional.softplus`).
fn softplus<T: Scalar>(x: T) -> T {
    if x > T::of(20.0) { x } else { x.exp().ln_1p() }
}

/// The library holds xIELU's parameters in bfloat16, and what it computes of them alone, unless the whole module was
/// turned to double precision.
fn as_held<T: Scalar>(x: T) -> T {
    if T::NAME == f64::NAME { x } else { T::of(half::bf16::from_f64(x.wide()).to_f64()) }
}

/// The softmax of every vector along the last axis.
pub(crate) fn softmax<T: Scalar, D: Dimension>(mut x: Array<T, D>) -> Array<T, D> {
    let last = x.ndim() - 1;
    for mut row in x.lanes_mut(Axis(last)) {
        let greatest = row.fold(T::neg_infinity(), |greatest, &value| greatest.max(value));
        row.mapv_inplace(|value| (value - greatest).exp());
        let sum = row.sum();
        row.mapv_inplace(|value| value / sum);
    }
    x
}

/// MEGA's `μ`, as the library rounds it.
#[expect(clippy::approx_constant, reason = "the rounded number is the definition")]
const LAPLACE_MEAN: f64 = 0.707_107;
/// MEGA's `σ`, as the library rounds it.
const LAPLACE_DEVIATION: f64 = 0.282_095;

fn fixed<T: Scalar>(function: Function, x: T) -> T {
    let c = T::of;
    let (zero, one, half) = (T::zero(), T::one(), c(0.5));
    match function {
        Function::Gelu => gelu(x),
        Function::ClippedGelu => clamp(gelu(x), c(-10.0), c(10.0)),
        Function::GeluTanh => {
            let inner = c((2.0 / std::f64::consts::PI).sqrt()) * (x + c(0.044_715) * x * x * x);
            x * sigmoid(inner + inner)
        }
        Function::GeluFast => {
            let inner = x * c(0.797_884_560_8) * (one + c(0.044_715) * x * x);
            x * sigmoid(inner + inner)
        }
        Function::QuickGelu => x * sigmoid(c(1.702) * x),
        Function::Laplace => half * ((c(LAPLACE_MEAN) - x) / c(LAPLACE_DEVIATION * 2.0_f64.sqrt())).erfc(),
        Function::LeakyRelu => {
            if x > zero {
                x
            } else {
                x * c(0.01)
            }
        }
        Function::Mish => x * x.exp().ln_1p().tanh(),
        Function::Relu => at_least(x, zero),
        Function::SquaredRelu => {
            let positive = at_least(x, zero);
            positive * positive
        }
        Function::Relu6 => clamp(x, zero, c(6.0)),
        Function::Sigmoid => sigmoid(x),
        Function::Silu => x / (one + (-x).exp()),
        Function::Tanh => x.tanh(),
        Function::Identity => x,
        // These two carry parameters: `Activation::new` never leaves them here.
        Function::Prelu | Function::Xielu => T::nan(),
    }
}

/// `x · Φ(x)`, with the error function.
pub(crate) fn gelu<T: Scalar>(x: T) -> T {
    x * T::of(0.5) * (x * T::of(-std::f64::consts::FRAC_1_SQRT_2)).erfc()
}

/// `max(x, bound)`; NaN stays NaN.
fn at_least<T: Scalar>(x: T, bound: T) -> T {
    if x < bound { bound } else { x }
}

/// `min(max(x, low), high)`; NaN stays NaN.
fn clamp<T: Scalar>(x: T, low: T, high: T) -> T {
    if x > high { high } else { at_least(x, low) }
}
