use std::fmt;
use std::str::FromStr;

use super::{adapterhub, peft};

/// The release of a library that files are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target {
    /// A release of `adapters` or `adapter-transformers`.
    AdapterHub(adapterhub::release::Release),
    /// A release of PEFT.
    Peft(peft::releases::Release),
    /// A release of vLLM, which serves adapters of PEFT.
    Vllm(peft::serving::Vllm),
}

impl Target {
    /// The release of AdapterHub's libraries, if it is one.
    #[must_use]
    pub fn adapterhub(self) -> Option<adapterhub::release::Release> {
        match self {
            Self::AdapterHub(release) => Some(release),
            Self::Peft(_) | Self::Vllm(_) => None,
        }
    }

    /// The release of PEFT, if it is one.
    #[must_use]
    pub fn peft(self) -> Option<peft::releases::Release> {
        match self {
            Self::Peft(release) => Some(release),
            Self::AdapterHub(_) | Self::Vllm(_) => None,
        }
    }

    /// The release of vLLM, if it is one.
    #[must_use]
    pub fn vllm(self) -> Option<peft::serving::Vllm> {
        match self {
            Self::Vllm(release) => Some(release),
            Self::AdapterHub(_) | Self::Peft(_) => None,
        }
    }
}

/// The releases that files are for, at most one of each library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Targets {
    adapterhub: Option<adapterhub::release::Release>,
    peft: Option<peft::releases::Release>,
    vllm: Option<peft::serving::Vllm>,
}

impl Targets {
    /// The release for files of AdapterHub's libraries; the newest if none is named.
    #[must_use]
    pub fn adapterhub_or_newest(self) -> adapterhub::release::Release {
        self.adapterhub.unwrap_or(adapterhub::release::Release::NEWEST)
    }

    /// The release for files of PEFT; the newest if none is named.
    #[must_use]
    pub fn peft_or_newest(self) -> peft::releases::Release {
        self.peft.unwrap_or(peft::releases::Release::NEWEST)
    }

    /// The release of vLLM that files of PEFT are for, if one is named.
    #[must_use]
    pub fn vllm(self) -> Option<peft::serving::Vllm> {
        self.vllm
    }

    /// Names a release.
    ///
    /// # Errors
    /// If its library has one already.
    pub fn add(&mut self, target: Target) -> Result<(), SecondTarget> {
        let first = match target {
            Target::AdapterHub(_) => self.adapterhub.map(Target::AdapterHub),
            Target::Peft(_) => self.peft.map(Target::Peft),
            Target::Vllm(_) => self.vllm.map(Target::Vllm),
        };
        if let Some(first) = first {
            return Err(SecondTarget { first, second: target });
        }
        *self = Self::from(target).or(*self);
        Ok(())
    }

    /// These, and those of others for the libraries that have none here.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        Self {
            adapterhub: self.adapterhub.or(others.adapterhub),
            peft: self.peft.or(others.peft),
            vllm: self.vllm.or(others.vllm),
        }
    }
}

impl<T: Into<Target>> From<T> for Targets {
    fn from(target: T) -> Self {
        let target = target.into();
        Self { adapterhub: target.adapterhub(), peft: target.peft(), vllm: target.vllm() }
    }
}

/// Two releases of one library, of which files can be for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecondTarget {
    first: Target,
    second: Target,
}

impl fmt::Display for SecondTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} and {} read the same files, which are checked for one release", self.first, self.second)
    }
}

impl std::error::Error for SecondTarget {}

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

impl From<peft::serving::Vllm> for Target {
    fn from(release: peft::serving::Vllm) -> Self {
        Self::Vllm(release)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AdapterHub(release) => release.fmt(f),
            Self::Peft(release) => release.fmt(f),
            Self::Vllm(release) => release.fmt(f),
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
    /// Of vLLM.
    Vllm(peft::serving::UnknownVllm),
}

impl fmt::Display for UnknownTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AdapterHub(error) => error.fmt(f),
            Self::Peft(error) => error.fmt(f),
            Self::Vllm(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for UnknownTarget {}

impl FromStr for Target {
    type Err = UnknownTarget;

    /// Reads `adapters@1.0.1`, `adapter-transformers@2.3.0`, `peft@0.11.1` or `vllm@0.11.0`; a name alone means the newest release.
    fn from_str(text: &str) -> Result<Self, UnknownTarget> {
        match text.trim().split('@').next() {
            Some("peft") => text.parse().map(Self::Peft).map_err(UnknownTarget::Peft),
            Some("vllm") => text.parse().map(Self::Vllm).map_err(UnknownTarget::Vllm),
            _ => text.parse().map(Self::AdapterHub).map_err(UnknownTarget::AdapterHub),
        }
    }
}
