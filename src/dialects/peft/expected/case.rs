//! One config on one model, and what its keys say.

use super::{Refusal, Stop};
use crate::dialects::peft::targets::{ByModule, Written};
use crate::models::Tree;
use crate::models::tree::Module;
use crate::value::{Map, Value};

/// A config on a model.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case<'c> {
    /// `peft_type`.
    pub method: &'c str,
    /// The config.
    pub config: &'c Map,
    /// The model.
    pub tree: &'c Tree,
}

impl<'c> Case<'c> {
    pub(super) fn new(config: &'c Map, tree: &'c Tree) -> Option<Self> {
        Some(Self { method: config.get("peft_type")?.as_str()?, config, tree })
    }

    /// The value of a key; what is not there is `null`.
    pub(super) fn value(&self, key: &str) -> &'c Value {
        self.config.get(key).unwrap_or(&Value::Null)
    }

    /// A number that is not negative, or the default where the key is not there.
    pub(super) fn number(&self, key: &str, default: u64) -> Result<u64, Stop> {
        match self.config.get(key) {
            None => Ok(default),
            Some(Value::Int(int)) => int.as_i64().and_then(|int| u64::try_from(int).ok()).ok_or(Stop::Unknown),
            Some(_) => Err(Stop::Unknown),
        }
    }

    /// A number above zero.
    pub(super) fn size(&self, key: &str, default: u64) -> Result<u64, Stop> {
        self.number(key, default).and_then(|size| if size > 0 { Ok(size) } else { Err(Stop::Unknown) })
    }

    /// A number with a fraction.
    pub(super) fn float(&self, key: &str, default: f64) -> Result<f64, Stop> {
        match self.config.get(key) {
            None => Ok(default),
            Some(value) => value.as_f64().filter(|value| value.is_finite()).ok_or(Stop::Unknown),
        }
    }

    /// What Python takes for true or false.
    pub(super) fn flag(&self, key: &str, default: bool) -> Result<bool, Stop> {
        match self.config.get(key) {
            None => Ok(default),
            Some(Value::Null) => Ok(false),
            Some(Value::Bool(value)) => Ok(*value),
            Some(_) => Err(Stop::Unknown),
        }
    }

    /// A word.
    pub(super) fn text(&self, key: &str, default: &'c str) -> Result<&'c str, Stop> {
        match self.config.get(key) {
            None => Ok(default),
            Some(value) => value.as_str().ok_or(Stop::Unknown),
        }
    }

    /// A text or a list of texts.
    pub(super) fn written(&self, key: &str) -> Result<Option<Written>, Stop> {
        match self.value(key) {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(Written::Text(text.clone()))),
            Value::List(items) => {
                let names = items.iter().map(|item| item.as_str().map(str::to_owned));
                names.collect::<Option<_>>().map(|names| Some(Written::List(names))).ok_or(Stop::Unknown)
            }
            _ => Err(Stop::Unknown),
        }
    }

    /// The names in a list.
    pub(super) fn names(&self, key: &str) -> Result<Vec<String>, Stop> {
        match self.written(key)? {
            None => Ok(Vec::new()),
            Some(Written::List(names)) => Ok(names),
            Some(Written::Text(_)) => Err(Stop::Unknown),
        }
    }

    /// The number for one module, where a key gives other numbers for some.
    pub(super) fn by_module(&self, key: &str, module: &Module, common: u64) -> Result<u64, Stop> {
        let Some(rows) = self.pattern(key)? else { return Ok(common) };
        let rows = ByModule::new(rows.iter().map(|(key, value)| (key.as_str(), *value))).map_err(|_| Stop::Unknown)?;
        Ok(rows.get(&module.name).map_err(|_| Stop::Unknown)?.unwrap_or(common))
    }

    /// As [`by_module`](Self::by_module), where a key counts only behind a dot.
    pub(super) fn by_inner_module(&self, key: &str, module: &Module, common: u64) -> Result<u64, Stop> {
        let Some(rows) = self.pattern(key)? else { return Ok(common) };
        for (pattern, value) in rows {
            let pattern = crate::dialects::peft::Pattern::start(&pattern, &format!(r".*\.{pattern}$"));
            if pattern.and_then(|pattern| pattern.matches(&module.name)).map_err(|_| Stop::Unknown)? {
                return Ok(value);
            }
        }
        Ok(common)
    }

    fn pattern(&self, key: &str) -> Result<Option<Vec<(String, u64)>>, Stop> {
        match self.value(key) {
            Value::Null => Ok(None),
            Value::Map(map) => {
                let rows = map.iter().map(|(key, value)| {
                    Some((key.to_owned(), value.as_i64().and_then(|value| u64::try_from(value).ok())?))
                });
                rows.collect::<Option<_>>().map(Some).ok_or(Stop::Unknown)
            }
            _ => Err(Stop::Unknown),
        }
    }
}

/// The widths of a linear layer, `(in, out)`.
pub(super) fn widths(module: &Module) -> Result<(u64, u64), Stop> {
    module.widths().ok_or(Stop::Unknown)
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
    need(value > 0 && size % value == 0, module, key, || format!("{what} ({size}) is no multiple of `{key}` ({value})"))
}
