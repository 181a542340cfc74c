use std::fmt;

/// Why something cannot be computed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MethodError {
    /// A parameter is not there.
    Missing {
        /// Its role in the method.
        role: String,
    },
    /// A parameter has another shape than its architecture says.
    Shape {
        /// Its role in the method.
        role: String,
        /// The shape by the architecture.
        expected: Vec<usize>,
        /// The shape it has.
        found: Vec<usize>,
    },
    /// An input or intermediate array does not fit.
    Input {
        /// What does not fit, and why.
        detail: String,
    },
    /// The library stops with an error here, or what it computes is not defined.
    Undefined {
        /// What is undefined, and why.
        detail: String,
    },
}

impl MethodError {
    pub(crate) fn input(detail: impl Into<String>) -> Self {
        Self::Input { detail: detail.into() }
    }

    pub(crate) fn undefined(detail: impl Into<String>) -> Self {
        Self::Undefined { detail: detail.into() }
    }
}

impl fmt::Display for MethodError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { role } => write!(f, "the parameter `{role}` is missing"),
            Self::Shape { role, expected, found } => {
                write!(f, "the parameter `{role}` should have the shape {expected:?}, and has {found:?}")
            }
            Self::Input { detail } | Self::Undefined { detail } => f.write_str(detail),
        }
    }
}

impl std::error::Error for MethodError {}
