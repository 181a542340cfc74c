use std::fmt;

/// A library that writes AdapterHub's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Library {
    /// `adapter-transformers`.
    AdapterTransformers,
    /// `adapters`.
    Adapters,
}

/// The release that saved a file, as far as the file tells.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release {
    /// The library. All releases of `adapters` are newer than those of `adapter-transformers`.
    pub library: Library,
    /// The parts of the number; empty for 1.x and 2.x, which do not write it.
    pub number: Vec<u64>,
}

impl Release {
    /// The newest release: adapters 1.3.0.
    #[must_use]
    pub fn newest() -> Self {
        Self { library: Library::Adapters, number: vec![1, 3, 0] }
    }

    /// The release that a `version` key means. `adapters` 0.x wrote a smaller number than its ancestor: `"0.2.2"` is newer
    /// than `"3.2.1"`, and since 1.0 the library's name stands before it.
    #[must_use]
    pub fn of_version(version: Option<&str>) -> Self {
        let parts = |text: &str| text.split('.').map_while(|part| part.parse().ok()).collect::<Vec<_>>();
        match version {
            None => Self { library: Library::AdapterTransformers, number: Vec::new() },
            Some(text) => match text.strip_prefix("adapters.") {
                Some(number) => Self { library: Library::Adapters, number: parts(number) },
                None => {
                    let number = parts(text);
                    let newer = number.first() == Some(&0);
                    let library = if newer { Library::Adapters } else { Library::AdapterTransformers };
                    Self { library, number }
                }
            },
        }
    }

    /// Whether it is a release of `adapters` before this one.
    #[must_use]
    pub fn is_adapters_before(&self, number: &[u64]) -> bool {
        self.library == Library::Adapters && self.number.as_slice() < number
    }

    /// Whether it is a release of `adapter-transformers` before this one. Without a number it is 1.x or 2.x.
    #[must_use]
    pub fn is_adapter_transformers_before(&self, number: &[u64]) -> bool {
        self.library == Library::AdapterTransformers && self.number.as_slice() < number
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.library {
            Library::AdapterTransformers => "adapter-transformers",
            Library::Adapters => "adapters",
        };
        let number: Vec<_> = self.number.iter().map(u64::to_string).collect();
        match number.as_slice() {
            [] => write!(f, "{name} 1.x or 2.x"),
            parts => write!(f, "{name} {}", parts.join(".")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Library, Release};

    #[test]
    fn releases_are_ordered_as_they_came() {
        let versions = [None, Some("3.0.0"), Some("3.2.1"), Some("0.1.2"), Some("0.2.2"), Some("adapters.1.0.1")];
        let releases = versions.map(Release::of_version);
        assert!(releases.is_sorted(), "{releases:?}");
        assert_eq!(releases[3].library, Library::Adapters);
        assert!(
            releases[5].is_adapters_before(&[1, 1])
                && !Release::of_version(Some("adapters.1.1.0")).is_adapters_before(&[1, 1])
        );
        assert!(
            releases[0].is_adapter_transformers_before(&[3, 1]) && !releases[2].is_adapter_transformers_before(&[3, 1])
        );
    }
}
