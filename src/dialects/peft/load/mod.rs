//! What PEFT holds of a config: `PeftConfig.from_pretrained` of a file, with the origin of every value, and what
//! `get_peft_model` sets in it for a model (release 0.21.2). `fixtures/peft/held.jsonl` has what PEFT itself held.
//!
//! ```
//! use adapter_spec::dialects::peft::load::Loaded;
//!
//! let config = Loaded::named("lora", &["r=16".parse()?])?;
//! assert_eq!(config.keys().value().get("r").and_then(|r| r.as_i64()), Some(16));
//! assert_eq!(config.keys().value().get("lora_alpha").and_then(|alpha| alpha.as_i64()), Some(8));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod class;
mod error;
mod model;

pub use error::LoadError;

use super::config::PeftMethod;
use super::releases::{self, Release};
use crate::document::write::to_line;
use crate::document::{Document, Span};
use crate::findings::near;
use crate::merge::{Layer, Layered, Origin, SetPath};
use crate::models::Tree;
use crate::value::{Int, Value};

/// A config as PEFT holds it.
#[derive(Debug, Clone)]
pub struct Loaded {
    method: &'static PeftMethod,
    file: Layer,
    keys: Layer,
    ignored: Vec<String>,
}

impl Loaded {
    /// The config that a file holds. Overrides are made in the file, before PEFT reads it.
    ///
    /// # Errors
    /// [`LoadError`] for what PEFT cannot load, or what overrides cannot be. Values are not judged: the linter does that.
    pub fn document(
        document: &Document,
        origin: &impl Fn(Span) -> Origin,
        overrides: &[SetPath],
    ) -> Result<Self, LoadError> {
        if let Some(problem) = document.problems.iter().find(|problem| !problem.kind.is_readable()) {
            let line = document.source.position(problem.span.start).line;
            return Err(LoadError::Text { detail: problem.detail.clone(), line });
        }
        let root = document.root.as_ref().ok_or(LoadError::NotAConfig)?;
        let file = Layered::from_node(root, origin).as_layer().ok_or(LoadError::NotAConfig)?;
        Self::file(file, overrides)
    }

    /// A method's defaults, by its `peft_type` in any case, with overrides.
    ///
    /// # Errors
    /// As for [`Loaded::document`].
    pub fn named(name: &str, overrides: &[SetPath]) -> Result<Self, LoadError> {
        let peft_type = name.to_ascii_uppercase();
        let origin = Origin::Preset { name: format!("peft:{name}") };
        let file = [("peft_type".to_owned(), Layered::new(Value::String(peft_type), &origin))];
        Self::file(file.into_iter().collect(), overrides)
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &'static PeftMethod {
        self.method
    }

    /// The keys as they are written, with the overrides.
    #[must_use]
    pub fn written(&self) -> &Layer {
        &self.file
    }

    /// All keys by name, as PEFT writes them, every value with its origin.
    #[must_use]
    pub fn keys(&self) -> &Layer {
        &self.keys
    }

    /// Only the keys whose value is not the default, and `peft_type`.
    #[must_use]
    pub fn sparse(&self) -> Layer {
        let mut defaults = self.method.defaults();
        defaults.remove("peft_type");
        self.keys.sparse(&defaults)
    }

    /// The keys of the file that PEFT passes over, and says so.
    #[must_use]
    pub fn ignored(&self) -> &[String] {
        &self.ignored
    }

    fn file(mut file: Layer, overrides: &[SetPath]) -> Result<Self, LoadError> {
        for change in overrides {
            let value = Layered::new(change.value.clone(), &Origin::Override);
            file.set(&change.path, value).map_err(LoadError::Path)?;
        }
        let method = method_of(&file)?;
        for key in overrides.iter().filter_map(|change| change.path.first()) {
            if !is_saved(method, key) {
                let similar = near(key, method.keys().filter(|key| key.saved).map(|key| key.name.to_owned()));
                return Err(LoadError::UnknownKey { class: method.class, key: key.clone(), similar });
            }
        }
        let (known, unknown): (Vec<_>, Vec<_>) = file.clone().into_iter().partition(|(key, _)| is_saved(method, key));
        let known: Layer = known.into_iter().collect();
        let mut keys = known.over(Layer::new(method.defaults(), &default_of(method.class)));
        class::fill(method, &mut keys);
        Ok(Self { method, file, keys, ignored: unknown.into_iter().map(|(key, _)| key).collect() })
    }

    /// What `get_peft_model` sets in the config for a model: names of modules where the config has none, the sizes of a
    /// prompt.
    #[must_use]
    pub fn on(mut self, tree: &Tree) -> Self {
        model::adapt(self.method, &mut self.keys, tree);
        self
    }
}

fn method_of(file: &Layer) -> Result<&'static PeftMethod, LoadError> {
    let value = file.get("peft_type").map(Layered::value);
    let name = match value {
        None | Some(Value::Null) => return Err(LoadError::NoType),
        Some(Value::String(name)) => name,
        Some(other) => to_line(&other),
    };
    let is_there = |name: &str| releases::method(name).is_some_and(|lifetime| lifetime.has(Release::NEWEST));
    PeftMethod::named(&name).filter(|_| is_there(&name)).ok_or_else(|| {
        let names = PeftMethod::all().map(|method| method.peft_type.name().to_owned());
        let similar = near(&name, names.filter(|name| is_there(name)));
        LoadError::UnknownMethod { name, similar }
    })
}

fn is_saved(method: &PeftMethod, key: &str) -> bool {
    method.key(key).is_some_and(|key| key.saved)
}

fn default_of(class: &str) -> Origin {
    Origin::Default { of: class.to_owned() }
}

/// Sets a key to what PEFT makes of something else.
fn set(keys: &mut Layer, key: &str, value: Value, from: impl Into<String>) {
    keys.insert(key, Layered::new(value, &Origin::Derived { from: from.into() }));
}

fn value(keys: &Layer, key: &str) -> Value {
    keys.get(key).map_or(Value::Null, Layered::value)
}

fn integer(number: i64) -> Value {
    Value::Int(Int::from(number))
}

fn is_null(keys: &Layer, key: &str) -> bool {
    value(keys, key) == Value::Null
}
