use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The card of a task: `tasks/<type>/<task>.yaml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Hub card of a task")]
pub struct TaskCard {
    /// The id, by which adapters and subtasks name it.
    #[schemars(length(min = 1, max = 30))]
    pub task: String,
    /// The name for people.
    #[schemars(length(min = 1, max = 80))]
    pub displayname: String,
    /// What the task is.
    #[schemars(length(max = 500))]
    pub description: String,
}
