//! What the library does with a config spec: `AdapterConfig.load`, `AdapterFusionConfig.load` and what
//! `load_adapter` does to a file before (release 1.3.0), with the origin of every value.
//!
//! ```
//! use adapter_spec::dialects::adapterhub::load::Loader;
//!
//! let resolved = Loader::default().load_text("seq_bn[reduction_factor=12]", &["dropout=0.1".parse()?])?
//!     .expect("the text is not empty");
//! assert_eq!(resolved.config().value().get("reduction_factor").and_then(|v| v.as_i64()), Some(12));
//! assert_eq!(resolved.origin("/dropout").map(ToString::to_string).as_deref(), Some("override"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod card;
mod draft;
mod error;
mod notes;
mod object;
mod upgrade;
pub(super) mod version;

pub use card::{Architecture, CardError};
pub use error::LoadError;
pub use notes::Note;
pub use upgrade::ACTIVATION_RENAME;

use self::draft::{Draft, keywords};
use self::object::{Class, Config};
use super::config::Method;
use super::config_string;
use super::identity::Unhashable;
use super::presets::{Preset, Publisher, Shape};
use super::recognise::is_fusion;
use crate::dialects::{self, FileKind, Recognised};
use crate::document::{Document, Span};
use crate::merge::{Layer, Layered, Origin, SetPath};
use crate::python;
use crate::value::{Map, Value};

/// What a config is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Kind {
    /// An adapter: `AdapterConfig.load`.
    #[default]
    Adapter,
    /// A layer that fuses adapters: `AdapterFusionConfig.load`.
    Fusion,
}

impl Kind {
    /// The kind of config in a document: fusion if it has keys that only fusion configs have.
    #[must_use]
    pub fn of_document(document: &Document) -> Self {
        let config = document.root.as_ref().map(|root| root.get("config").unwrap_or(root));
        if config.is_some_and(is_fusion) { Self::Fusion } else { Self::Adapter }
    }
}

/// Which names are known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Names {
    /// All of [`Preset::ALL`], and the cards in [`Loader::architectures`].
    #[default]
    All,
    /// Only those that the library itself knows.
    Library,
}

/// How a document is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// As `AdapterConfig.load({…})` takes a dictionary: nothing is unwrapped, and nothing is a card.
    Dictionary,
    /// As `AdapterConfig.load(path)` reads it: the value of `config` if there is one, else the whole.
    Config,
    /// As `load_adapter` reads it: the value of `config`, after the changes for files of older releases.
    Adapter,
}

impl Reading {
    /// How a file is read unless somebody wants it as it is.
    #[must_use]
    pub fn of_file(document: &Document) -> Self {
        let is_whole = document.root.as_ref().is_some_and(|root| root.get("config").is_some());
        if is_whole && Kind::of_document(document) != Kind::Fusion { Self::Adapter } else { Self::Config }
    }
}

/// Loads configs.
#[derive(Debug, Clone, Default)]
pub struct Loader {
    /// What they are for.
    pub kind: Kind,
    /// Which names are known.
    pub names: Names,
    /// Further architectures. They win over the built-in ones of the Hub, not over the library's names.
    pub architectures: Vec<Architecture>,
    /// Which version of the Hub a card's `using` means.
    pub hub: HubVersion,
}

/// The two versions of the Hub; they differ in `pfeiffer`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HubVersion {
    /// The first, with `config_v1` where a card has it.
    V1,
    /// The second.
    #[default]
    V2,
}

/// A config that was loaded.
#[derive(Debug, Clone)]
pub struct Resolved {
    config: Config,
    dict: Layer,
    notes: Vec<Note>,
}

impl Resolved {
    /// The full config in the library's keys and order (its `to_dict()`), every value with its origin.
    #[must_use]
    pub fn config(&self) -> &Layer {
        &self.dict
    }

    /// Only what differs from the defaults of the type, and what it needs to be loaded again: keys without a default,
    /// and `architecture`.
    #[must_use]
    pub fn sparse(&self) -> Layer {
        self.config.sparse()
    }

    /// The origin of the value at a JSON pointer.
    #[must_use]
    pub fn origin(&self, pointer: &str) -> Option<&Origin> {
        self.dict.origin(pointer)
    }

