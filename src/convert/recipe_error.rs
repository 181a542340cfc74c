use std::fmt;

use crate::tensors::TensorError;

/// Why a recipe cannot be followed.
#[derive(Debug)]
#[non_exhaustive]
pub enum RecipeError {
    /// The weights have no such tensor.
    Missing {
        /// Its name.
        name: String,
    },
    /// The numbers of a tensor cannot be read.
    Tensor(Box<TensorError>),
    /// Tensors are not of the sizes or the type that the recipe takes.
    Unfit {
        /// What does not fit.
        detail: String,
    },
}

impl RecipeError {
    pub(crate) fn unfit(detail: impl Into<String>) -> Self {
        Self::Unfit { detail: detail.into() }
    }
}

impl fmt::Display for RecipeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { name } => write!(f, "there is no tensor `{name}`"),
            Self::Tensor(error) => error.fmt(f),
            Self::Unfit { detail } => f.write_str(detail),
        }
    }
}

impl std::error::Error for RecipeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // Its own text is ours.
            Self::Tensor(error) => error.source(),
            Self::Missing { .. } | Self::Unfit { .. } => None,
        }
    }
}

impl From<TensorError> for RecipeError {
    fn from(error: TensorError) -> Self {
        Self::Tensor(Box::new(error))
    }
}
