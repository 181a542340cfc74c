use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::MemberConfig;

/// Several methods at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnionConfig {
    /// architecture
    pub architecture: UnionTag,
    /// configs
    pub configs: Vec<MemberConfig>,
}

/// The value of `architecture`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnionTag {
    /// A union.
    Union,
}
