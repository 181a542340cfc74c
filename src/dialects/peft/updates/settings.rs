use serde_json::{Map, Value};

use super::UpdateError;
use crate::dialects::peft::PeftType;
use crate::dialects::peft::lora_init::{LoraInit, RankNeed};
use crate::dialects::peft::targets::{ByModule, FeedForward, Written};

/// A config, read key by key. A key that is absent or null has the default that the reader names, the library's.
#[derive(Debug, Clone, Copy)]
pub struct Settings<'a>(pub &'a Map<String, Value>);

impl<'a> Settings<'a> {
    /// The value of a key, unless it is null.
    #[must_use]
    pub fn get(self, key: &str) -> Option<&'a Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    /// A number.
    #[must_use]
    pub fn number(self, key: &str, default: f64) -> f64 {
        self.get(key).and_then(Value::as_f64).unwrap_or(default)
    }

    /// A size.
    #[must_use]
    pub fn size(self, key: &str, default: usize) -> usize {
        let size = self.get(key).and_then(Value::as_u64).and_then(|size| usize::try_from(size).ok());
        size.unwrap_or(default)
    }

    /// Truth as Python has it, of what is no container.
    #[must_use]
    pub fn truth(self, key: &str, default: bool) -> bool {
        self.get(key).map_or(default, |value| match value {
            Value::Bool(truth) => *truth,
            Value::Number(number) => number.as_f64() != Some(0.0),
            Value::String(text) => !text.is_empty(),
            Value::Array(items) => !items.is_empty(),
            Value::Object(map) => !map.is_empty(),
            Value::Null => default,
        })
    }

    /// A text.
    #[must_use]
    pub fn text(self, key: &str, default: &'a str) -> &'a str {
        self.get(key).and_then(Value::as_str).unwrap_or(default)
    }

    /// The method, if there is one of that name.
    #[must_use]
    pub fn peft_type(self) -> Option<PeftType> {
        PeftType::named(self.method_name())
    }

    /// The `peft_type` as it is written.
    #[must_use]
    pub fn method_name(self) -> &'a str {
        self.text("peft_type", "")
    }

    /// The number that a pattern gives a module, or else the one of the config.
    pub(super) fn by_module(
        self,
        (pattern, key): (&str, &str),
        module: &str,
        default: f64,
    ) -> Result<f64, UpdateError> {
        let plain = self.number(key, default);
        let Some(Value::Object(rows)) = self.get(pattern) else { return Ok(plain) };
        let rows = rows.iter().filter_map(|(key, value)| Some((key.as_str(), value.as_f64()?)));
        Ok(ByModule::new(rows)?.get(module)?.unwrap_or(plain))
    }

    /// What LoRA's tensors begin with.
    pub(crate) fn lora_init(self) -> LoraInit {
        LoraInit::of(self.get("init_lora_weights").map(crate::value::Value::from).as_ref())
    }

    /// LoRA's factor of the update of a module: `lora_alpha / r`, or `lora_alpha / √r` with rsLoRA. `rank` is that of the
    /// tensors; where they begin at a decomposition of the weight, which has only so many directions, the config's counts.
    pub(crate) fn lora_scaling(self, module: &str, rank: usize) -> Result<f64, UpdateError> {
        let alpha = self.by_module(("alpha_pattern", "lora_alpha"), module, 8.0)?;
        let rank = match self.lora_init().rank_need() == RankNeed::Cut {
            true => self.by_module(("rank_pattern", "r"), module, 8.0)?,
            false => rank as f64,
        };
        Ok(alpha / if self.truth("use_rslora", false) { rank.sqrt() } else { rank })
    }

    /// Whether (IA)³'s factors stand before a module; `None` where the config does not say.
    pub(crate) fn is_feed_forward(self, module: &str) -> Result<Option<bool>, UpdateError> {
        let written = match self.get("feedforward_modules") {
            Some(Value::String(text)) => Written::Text(text.clone()),
            Some(Value::Array(names)) => {
                Written::List(names.iter().filter_map(Value::as_str).map(str::to_owned).collect())
            }
            _ => return Ok(None),
        };
        Ok(Some(FeedForward::new(&written)?.has(module)?))
    }
}
