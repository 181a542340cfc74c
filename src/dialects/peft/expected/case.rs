//! One config on one model, and what its keys say.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::{Refusal, Stop};
use crate::dialects::peft::config::{Key, PeftMethod};
use crate::dialects::peft::targets::Written;
use crate::dialects::peft::{LoraInit, Pattern, PatternError, PeftType};
use crate::models::Tree;
use crate::models::tree::Module;
use crate::python::is_true;
use crate::value::{Map, Value};

/// A config on a model.
#[derive(Debug)]
pub(super) struct Case<'c> {
    /// `peft_type`.
    pub method: PeftType,
    /// The config.
    pub config: &'c Map,
    /// The model.
    pub tree: &'c Tree,
    /// The keys that give numbers by module, read once.
    patterns: RefCell<BTreeMap<&'static str, Option<Rc<Rows>>>>,
}

/// Patterns with numbers.
type Rows = Vec<(Pattern, u64)>;

/// No size is above this: it would take more than any machine has, and products of two still fit.
const LARGEST: u64 = 1 << 31;

/// No more names are held against modules than make so many pairs.
const MOST_PAIRS: usize = 1 << 22;

impl<'c> Case<'c> {
    pub(super) fn new(config: &'c Map, tree: &'c Tree) -> Option<Self> {
        Some(Self { method: PeftType::of(config)?, config, tree, patterns: RefCell::default() })
    }

    /// The value of a key; what is not there is `null`.
    pub(super) fn value(&self, key: &str) -> &'c Value {
        self.config.get(key).unwrap_or(&Value::Null)
    }

    /// The value that PEFT takes for a key: the method's default where the key is not there. A written null is null.
    fn taken(&self, key: &str) -> Cow<'c, Value> {
        match self.config.get(key) {
            Some(value) => Cow::Borrowed(value),
            None => Cow::Owned(PeftMethod::of(self.method).default_of(key)),
        }
    }

    /// A number that is not negative.
    pub(super) fn number(&self, key: &str) -> Result<u64, Stop> {
        size(&self.taken(key)).ok_or(Stop::Unknown)
    }

    /// A number above zero.
    pub(super) fn size(&self, key: &str) -> Result<u64, Stop> {
        self.number(key).and_then(|size| if size > 0 { Ok(size) } else { Err(Stop::Unknown) })
    }

    /// Whether a number is larger than any size, and so than any that a weight has.
    pub(super) fn is_beyond(&self, key: &str) -> bool {
        matches!(self.value(key), Value::Int(int) if size(self.value(key)).is_none() && int.as_f64() > 0.0)
    }

    /// A number with a fraction.
    pub(super) fn float(&self, key: &str) -> Result<f64, Stop> {
        self.taken(key).as_f64().filter(|value| value.is_finite()).ok_or(Stop::Unknown)
    }

    /// What Python takes for true or false.
    pub(super) fn flag(&self, key: &str) -> bool {
        is_true(&self.taken(key))
    }

    /// A word.
    pub(super) fn text(&self, key: &str) -> Result<&'c str, Stop> {
        let text = match self.config.get(key) {
            Some(value) => value.as_str(),
            None => PeftMethod::of(self.method).key(key).and_then(Key::default_text),
        };
        text.ok_or(Stop::Unknown)
    }

    /// What LoRA's tensors begin with.
    pub(super) fn lora_init(&self) -> LoraInit {
        LoraInit::of(self.config.get("init_lora_weights"))
    }

    /// That all that lists and objects name can be held against every module in a time that nobody notices.
    pub(super) fn is_small(&self) -> bool {
        let names = self.config.iter().map(|(_, value)| match value {
            Value::List(items) => items.len(),
            Value::Map(map) => map.iter().count(),
            _ => 0,
        });
        names.sum::<usize>().checked_mul(self.tree.modules.len()).is_some_and(|pairs| pairs <= MOST_PAIRS)
    }

    /// A text or a list of texts. Of an object Python goes through the keys.
    pub(super) fn written(&self, key: &str) -> Result<Option<Written>, Stop> {
        match self.value(key) {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(Written::Text(text.clone()))),
            Value::List(items) => {
                let names = items.iter().map(|item| item.as_str().map(str::to_owned));
                names.collect::<Option<_>>().map(|names| Some(Written::List(names))).ok_or(Stop::Unknown)
            }
            Value::Map(map) => Ok(Some(Written::List(map.iter().map(|(name, _)| name.to_owned()).collect()))),
            _ => Err(Stop::Unknown),
        }
    }

    /// The names in a list. Of a text each letter is one: Python goes through it so.
    pub(super) fn names(&self, key: &str) -> Result<Vec<String>, Stop> {
        Ok(match self.written(key)? {
            None => Vec::new(),
            Some(Written::List(names)) => names,
            Some(Written::Text(text)) => text.chars().collect::<BTreeSet<_>>().into_iter().map(String::from).collect(),
        })
    }

    /// The number for one module, where a key gives other numbers for some.
    pub(super) fn by_module(&self, key: &'static str, module: &Module, common: u64) -> Result<u64, Stop> {
        self.by_name(key, &module.name, common)
    }

    /// As [`by_module`](Self::by_module), of a parameter or whatever has that name.
    pub(super) fn by_name(&self, key: &'static str, name: &str, common: u64) -> Result<u64, Stop> {
        self.numbered(key, name, common, Pattern::of_module)
    }

    /// As [`by_module`](Self::by_module), where a key counts only behind a dot, or as the whole name.
    pub(super) fn by_inner_module(&self, key: &'static str, module: &Module, common: u64) -> Result<u64, Stop> {
        // Where no pattern matches, the whole name is looked up.
        let named = self.value(key).as_map().and_then(|numbers| numbers.get(&module.name)).and_then(size);
        let common = named.unwrap_or(common);
        self.numbered(key, &module.name, common, Pattern::of_inner_module)
    }

    fn numbered(
        &self,
        key: &'static str,
        name: &str,
        common: u64,
        read: impl Fn(&str) -> Result<Pattern, PatternError>,
    ) -> Result<u64, Stop> {
        let rows = self.patterns.borrow_mut().entry(key).or_insert_with(|| self.rows(key, read).map(Rc::new)).clone();
        for (pattern, value) in rows.ok_or(Stop::Unknown)?.iter() {
            if pattern.matches(name).map_err(|_| Stop::Unknown)? {
                return Ok(*value);
            }
        }
        Ok(common)
    }

    fn rows(&self, key: &str, read: impl Fn(&str) -> Result<Pattern, PatternError>) -> Option<Rows> {
        match self.value(key) {
            Value::Null => Some(Vec::new()),
            Value::Map(map) => map.iter().map(|(pattern, value)| Some((read(pattern).ok()?, size(value)?))).collect(),
            _ => None,
        }
    }
}

