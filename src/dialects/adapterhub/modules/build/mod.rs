//! From a typed config and the sizes of a place to the [`Module`](super::Module) that the library creates there.

mod bottleneck;
mod low_rank;
mod others;

use std::fmt;

use crate::dialects::adapterhub::config::{Activation, NonLinearity, Number};
use crate::methods::activation::Function;

pub use bottleneck::{bottleneck, coupling, shared_bottleneck};
pub use low_rank::{LowRank, Weight, low_rank};
pub use others::{Attention, fusion, prefix, prefix_gate, prompt, reft};

/// Why a config builds no module at a place: the library stops there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildError(pub(crate) String);

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BuildError {}

fn refuse<T>(why: impl Into<String>) -> Result<T, BuildError> {
    Err(BuildError(why.into()))
}

/// The function behind a name of the library's.
#[must_use]
pub fn activation(name: Activation) -> Function {
    match name {
        Activation::Gelu | Activation::GeluPython => Function::Gelu,
        Activation::Gelu10 => Function::ClippedGelu,
        Activation::GeluAccurate | Activation::GeluNew | Activation::GeluPythonTanh | Activation::GeluPytorchTanh => {
            Function::GeluTanh
        }
        Activation::GeluFast => Function::GeluFast,
        Activation::Laplace => Function::Laplace,
        Activation::LeakyReluModule | Activation::LeakyRelu => Function::LeakyRelu,
        Activation::Linear => Function::Identity,
        Activation::Mish => Function::Mish,
        Activation::Prelu => Function::Prelu,
        Activation::QuickGelu => Function::QuickGelu,
        Activation::Relu => Function::Relu,
        Activation::Relu2 => Function::SquaredRelu,
        Activation::Relu6 => Function::Relu6,
        Activation::Sigmoid => Function::Sigmoid,
        Activation::Silu | Activation::Swish => Function::Silu,
        Activation::Tanh => Function::Tanh,
        Activation::Xielu => Function::Xielu,
    }
}

fn non_linearity(name: &NonLinearity) -> Result<Function, BuildError> {
    match name {
        NonLinearity::Known(name) => Ok(activation(*name)),
        NonLinearity::Old(_) => refuse("no activation is called \"gelu_orig\" any more"),
    }
}

fn float(number: &Number) -> f64 {
    number.as_f64().unwrap_or(f64::NAN)
}

/// A size from a file as one of memory. What does not fit the machine is as large as it can be, and no array has that
/// size.
fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
