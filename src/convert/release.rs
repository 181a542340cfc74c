use std::cmp::Ordering;
use std::fmt;

use crate::dialects::adapterhub::release as recorded;

/// A library that writes AdapterHub's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Library {
    /// `adapter-transformers`.
    AdapterTransformers,
    /// `adapters`.
    Adapters,
}

impl Library {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AdapterTransformers => "adapter-transformers",
            Self::Adapters => "adapters",
        }
    }

    fn named(name: &str) -> Self {
        if name == Self::Adapters.name() { Self::Adapters } else { Self::AdapterTransformers }
    }
}

/// A release of AdapterHub's libraries: the one that saved a file, as far as the file tells, or the one that it is
/// written for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release {
    /// The library. All releases of `adapters` are newer than those of `adapter-transformers`.
    pub library: Library,
    /// The parts of the number. 1.x and 2.x do not write it, and are told apart by their layout: `[1]` and `[2]`.
    pub number: Vec<u64>,
}

impl Release {
    /// Every release, oldest first.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut all: Vec<_> = recorded::Release::all().filter_map(Self::of_recorded).collect();
        all.dedup();
        all
    }

    /// The newest release.
    #[must_use]
    pub fn newest() -> Self {
        let newest = recorded::Release::NEWEST;
        Self { library: Library::named(newest.library()), number: parts(newest.number()).unwrap_or_default() }
    }

    /// A release of the list. One that only mends how another is packed is that other here.
    pub(super) fn of_recorded(release: recorded::Release) -> Option<Self> {
        Some(Self { library: Library::named(release.library()), number: numbers(release.number())? })
    }

    /// The release of this number, if there is one.
    #[must_use]
    pub fn find(library: Library, number: &str) -> Option<Self> {
        let wanted = Self { library, number: numbers(number)? };
        Self::all().into_iter().find(|release| *release == wanted)
    }

    /// The release that a `version` key means. `adapters` 0.x wrote a smaller number than its ancestor: `"0.2.2"` is newer
    /// than `"3.2.1"`, and since 1.0 the library's name stands before it. Without the key it is 1.x, which wrote the
    /// `type` of an adapter, or 2.x.
    #[must_use]
    pub fn of_version(version: Option<&str>, has_type: bool) -> Self {
        let parts = |text: &str| text.split('.').map_while(|part| part.parse().ok()).collect::<Vec<_>>();
        match version {
            None => Self { library: Library::AdapterTransformers, number: vec![if has_type { 1 } else { 2 }] },
            Some(text) => match text.strip_prefix("adapters.") {
                Some(number) => Self { library: Library::Adapters, number: parts(number) },
                None => {
                    let mut number = parts(text);
                    let newer = number.first() == Some(&0);
                    if number.is_empty() {
                        // Whatever it is, the library finds a version, and not that of `adapters`.
                        number = vec![3];
                    }
                    let library = if newer { Library::Adapters } else { Library::AdapterTransformers };
                    Self { library, number }
                }
            },
        }
    }

    /// What this release writes under `version`; none if it does not write the key.
    #[must_use]
    pub fn version(&self) -> Option<String> {
        let number = self.number();
        match (self.library, self.number.first()) {
            (Library::AdapterTransformers, Some(..3)) => None,
            (Library::Adapters, Some(1..)) => Some(format!("adapters.{number}")),
            _ => Some(number),
        }
    }

    /// Whether it is a release of `adapters` before this one.
    #[must_use]
    pub fn is_adapters_before(&self, number: &[u64]) -> bool {
        self.library == Library::Adapters && self.number.as_slice() < number
    }

    /// Whether it is a release of `adapter-transformers` before this one.
    #[must_use]
    pub fn is_adapter_transformers_before(&self, number: &[u64]) -> bool {
        self.library == Library::AdapterTransformers && self.number.as_slice() < number
    }

    /// Whether it is this release or a newer one; `since` is written as in the table of keys: `adapters 1.2.0`.
    #[must_use]
    pub fn is_since(&self, since: &str) -> bool {
        let Some((library, number)) = since.split_once(' ') else { return false };
        match self.library.cmp(&Library::named(library)) {
            Ordering::Equal => parts(number).is_some_and(|number| {
                // `[2]` is any 2.x: what is known of the newest of them counts.
                self.number.len() == 1 && self.number[..] == number[..1] || self.number >= number
            }),
            other => other == Ordering::Greater,
        }
    }

    fn number(&self) -> String {
        self.number.iter().map(u64::to_string).collect::<Vec<_>>().join(".")
    }
}

/// The numbers of a release, without those of its packaging.
fn numbers(number: &str) -> Option<Vec<u64>> {
    parts(number.strip_suffix(".post0").unwrap_or(number))
}

fn parts(number: &str) -> Option<Vec<u64>> {
    number.split('.').map(|part| part.parse().ok()).collect()
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.library.name();
        match self.number.as_slice() {
            [major] => write!(f, "{name} {major}.x"),
            _ => write!(f, "{name} {}", self.number()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Library, Release};

    #[test]
    fn releases_are_ordered_as_they_came() {
        let versions = [None, Some("3.0.0"), Some("3.2.1"), Some("0.1.2"), Some("0.2.2"), Some("adapters.1.0.1")];
        let releases = versions.map(|version| Release::of_version(version, false));
        assert!(releases.is_sorted(), "{releases:?}");
        assert_eq!(releases[3].library, Library::Adapters);
        assert!(
            releases[5].is_adapters_before(&[1, 1])
                && !Release::of_version(Some("adapters.1.1.0"), false).is_adapters_before(&[1, 1])
        );
        assert!(
            releases[0].is_adapter_transformers_before(&[3, 1]) && !releases[2].is_adapter_transformers_before(&[3, 1])
        );
        assert!(
            releases[0].is_since("adapter-transformers 2.3.0") && !releases[0].is_since("adapter-transformers 3.0.0")
        );
        assert!(releases[3].is_since("adapter-transformers 3.2.1") && !releases[3].is_since("adapters 0.2.0"));
    }

    #[test]
    fn a_release_is_read_as_it_is_written() {
        for release in Release::all().into_iter().filter(|release| release.version().is_some()) {
            assert_eq!(Release::of_version(release.version().as_deref(), false), release);
        }
    }
}
