use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::dialects::{SecondTarget, Targets, UnknownTarget};

/// What stands under `for`: a release, or a list with one of each library. In TOML each has its place.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Releases<T = Spanned<String>> {
    /// One.
    One(String),
    /// Several.
    Several(Vec<T>),
}

#[cfg(feature = "server")]
impl Releases<String> {
    /// The releases that are named.
    ///
    /// # Errors
    /// If one is not known, or two are of one library.
    pub(crate) fn targets(&self) -> Result<Targets, ReleaseError> {
        let names: Vec<&str> = match self {
            Self::One(name) => vec![name],
            Self::Several(names) => names.iter().map(String::as_str).collect(),
        };
        let mut targets = Targets::default();
        names.into_iter().try_for_each(|name| add(&mut targets, name)).map(|()| targets)
    }
}

/// The releases that a file of settings names.
///
/// # Errors
/// If one is not known, or two are of one library; with its place.
pub(super) fn targets(releases: &Spanned<Releases>) -> Result<Targets, (Range<usize>, ReleaseError)> {
    let names: Vec<(Range<usize>, &str)> = match releases.get_ref() {
        Releases::One(name) => vec![(releases.span(), name)],
        Releases::Several(names) => names.iter().map(|name| (name.span(), name.get_ref().as_str())).collect(),
    };
    let mut targets = Targets::default();
    for (span, name) in names {
        add(&mut targets, name).map_err(|error| (span, error))?;
    }
    Ok(targets)
}

fn add(targets: &mut Targets, name: &str) -> Result<(), ReleaseError> {
    targets.add(name.parse().map_err(ReleaseError::Unknown)?).map_err(ReleaseError::Second)
}

/// Why a release that is named cannot be judged for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReleaseError {
    /// There is none of this name.
    Unknown(UnknownTarget),
    /// Another of the same library is named, too.
    Second(SecondTarget),
}

impl fmt::Display for ReleaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(error) => error.fmt(f),
            Self::Second(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ReleaseError {}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Releases<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrSeveral<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrSeveral<T> {
            type Value = Releases<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a release such as `adapters@1.0.1`, or a list of releases")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
                Ok(Releases::One(name.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = list.next_element()? {
                    names.push(name);
                }
                if names.is_empty() { Err(Error::invalid_length(0, &self)) } else { Ok(Releases::Several(names)) }
            }
        }

        deserializer.deserialize_any(OneOrSeveral(PhantomData))
    }
}

impl JsonSchema for Releases {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Releases".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "array"], "items": { "type": "string" }, "minItems": 1 })
    }
}
