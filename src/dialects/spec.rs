//! What a text stands for that names a config of either library, and what it leads to.

use std::fmt;
use std::path::{Path, PathBuf};

use super::adapterhub::Role;
use super::adapterhub::load::{self, Kind, Loader, Names, Reading, Resolved};
use super::{Dialect, peft, recognise};
use crate::document::{Document, Format, Span};
use crate::merge::{Origin, SetPath};

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

/// Why nothing is loaded: by AdapterHub's libraries, or by PEFT.
#[derive(Debug)]
#[non_exhaustive]
pub enum SpecError {
    /// AdapterHub's.
    AdapterHub(load::LoadError),
    /// PEFT's.
    Peft(peft::load::LoadError),
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
        }
    }
}

impl std::error::Error for SpecError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // Their own text is ours.
            Self::AdapterHub(error) => error.source(),
            Self::Peft(error) => error.source(),
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
