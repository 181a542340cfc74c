use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::shapes::{NonEmptyMap, Optional, Text};

/// The card of an architecture: `architectures/NAME.yaml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "hub-architecture", extend("x-source" = "scripts/schemas/architecture.schema.json"))]
pub struct ArchitectureCard {
    /// The name under which adapters use the architecture, and the name of the file.
    pub name: Text<1, 0>,
    /// The name for people.
    pub displayname: Text<1, 0>,
    /// The config, as the library has it since adapter-transformers 2.0.
    pub config: NonEmptyMap,
    /// The config for adapter-transformers 1.x, if it differs.
    #[serde(default, skip_serializing_if = "Optional::is_absent")]
    pub config_v1: Optional<BTreeMap<String, Value>>,
    /// What the architecture looks like, in a few sentences.
    pub description: Text<0, 500>,
    /// How to cite the architecture, as BibTeX.
    #[serde(default, skip_serializing_if = "Optional::is_absent")]
    pub citation: Optional<String>,
}