    /// The method; `None` for fusion.
    #[must_use]
    pub fn method(&self) -> Option<Method> {
        match self.config.class {
            Class::Keys(method) => Some(method),
            Class::Union(_) => Some(Method::Union),
            Class::Fusion => None,
        }
    }

    /// The config id, as the library computes it when it adds the adapter to a model.
    ///
    /// # Errors
    /// [`Unhashable`] where the library raises an exception.
    pub fn config_id(&self) -> Result<String, Unhashable> {
        self.config.config_id()
    }

    /// What is worth knowing: keys that were dropped, values that were changed.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }
}

/// The result of loading: `None` is the library's answer to an empty spec.
pub type Loaded = Result<Option<Resolved>, LoadError>;

impl Loader {
    /// Whether a text is a name, not a config string.
    #[must_use]
    pub fn knows(&self, name: &str) -> bool {
        matches!(self.named(name, &mut Vec::new()), Ok(Some(_)))
    }

    /// Loads a name or a config string. Text is never taken for a path here.
    ///
    /// # Errors
    /// [`LoadError`] for what the library refuses.
    pub fn load_text(&self, text: &str, overrides: &[SetPath]) -> Loaded {
        if text.is_empty() && self.kind == Kind::Adapter {
            return Ok(None);
        }
        let mut notes = Vec::new();
        let draft = match self.named(text, &mut notes)? {
            Some(config) => Draft::of(&config),
            None => self.config_string(text, &mut notes)?,
        };
        self.finish(draft, overrides, notes).map(Some)
    }

    /// Loads a dictionary.
    ///
    /// # Errors
    /// [`LoadError`] for what the library refuses.
    pub fn load_value(&self, value: &Layered, overrides: &[SetPath]) -> Loaded {
        self.value(value, overrides, Vec::new())
    }

    /// Loads a document: a config, a whole adapter file, or a card of the Hub. `path` is its name in the origins.
    ///
    /// # Errors
    /// [`LoadError`] for what the library refuses, and for text that cannot be read.
    pub fn load_document(&self, document: &Document, path: &str, reading: Reading, overrides: &[SetPath]) -> Loaded {
        let loaded = self.document(document, path, reading, overrides);
        loaded.map_err(|error| match &error {
            LoadError::MissingKeys { pointer, .. } if pointer.is_empty() => {
                let Recognised { dialect, kind, .. } = dialects::recognise(document, path);
                let dialect = dialect.filter(|_| matches!(kind, FileKind::Foreign | FileKind::PeftConfig));
                dialect.map_or(error, |dialect| LoadError::OtherLibrary { dialect })
            }
            _ => error,
        })
    }

    /// Loads what stands in a file that has been read: a config, or a whole adapter file. `path` is its name in the origins,
    /// which say nothing of lines.
    ///
    /// # Errors
    /// [`LoadError`] for what the library refuses.
    pub(crate) fn load_file(&self, file: Map, path: &str, reading: Reading) -> Loaded {
        let origin = Origin::File { path: path.to_owned(), line: 1 };
        self.file(Layered::new(Value::Map(file), &origin), reading, &[])
    }

    fn document(&self, document: &Document, path: &str, reading: Reading, overrides: &[SetPath]) -> Loaded {
        if let Some((position, problem)) = document.flaw() {
            return Err(LoadError::Unreadable { detail: problem.detail.clone(), position });
        }
        let line = |span: Span| document.source.position(span.start).line;
        let Some(node) = &document.root else {
            return Err(LoadError::NotAConfig { pointer: String::new(), found: "nothing" });
        };
        let in_card = |span| Origin::Card { path: path.to_owned(), line: line(span) };
        let in_file = |span| Origin::File { path: path.to_owned(), line: line(span) };
        if reading == Reading::Dictionary {
            return self.value(&Layered::from_node(node, &|_| Origin::Inline), overrides, Vec::new());
        }
        if self.kind == Kind::Adapter {
            if let Some((using, layer)) = card::adapter_card(node, &in_card) {
                let dict = layer.over(self.using(&using)?);
                return self.dict(dict, overrides, Vec::new()).map(Some);
            }
            if let Some(architecture) = Architecture::from_node(node, path, &in_card) {
                return self.dict(architecture.config(self.hub), overrides, Vec::new()).map(Some);
            }
        }
        self.file(Layered::from_node(node, &in_file), reading, overrides)
    }

