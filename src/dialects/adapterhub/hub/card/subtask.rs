use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The card of a subtask, that is of a data set or domain: `subtasks/<type>/<task>_<subtask>.yaml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Hub card of a subtask")]
pub struct SubtaskCard {
    /// The id of the task that it belongs to.
    #[schemars(length(min = 1, max = 30))]
    pub task: String,
    /// The id, by which adapters name it.
    #[schemars(length(min = 1, max = 30))]
    pub subtask: String,
    /// What the data are.
    #[schemars(length(max = 500))]
    pub description: String,
    /// The name for people.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1, max = 80))]
    pub displayname: Option<String>,
    /// The data set on the Hugging Face hub.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub hf_datasets_id: Option<String>,
    /// The data set's page.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "uri"))]
    pub url: Option<String>,
    /// How to cite it, in BibTeX.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub citation: Option<String>,
    /// The language of the data.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub language: Option<String>,
    /// How adapters are compared.
    #[serde(default, deserialize_with = "super::present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Metric")]
    pub metric: Option<Metric>,
}

/// What `score` in an adapter's card counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// The metric's name.
    pub name: String,
    /// Whether more is better.
    pub higher_is_better: bool,
}
