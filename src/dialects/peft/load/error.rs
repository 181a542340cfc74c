use std::fmt;

use crate::dialects::peft::releases::Release;
use crate::merge::PathError;

/// Why a config cannot be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoadError {
    /// The text cannot be read.
    Text {
        /// What is wrong with it.
        detail: String,
        /// The line, from 1.
        line: usize,
    },
    /// It is no object.
    NotAConfig,
    /// There is no `peft_type`.
    NoType,
    /// No method has this `peft_type`.
    UnknownMethod {
        /// The name.
        name: String,
        /// Methods whose names look like it.
        similar: Vec<String>,
    },
    /// An override is for a key that the method does not have.
    UnknownKey {
        /// The class of the config.
        class: &'static str,
        /// The key.
        key: String,
        /// Keys that look like it.
        similar: Vec<String>,
    },
    /// An override cannot be made.
    Path(PathError),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let meant = |similar: &[String]| match similar {
            [] => String::new(),
            similar => format!("; did you mean {}?", similar.join(", ")),
        };
        match self {
            Self::Text { detail, line } => write!(f, "line {line}: {detail}"),
            Self::NotAConfig => f.write_str("a config is an object of keys and values"),
            Self::NoType => f.write_str("`peft_type` is missing, so the method is unknown"),
            Self::UnknownMethod { name, .. } if name.is_empty() => f.write_str("the name of a method is missing"),
            Self::UnknownMethod { name, similar } => {
                write!(f, "PEFT {} has no method `{name}`{}", Release::NEWEST.number(), meant(similar))
            }
            Self::UnknownKey { class, key, similar } => write!(f, "{class} has no key `{key}`{}", meant(similar)),
            Self::Path(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for LoadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Path(error) => Some(error),
            _ => None,
        }
    }
}