    /// Loads a file that is neither a card nor a dictionary.
    fn file(&self, root: Layered, reading: Reading, overrides: &[SetPath]) -> Loaded {
        let mut notes = Vec::new();
        if reading == Reading::Adapter {
            let config = upgrade::config_of_file(&root, &mut notes)?;
            return self.value(&config, overrides, notes);
        }
        let inner = match &root {
            Layered::Map(file) => file.get("config").cloned(),
            _ => None,
        };
        let (config, at) = inner.map_or((root, ""), |config| (config, "/config"));
        let dict = config
            .as_layer()
            .ok_or_else(|| LoadError::NotAConfig { pointer: at.to_owned(), found: config.value().type_name() })?;
        self.dict(dict, overrides, notes).map(Some)
    }

    fn value(&self, value: &Layered, overrides: &[SetPath], notes: Vec<Note>) -> Loaded {
        let plain = value.value();
        if self.kind == Kind::Adapter && !python::is_true(&plain) {
            return Ok(None);
        }
        match (value.as_layer(), &plain) {
            (Some(dict), _) => self.dict(dict, overrides, notes).map(Some),
            (None, Value::String(text)) => {
                let mut resolved = self.load_text(text, overrides)?;
                if let Some(resolved) = &mut resolved {
                    resolved.notes.splice(..0, notes);
                }
                Ok(resolved)
            }
            (None, other) => Err(LoadError::NotAConfig { pointer: String::new(), found: other.type_name() }),
        }
    }

    fn dict(&self, dict: Layer, overrides: &[SetPath], notes: Vec<Note>) -> Result<Resolved, LoadError> {
        let class = match self.kind {
            Kind::Adapter => Class::of(&dict, "")?,
            Kind::Fusion => Class::Fusion,
        };
        self.finish(Draft::Dict { class, dict, exact: Vec::new() }, overrides, notes)
    }

    /// The config that a name stands for.
    fn named(&self, name: &str, notes: &mut Vec<Note>) -> Result<Option<Config>, LoadError> {
        let own = match self.kind {
            Kind::Adapter => Publisher::Library,
            Kind::Fusion => Publisher::Fusion,
        };
        let preset = Preset::find(name);
        let further = self.names == Names::All && self.kind == Kind::Adapter;
        let (class, dict) = match preset {
            Some(preset) if preset.publisher == own => {
                if preset.deprecated.contains(&name) {
                    notes.push(Note::DeprecatedName { name: name.to_owned(), current: preset.name });
                }
                let dict = Layer::new(preset.config(), &Origin::Preset { name: name.to_owned() });
                let class = match (self.kind, preset.shape) {
                    (Kind::Fusion, _) => Class::Fusion,
                    (Kind::Adapter, Shape::Plain) => Class::of(&dict, "")?,
                    (Kind::Adapter, shape) => Class::Union(shape),
                };
                (class, dict)
            }
            _ if further => match self.further(name, preset) {
                Some((dict, source)) => {
                    notes.push(Note::NotALibraryName { name: name.to_owned(), source });
                    (Class::of(&dict, "")?, dict)
                }
                None => return Ok(None),
            },
            _ => return Ok(None),
        };
        Config::from_dict(class, &dict, &Vec::new(), "", &mut Vec::new()).map(Some)
    }

    /// What a name means that is not the library's.
    fn further(&self, name: &str, preset: Option<&Preset>) -> Option<(Layer, String)> {
        let (bare, version) = match name.strip_prefix("hub:").unwrap_or(name).rsplit_once('@') {
            Some((bare, "1")) => (bare, HubVersion::V1),
            Some((bare, "2")) => (bare, HubVersion::V2),
            _ => (name.strip_prefix("hub:").unwrap_or(name), self.hub),
        };
        if let Some(card) = self.architectures.iter().find(|card| card.name == bare || card.name == name) {
            return Some((card.config(version), card.path.clone()));
        }
        let preset = preset.filter(|preset| matches!(preset.publisher, Publisher::Hub | Publisher::Paper))?;
        let preset = match (name, self.hub) {
            ("hub:pfeiffer", HubVersion::V1) => Preset::find("hub:pfeiffer@1").unwrap_or(preset),
            _ => preset,
        };
        Some((Layer::new(preset.config(), &Origin::Preset { name: preset.name.to_owned() }), preset.source.to_owned()))
    }

