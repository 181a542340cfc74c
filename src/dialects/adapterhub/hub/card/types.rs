use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The card of an adapter type: `adapter_types/<id>.yaml`. The Hub's scripts do not read it, its website does; the keys
/// are those of the cards that exist.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Hub card of an adapter type")]
pub struct TypeCard {
    /// The id, by which adapters name it.
    #[schemars(length(min = 1, max = 20))]
    pub id: String,
    /// The name for people.
    pub displayname: String,
    /// What adapters of this type do.
    pub description: String,
}
