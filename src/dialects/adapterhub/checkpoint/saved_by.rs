//! Which release wrote a checkpoint.

use std::fmt;

use crate::dialects::adapterhub::names::Name;
use crate::document::Node;

/// A release of AdapterHub's libraries, as far as a checkpoint tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedBy {
    /// `adapters`, or `adapter-transformers` before it.
    pub library: &'static str,
    /// The version as far as it is known: `1.3.0`, `1.x`.
    pub version: String,
    /// What tells it.
    pub told_by: ToldBy,
}

/// What tells a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToldBy {
    /// The config's `version`.
    Version,
    /// Keys and names that only it has.
    Layout,
}

impl SavedBy {
    /// The release that wrote a config and tensors of these names.
    #[must_use]
    pub fn of<'n>(config: Option<&Node>, mut tensors: impl Iterator<Item = &'n str>) -> Option<Self> {
        let version = config.and_then(|root| root.get("version")).and_then(Node::as_str);
        if let Some(version) = version {
            let by_version =
                |library, version: &str| Some(Self { library, version: version.to_owned(), told_by: ToldBy::Version });
            // Only the newer library writes its name, since 1.0; its 0.x have smaller numbers than its ancestor's 3.x.
            return match version.strip_prefix("adapters.") {
                Some(version) => by_version("adapters", version),
                None if version.starts_with("0.") => by_version("adapters", version),
                None => by_version("adapter-transformers", version),
            };
        }
        let is_typed = tensors.any(|name| Name::kind(name).is_some());
        let by_layout = |version: &str| {
            Some(Self { library: "adapter-transformers", version: version.to_owned(), told_by: ToldBy::Layout })
        };
        let root = config?;
        if is_typed || root.get("type").is_some() {
            return by_layout("1.x");
        }
        // A bare config says nothing.
        root.get("config").and_then(|_| by_layout("1.x or 2.x"))
    }
}

impl fmt::Display for SavedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.library, self.version)
    }
}
