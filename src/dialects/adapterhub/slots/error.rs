use std::fmt;

use crate::dialects::adapterhub::modules::BuildError;
use crate::dialects::adapterhub::sites::Sites;

/// Why an adapter cannot be placed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlaceError {
    /// The library does not know the base model's type, or nobody has looked where it puts adapters there.
    UnknownModel {
        /// `model_type`.
        model_type: String,
    },
    /// The base model's config does not give a size that is needed.
    SizeUnknown {
        /// `model_type`.
        model_type: String,
        /// The size, in words.
        size: &'static str,
    },
    /// The library refuses the method on this type of model.
    Unsupported {
        /// The method, in words.
        method: &'static str,
        /// `model_type`.
        model_type: String,
    },
    /// Two members of a union meet in one place.
    Conflict {
        /// The adapter's name.
        adapter: String,
        /// The layer; `None` where the library asks for the config of the whole model.
        layer: Option<u64>,
    },
    /// No module can have the adapter's name.
    Name {
        /// The name.
        adapter: String,
        /// What is wrong with it.
        flaw: &'static str,
    },
    /// The library stops where it builds the module.
    Refused {
        /// The path of the module; empty where it belongs to no place.
        path: String,
        /// Why.
        reason: BuildError,
    },
}

impl PlaceError {
    /// Whether the library itself refuses; if not, the model is not known well enough to tell.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        !matches!(self, Self::UnknownModel { .. } | Self::SizeUnknown { .. })
    }
}

impl fmt::Display for PlaceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownModel { model_type } => {
                let known: Vec<_> = Sites::all().iter().map(|row| row.model_type).collect();
                write!(
                    f,
                    "the places of adapters are not known for models of type {model_type:?}; they are known for "
                )?;
                write!(
                    f,
                    "{}, and encoder-decoder models of two of these with one stack of layers each",
                    known.join(", ")
                )
            }
            Self::SizeUnknown { model_type, size } => {
                write!(f, "the config of this {model_type} model does not give its {size}")
            }
            Self::Unsupported { method, model_type } => {
                write!(f, "{model_type} models do not support {method}")
            }
            Self::Conflict { adapter, layer: Some(layer) } => {
                write!(f, "Multiple adapter definitions conflict for adapter '{adapter}' in layer {layer}")
            }
            Self::Conflict { adapter, layer: None } => {
                write!(f, "Multiple adapter definitions conflict for adapter '{adapter}'")
            }
            Self::Name { adapter, flaw } => write!(f, "no adapter can be called {adapter:?}: the name {flaw}"),
            Self::Refused { path, reason } if path.is_empty() => reason.fmt(f),
            Self::Refused { path, reason } => write!(f, "{path}: {reason}"),
        }
    }
}

impl std::error::Error for PlaceError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // Its own text is part of ours already.
            Self::Refused { reason, .. } => reason.source(),
            _ => None,
        }
    }
}
