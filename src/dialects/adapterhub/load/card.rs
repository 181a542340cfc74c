//! Cards of the Hub: architectures, and adapters that use them with overrides (the Hub's `scripts/utils.py`,
//! `build_config_from_yaml`).

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::HubVersion;
use crate::document::{Document, Format, Node, Span};
use crate::merge::{Layer, Layered, Origin};

/// An architecture from a card of the Hub's `architectures` folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Architecture {
    /// The card's `name`.
    pub name: String,
    /// The card's path.
    pub path: String,
    config: Layer,
    config_v1: Option<Layer>,
}

/// Why the architecture cards of a folder cannot be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum CardError {
    /// The system cannot read the folder or a file.
    Io {
        /// Its path.
        path: PathBuf,
        /// What it says.
        source: io::Error,
    },
    /// A file is no sound YAML.
    Malformed {
        /// Its path.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong there.
        detail: String,
    },
    /// A file is no architecture card.
    NotACard {
        /// Its path.
        path: PathBuf,
    },
    /// Two cards have one name.
    SameName {
        /// The paths.
        paths: [String; 2],
        /// The name.
        name: String,
    },
}

impl fmt::Display for CardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, source } => write!(f, "{}: {source}", path.display()),
            Self::Malformed { path, line, detail } => write!(f, "{}:{line}: {detail}", path.display()),
            Self::NotACard { path } => {
                write!(f, "{} is not an architecture card: it needs `name`, `displayname` and `config`", path.display())
            }
            Self::SameName { paths: [one, other], name } => write!(f, "{one} and {other} both have the name `{name}`"),
        }
    }
}

impl std::error::Error for CardError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // Its own text is part of ours already.
            Self::Io { source, .. } => source.source(),
            Self::Malformed { .. } | Self::NotACard { .. } | Self::SameName { .. } => None,
        }
    }
}

impl Architecture {
    /// All cards of a folder (YAML), in the order of their file names.
    ///
    /// # Errors
    /// If one of them is none, or cannot be read.
    pub fn all_in(folder: &Path) -> Result<Vec<Self>, CardError> {
        let failed = |path: &Path, source| CardError::Io { path: path.to_owned(), source };
        let entries = std::fs::read_dir(folder).map_err(|error| failed(folder, error))?;
        let paths = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>();
        let mut paths = paths.map_err(|error| failed(folder, error))?;
        paths.retain(|path| Format::of_path(path) == Some(Format::Yaml));
        paths.sort();
        let mut cards: Vec<Self> = Vec::new();
        for path in paths {
            let document = Document::open(&path, Format::Yaml).map_err(|error| failed(&path, error))?;
            if let Some((position, problem)) = document.flaw() {
                return Err(CardError::Malformed { path, line: position.line, detail: problem.detail.clone() });
            }
            let Some(card) = Self::read(&document, &path.display().to_string()) else {
                return Err(CardError::NotACard { path });
            };
            if let Some(other) = cards.iter().find(|other| other.name == card.name) {
                return Err(CardError::SameName { paths: [other.path.clone(), card.path], name: card.name });
            }
            cards.push(card);
        }
        Ok(cards)
    }

    /// Reads an architecture card; `None` if the document is none.
    #[must_use]
    pub fn read(document: &Document, path: &str) -> Option<Self> {
        let origin =
            |span: Span| Origin::Card { path: path.to_owned(), line: document.source.position(span.start).line };
        document.root.as_ref().and_then(|root| Self::from_node(root, path, &origin))
    }

    /// The same from a node. Architecture cards have a `displayname`, adapter files have none.
    pub(super) fn from_node(root: &Node, path: &str, origin: &impl Fn(Span) -> Origin) -> Option<Self> {
        let name = root.get("name")?.as_str()?.to_owned();
        root.get("displayname").or_else(|| root.get("config_v1"))?;
        let layer = |key| root.get(key).and_then(|node| Layered::from_node(node, origin).as_layer());
        Some(Self { name, path: path.to_owned(), config: layer("config")?, config_v1: layer("config_v1") })
    }

    /// The config that it means in a version of the Hub.
    #[must_use]
    pub fn config(&self, hub: HubVersion) -> Layer {
        match (&self.config_v1, hub) {
            (Some(config), HubVersion::V1) => config.clone(),
            _ => self.config.clone(),
        }
    }
}

/// The `using` of an adapter card, and the overrides beside it.
pub(super) fn adapter_card(root: &Node, origin: &impl Fn(Span) -> Origin) -> Option<(String, Layer)> {
    let mut layer = Layered::from_node(root.get("config")?, origin).as_layer()?;
    let using = layer.remove("using")?.value().as_str()?.to_owned();
    Some((using, layer))
}
