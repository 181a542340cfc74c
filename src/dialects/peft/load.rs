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

use std::fmt;

use super::config::{Family, Key, Method, Nested, Type};
use super::releases::{self, Release};
use super::targets::Written;
use super::{defaults, expected};
use crate::document::{Document, Span};
use crate::lint::near;
use crate::merge::{Layer, Layered, Origin, PathError, SetPath};
use crate::models::Tree;
use crate::python::is_true;
use crate::value::{Int, Map, Value};

/// A config as PEFT holds it.
#[derive(Debug, Clone)]
pub struct Loaded {
    method: &'static Method,
    file: Layer,
    keys: Layer,
    ignored: Vec<String>,
}

/// Why a config cannot be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoadError {
    /// The text cannot be read.
    Text {
        /// What is wrong with it.
        detail: String,
        /// The line, from 1.
        line: usize,
    },
    /// It is no object.
    NotAConfig,
    /// There is no `peft_type`.
    NoType,
    /// No method has this `peft_type`.
    UnknownMethod {
        /// The name.
        name: String,
        /// Methods whose names look like it.
        similar: Vec<String>,
    },
    /// An override is for a key that the method does not have.
    UnknownKey {
        /// The class of the config.
        class: &'static str,
        /// The key.
        key: String,
        /// Keys that look like it.
        similar: Vec<String>,
    },
    /// An override cannot be made.
    Path(PathError),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let meant = |similar: &[String]| match similar {
            [] => String::new(),
            similar => format!("; did you mean {}?", similar.join(", ")),
        };
        match self {
            Self::Text { detail, line } => write!(f, "line {line}: {detail}"),
            Self::NotAConfig => f.write_str("a config is an object of keys and values"),
            Self::NoType => f.write_str("`peft_type` is missing, so the method is unknown"),
            Self::UnknownMethod { name, similar } => {
                write!(f, "PEFT {} has no method `{name}`{}", Release::NEWEST.number(), meant(similar))
            }
            Self::UnknownKey { class, key, similar } => write!(f, "{class} has no key `{key}`{}", meant(similar)),
            Self::Path(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for LoadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Path(error) => Some(error),
            _ => None,
        }
    }
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
    pub fn method(&self) -> &'static Method {
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
        fill(method, &mut keys);
        Ok(Self { method, file, keys, ignored: unknown.into_iter().map(|(key, _)| key).collect() })
    }

    /// What `get_peft_model` sets in the config for a model: names of modules where the config has none, the sizes of a
    /// prompt.
    #[must_use]
    pub fn on(mut self, tree: &Tree) -> Self {
        adapt(self.method, &mut self.keys, tree);
        self
    }
}

fn method_of(file: &Layer) -> Result<&'static Method, LoadError> {
    let value = file.get("peft_type").map(Layered::value);
    let name = match value {
        None | Some(Value::Null) => return Err(LoadError::NoType),
        Some(Value::String(name)) => name,
        Some(other) => other.to_json().to_string(),
    };
    let is_there = |name: &str| releases::method(name).is_some_and(|lifetime| lifetime.has(Release::NEWEST));
    Method::named(&name).filter(|_| is_there(&name)).ok_or_else(|| {
        let names = Method::all().map(|method| method.peft_type.to_owned());
        let similar = near(&name, names.filter(|name| is_there(name)));
        LoadError::UnknownMethod { name, similar }
    })
}

