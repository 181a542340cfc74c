//! What a text stands for that names a config of either library, and what it leads to.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::adapterhub::Role;
use super::adapterhub::load::{self, Kind, Loader, Names, Reading, Resolved};
use super::{Dialect, peft, recognise};
use crate::document::{Document, Format, Span};
use crate::merge::{Layer, Origin, SetPath};

/// The beginning of PEFT's names among the others.
const PEFT: &str = "peft:";

/// What such a text stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Spec<'t> {
    /// A name that AdapterHub's library knows. It looks for that first, whatever files there are.
    Library,
    /// The name of a method of PEFT.
    Peft(&'t str),
    /// Standard input.
    Stdin,
    /// A file.
    File(PathBuf),
    /// A JSON object.
    Inline,
    /// A name of the Hub, or a config string.
    Text,
    /// A path of nothing.
    Nowhere,
}

impl<'t> Spec<'t> {
    /// What a text stands for.
    #[must_use]
    pub fn of(text: &'t str, loader: &Loader) -> Self {
        if let Some(name) = text.strip_prefix(PEFT) {
            return Self::Peft(name);
        }
        let knows = |names| Loader { names, ..loader.clone() }.knows(text);
        if knows(Names::Library) {
            return Self::Library;
        }
        if text == "-" {
            return Self::Stdin;
        }
        let path = config_at(text, loader.kind);
        let looks_like_path = Format::of_path(&path).is_some();
        if (path.exists() && !path.is_dir()) || (looks_like_path && !text.contains('[') && !text.starts_with('{')) {
            return Self::File(path);
        }
        if text.trim_start().starts_with('{') {
            return Self::Inline;
        }
        if text.contains('/') && !text.contains(['[', '|']) && !knows(Names::All) { Self::Nowhere } else { Self::Text }
    }
}

/// The path, or of a folder the config in it.
fn config_at(text: &str, kind: Kind) -> PathBuf {
    let path = Path::new(text);
    if !path.is_dir() {
        return path.to_owned();
    }
    let [adapter, fusion] = [Role::Adapter, Role::Fusion].map(|role| path.join(role.config_name()));
    if kind == Kind::Fusion || (fusion.is_file() && !adapter.is_file()) { fusion } else { adapter }
}

/// What a text leads to, by library.
#[derive(Debug, Clone)]
pub enum Loaded {
    /// AdapterHub's. `None` is the library's answer to an empty text.
    AdapterHub(Option<Resolved>),
    /// PEFT's.
    Peft(peft::load::Loaded),
}

impl Loaded {
    /// The config that a text stands for, as `adapter-lint resolve` takes it; only standard input is left to the caller.
    /// Without a kind, files of AdapterHub are recognised by their keys.
    ///
    /// ```
    /// use adapter_spec::dialects::adapterhub::load::Loader;
    /// use adapter_spec::dialects::spec::Loaded;
    /// use adapter_spec::merge::Origin;
    ///
    /// let set = ["r=4".parse()?];
    /// let lora = Loaded::of("lora", &Loader::default(), None, &set)?;
    /// let config = lora.config().ok_or("an empty text is no config")?;
    /// assert_eq!(config.value().get("r").and_then(|rank| rank.as_i64()), Some(4));
    /// assert_eq!(config.origin("/r"), Some(&Origin::Override));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If there is nothing, or the library refuses it.
    pub fn of(text: &str, loader: &Loader, kind: Option<Kind>, overrides: &[SetPath]) -> Result<Self, SpecError> {
        let of_kind = |names| Loader { names, kind: kind.unwrap_or(loader.kind), ..loader.clone() };
        let (document, path, reading) = match Spec::of(text, loader) {
            Spec::Peft(name) => return Ok(Self::Peft(peft::load::Loaded::named(name, overrides)?)),
            Spec::Library => return Ok(Self::AdapterHub(of_kind(Names::Library).load_text(text, overrides)?)),
            Spec::Text => return Ok(Self::AdapterHub(of_kind(loader.names).load_text(text, overrides)?)),
            Spec::File(path) => {
                let shown = path.display().to_string();
                let format = Format::of_path(&path).unwrap_or(Format::Json);
                let failed = |cause| SpecError::File { path: shown.clone(), cause };
                let document = Document::open(&path, format).map_err(failed)?;
                let reading = Reading::of_file(&document);
                (document, shown, reading)
            }
            Spec::Inline => {
                (Document::read(text.as_bytes().to_vec(), Format::Json), "argument".to_owned(), Reading::Dictionary)
            }
            Spec::Stdin | Spec::Nowhere => return Err(SpecError::Nowhere(text.to_owned())),
        };
        Self::document(&document, &path, reading, loader, kind, overrides)
    }

