use std::fmt;

use crate::dialects::peft::updates::UpdateError;
use crate::files::AnyError;
use crate::tensors::TensorError;

/// Why an adapter is not merged.
#[derive(Debug)]
#[non_exhaustive]
pub enum MergeError {
    /// A file cannot be read or written.
    File {
        /// Its path.
        path: String,
        /// What is wrong.
        cause: AnyError,
    },
    /// It cannot be merged, in PEFT or here.
    Refused {
        /// Why.
        reason: String,
    },
    /// The base model has no such modules.
    Unplaced {
        /// Their paths.
        modules: Vec<String>,
    },
    /// A weight cannot be changed.
    Update {
        /// The module.
        module: String,
        /// What is wrong.
        error: UpdateError,
        /// What it is made from, in words: names and shapes.
        made_from: String,
    },
    /// A file of tensors cannot be read or written.
    Tensors(Box<TensorError>),
}

impl MergeError {
    pub(super) fn file(path: impl fmt::Display, cause: impl Into<AnyError>) -> Self {
        Self::File { path: path.to_string(), cause: cause.into() }
    }

    pub(super) fn update(module: &str, error: impl Into<UpdateError>) -> Self {
        Self::Update { module: module.to_owned(), error: error.into(), made_from: String::new() }
    }

    pub(super) fn refused(reason: impl Into<String>) -> Self {
        Self::Refused { reason: reason.into() }
    }
}

impl fmt::Display for MergeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, cause } => write!(f, "{path}: {cause}"),
            Self::Refused { reason } => f.write_str(reason),
            Self::Unplaced { modules } => {
                let first = modules.iter().take(3).map(|module| format!("`{module}`")).collect::<Vec<_>>().join(", ");
                write!(f, "the base model has no weight for {first}")?;
                match modules.len().saturating_sub(3) {
                    0 => Ok(()),
                    more => write!(f, " and {more} more"),
                }
            }
            Self::Update { module, error, made_from } if made_from.is_empty() => write!(f, "`{module}`: {error}"),
            Self::Update { module, error, made_from } => write!(f, "`{module}` has {made_from}: {error}"),
            Self::Tensors(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for MergeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // Their own text is part of ours already.
            Self::File { cause, .. } => cause.source(),
            Self::Update { error, .. } => error.source(),
            Self::Tensors(error) => error.source(),
            Self::Refused { .. } | Self::Unplaced { .. } => None,
        }
    }
}

impl From<TensorError> for MergeError {
    fn from(error: TensorError) -> Self {
        Self::Tensors(Box::new(error))
    }
}
