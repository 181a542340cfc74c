//! The typed keys of the Hub's info cards. Structure and limits are those of the Hub's own schemas
//! (`scripts/schemas/*.schema.json`, 2021-07-12); the Hub has none for adapter types.

mod adapter;
mod architecture;
mod subtask;
mod task;
mod types;

pub use adapter::{AdapterCard, CardConfig, Dependency, VersionFile};
pub use architecture::ArchitectureCard;
pub use subtask::{Metric, SubtaskCard};
pub use task::TaskCard;
pub use types::TypeCard;

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};

use crate::document::Node;

/// Reads an adapter's card.
///
/// # Errors
/// If a key is missing, unknown or of the wrong type. To resolve a config, [`CardConfig`] can be read alone, from the
/// value of `config`.
pub fn parse_adapter_card(node: &Node) -> Result<AdapterCard, serde_json::Error> {
    serde_json::from_value(node.to_value().to_json())
}

/// A whole number. As in JSON Schema, `2.0` is one, though it makes another config id than `2`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct WholeNumber(pub serde_json::Number);

impl<'de> Deserialize<'de> for WholeNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = serde_json::Number::deserialize(deserializer)?;
        let whole = number.as_f64().is_some_and(|number| number.fract() == 0.0);
        if whole { Ok(Self(number)) } else { Err(serde::de::Error::custom(format!("{number} is not a whole number"))) }
    }
}

impl JsonSchema for WholeNumber {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "WholeNumber".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer" })
    }
}

/// Any number, however it is written.
fn number(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "number" })
}

/// Reads an optional key that may be left out but not be null.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
