use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::config::Nullable;

/// `adapter_interface.json`: where in a model that the library does not know the places for adapters are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "adapter-interface")]
pub struct AdapterInterfaceFile {
    /// The names of the model's modules.
    #[schemars(extend("x-source" = "interface.py, AdapterModelInterface"))]
    pub interface: AdapterInterface,
    /// The kind of model, as transformers names it (`bert`, `llama`). The library does not read it.
    #[serde(default)]
    #[schemars(extend("x-source" = "interface.py, AdapterModelInterface._save"))]
    pub model_type: Option<String>,
    /// The release that saved the file, such as `adapters.1.2.0`. The library does not read it.
    #[serde(default)]
    #[schemars(extend("x-source" = "interface.py, AdapterModelInterface._save"))]
    pub version: Option<String>,
    /// Whatever else is in the file. The library ignores it.
    #[serde(flatten)]
    pub other: std::collections::BTreeMap<String, serde_json::Value>,
}

/// The names of a model's modules, as attribute paths with dots: those of the model start at the base model, those of
/// a layer at the layer, those of the attention at `layer_self_attn`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "interface", extend("x-source" = "interface.py, AdapterModelInterface"))]
pub struct AdapterInterface {
    /// The methods that the model can be adapted with.
    pub adapter_methods: Vec<InterfaceMethod>,
    /// The model's embedding layer.
    pub model_embeddings: String,
    /// The list of the model's layers.
    pub model_layers: String,
    /// The self-attention, in a layer.
    pub layer_self_attn: String,
    /// The cross-attention, in a layer; null if there is none.
    pub layer_cross_attn: Nullable<String>,
    /// The query projection, in the attention. Needed with `attn_k_proj` and `attn_v_proj`, unless `attn_qkv_proj` is
    /// given.
    #[serde(default)]
    pub attn_q_proj: Option<String>,
    /// The key projection, in the attention. Needed with `attn_q_proj` and `attn_v_proj`, unless `attn_qkv_proj` is
    /// given.
    #[serde(default)]
    pub attn_k_proj: Option<String>,
    /// The value projection, in the attention. Needed with `attn_q_proj` and `attn_k_proj`, unless `attn_qkv_proj` is
    /// given.
    #[serde(default)]
    pub attn_v_proj: Option<String>,
    /// The one projection for query, key and value together, in the attention, as GPT-2 and ModernBERT have it; null if
    /// there are three.
    #[serde(default)]
    pub attn_qkv_proj: Option<String>,
    /// The output projection, in the attention.
    pub attn_o_proj: Nullable<String>,
    /// The first linear layer of the feed-forward block, in a layer.
    pub layer_intermediate_proj: String,
    /// The second linear layer of the feed-forward block, in a layer.
    pub layer_output_proj: String,
    /// The module right before the self-attention, in a layer. Serves bottleneck adapters that need the block's input.
    #[serde(default)]
    pub layer_pre_self_attn: Option<String>,
    /// The module right before the cross-attention, in a layer. Serves bottleneck adapters that need the block's input.
    #[serde(default)]
    pub layer_pre_cross_attn: Option<String>,
    /// The module right before the feed-forward block, in a layer. Serves bottleneck adapters that need the block's
    /// input.
    #[serde(default)]
    pub layer_pre_ffn: Option<String>,
    /// The layer norm behind the self-attention, in a layer. Serves bottleneck adapters with `original_ln_before`.
    #[serde(default)]
    pub layer_ln_1: Option<String>,
    /// The layer norm behind the feed-forward block, in a layer. Serves bottleneck adapters with `original_ln_before`.
    #[serde(default)]
    pub layer_ln_2: Option<String>,
    /// The base model, in the whole model; null for the one that its class names.
    #[serde(default)]
    pub base_model: Option<String>,
}

/// A method that an interface allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InterfaceMethod {
    /// Bottleneck adapters.
    Bottleneck,
    /// LoRA and its kin.
    Lora,
    /// ReFT.
    Reft,
    /// Prompt tuning.
    PromptTuning,
    /// Invertible adapters.
    Invertible,
}
