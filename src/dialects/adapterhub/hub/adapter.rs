use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::super::config::Number;
use super::super::shapes::{NonEmptyList, Optional, Text};

/// The card of an adapter: `adapters/ORGANISATION/NAME.yaml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "hub-adapter", extend("x-source" = "scripts/schemas/adapter.schema.json"))]
pub struct AdapterCard {
    /// What the adapter was trained for. The Hub's index takes only the two types that have a card.
    #[serde(rename = "type")]
    pub adapter_type: HubType,
    /// The task, by the `task` of its card; the code of the language if `type` is `text_lang`.
    pub task: Text<1, 0>,
    /// The data set or domain, by the `subtask` of its card.
    pub subtask: Text<1, 0>,
    /// The kind of base model, as transformers names it (`bert`). It has to be what the base model's own config says.
    pub model_type: Text<1, 0>,
    /// The base model, by its name on the model hub of Hugging Face.
    pub model_name: Text<1, 0>,
    /// The class of the model in Python when the adapter was saved.
    #[serde(default, skip_serializing_if = "Optional::is_absent")]
    pub model_class: Optional<Text<1, 0>>,
    /// Whether the files contain a prediction head.
    #[serde(default, skip_serializing_if = "Optional::is_absent")]
    pub prediction_head: Optional<bool>,
    /// How the adapter is built: an architecture of the Hub, and what differs from it.
    pub config: CardConfig,
    /// The version that is loaded when none is asked for. One of `files` has to have it.
    pub default_version: String,
    /// The files to download, one for each version.
    pub files: NonEmptyList<DownloadFile>,
    /// What the adapter does and how it was trained.
    #[serde(default, skip_serializing_if = "Optional::is_absent")]
    pub description: Optional<String>,
    /// Who made the adapter.
    pub author: Text<1, 0>,
    /// An address for questions.
    #[serde(default, skip_serializing_if = "Optional::is_absent")]
    pub email: Optional<String>,
    /// A page about the adapter or its author.
    #[serde(default, skip_serializing_if = "Optional::is_absent")]
    pub url: Optional<String>,
    /// The author's name on GitHub.
    #[serde(default, skip_serializing_if = "Optional::is_absent")]
    pub github: Optional<String>,
    /// The author's name on Twitter.
    #[serde(default, skip_serializing_if = "Optional::is_absent")]
    pub twitter: Optional<String>,
    /// How to cite the adapter, as BibTeX.
    #[serde(default, skip_serializing_if = "Optional::is_absent")]
    pub citation: Optional<String>,
    /// Other adapters that this one is used together with.
    #[serde(default, skip_serializing_if = "Optional::is_absent")]
    pub dependencies: Optional<Vec<Dependency>>,
    /// The base model's hidden size.
    #[serde(default, skip_serializing_if = "Optional::is_absent")]
    #[schemars(extend("x-unit" = "hidden units"))]
    pub hidden_size: Optional<WholeNumber>,
    /// The adapter's name, as it was saved.
    #[serde(default, skip_serializing_if = "Optional::is_absent")]
    pub name: Optional<Text<1, 0>>,
}

/// What an adapter was trained for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HubType {
    /// A task.
    TextTask,
    /// A language.
    TextLang,
}

/// How a card's adapter is built.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "card-config")]
pub struct CardConfig {
    /// The architecture, by the `name` of its card.
    pub using: Text<1, 0>,
    /// The activation, if it is not the architecture's.
    #[serde(default, skip_serializing_if = "Optional::is_absent")]
    pub non_linearity: Optional<Text<1, 0>>,
    /// The reduction factor, if it is not the architecture's.
    #[serde(default, skip_serializing_if = "Optional::is_absent")]
    #[schemars(extend("x-unit" = "hidden size per bottleneck width"))]
    pub reduction_factor: Optional<WholeNumber>,
}

/// A file to download.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "card-file", deny_unknown_fields, extend("anyOf" = [{"required": ["sha1"]}, {"required": ["sha256"]}]))]
pub struct DownloadFile {
    /// The version of the adapter; each only once in a card.
    pub version: String,
    /// Where the archive is.
    pub url: String,
    /// The SHA-1 of the archive, in hexadecimal digits. This or `sha256` is required; the Hub checks this one if both
    /// are there.
    #[serde(skip_serializing_if = "Optional::is_absent")]
    #[schemars(default)]
    pub sha1: Optional<String>,
    /// The SHA-256 of the archive, in hexadecimal digits. This or `sha1` is required.
    #[serde(skip_serializing_if = "Optional::is_absent")]
    #[schemars(default)]
    pub sha256: Optional<String>,
    /// What distinguishes the version.
    #[serde(skip_serializing_if = "Optional::is_absent")]
    #[schemars(default)]
    pub description: Optional<String>,
    /// How well the version does, in the metric of the subtask.
    #[serde(skip_serializing_if = "Optional::is_absent")]
    #[schemars(default)]
    pub score: Optional<Number>,
}

/// The keys of a file, before it is known that there is a checksum.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    version: String,
    url: String,
    #[serde(default)]
    sha1: Optional<String>,
    #[serde(default)]
    sha256: Optional<String>,
    #[serde(default)]
    description: Optional<String>,
    #[serde(default)]
    score: Optional<Number>,
}

impl<'de> Deserialize<'de> for DownloadFile {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let RawFile { version, url, sha1, sha256, description, score } = RawFile::deserialize(deserializer)?;
        if sha1.is_absent() && sha256.is_absent() {
            return Err(serde::de::Error::custom("expected sha1 or sha256"));
        }
        Ok(Self { version, url, sha1, sha256, description, score })
    }
}

/// Another adapter that this one is used together with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "card-dependency")]
pub struct Dependency {
    /// The other adapter, by the path of its card: `organisation/file`, without the ending. Several cards have the
    /// library's `task/subtask@organisation` instead.
    pub key: Text<1, 0>,
    /// What it is needed for.
    #[serde(default, skip_serializing_if = "Optional::is_absent")]
    pub description: Optional<Text<0, 100>>,
}

/// A whole number. As in JSON Schema, `2.0` is one, though it makes another config id than `2`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct WholeNumber(pub serde_json::Number);

impl<'de> Deserialize<'de> for WholeNumber {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
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
        "whole-number".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer" })
    }
}
