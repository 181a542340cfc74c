use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The card of an architecture: `architectures/<name>.yaml`. Adapters name it under `config.using`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Hub card of an architecture")]
pub struct ArchitectureCard {
    /// The id, and the file's name.
    #[schemars(length(min = 1))]
    pub name: String,
    /// The name for people.
    #[schemars(length(min = 1))]
    pub displayname: String,
    /// What it is.
    #[schemars(length(max = 500))]
    pub description: String,
    /// The adapter config, with the keys of the library.
    #[schemars(extend("minProperties" = 1))]
    pub config: BTreeMap<String, serde_json::Value>,
    /// The config for the Hub's first index, if it is another one.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    pub config_v1: Option<BTreeMap<String, serde_json::Value>>,
    /// How to cite it, in BibTeX.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub citation: Option<String>,
}
