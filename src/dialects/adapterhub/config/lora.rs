use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Number, default};

/// LoRA and its kin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoraConfig {
    /// architecture
    pub architecture: LoraTag,
    /// selfattn_lora
    #[serde(default = "default::yes")]
    #[schemars(extend("x-use" = "truth"))]
    pub selfattn_lora: bool,
    /// intermediate_lora
    #[serde(default)]
    #[schemars(extend("x-use" = "truth"))]
    pub intermediate_lora: bool,
    /// output_lora
    #[serde(default)]
    #[schemars(extend("x-use" = "truth"))]
    pub output_lora: bool,
    /// leave_out
    #[serde(default)]
    #[schemars(extend("x-use" = "layers"))]
    pub leave_out: Vec<u64>,
    /// r
    #[serde(default = "default::int::<8>")]
    #[schemars(range(min = 1))]
    pub r: u64,
    /// alpha
    #[serde(default = "default::number::<8>")]
    pub alpha: Number,
    /// dropout
    #[serde(default = "default::float::<0, 1>")]
    #[schemars(range(min = 0.0, max = 1.0), extend("x-use" = "dropout"))]
    pub dropout: Number,
    /// attn_matrices
    #[serde(default = "query_and_value")]
    pub attn_matrices: Vec<AttentionMatrix>,
    /// composition_mode
    #[serde(default)]
    pub composition_mode: CompositionMode,
    /// init_weights
    #[serde(default)]
    pub init_weights: LoraInit,
    /// init_weights_seed
    #[serde(default)]
    #[schemars(extend("x-use" = "seed"))]
    pub init_weights_seed: Option<i64>,
    /// use_gating
    #[serde(default)]
    #[schemars(extend("x-use" = "truth"))]
    pub use_gating: bool,
    /// use_dora
    #[serde(default)]
    #[schemars(extend("x-use" = "truth"))]
    pub use_dora: bool,
    /// vera_d
    #[serde(default)]
    pub vera_d: Option<Number>,
    /// vera_b
    #[serde(default)]
    pub vera_b: Option<Number>,
    /// dtype
    #[serde(default)]
    pub dtype: Option<String>,
}

/// MTL-LoRA.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MtlLoraConfig {
    /// architecture
    pub architecture: MtlLoraTag,
    /// selfattn_lora
    #[serde(default = "default::yes")]
    #[schemars(extend("x-use" = "truth"))]
    pub selfattn_lora: bool,
    /// intermediate_lora
    #[serde(default)]
    #[schemars(extend("x-use" = "truth"))]
    pub intermediate_lora: bool,
    /// output_lora
    #[serde(default)]
    #[schemars(extend("x-use" = "truth"))]
    pub output_lora: bool,
    /// leave_out
    #[serde(default)]
    #[schemars(extend("x-use" = "layers"))]
    pub leave_out: Vec<u64>,
    /// r
    #[serde(default = "default::int::<8>")]
    #[schemars(range(min = 1))]
    pub r: u64,
    /// alpha
    #[serde(default = "default::number::<8>")]
    pub alpha: Number,
    /// dropout
    #[serde(default = "default::float::<0, 1>")]
    #[schemars(range(min = 0.0, max = 1.0), extend("x-use" = "dropout"))]
    pub dropout: Number,
    /// attn_matrices
    #[serde(default = "query_and_value")]
    pub attn_matrices: Vec<AttentionMatrix>,
    /// composition_mode
    #[serde(default)]
    pub composition_mode: CompositionMode,
    /// init_weights
    #[serde(default)]
    pub init_weights: LoraInit,
    /// init_weights_seed
    #[serde(default)]
    #[schemars(extend("x-use" = "seed"))]
    pub init_weights_seed: Option<i64>,
    /// use_gating
    #[serde(default)]
    #[schemars(extend("x-use" = "truth"))]
    pub use_gating: bool,
    /// use_dora
    #[serde(default)]
    #[schemars(extend("x-use" = "truth"))]
    pub use_dora: bool,
    /// vera_d
    #[serde(default)]
    pub vera_d: Option<Number>,
    /// vera_b
    #[serde(default)]
    pub vera_b: Option<Number>,
    /// dtype
    #[serde(default)]
    pub dtype: Option<String>,
    /// n_up_projection
    #[serde(default = "default::int::<1>")]
    #[schemars(range(min = 1))]
    pub n_up_projection: u64,
    /// task_specific_matrix_type
    #[serde(default)]
    pub task_specific_matrix_type: TaskSpecificMatrix,
    /// weights_sharpness
    #[serde(default = "default::float::<1, 20>")]
    pub weights_sharpness: Number,
}

fn query_and_value() -> Vec<AttentionMatrix> {
    vec![AttentionMatrix::Q, AttentionMatrix::V]
}

/// The value of `architecture`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LoraTag {
    /// LoRA.
    Lora,
}

/// The value of `architecture`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MtlLoraTag {
    /// MTL-LoRA.
    MtlLora,
}

/// A projection of the attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AttentionMatrix {
    /// Query.
    Q,
    /// Key.
    K,
    /// Value.
    V,
}

/// How the update meets the weight.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CompositionMode {
    /// Added (LoRA).
    #[default]
    Add,
    /// Multiplied ((IA)³).
    Scale,
}

/// How the update begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LoraInit {
    /// lora
    #[default]
    Lora,
    /// bert
    Bert,
    /// ia3
    Ia3,
    /// vera
    Vera,
}

/// The task's own matrix.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskSpecificMatrix {
    /// A diagonal.
    #[default]
    SingularValues,
    /// A full matrix.
    Linear,
}
