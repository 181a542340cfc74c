use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::default;

/// Prompt tuning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PromptTuningConfig {
    /// architecture
    pub architecture: PromptTuningTag,
    /// prompt_length
    #[serde(default = "default::int::<10>")]
    #[schemars(range(min = 1))]
    pub prompt_length: u64,
    /// prompt_init
    #[serde(default)]
    pub prompt_init: PromptInit,
    /// prompt_init_text
    #[serde(default)]
    pub prompt_init_text: Option<String>,
    /// combine
    #[serde(default)]
    pub combine: Combine,
    /// init_weights_seed
    #[serde(default)]
    #[schemars(extend("x-use" = "seed"))]
    pub init_weights_seed: Option<i64>,
}

/// The value of `architecture`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PromptTuningTag {
    /// Prompt tuning.
    PromptTuning,
}

/// How the prompt begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PromptInit {
    /// Uniform.
    #[default]
    RandomUniform,
    /// The embeddings of a text.
    FromString,
}

/// Where the prompt goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Combine {
    /// Before the input.
    #[default]
    Prefix,
    /// Behind the first token.
    PrefixAfterBos,
}