    /// The config in full, in the library's keys and order, every value with its origin; `None` is the library's answer to
    /// an empty text.
    #[must_use]
    pub fn config(&self) -> Option<&Layer> {
        match self {
            Self::AdapterHub(resolved) => resolved.as_ref().map(Resolved::config),
            Self::Peft(config) => Some(config.keys()),
        }
    }

    /// Only what differs from the defaults, and what it needs to be loaded again.
    #[must_use]
    pub fn sparse(&self) -> Option<Layer> {
        match self {
            Self::AdapterHub(resolved) => resolved.as_ref().map(Resolved::sparse),
            Self::Peft(config) => Some(config.sparse()),
        }
    }

    /// The config of a document at a path. Without a kind, files of AdapterHub are recognised by their keys.
    ///
    /// # Errors
    /// If the library that the document is for refuses it.
    pub fn document(
        document: &Document,
        path: &str,
        reading: Reading,
        loader: &Loader,
        kind: Option<Kind>,
        overrides: &[SetPath],
    ) -> Result<Self, SpecError> {
        if recognise(document, path).dialect == Some(Dialect::Peft) {
            let origin = |span: Span| match reading {
                Reading::Dictionary => Origin::Inline,
                _ => Origin::File { path: path.to_owned(), line: document.source.position(span.start).line },
            };
            return Ok(Self::Peft(peft::load::Loaded::document(document, &origin, overrides)?));
        }
        let kind = kind.unwrap_or_else(|| Kind::of_document(document));
        let loader = Loader { kind, ..loader.clone() };
        Ok(Self::AdapterHub(loader.load_document(document, path, reading, overrides)?))
    }
}

/// Why nothing is loaded: there is nothing, or AdapterHub's libraries or PEFT refuse it.
#[derive(Debug)]
#[non_exhaustive]
pub enum SpecError {
    /// AdapterHub's.
    AdapterHub(load::LoadError),
    /// PEFT's.
    Peft(peft::load::LoadError),
    /// The file cannot be read.
    File {
        /// Its path.
        path: String,
        /// Why.
        cause: io::Error,
    },
    /// The text is a path of nothing.
    Nowhere(String),
}

impl SpecError {
    /// Whether it is an override that cannot be followed, and not the config that is refused.
    #[must_use]
    pub fn is_of_override(&self) -> bool {
        matches!(self, Self::AdapterHub(load::LoadError::Path(_)) | Self::Peft(peft::load::LoadError::Path(_)))
    }
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AdapterHub(error) => error.fmt(f),
            Self::Peft(error) => error.fmt(f),
            Self::File { path, cause } => write!(f, "{path}: {cause}"),
            Self::Nowhere(text) => write!(f, "{text}: no such file or folder"),
        }
    }
}

impl std::error::Error for SpecError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // Their own text is ours.
            Self::AdapterHub(error) => error.source(),
            Self::Peft(error) => error.source(),
            Self::File { cause, .. } => Some(cause),
            Self::Nowhere(_) => None,
        }
    }
}

impl From<load::LoadError> for SpecError {
    fn from(error: load::LoadError) -> Self {
        Self::AdapterHub(error)
    }
}

impl From<peft::load::LoadError> for SpecError {
    fn from(error: peft::load::LoadError) -> Self {
        Self::Peft(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stands_for_one_thing() {
        let folder = tempfile::tempdir().expect("a folder");
        let adapter = folder.path().to_str().expect("a plain path").to_owned();
        let missing = format!("{adapter}/missing");
        let of = |text| Spec::of(text, &Loader::default());
        assert_eq!(of("lora"), Spec::Library);
        assert_eq!(of("peft:lora"), Spec::Peft("lora"));
        assert_eq!(of("-"), Spec::Stdin);
        assert_eq!(of("a.json"), Spec::File("a.json".into()));
        assert_eq!(of(r#" {"a": 1}"#), Spec::Inline);
        assert_eq!(of("lora[r=4]|seq_bn"), Spec::Text);
        assert_eq!(of("no-such-name"), Spec::Text);
        assert_eq!(of(&missing), Spec::Nowhere);
        assert_eq!(of(&adapter), Spec::File(folder.path().join("adapter_config.json")));
        std::fs::write(folder.path().join("adapter_fusion_config.json"), "{}").expect("a file");
        assert_eq!(of(&adapter), Spec::File(folder.path().join("adapter_fusion_config.json")));
    }
}
