//! What AdapterHub's files say beside the function and PEFT's have no key for: it goes along in the metadata of
//! safetensors, which PEFT passes over, and comes back from there.

use crate::convert::Weights;
use crate::value::{Map, Value};

/// The key of the metadata.
pub(super) const KEY: &str = "adapterhub";

/// The keys of LoRA's config that say how its numbers began, or that can be written in several ways.
const BESIDE: [&str; 4] = ["attn_matrices", "dtype", "init_weights", "init_weights_seed"];

/// What an adapter was before it was PEFT's.
#[derive(Debug, Default)]
pub(super) struct Origin(Map);

impl Origin {
    /// Of an adapter with this file, the members of its config, and the attribute of a class with heads in its names.
    pub(super) fn new(file: &Map, members: &[&Map], has_attribute: bool) -> Self {
        let mut origin = Map::new();
        for key in ["hidden_size", "model_class", "name"] {
            if let Some(value) = file.get(key) {
                origin.insert(key, value.clone());
            }
        }
        origin.insert("has_attribute", Value::Bool(has_attribute));
        if let [member] = members {
            let beside = BESIDE.iter().filter_map(|key| Some(((*key).to_owned(), member.get(key)?.clone())));
            origin.insert("config", Value::Map(beside.collect()));
        }
        Self(origin)
    }

    /// The one that is written beside tensors; an empty one if there is none.
    pub(super) fn read(weights: &Weights) -> Self {
        let Weights::File(file) = weights else { return Self::default() };
        let text = file.metadata().get(KEY).and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok());
        match text.map(|value| Value::from(&value)) {
            Some(Value::Map(origin)) => Self(origin),
            _ => Self::default(),
        }
    }

    pub(super) fn text(&self) -> String {
        Value::Map(self.0.clone()).to_json().to_string()
    }

    /// The name, if an adapter can be called so.
    pub(super) fn name(&self) -> Option<&str> {
        self.0.get("name").and_then(Value::as_str).filter(|name| !name.is_empty() && !name.contains('.'))
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
