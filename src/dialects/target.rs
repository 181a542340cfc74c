use std::fmt;
use std::str::FromStr;

use super::{adapterhub, peft};

/// The release of a library that files are for. Files of another library are judged for its newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target {
    /// A release of `adapters` or `adapter-transformers`.
    AdapterHub(adapterhub::release::Release),
    /// A release of PEFT.
    Peft(peft::releases::Release),
}

impl Target {
    /// The release of AdapterHub's libraries, if it is one.
    #[must_use]
    pub fn adapterhub(self) -> Option<adapterhub::release::Release> {
        match self {
            Self::AdapterHub(release) => Some(release),
            Self::Peft(_) => None,
        }
    }

    /// The release of PEFT, if it is one.
    #[must_use]
    pub fn peft(self) -> Option<peft::releases::Release> {
        match self {
            Self::Peft(release) => Some(release),
            Self::AdapterHub(_) => None,
        }
    }
}

impl From<adapterhub::release::Release> for Target {
    fn from(release: adapterhub::release::Release) -> Self {
        Self::AdapterHub(release)
    }
}

impl From<peft::releases::Release> for Target {
    fn from(release: peft::releases::Release) -> Self {
        Self::Peft(release)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AdapterHub(release) => release.fmt(f),
            Self::Peft(release) => release.fmt(f),
        }
    }
}

/// A text that names no release.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnknownTarget {
    /// Of AdapterHub's libraries, or of none.
    AdapterHub(adapterhub::release::UnknownRelease),
    /// Of PEFT.
    Peft(peft::releases::UnknownRelease),
}

impl fmt::Display for UnknownTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AdapterHub(error) => error.fmt(f),
            Self::Peft(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for UnknownTarget {}

impl FromStr for Target {
    type Err = UnknownTarget;

    /// Reads `adapters@1.0.1`, `adapter-transformers@2.3.0` or `peft@0.11.1`; a library alone means its newest release.
    fn from_str(text: &str) -> Result<Self, UnknownTarget> {
        if text.trim().split('@').next() == Some("peft") {
            text.parse().map(Self::Peft).map_err(UnknownTarget::Peft)
        } else {
            text.parse().map(Self::AdapterHub).map_err(UnknownTarget::AdapterHub)
        }
    }
}
