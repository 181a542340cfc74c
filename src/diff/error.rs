//! Why adapters are not compared, and why a model is not run with them.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::checkpoint::CheckpointError;
use crate::convert::{ConvertError, RecipeError};
use crate::oracle::OracleError;

/// Why two adapters cannot be compared.
#[derive(Debug)]
#[non_exhaustive]
pub enum DiffError {
    /// One of them cannot be read, or not be brought to the form in which they are compared.
    Convert(ConvertError),
    /// Tensors that both have cannot be computed with.
    Tensors {
        /// The tensor or the module.
        of: String,
        /// Why.
        error: RecipeError,
    },
}

impl DiffError {
    /// An error of the tensors of a place, which is known where they are asked for.
    pub(super) fn of(place: &str) -> impl FnOnce(RecipeError) -> Self {
        move |error| Self::Tensors { of: place.to_owned(), error }
    }
}

impl fmt::Display for DiffError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Convert(error) => error.fmt(f),
            Self::Tensors { of, error } => write!(f, "`{of}` cannot be compared: {error}"),
        }
    }
}

impl std::error::Error for DiffError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // Their own text is part of ours already.
            Self::Convert(error) => error.source(),
            Self::Tensors { error, .. } => error.source(),
        }
    }
}

impl From<ConvertError> for DiffError {
    fn from(error: ConvertError) -> Self {
        Self::Convert(error)
    }
}

impl From<CheckpointError> for DiffError {
    fn from(error: CheckpointError) -> Self {
        Self::Convert(error.into())
    }
}

/// Why a whole model is not run with two adapters; a comparison goes on without it.
pub(super) enum RunError {
    /// Both are of PEFT, and whole models are run with AdapterHub's.
    Peft,
    /// An adapter cannot be brought to the newest release of AdapterHub's.
    Convert(ConvertError),
    /// There is an AdapterFusion or a head only.
    NoAdapter(PathBuf),
    /// There is no place for what is written on the way.
    Scratch(io::Error),
    /// The model cannot be made, or not be run.
    Oracle(OracleError),
    /// The model has no states at its end.
    NoStates,
    /// The states of the two are not of one size.
    Sizes,
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Peft => f.write_str("two PEFT adapters cannot be run"),
            Self::Convert(error) => error.fmt(f),
            Self::NoAdapter(path) => write!(f, "{}: it contains no adapter", path.display()),
            Self::Scratch(error) => error.fmt(f),
            Self::Oracle(error) => error.fmt(f),
            Self::NoStates => f.write_str("the model returned no states"),
            Self::Sizes => f.write_str("the states differ in size"),
        }
    }
}

impl From<ConvertError> for RunError {
    fn from(error: ConvertError) -> Self {
        Self::Convert(error)
    }
}

impl From<OracleError> for RunError {
    fn from(error: OracleError) -> Self {
        Self::Oracle(error)
    }
}