fn is_saved(method: &Method, key: &str) -> bool {
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

// What the classes do after they have taken the keys (`__post_init__`).

fn fill(method: &Method, keys: &mut Layer) {
    if is_null(keys, "peft_version") {
        set(keys, "peft_version", Value::String(Release::NEWEST.number().to_owned()), "the release that loads it");
    }
    match method.peft_type {
        "LORA" | "ADALORA" => lora(method, keys),
        "SUPERTUNING" if is_null(keys, "lora_alpha") => {
            if let Some(rank) = value(keys, "r").as_i64() {
                set(keys, "lora_alpha", integer(rank.saturating_mul(2)), "2 · `r`");
            }
        }
        "XLORA" => {
            if is_null(keys, "hidden_size") {
                set(keys, "hidden_size", integer(4096), "XLoraConfig, for null");
            }
            if is_null(keys, "adapters") {
                set(keys, "adapters", Value::Map(Map::new()), "XLoraConfig, for null");
            }
        }
        "ADAMSS" if value(keys, "init_weights") == Value::Bool(false) => {
            set(keys, "init_weights", Value::Null, "AdamssConfig, for false");
        }
        "CPT" => cpt(keys),
        _ => {}
    }
}

/// Whatever a file says of the sizes of the model, CPT starts without them.
fn cpt(keys: &mut Layer) {
    const FIXED: &str = "CPTConfig";
    for key in ["num_layers", "token_dim", "num_attention_heads"] {
        if !is_null(keys, key) {
            set(keys, key, Value::Null, FIXED);
        }
    }
    set(keys, "num_transformer_submodules", integer(1), FIXED);
    if is_null(keys, "cpt_token_ids") {
        set(keys, "cpt_token_ids", Value::List(vec![integer(0)]), "CPTConfig, for null");
    }
    let Value::List(ids) = value(keys, "cpt_token_ids") else { return };
    let length = i64::try_from(ids.len()).unwrap_or(i64::MAX);
    set(keys, "num_virtual_tokens", integer(length), "the number of `cpt_token_ids`");
    for key in ["cpt_mask", "cpt_tokens_type_mask"] {
        if is_null(keys, key) {
            set(keys, key, Value::List(vec![integer(1); ids.len()]), "as many ones as `cpt_token_ids`");
        }
    }
}

/// LoRA's configs inside of the config. AdaLoRA inherits them, and fills in none of those that are objects in LoRA.
fn lora(method: &Method, keys: &mut Layer) {
    let nested: Vec<_> = method.keys().filter_map(|key| Some((key, nested_of(&key.accepts)?))).collect();
    for (key, nested) in nested {
        if key.name != "loftq_config"
            && let Some(Layered::Map(written)) = keys.get(key.name).cloned().map(as_map)
        {
            keys.insert(key.name, Layered::Map(with_defaults(nested, written)));
        }
    }
    let start = value(keys, "init_lora_weights");
    let starts_by = |name: &str| start.as_str() == Some(name);
    let is_given = |keys: &Layer, key: &str| is_true(&value(keys, key));
    if starts_by("loftq") {
        return;
    }
    if is_given(keys, "loftq_config") {
        set(keys, "loftq_config", Value::Map(Map::new()), "`init_lora_weights`, which is not `loftq`");
    } else if starts_by("eva") && is_null(keys, "eva_config") {
        start_from(method, keys, "eva_config");
    } else if starts_by("corda") && is_null(keys, "corda_config") && is_null(keys, "eva_config") {
        start_from(method, keys, "corda_config");
    }
}

/// A mapping, the empty one included.
fn as_map(layered: Layered) -> Layered {
    match layered {
        Layered::Leaf(Value::Map(_), _) => Layered::Map(Layer::default()),
        other => other,
    }
}

fn start_from(method: &Method, keys: &mut Layer, key: &str) {
    if let Some(nested) = method.key(key).and_then(|key| nested_of(&key.accepts)) {
        keys.insert(key, Layered::Map(with_defaults(nested, Layer::default())));
    }
}

/// The config that a key holds.
fn nested_of(accepts: &Type) -> Option<&'static Nested> {
    match accepts {
        Type::Object(nested) => Some(nested),
        Type::Nullable(inner) => nested_of(inner),
        Type::OneOf(types) => types.iter().find_map(nested_of),
        _ => None,
    }
}