    /// The architecture that a card's `using` means.
    fn using(&self, name: &str) -> Result<Layer, LoadError> {
        let hub = format!("hub:{name}");
        let preset = Preset::find(&hub);
        self.further(&hub, preset).map(|(dict, _)| dict).ok_or_else(|| {
            let built_in = Preset::ALL.iter().filter(|preset| preset.publisher == Publisher::Hub);
            let known = built_in.filter_map(|preset| preset.name.strip_prefix("hub:")?.split('@').next());
            let known = known.map(str::to_owned).chain(self.architectures.iter().map(|card| card.name.clone()));
            LoadError::UnknownUsing { name: name.to_owned(), similar: most_similar(name, known) }
        })
    }

    fn config_string(&self, text: &str, notes: &mut Vec<Note>) -> Result<Draft, LoadError> {
        let mut configs = Vec::new();
        for member in config_string::parse(text)? {
            let Some(config) = self.named(&member.name, notes)? else {
                return Err(self.unknown(&member.name));
            };
            configs.push(config.replace(&keywords(&member)?)?);
        }
        match (self.kind, configs.as_slice()) {
            (_, [config]) => Ok(Draft::of(config)),
            (Kind::Adapter, _) => Ok(Draft::Members(configs)),
            // `AdapterFusionConfig` has no keys `architecture` and `configs`, and misses its own.
            (Kind::Fusion, _) => Ok(Draft::Dict { class: Class::Fusion, dict: Layer::default(), exact: Vec::new() }),
        }
    }

    fn unknown(&self, name: &str) -> LoadError {
        let preset = Preset::find(name);
        let hint = match (self.kind, preset.map(|preset| preset.publisher)) {
            (Kind::Adapter, Some(Publisher::Fusion)) => Some("it is the name of a fusion config"),
            (Kind::Fusion, Some(Publisher::Library)) => Some("it is the name of an adapter config, not of a fusion"),
            (_, Some(_)) => Some("it is a name that this tool has, but the library has not"),
            _ => None,
        };
        let known = Preset::ALL.iter().flat_map(|preset| preset.names());
        let known = known.map(str::to_owned).chain(self.architectures.iter().map(|card| card.name.clone()));
        LoadError::UnknownName { name: name.to_owned(), similar: most_similar(name, known), hint }
    }

    /// Applies the overrides and builds the config.
    fn finish(&self, draft: Draft, overrides: &[SetPath], mut notes: Vec<Note>) -> Result<Resolved, LoadError> {
        let mut draft = draft;
        for change in overrides {
            if change.value == Value::Null && self.kind == Kind::Adapter {
                notes.push(Note::NullIgnored { path: change.path.join(".") });
                continue;
            }
            draft.apply(change, &mut notes)?;
        }
        let config = match draft {
            Draft::Dict { class, dict, exact } => Config::from_dict(class, &dict, &exact, "", &mut notes)?,
            Draft::Members(members) => {
                // The library looks up the class that `architecture` names, and then keeps the member as it is.
                for (index, member) in members.iter().enumerate() {
                    Class::of(&member.to_dict(), &format!("/configs/{index}"))?;
                }
                Config::union(Shape::Plain, members, None)?
            }
        };
        notes.extend(config.other_architectures(""));
        let dict = config.to_dict();
        Ok(Resolved { config, dict, notes })
    }
}

/// The known name that looks most like `name`, if one does.
fn most_similar(name: &str, known: impl Iterator<Item = String>) -> Option<String> {
    let scored = known.map(|known| (strsim::jaro_winkler(name, &known), known));
    let (score, best) = scored.max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    (score > 0.85).then_some(best)
}
