//! Which modules a config means, as PEFT decides it (`tuners/tuners_utils.py`, `check_target_module_exists`;
//! `utils/other.py`, `get_pattern_key`; `tuners/ia3/model.py`).

use std::collections::BTreeSet;

use super::pattern::{Pattern, PatternError};
use super::releases::Release;
use crate::document::Node;
use crate::value::{Map, Value};

/// The word for all linear modules but the output layer.
pub(crate) const ALL_LINEAR: &str = "all-linear";

/// Names of modules, as `target_modules`, `exclude_modules` and `feedforward_modules` hold them.
#[derive(Debug, Clone)]
pub enum Modules {
    /// Names, or ends of names behind a dot.
    List(Vec<String>),
    /// A regular expression for the whole name.
    Pattern(Pattern),
    /// `all-linear`: every linear layer but the output's.
    AllLinear,
}

impl Modules {
    /// Reads a list or a pattern.
    ///
    /// # Errors
    /// If a pattern cannot be read.
    pub fn new(written: &Written) -> Result<Self, PatternError> {
        match written {
            Written::Text(text) if text.to_lowercase() == ALL_LINEAR => Ok(Self::AllLinear),
            other => Self::plain(other),
        }
    }

    /// As [`new`](Self::new), where `all-linear` is a pattern like any other.
    fn plain(written: &Written) -> Result<Self, PatternError> {
        match written {
            Written::List(names) => Ok(Self::List(names.clone())),
            Written::Text(text) => Pattern::full(text).map(Self::Pattern),
        }
    }

    /// Whether a module is meant.
    fn has(&self, module: &str) -> Result<bool, PatternError> {
        match self {
            Self::List(names) => Ok(names.iter().any(|name| is_end(module, name))),
            Self::Pattern(pattern) => pattern.matches(module),
            Self::AllLinear => Ok(true),
        }
    }
}

/// A list of names, or a text.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum Written {
    /// Names, or ends of names.
    List(Vec<String>),
    /// A regular expression for the whole name, or `all-linear`.
    Text(String),
}

/// What the embeddings of models are called, which some methods, and LoRA's variants in older releases, adapt without a look
/// at how they begin.
const EMBEDDINGS: [&str; 5] = ["embed_in", "embed_tokens", "shared", "word_embeddings", "wte"];

/// Whether there is a list of targets, and every one is called as embeddings are.
pub(super) fn adapts_embeddings_alone(root: &Node) -> bool {
    let names = root.get("target_modules").map(Node::items).unwrap_or_default();
    let is_embedding = |name: &Node| {
        name.as_str().and_then(|name| name.rsplit('.').next()).is_some_and(|name| EMBEDDINGS.contains(&name))
    };
    !names.is_empty() && names.iter().all(is_embedding)
}

/// Whether a module has this name, or ends with it behind a dot.
fn is_end(module: &str, name: &str) -> bool {
    module.strip_suffix(name).is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

/// Which modules a config adapts.
#[derive(Debug, Clone)]
pub struct Targets {
    targets: Option<Modules>,
    excluded: Option<Modules>,
    saved: Vec<Pattern>,
    layers: Option<Layers>,
}

/// What Python takes for nothing, of the values that these keys may have.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::List(items) => items.is_empty(),
        _ => false,
    }
}

/// `layers_to_transform` with `layers_pattern`.
#[derive(Debug, Clone)]
struct Layers {
    numbers: Vec<i64>,
    patterns: Vec<Pattern>,
}

/// The keys that decide which modules are adapted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Keys<'c> {
    /// `target_modules`.
    pub target_modules: Option<&'c Written>,
    /// `exclude_modules`.
    pub exclude_modules: Option<&'c Written>,
    /// `modules_to_save`.
    pub modules_to_save: Option<&'c [String]>,
    /// `layers_to_transform`; one number is a list of one.
    pub layers_to_transform: Option<&'c [i64]>,
    /// `layers_pattern`; one pattern is a list of one.
    pub layers_pattern: Option<&'c [String]>,
}

impl Targets {
    /// What a config means; `None` where it does not say which modules it adapts, or means parameters, or cannot be
    /// followed.
    #[must_use]
    pub fn of(config: &Map) -> Option<Self> {
        let is_set = |key: &str| config.get(key).is_some_and(|value| !is_empty(value));
        if is_set("target_parameters") {
            return None;
        }
        let texts = |value: &Value| -> Option<Vec<String>> {
            value.as_list()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
        };
        let written = |key: &str| match config.get(key).filter(|value| !is_empty(value)) {
            None => Some(None),
            Some(Value::String(text)) => Some(Some(Written::Text(text.clone()))),
            Some(list) => texts(list).map(|names| Some(Written::List(names))),
        };
        let target_modules = written("target_modules")??;
        let exclude_modules = written("exclude_modules")?;
        let modules_to_save =
            config.get("modules_to_save").filter(|value| !is_empty(value)).map_or(Some(vec![]), texts)?;
        let layers = match config.get("layers_to_transform") {
            None | Some(Value::Null) => None,
            Some(Value::List(items)) => Some(items.iter().map(Value::as_i64).collect::<Option<Vec<_>>>()?),
            Some(one) => Some(vec![one.as_i64()?]),
        };
        let patterns = match written("layers_pattern")? {
            None => None,
            Some(Written::List(names)) => Some(names),
            Some(Written::Text(text)) => Some(vec![text]),
        };
        Self::new(Keys {
            target_modules: Some(&target_modules),
            exclude_modules: exclude_modules.as_ref(),
            modules_to_save: Some(&modules_to_save),
            layers_to_transform: layers.as_deref(),
            layers_pattern: patterns.as_deref(),
        })
        .ok()
    }

