use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::shapes::{Optional, Text};
use super::adapter::HubType;

/// The card of a task: `tasks/TYPE/NAME.yaml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "hub-task", extend("x-source" = "scripts/schemas/task.schema.json"))]
pub struct TaskCard {
    /// The name under which adapters and subtasks refer to the task; a language's code if it is a language.
    pub task: Text<1, 30>,
    /// The name for people.
    pub displayname: Text<1, 80>,
    /// What the task is, in a few sentences.
    pub description: Text<0, 500>,
}

/// The card of a subtask, a data set or domain of a task: `subtasks/TYPE/TASK_NAME.yaml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "hub-subtask", extend("x-source" = "scripts/schemas/subtask.schema.json"))]
pub struct SubtaskCard {
    /// The task that it belongs to, by the `task` of that card.
    pub task: Text<1, 30>,
    /// The name under which adapters refer to the subtask.
    pub subtask: Text<1, 30>,
    /// The name for people.
    #[serde(default, skip_serializing_if = "Optional::is_absent")]
    pub displayname: Optional<Text<1, 80>>,
    /// What the data are, in a few sentences.
    pub description: Text<0, 500>,
    /// The name of the data set in the library `datasets` of Hugging Face.
    #[serde(default, skip_serializing_if = "Optional::is_absent")]
    pub hf_datasets_id: Optional<String>,
    /// A page about the data.
    #[serde(default, skip_serializing_if = "Optional::is_absent")]
    pub url: Optional<String>,
    /// How to cite the data, as BibTeX.
    #[serde(default, skip_serializing_if = "Optional::is_absent")]
    pub citation: Optional<String>,
    /// The language of the data.
    #[serde(default, skip_serializing_if = "Optional::is_absent")]
    pub language: Optional<String>,
    /// What the `score` of an adapter's files means.
    #[serde(default, skip_serializing_if = "Optional::is_absent")]
    pub metric: Optional<Metric>,
}

/// How well an adapter does is measured so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "card-metric")]
pub struct Metric {
    /// The name of the metric.
    pub name: String,
    /// Whether larger scores are better.
    pub higher_is_better: bool,
}

/// The card of an adapter type: `adapter_types/NAME.yaml`. The Hub has no schema for it; its website shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "hub-type")]
pub struct TypeCard {
    /// The name under which adapters refer to the type.
    pub id: HubType,
    /// The name for people.
    pub displayname: Text<1, 0>,
    /// What such an adapter carries, in a few sentences.
    pub description: String,
}
