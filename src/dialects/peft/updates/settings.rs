use super::UpdateError;
use crate::dialects::peft::PeftType;
use crate::dialects::peft::config::{Key, Nested, PeftMethod};
use crate::dialects::peft::lora_init::{LoraInit, RankNeed};
use crate::dialects::peft::targets::{ByModule, FeedForward, Written};
use crate::value::{Map, Value};

/// A config, read key by key. A key that is absent, null or of another kind has the default of the config's method.
#[derive(Debug, Clone, Copy)]
pub struct Settings<'a> {
    map: &'a Map,
    /// Whose keys these are, where they are not the method's.
    of: Option<&'static Nested>,
}

impl<'a> Settings<'a> {
    /// The config of a method, which its `peft_type` names.
    #[must_use]
    pub fn new(map: &'a Map) -> Self {
        Self { map, of: None }
    }

    /// The config as it is written.
    #[must_use]
    pub fn written(self) -> &'a Map {
        self.map
    }

    /// The config of this class that stands in the config.
    pub(crate) fn nested(self, key: &str, class: &str) -> Option<Self> {
        let of = Nested::all().find(|nested| nested.class == class);
        Some(Self { map: self.get(key)?.as_map()?, of })
    }

    /// The value of a key, unless it is null.
    #[must_use]
    pub fn get(self, key: &str) -> Option<&'a Value> {
        self.map.get(key).filter(|value| **value != Value::Null)
    }

    /// A number; 0 where neither the file nor the method has one.
    #[must_use]
    pub fn number(self, key: &str) -> f64 {
        let default = || self.default(key)?.as_f64();
        self.get(key).and_then(Value::as_f64).or_else(default).unwrap_or_default()
    }

    /// A size; 0 where neither the file nor the method has one.
    #[must_use]
    pub fn size(self, key: &str) -> usize {
        let size = |value: &Value| value.as_u64().and_then(|size| usize::try_from(size).ok());
        let default = || size(&self.default(key)?);
        self.get(key).and_then(size).or_else(default).unwrap_or_default()
    }

    /// What a generator is seeded with; `None` for a value that is no natural number.
    pub(super) fn seed(self, key: &str) -> Option<u64> {
        self.get(key).map_or_else(|| self.default(key)?.as_u64(), Value::as_u64)
    }

    /// Truth as Python has it.
    #[must_use]
    pub fn truth(self, key: &str) -> bool {
        let is_true = |value: &Value| match value {
            Value::Bool(truth) => *truth,
            Value::Int(_) | Value::Float(_) => value.as_f64() != Some(0.0),
            Value::String(text) => !text.is_empty(),
            Value::List(items) => !items.is_empty(),
            Value::Map(map) => !map.is_empty(),
            Value::Null => false,
        };
        match self.get(key) {
            Some(value) => is_true(value),
            None => self.default(key).is_some_and(|default| is_true(&default)),
        }
    }

    /// A text; empty where neither the file nor the method has one.
    #[must_use]
    pub fn text(self, key: &str) -> &'a str {
        let default = || self.key(key)?.default_text();
        self.get(key).and_then(Value::as_str).or_else(default).unwrap_or_default()
    }

    /// What the method takes for a key that is not written.
    fn default(self, key: &str) -> Option<Value> {
        Some(Value::from(&self.key(key)?.default_value()))
    }

    fn key(self, name: &str) -> Option<&'static Key> {
        match self.of {
            Some(nested) => nested.keys.iter().find(|key| key.name == name),
            None => PeftMethod::named(self.method_name())?.key(name),
        }
    }

    /// The method, if there is one of that name.
    #[must_use]
    pub fn peft_type(self) -> Option<PeftType> {
        PeftType::named(self.method_name())
    }

    /// The `peft_type` as it is written.
    #[must_use]
    pub fn method_name(self) -> &'a str {
        self.get("peft_type").and_then(Value::as_str).unwrap_or_default()
    }

    /// The number that a pattern gives a module, or else the one of the config.
    pub(super) fn by_module(self, (pattern, key): (&str, &str), module: &str) -> Result<f64, UpdateError> {
        let plain = self.number(key);
        let Some(Value::Map(rows)) = self.get(pattern) else { return Ok(plain) };
        let rows = rows.iter().filter_map(|(key, value)| Some((key, value.as_f64()?)));
        Ok(ByModule::new(rows)?.get(module)?.unwrap_or(plain))
    }

    /// What LoRA's tensors begin with. Null is false there.
    pub(crate) fn lora_init(self) -> LoraInit {
        LoraInit::of(self.map.get("init_lora_weights"))
    }

    /// LoRA's factor of the update of a module: `lora_alpha / r`, or `lora_alpha / √r` with rsLoRA. `rank` is that of the
    /// tensors; where they begin at a decomposition of the weight, which has only so many directions, the config's counts.
    pub(crate) fn lora_scaling(self, module: &str, rank: usize) -> Result<f64, UpdateError> {
        let alpha = self.by_module(("alpha_pattern", "lora_alpha"), module)?;
        let rank = match self.lora_init().rank_need() == RankNeed::Cut {
            true => self.by_module(("rank_pattern", "r"), module)?,
            false => rank as f64,
        };
        Ok(alpha / if self.truth("use_rslora") { rank.sqrt() } else { rank })
    }

    /// Whether (IA)³'s factors stand before a module; `None` where the config does not say.
    pub(crate) fn is_feed_forward(self, module: &str) -> Result<Option<bool>, UpdateError> {
        let written = match self.get("feedforward_modules") {
            Some(Value::String(text)) => Written::Text(text.clone()),
            Some(Value::List(names)) => {
                Written::List(names.iter().filter_map(Value::as_str).map(str::to_owned).collect())
            }
            _ => return Ok(None),
        };
        Ok(Some(FeedForward::new(&written)?.has(module)?))
    }
}
