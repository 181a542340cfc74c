//! Saved adapters, AdapterFusions and heads of one release, as another reads them, with the same function.
//!
//! [`Source`] is what lies on disk; [`plan`](Plan::new) says what has to be done to it for a [`Target`], and what cannot
//! be done; [`Plan::write`] does it, reads the result back and compares.

pub mod adapterhub;
mod cast;
pub(crate) mod eject;
mod former;
mod held;
pub mod peft;
mod pieces;
mod plan;
mod recipe;
mod recipe_error;
pub(crate) mod refused;
mod several;
mod source;
mod through;
mod way_back;
mod weights;
mod write;

pub use plan::{Change, ChangeKind, Options, Output, OutputKind, Plan, Reft, Target, UnknownTarget};
#[cfg(feature = "oracle")]
pub(crate) use recipe::rounded;
pub use recipe::{Carried, Computation, Numbers, Recipe};
pub use recipe_error::RecipeError;
pub use several::{Planned, Several, check_all, write_all};
pub use source::{Holds, Source};
pub use weights::Weights;
pub use write::{Container, Proof};

use std::fmt;

use crate::checkpoint::{self, CheckpointError};
use crate::dialects::adapterhub::load::LoadError;
use crate::files::AnyError;
use crate::tensors::TensorError;

/// Why an adapter cannot be converted.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConvertError {
    /// A file or folder.
    File {
        /// Its path.
        path: String,
        /// What is wrong.
        cause: AnyError,
    },
    /// The config cannot be loaded.
    Config {
        /// Its path.
        path: String,
        /// Why.
        error: Box<LoadError>,
    },
    /// An adapter of PEFT, or one for it.
    Peft {
        /// The path of its config.
        path: String,
        /// Why.
        error: Box<peft::PeftError>,
    },
    /// A file of tensors.
    Tensors(Box<TensorError>),
    /// No adapter can have the name that it is to get.
    Name {
        /// The name.
        name: String,
        /// What is wrong with it, behind "it".
        flaw: &'static str,
    },
}

impl ConvertError {
    pub(crate) fn file(path: impl fmt::Display, cause: impl Into<AnyError>) -> Self {
        Self::File { path: path.to_string(), cause: cause.into() }
    }

    fn peft(path: impl fmt::Display, error: peft::PeftError) -> Self {
        Self::Peft { path: path.to_string(), error: Box::new(error) }
    }
}

impl fmt::Display for ConvertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, cause } => write!(f, "{path}: {cause}"),
            Self::Config { path, error } => write!(f, "{path}: {error}"),
            Self::Peft { path, error } => write!(f, "{path}: {error}"),
            Self::Tensors(error) => error.fmt(f),
            Self::Name { name, flaw } => write!(f, "no adapter can have the name `{name}`: it {flaw}"),
        }
    }
}

impl std::error::Error for ConvertError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // Their own text is part of ours already.
            Self::File { cause, .. } => cause.source(),
            Self::Config { error, .. } => error.source(),
            Self::Peft { error, .. } => error.source(),
            Self::Tensors(error) => error.source(),
            Self::Name { .. } => None,
        }
    }
}

impl From<CheckpointError> for ConvertError {
    fn from(error: CheckpointError) -> Self {
        match error {
            CheckpointError::Io { path, source } => Self::file(path.display(), source),
            CheckpointError::Tensors(error) => error.into(),
            CheckpointError::TooManyFiles { path } => Self::file(path.display(), checkpoint::too_many_files()),
        }
    }
}

impl From<TensorError> for ConvertError {
    fn from(error: TensorError) -> Self {
        Self::Tensors(Box::new(error))
    }
}