    /// What these keys mean.
    ///
    /// # Errors
    /// If a pattern cannot be read.
    pub fn new(keys: Keys<'_>) -> Result<Self, PatternError> {
        let modules = |written: Option<&Written>| written.map(Modules::new).transpose();
        let is_written = |written: &&Written| match written {
            Written::List(names) => !names.is_empty(),
            Written::Text(text) => !text.is_empty(),
        };
        let saved = keys.modules_to_save.unwrap_or_default().iter();
        let numbers = keys.layers_to_transform.filter(|numbers| !numbers.is_empty());
        Ok(Self {
            targets: modules(keys.target_modules)?,
            excluded: keys.exclude_modules.filter(is_written).map(Modules::plain).transpose()?,
            saved: saved
                .map(|name| Pattern::start(name, &format!(r"(^|.*\.){name}($|\..*)")))
                .collect::<Result<_, _>>()?,
            layers: numbers.map(|numbers| Layers::new(numbers, keys.layers_pattern)).transpose()?,
        })
    }

    /// Whether a module is adapted. Without `target_modules` PEFT has a list by the type of the model, which stands in
    /// the config once it is saved; nothing can be said here then.
    ///
    /// # Errors
    /// If a pattern is given up.
    pub fn matches(&self, module: &str) -> Result<Option<bool>, PatternError> {
        if self.excludes(module)? { Ok(Some(false)) } else { self.names(module) }
    }
}

impl Targets {
    /// Whether the targets name a module, whatever keeps it from being adapted; `None` if the config names none.
    ///
    /// # Errors
    /// If a pattern is given up.
    pub fn names(&self, module: &str) -> Result<Option<bool>, PatternError> {
        let Some(targets) = &self.targets else { return Ok(None) };
        let found = targets.has(module)?;
        // The layer's number counts only where the end of a name was enough.
        let (Modules::List(names), Some(layers), true) = (targets, &self.layers, found) else { return Ok(Some(found)) };
        if names.iter().any(|name| name == module) {
            return Ok(Some(true));
        }
        layers.has(module).map(Some)
    }

