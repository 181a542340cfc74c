use std::fmt;

use crate::dialects::adapterhub::load::LoadError;
use crate::dialects::adapterhub::modules::{BuildError, ModuleError};
use crate::dialects::adapterhub::slots::PlaceError;
use crate::files::AnyError;
use crate::methods::MethodError;
use crate::tensors::TensorError;

/// Why a case cannot be run.
#[derive(Debug)]
#[non_exhaustive]
pub enum OracleError {
    /// A file cannot be read.
    File {
        /// Its path.
        path: String,
        /// What is wrong.
        cause: AnyError,
    },
    /// The case does not fit itself: an array or setting is missing or unknown.
    Case {
        /// What is wrong.
        detail: String,
    },
    /// A config cannot be loaded.
    Config(Box<LoadError>),
    /// A config builds nothing.
    Build(BuildError),
    /// An adapter cannot be placed in a model.
    Place(PlaceError),
    /// A module cannot be made of the arrays.
    Module(ModuleError),
    /// The method says no.
    Method(MethodError),
    /// A file of tensors cannot be read.
    Tensors(Box<TensorError>),
}

impl OracleError {
    pub(crate) fn file(path: impl fmt::Display, cause: impl Into<AnyError>) -> Self {
        Self::File { path: path.to_string(), cause: cause.into() }
    }

    pub(crate) fn case(detail: impl Into<String>) -> Self {
        Self::Case { detail: detail.into() }
    }
}

impl fmt::Display for OracleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, cause } => write!(f, "{path}: {cause}"),
            Self::Case { detail } => f.write_str(detail),
            Self::Config(error) => error.fmt(f),
            Self::Build(error) => error.fmt(f),
            Self::Place(error) => error.fmt(f),
            Self::Module(error) => error.fmt(f),
            Self::Method(error) => error.fmt(f),
            Self::Tensors(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for OracleError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Case { .. } => None,
            // Their own text is part of ours already.
            Self::File { cause, .. } => cause.source(),
            Self::Config(error) => error.source(),
            Self::Build(error) => error.source(),
            Self::Place(error) => error.source(),
            Self::Module(error) => error.source(),
            Self::Method(error) => error.source(),
            Self::Tensors(error) => error.source(),
        }
    }
}

/// Declares the conversions: a row is the variant and the type.
macro_rules! from {
    ($($variant:ident($type:ty) by $wrap:expr;)*) => {$(
        impl From<$type> for OracleError {
            fn from(error: $type) -> Self {
                Self::$variant($wrap(error))
            }
        }
    )*};
}

from! {
    Config(LoadError) by Box::new;
    Build(BuildError) by std::convert::identity;
    Place(PlaceError) by std::convert::identity;
    Module(ModuleError) by std::convert::identity;
    Method(MethodError) by std::convert::identity;
    Tensors(TensorError) by Box::new;
}
