use std::fmt;

use crate::convert::RecipeError;
use crate::dialects::peft::PatternError;

/// Why an adapter cannot be made of one of PEFT, or one of PEFT of it.
#[derive(Debug)]
#[non_exhaustive]
pub enum PeftError {
    /// The base model is not known, or one for which nothing can be converted.
    BaseModel {
        /// What is wrong.
        detail: String,
    },
    /// The config or the tensors lack something.
    Missing {
        /// What is wrong.
        detail: String,
    },
    /// Sizes do not go with each other.
    Unfit {
        /// What is wrong.
        detail: String,
    },
    /// A pattern of the config cannot be followed.
    Pattern(Box<PatternError>),
    /// A tensor cannot be made.
    Recipe(RecipeError),
}

impl PeftError {
    pub(super) fn base_model(detail: impl Into<String>) -> Self {
        Self::BaseModel { detail: detail.into() }
    }

    pub(super) fn missing(detail: impl Into<String>) -> Self {
        Self::Missing { detail: detail.into() }
    }

    pub(super) fn unfit(detail: impl Into<String>) -> Self {
        Self::Unfit { detail: detail.into() }
    }
}

impl fmt::Display for PeftError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BaseModel { detail } | Self::Missing { detail } | Self::Unfit { detail } => f.write_str(detail),
            Self::Pattern(error) => error.fmt(f),
            Self::Recipe(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for PeftError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // Their own text is ours.
            Self::Pattern(error) => error.source(),
            Self::Recipe(error) => error.source(),
            Self::BaseModel { .. } | Self::Missing { .. } | Self::Unfit { .. } => None,
        }
    }
}

impl From<PatternError> for PeftError {
    fn from(error: PatternError) -> Self {
        Self::Pattern(Box::new(error))
    }
}

impl From<RecipeError> for PeftError {
    fn from(error: RecipeError) -> Self {
        Self::Recipe(error)
    }
}