    /// Whether `exclude_modules` or `modules_to_save` keeps a module from being adapted, whatever the targets are.
    ///
    /// # Errors
    /// If a pattern is given up.
    pub fn excludes(&self, module: &str) -> Result<bool, PatternError> {
        if self.excluded.as_ref().map(|excluded| excluded.has(module)).transpose()?.unwrap_or(false) {
            return Ok(true);
        }
        for saved in &self.saved {
            if saved.matches(module)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Layers {
    fn new(numbers: &[i64], patterns: Option<&[String]>) -> Result<Self, PatternError> {
        let patterns = match patterns.filter(|patterns| !patterns.is_empty()) {
            // The first number behind a part that is not the first.
            None => vec![Pattern::start("", r".*?\.[^.]*\.(?P<idx>\d+)\.")?],
            Some(patterns) => patterns
                .iter()
                .map(|pattern| Pattern::start(pattern, &format!(r"(?:^|.*?\.){pattern}\.(?P<idx>\d+)\.")))
                .collect::<Result<_, _>>()?,
        };
        Ok(Self { numbers: numbers.to_vec(), patterns })
    }

    fn has(&self, module: &str) -> Result<bool, PatternError> {
        for pattern in &self.patterns {
            if let Some(number) = pattern.group(module, "idx")? {
                let number = number.and_then(|number| number.parse().ok());
                return Ok(number.is_some_and(|number: i64| self.numbers.contains(&number)));
            }
        }
        Ok(false)
    }
}

/// Where older releases find the number of a layer, if elsewhere than the newest.
#[derive(Debug)]
pub(crate) struct LayersBefore {
    layers: Layers,
    /// Whether a name that is written whole is adapted whatever its layer.
    spares_whole_names: bool,
    /// Whether all layers are adapted.
    takes_all: bool,
}

/// From here on empty keys are as good as none, and layers are found in any list of modules.
const EMPTY_IS_NONE: Release = Release::at("0.8.0");

/// From here on the first number that fits is a layer's.
const LAZY: Release = Release::at("0.20.0");

/// From here on layers are found as the newest release finds them.
const AS_NOW: Release = Release::at("0.21.0");

impl LayersBefore {
    /// How a release finds the layers; `None` if it finds them as the newest does.
    ///
    /// # Errors
    /// If a pattern cannot be read.
    pub(crate) fn new(
        release: Release,
        numbers: &[i64],
        written: Option<&Written>,
    ) -> Option<Result<Self, PatternError>> {
        // What comes first in these is tried in full length, so that the last number counts, until 0.20.0; and a pattern
        // needs a dot before it.
        let is_oldest = release < EMPTY_IS_NONE;
        // Until 0.8.0 only null was no number and no pattern.
        if release >= AS_NOW || (numbers.is_empty() && !is_oldest) {
            return None;
        }
        let names = match written {
            Some(Written::Text(text)) if is_oldest || !text.is_empty() => Some(vec![text.as_str()]),
            Some(Written::List(names)) if is_oldest || !names.is_empty() => {
                Some(names.iter().map(String::as_str).collect())
            }
            _ => None,
        };
        let start = if release < LAZY { ".*" } else { ".*?" };
        let whole = |name: &str| {
            if is_oldest { oldest(name) } else { format!(r"{start}\.{name}\.(?P<idx>\d+)\.") }
        };
        let patterns = match &names {
            None if !is_oldest => vec![Pattern::start("", &format!(r"{start}\.[^.]*\.(?P<idx>\d+)\."))],
            None => COMMON.iter().map(|name| Pattern::start(name, &whole(name))).collect(),
            Some(names) => names.iter().map(|name| Pattern::start(name, &whole(name))).collect(),
        };
        Some(patterns.into_iter().collect::<Result<_, _>>().map(|patterns| Self {
            layers: Layers { numbers: numbers.to_vec(), patterns },
            spares_whole_names: !is_oldest,
            takes_all: names.is_some_and(|names| names.is_empty()),
        }))
    }

    /// Whether a module that one of these names means is in one of the layers.
    ///
    /// # Errors
    /// If a pattern is given up.
    pub(crate) fn has(&self, module: &str, names: &[String]) -> Result<bool, PatternError> {
        let is_spared = self.spares_whole_names && names.iter().any(|name| name == module);
        if is_spared || self.takes_all { Ok(true) } else { self.layers.has(module) }
    }
}

/// What stood before the number of a layer where no pattern was written, before 0.8.0.
const COMMON: [&str; 5] = ["layers", "h", "block", "blocks", "layer"];

/// How releases before 0.8.0 looked for a layer: whatever stands before the pattern is there.
fn oldest(pattern: &str) -> String {
    format!(r".*.{pattern}\.(?P<idx>\d+)\.*")
}

/// `rank_pattern` or `alpha_pattern`: the first key that the end of a name matches, behind a dot or as a whole, counts.
#[derive(Debug, Clone)]
pub struct ByModule<T> {
    rows: Vec<(Pattern, T)>,
}

impl<T: Clone> ByModule<T> {
    /// Reads the keys, in the order in which they are written.
    ///
    /// # Errors
    /// If a pattern cannot be read.
    pub fn new<'k>(rows: impl IntoIterator<Item = (&'k str, T)>) -> Result<Self, PatternError> {
        let rows = rows.into_iter().map(|(key, value)| Ok((Pattern::of_module(key)?, value)));
        Ok(Self { rows: rows.collect::<Result<_, _>>()? })
    }

    /// The value for a module.
    ///
    /// # Errors
    /// If a pattern is given up.
    pub fn get(&self, module: &str) -> Result<Option<T>, PatternError> {
        for (pattern, value) in &self.rows {
            if pattern.matches(module)? {
                return Ok(Some(value.clone()));
            }
        }
        Ok(None)
    }
}

/// `feedforward_modules` of (IA)³, whose factors stand before the module. Here the end of a name counts without a dot.
#[derive(Debug, Clone)]
pub struct FeedForward(Modules);

impl FeedForward {
    /// Reads the key.
    ///
    /// # Errors
    /// If a pattern cannot be read.
    pub fn new(written: &Written) -> Result<Self, PatternError> {
        Modules::plain(written).map(Self)
    }

    /// Whether the factors of a module stand before it.
    ///
    /// # Errors
    /// If a pattern is given up.
    pub fn has(&self, module: &str) -> Result<bool, PatternError> {
        match &self.0 {
            Modules::List(names) => Ok(names.iter().any(|name| module.ends_with(name.as_str()))),
            other => other.has(module),
        }
    }
}

/// Whether a path is one of these names, or ends with one behind a dot. Looked up end by end: lists of names may be long.
pub(crate) fn ends_with_one(path: &str, names: &BTreeSet<&str>) -> bool {
    ends(path).any(|end| names.contains(end))
}

/// A path, and what stands behind each of its dots.
pub(crate) fn ends(path: &str) -> impl Iterator<Item = &str> {
    std::iter::once(path).chain(path.match_indices('.').filter_map(|(at, _)| path.get(at + 1..)))
}
