use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::MemberConfig;

/// Several methods in one adapter, such as Mix-and-Match (prefix tuning and a parallel bottleneck) or UniPELT.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "union")]
pub struct UnionConfig {
    /// Says which method the config is for.
    pub architecture: UnionTag,
    /// The configs of the methods. No two may be of the same method, except bottleneck adapters that share no place,
    /// and methods that `leave_out` may keep apart. A union in a union is refused.
    #[schemars(extend("x-source" = "configuration/adapter_config.py, ConfigUnion.validate"))]
    pub configs: Vec<MemberConfig>,
}

/// The value of `architecture`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnionTag {
    /// A union.
    Union,
}
