use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::default;

/// Prompt tuning: trained embeddings stand before those of the input. Only BERT, ViT and their kin can have them: other
/// models refuse the adapter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "prompt-tuning")]
pub struct PromptTuningConfig {
    /// Says which method the config is for.
    pub architecture: PromptTuningTag,
    /// How many trained embeddings there are. The input gets longer by as many positions. With 0 there is no prompt.
    #[serde(default = "default::size::<10>")]
    #[schemars(extend("x-unit" = "tokens", "x-source" = "arXiv:2104.08691, section 2"))]
    pub prompt_length: u64,
    /// How the embeddings begin, before training.
    #[serde(default)]
    #[schemars(extend("x-source" = "methods/prompt_tuning.py, PromptTuning._init_prompt_embedding"))]
    pub prompt_init: PromptInit,
    /// The text whose embeddings the prompt begins with, if `prompt_init` is `"from_string"`; it is repeated or cut to
    /// `prompt_length` tokens. Null otherwise.
    #[serde(default)]
    #[schemars(extend("x-source" = "methods/prompt_tuning.py, PromptTuning._init_prompt_embedding"))]
    pub prompt_init_text: Option<String>,
    /// Where the prompt stands in the input.
    #[serde(default)]
    #[schemars(extend("x-source" = "methods/prompt_tuning.py, PromptTuning.__init__"))]
    pub combine: Combine,
    /// The seed that is set before the prompt is initialised. Null (and 0) leave the random generator alone.
    #[serde(default)]
    #[schemars(extend("x-source" = "methods/utils.py, fix_seed"))]
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
    /// Uniform between -0.5 and 0.5.
    #[default]
    RandomUniform,
    /// The model's own embeddings of `prompt_init_text`.
    FromString,
}

/// Where the prompt goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Combine {
    /// Before the whole input.
    #[default]
    Prefix,
    /// Behind the input's first token, which marks its beginning.
    PrefixAfterBos,
}
