use std::fmt;

use crate::checkpoint::CheckpointError;
use crate::dialects::peft::repair::RepairError;
use crate::tensors::TensorError;

/// Why the tensors of a folder are given no other names.
#[derive(Debug)]
#[non_exhaustive]
pub enum MendError {
    /// What is in the folder cannot be read.
    Folder(CheckpointError),
    /// A file of weights cannot be read.
    Tensors(TensorError),
    /// Something in a file is no tensor, and would not be written.
    NotATensor {
        /// Its name.
        name: String,
    },
    /// A tensor is a scale, which PEFT would not look for.
    Scale {
        /// Its name.
        name: String,
    },
    /// Two tensors are the same one of PEFT's.
    SameName {
        /// What PEFT calls it.
        name: String,
    },
    /// What a name should be cannot be told.
    Repair(RepairError),
    /// PEFT would not find a tensor under its new name either.
    Unknown {
        /// The new name.
        name: String,
    },
}

impl fmt::Display for MendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(error) => error.fmt(f),
            Self::Tensors(error) => error.fmt(f),
            Self::NotATensor { name } => write!(f, "`{name}` in it is not a tensor and would be lost"),
            Self::Scale { name } => {
                write!(f, "`{name}` is a scale, which PEFT takes from `lora_alpha` of the config alone")
            }
            Self::SameName { name } => write!(f, "two tensors would both be `{name}`"),
            Self::Repair(error) => error.fmt(f),
            Self::Unknown { name } => write!(f, "PEFT does not look for `{name}` either"),
        }
    }
}

impl std::error::Error for MendError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // Their own text is ours.
            Self::Folder(error) => error.source(),
            Self::Tensors(error) => error.source(),
            Self::Repair(error) => error.source(),
            Self::NotATensor { .. } | Self::Scale { .. } | Self::SameName { .. } | Self::Unknown { .. } => None,
        }
    }
}

impl From<CheckpointError> for MendError {
    fn from(error: CheckpointError) -> Self {
        Self::Folder(error)
    }
}

impl From<TensorError> for MendError {
    fn from(error: TensorError) -> Self {
        Self::Tensors(error)
    }
}

impl From<RepairError> for MendError {
    fn from(error: RepairError) -> Self {
        Self::Repair(error)
    }
}
