use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Declares the activations: a row is the definition, the variant and the name that the library knows.
macro_rules! activations {
    ($($(#[doc = $doc:literal])* $variant:ident $name:literal,)*) => {
        /// An activation function, by the name under which `adapters` 1.3.0 (with `transformers` 4.57) finds it. In
        /// the definitions, `σ` is the logistic function `1 / (1 + exp(-x))` and `Φ` the distribution function of
        /// the standard normal distribution.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        pub enum Activation {
            $($(#[doc = $doc])* #[serde(rename = $name)] $variant,)*
        }

        impl Activation {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name in config files.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

activations! {
    /// GELU: `x · Φ(x)`.
    Gelu "gelu",
    /// GELU, cut off: `min(max(x · Φ(x), -10), 10)`.
    Gelu10 "gelu_10",
    /// GELU by tanh: `x / 2 · (1 + tanh(√(2/π) · (x + 0.044715 · x³)))`. The same function as `gelu_new`.
    GeluAccurate "gelu_accurate",
    /// GELU by tanh, with √(2/π) rounded: `x / 2 · (1 + tanh(0.7978845608 · x · (1 + 0.044715 · x²)))`.
    GeluFast "gelu_fast",
    /// GELU by tanh: `x / 2 · (1 + tanh(√(2/π) · (x + 0.044715 · x³)))`. This is what files without a `version` mean
    /// by `gelu`.
    GeluNew "gelu_new",
    /// GELU: `x · Φ(x)`, written out in Python; the same function as `gelu`.
    GeluPython "gelu_python",
    /// GELU by tanh, written out in Python; the same function as `gelu_new`.
    GeluPythonTanh "gelu_python_tanh",
    /// GELU by tanh, by PyTorch's own kernel; the same function as `gelu_new` but for rounding.
    GeluPytorchTanh "gelu_pytorch_tanh",
    /// `(1 + erf((x - 0.707107) / (0.282095 · √2))) / 2`: between 0 and 1.
    Laplace "laplace",
    /// `x` above 0, `0.01 · x` below. The same function as `leakyrelu`.
    LeakyReluModule "leaky_relu",
    /// No activation: `x`.
    Linear "linear",
    /// `x · tanh(log(1 + exp(x)))`.
    Mish "mish",
    /// `x` above 0, `a · x` below, with one trained number `a` for each place (0.25 at the start), which is saved
    /// with the adapter.
    Prelu "prelu",
    /// `x · σ(1.702 · x)`.
    QuickGelu "quick_gelu",
    /// `max(x, 0)`.
    Relu "relu",
    /// `max(x, 0)²`.
    Relu2 "relu2",
    /// `min(max(x, 0), 6)`.
    Relu6 "relu6",
    /// `σ(x)`: between 0 and 1.
    Sigmoid "sigmoid",
    /// `x · σ(x)`. The same function as `swish`.
    Silu "silu",
    /// `x · σ(x)`. The same function as `silu`.
    Swish "swish",
    /// `tanh(x)`: between -1 and 1.
    Tanh "tanh",
    /// `p · x² + x / 2` above 0, `n · (exp(min(x, -10⁻⁶)) - 1 - x) + x / 2` below, with two trained numbers for each
    /// place (both 0.8 at the start), which are held in bfloat16.
    Xielu "xielu",
    /// `x` above 0, `0.01 · x` below. The same function as `leaky_relu`.
    LeakyRelu "leakyrelu",
}

/// A text that names no activation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownActivation(String);

impl fmt::Display for UnknownActivation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no activation is called {:?}", self.0)
    }
}

impl std::error::Error for UnknownActivation {}

impl Activation {
    /// Every name.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::ALL.iter().map(|activation| activation.name())
    }
}

impl FromStr for Activation {
    type Err = UnknownActivation;

    /// Reads a name as the library does, without regard to upper and lower case.
    fn from_str(text: &str) -> Result<Self, UnknownActivation> {
        let lower = text.to_lowercase();
        let found = Self::ALL.iter().find(|activation| activation.name() == lower);
        found.copied().ok_or_else(|| UnknownActivation(text.to_owned()))
    }
}

impl fmt::Display for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An activation of a bottleneck adapter: files of adapter-transformers 1.x and 2.x know one more name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum NonLinearity {
    /// A name of today.
    Known(Activation),
    /// A name of old.
    Old(OldActivation),
}

/// Activation names that only files without a `version` may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OldActivation {
    /// Deprecated: what adapter-transformers 1.x and 2.x called `gelu`. Read only in files without a `version`, as
    /// `gelu`; anywhere else the library stops with a `KeyError`.
    GeluOrig,
}
