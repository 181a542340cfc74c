use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::WholeNumber;
use crate::value::{Map, Value};

/// The card of one adapter: `adapters/<organisation>/<name>.yaml`. The organisation and the file's name without its
/// ending are how the library addresses it: `@organisation/name`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Hub card of an adapter")]
pub struct AdapterCard {
    /// The adapter's type: `text_task` or `text_lang`, the two that the Hub's index is built for.
    #[schemars(length(min = 1))]
    pub r#type: String,
    /// The task's id, as in the task's card; for `text_lang`, the language's code. Quote `"no"`: YAML reads a bare `no`
    /// as false.
    #[schemars(length(min = 1))]
    pub task: String,
    /// The id of the data set or domain, as in the subtask's card.
    #[schemars(length(min = 1))]
    pub subtask: String,
    /// The `model_type` in the base model's `config.json`, such as `bert`.
    #[schemars(length(min = 1))]
    pub model_type: String,
    /// The base model on the Hugging Face hub, such as `bert-base-uncased` or `facebook/bart-base`.
    #[schemars(length(min = 1))]
    pub model_name: String,
    /// Who trained it; several authors stand in the one text.
    #[schemars(length(min = 1))]
    pub author: String,
    /// The architecture and what differs from it.
    pub config: CardConfig,
    /// The version that is loaded when none is asked for: the `version` of one of `files`.
    pub default_version: String,
    /// The downloads, one for each version.
    #[schemars(length(min = 1))]
    pub files: Vec<VersionFile>,
    /// The model class that the adapter was saved from.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1))]
    pub model_class: Option<String>,
    /// Whether the download has a prediction head.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "bool")]
    pub prediction_head: Option<bool>,
    /// The base model's hidden size.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "WholeNumber")]
    pub hidden_size: Option<WholeNumber>,
    /// A name of the adapter; nothing reads it.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1))]
    pub name: Option<String>,
    /// Where to write to the authors: one address.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "email"))]
    pub email: Option<String>,
    /// The authors' or the adapter's page.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "uri"))]
    pub url: Option<String>,
    /// An account on GitHub.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub github: Option<String>,
    /// An account on Twitter. Quote it: YAML takes no bare `@`.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub twitter: Option<String>,
    /// How to cite it, in BibTeX.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub citation: Option<String>,
    /// What it is and how it was trained.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub description: Option<String>,
    /// Other adapters that this one is stacked on.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<Dependency>")]
    pub dependencies: Option<Vec<Dependency>>,
}

/// What an adapter computes: an architecture of the Hub, and the two keys that may override it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CardConfig {
    /// The `name` of an architecture's card: `pfeiffer`, `houlsby` …
    #[schemars(length(min = 1))]
    pub using: String,
    /// Takes the place of the architecture's `non_linearity`.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1))]
    pub non_linearity: Option<String>,
    /// Takes the place of the architecture's `reduction_factor`. Write `2`, not `2.0`: the config id differs.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "WholeNumber")]
    pub reduction_factor: Option<WholeNumber>,
}

impl CardConfig {
    /// What takes the place of the architecture's keys, in the card's order of keys.
    #[must_use]
    pub fn overrides(&self) -> Map {
        let non_linearity = self.non_linearity.clone().map(|name| ("non_linearity".to_owned(), Value::String(name)));
        let factor = self.reduction_factor.clone().map(|WholeNumber(number)| {
            ("reduction_factor".to_owned(), Value::from(&serde_json::Value::Number(number)))
        });
        non_linearity.into_iter().chain(factor).collect()
    }
}

/// One version of the adapter, as a download. It needs a checksum: `sha1`, `sha256` or both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("anyOf" = [{"required": ["sha1"]}, {"required": ["sha256"]}]))]
pub struct VersionFile {
    /// The version. Quote it: YAML reads a bare `1.0` as a number.
    pub version: String,
    /// Where the archive lies.
    #[schemars(extend("format" = "uri"))]
    pub url: String,
    /// The archive's SHA-1: 40 hexadecimal digits. An empty one means that nothing is verified.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub sha1: Option<String>,
    /// The archive's SHA-256: 64 hexadecimal digits.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub sha256: Option<String>,
    /// What is special about this version.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub description: Option<String>,
    /// What it scored, by the subtask's metric.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "super::number")]
    pub score: Option<serde_json::Number>,
}

/// Another adapter of the Hub.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dependency {
    /// Which one: `organisation/file name without ending`.
    #[schemars(length(min = 1))]
    pub key: String,
    /// What it is needed for.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(max = 100))]
    pub description: Option<String>,
}
