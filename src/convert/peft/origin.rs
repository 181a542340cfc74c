//! What AdapterHub's files say beside the function and PEFT's have no key for: it goes along in the metadata of
//! safetensors, which PEFT passes over, and comes back from there.

use super::NAME;
use crate::convert::{Weights, former};
use crate::document::write::to_line;
use crate::value::{Map, Value};

/// The key of the metadata.
const KEY: &str = "adapterhub";

/// The keys of LoRA's config that say how its numbers began, or that can be written in several ways.
const BESIDE: [&str; 4] = ["attn_matrices", "dtype", "init_weights", "init_weights_seed"];

/// What an adapter was before it was PEFT's.
#[derive(Debug, Default)]
pub(super) struct Origin(Map);

impl Origin {
    /// Of an adapter with this file, and the members of its config. What the way back would make of PEFT's files alone
    /// goes without saying: the name that PEFT gives, the class of `told`, and how LoRA's keys are written without it.
    /// `has_attribute`: whether the names have the attribute of a class with heads, where PEFT's do not show it.
    pub(super) fn new(file: &Map, members: &[&Map], told: Option<&str>, has_attribute: bool) -> Self {
        let mut origin = Map::new();
        for key in ["hidden_size", "model_class", "name"] {
            let is_told = |value: &Value| match key {
                "hidden_size" => *value == Value::Null,
                "model_class" => value.as_str() == told,
                _ => value.as_str() == Some(NAME),
            };
            if let Some(value) = file.get(key).filter(|value| !is_told(value)) {
                origin.insert(key, value.clone());
            }
        }
        if has_attribute {
            origin.insert("has_attribute", Value::Bool(true));
        }
        // What an older release's file said goes along; what PEFT's said has come back.
        if let Some(former) = file.get(former::KEY).filter(|_| former::by_peft(file).is_none()) {
            origin.insert(former::KEY, former.clone());
        }
        if let [member] = members {
            let beside = BESIDE.iter().filter_map(|key| Some(((*key).to_owned(), member.get(key)?.clone())));
            let beside: Map = beside.filter(|(key, value)| !is_usual(member, key, value)).collect();
            if beside.iter().next().is_some() {
                origin.insert("config", Value::Map(beside));
            }
        }
        Self(origin)
    }

    /// The one that is written beside tensors; an empty one if there is none.
    pub(super) fn read(weights: &Weights) -> Self {
        let Weights::File(file) = weights else { return Self::default() };
        // What is not as it is written here is somebody else's, and says nothing of the adapter.
        let text = file.metadata().get(KEY).and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok());
        match text.map(|value| Value::from(&value)) {
            Some(Value::Map(origin)) => Self(origin),
            _ => Self::default(),
        }
    }

    /// The entry of the metadata; none if there is nothing to say.
    pub(super) fn entry(&self) -> Option<(String, String)> {
        if self.is_empty() {
            return None;
        }
        Some((KEY.to_owned(), to_line(&Value::Map(self.0.clone()))))
    }

    /// The name, if an adapter can be called so.
    pub(super) fn name(&self) -> Option<&str> {
        self.0.get("name").and_then(Value::as_str).filter(|name| !name.is_empty() && !name.contains('.'))
    }

    /// Whether nothing is said.
    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().next().is_none()
    }

    /// What the file of an older release said before it was the newest's.
    pub(super) fn former(&self) -> Option<&Value> {
        self.0.get(former::KEY)
    }

    pub(super) fn model_class(&self) -> Option<&str> {
        self.0.get("model_class").and_then(Value::as_str)
    }

    pub(super) fn hidden_size(&self) -> Option<u64> {
        u64::try_from(self.0.get("hidden_size")?.as_i64()?).ok()
    }

    pub(super) fn has_attribute(&self) -> bool {
        self.0.get("has_attribute") == Some(&Value::Bool(true))
    }

    /// Puts the keys that are beside the function back into a config.
    pub(super) fn restore(&self, config: &mut Map) {
        let beside = self.0.get("config").and_then(Value::as_map);
        for (key, value) in beside.into_iter().flat_map(Map::iter).filter(|(key, _)| BESIDE.contains(key)) {
            let is_same = match (config.get(key), value) {
                // In another order.
                (Some(Value::List(own)), Value::List(other)) => {
                    own.len() == other.len() && own.iter().all(|item| other.contains(item))
                }
                (Some(Value::Null), Value::Null | Value::Int(_) | Value::String(_)) => key != "init_weights",
                (Some(Value::String(_)), Value::String(_)) => true,
                _ => false,
            };
            if is_same {
                config.insert(key, value.clone());
            }
        }
    }
}

/// Whether a key of LoRA's config is written as it is where nothing is known but PEFT's files.
fn is_usual(member: &Map, key: &str, value: &Value) -> bool {
    match (key, value) {
        ("attn_matrices", Value::List(names)) => {
            let place = |name: &Value| ["q", "k", "v"].iter().position(|known| name.as_str() == Some(known));
            names.iter().map(place).is_sorted()
        }
        ("init_weights", Value::String(init)) => {
            let scales = member.get("composition_mode").and_then(Value::as_str) == Some("scale");
            let is_vera = member.get("vera_d").is_some_and(|value| *value != Value::Null);
            init == match (scales, is_vera) {
                (true, _) => "ia3",
                (_, true) => "vera",
                _ => "lora",
            }
        }
        _ => *value == Value::Null,
    }
}