/// A number that is not negative, and not too large to be a size. Where torch takes no boolean for one, the rules of single
/// keys tell.
fn size(value: &Value) -> Option<u64> {
    match value {
        Value::Bool(flag) => Some(u64::from(*flag)),
        Value::Int(int) => u64::try_from(int.as_i64()?).ok().filter(|size| *size <= LARGEST),
        _ => None,
    }
}

/// The widths of a linear layer, `(in, out)`, neither of which is zero, as where a model has more heads than units.
pub(super) fn widths(module: &Module) -> Result<(u64, u64), Stop> {
    let is_usable = |width: u64| (1..=LARGEST).contains(&width);
    module.widths().filter(|(inner, out)| is_usable(*inner) && is_usable(*out)).ok_or(Stop::Unknown)
}

/// That a size of a module goes with a value.
pub(super) fn need(holds: bool, module: &Module, key: &'static str, need: impl Fn() -> String) -> Result<(), Stop> {
    if holds {
        return Ok(());
    }
    Err(Stop::Refused(Refusal::Misfit { module: module.name.clone(), key, need: need() }))
}

/// That a value divides a size of a module.
pub(super) fn divides(value: u64, size: u64, module: &Module, key: &'static str, what: &str) -> Result<(), Stop> {
    need(value > 0 && size.is_multiple_of(value), module, key, || {
        format!("{what} ({size}) is not a multiple of `{key}` ({value})")
    })
}