/// A config inside of a config. What it is made of at run time is not read from a file.
fn with_defaults(nested: &Nested, written: Layer) -> Layer {
    let default = |key: &Key| Layered::new(Value::from(&key.default_value()), &default_of(nested.class));
    let at_run_time = |key: &str| nested.class == "ArrowConfig" && key.ends_with("_adapter_names");
    let lower: Layer = nested.keys.iter().map(|key| (key.name.to_owned(), default(key))).collect();
    written.into_iter().filter(|(key, _)| nested.key(key).is_some() && !at_run_time(key)).collect::<Layer>().over(lower)
}

// What `get_peft_model` sets.

fn adapt(method: &Method, keys: &mut Layer, tree: &Tree) {
    let from = || format!("PEFT's default for {}", tree.model_type);
    if method.key("target_modules").is_some()
        && is_null(keys, "target_modules")
        && let Some(names) = defaults::target_modules(method.peft_type, tree.model_type)
    {
        set(keys, "target_modules", written(names), from());
    }
    if method.peft_type == "IA3"
        && is_null(keys, "feedforward_modules")
        && let Some(names) = defaults::feedforward_modules(tree.model_type)
    {
        set(keys, "feedforward_modules", written(names), from());
    }
    if is_null(keys, "target_modules") {
        let input = || tree.input.map(|name| Value::String(name.to_owned()));
        match method.peft_type {
            "ADAPTION_PROMPT" => {
                if let Some(name) = expected::attention_of(tree.model_type) {
                    set(keys, "target_modules", Value::String(name.to_owned()), from());
                }
            }
            "TRAINABLE_TOKENS" => {
                if let Some(name) = input() {
                    set(keys, "target_modules", name, "the model's input embeddings");
                }
            }
            _ => {}
        }
    }
    heads(method, keys);
    if method.family == Family::Prompts && method.peft_type != "ADAPTION_PROMPT" {
        sizes(method, keys, tree);
    }
}

/// The heads of a task are trained whole.
fn heads(method: &Method, keys: &mut Layer) {
    let task = value(keys, "task_type");
    let heads = expected::heads(task.as_str(), method.peft_type);
    let Value::List(mut names) = value(keys, "modules_to_save") else {
        if !heads.is_empty() && is_null(keys, "modules_to_save") {
            set(keys, "modules_to_save", texts(heads), "the heads of the task");
        }
        return;
    };
    let missing: Vec<_> = heads.iter().filter(|head| !names.iter().any(|name| name.as_str() == Some(head))).collect();
    if !missing.is_empty() {
        names.extend(missing.into_iter().map(|head| Value::String((*head).to_owned())));
        set(keys, "modules_to_save", Value::List(names), "the file's, and the heads of the task");
    }
}

/// The sizes of a prompt.
fn sizes(method: &Method, keys: &mut Layer, tree: &Tree) {
    let of_model = || format!("the config of the {} model", tree.model_type);
    if is_null(keys, "num_transformer_submodules") {
        let count = if value(keys, "task_type").as_str() == Some("SEQ_2_SEQ_LM") { 2 } else { 1 };
        set(keys, "num_transformer_submodules", integer(count), "`task_type`");
    }
    if let Some(sizes) = expected::prompt_sizes(method.peft_type, tree) {
        for (key, size) in
            [("num_layers", sizes.layers), ("token_dim", sizes.width), ("num_attention_heads", sizes.heads)]
        {
            if let (true, Ok(size)) = (is_null(keys, key), i64::try_from(size)) {
                set(keys, key, integer(size), of_model());
            }
        }
    }
    if method.key("encoder_hidden_size").is_some()
        && is_null(keys, "encoder_hidden_size")
        && !is_null(keys, "token_dim")
    {
        let width = value(keys, "token_dim");
        set(keys, "encoder_hidden_size", width, "`token_dim`");
    }
}

fn texts(names: &[&str]) -> Value {
    Value::List(names.iter().map(|name| Value::String((*name).to_owned())).collect())
}

fn written(names: Written) -> Value {
    match names {
        Written::Text(text) => Value::String(text),
        Written::List(names) => Value::List(names.into_iter().map(Value::String).collect()),
    }
}
