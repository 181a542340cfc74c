//! The kinds of case, and what each says beside configs and arrays.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Declares the kinds: a row is the variant, its settings and what it runs.
macro_rules! kinds {
    ($($(#[doc = $doc:literal])* $variant:ident $name:literal $settings:ident { $($body:tt)* })*) => {
        /// What is run, and its sizes.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(tag = "kind", content = "settings")]
        #[schemars(rename = "oracle-subject")]
        #[non_exhaustive]
        pub enum Subject {
            $($(#[doc = $doc])* #[serde(rename = $name)] $variant($settings),)*
        }

        impl Subject {
            /// The name in the file.
            #[must_use]
            pub fn kind(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $name,)*
                }
            }
        }

        $(
            $(#[doc = $doc])*
            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
            #[serde(deny_unknown_fields)]
            #[schemars(rename = $name)]
            pub struct $settings {
                $($body)*
                /// Of a case to be rejected: how far its outputs are from the right ones.
                #[serde(default, skip_serializing_if = "Option::is_none")]
                pub difference: Option<Wrongness>,
            }
        )*
    };
}

/// How far wrong outputs are from the right ones: the largest absolute difference in double precision, the largest
/// relative one in single precision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "oracle-difference")]
pub struct Wrongness {
    /// In double precision.
    pub f64: f64,
    /// In single precision.
    pub f32: f64,
}

kinds! {
    /// An activation function. `input/x`, trained activations in `adapter/a/…`; output `y`.
    Activation "activation" ActivationSettings {
        /// The library's name of the function.
        pub function: String,
    }

    /// All bottleneck adapters at one place behind a block. `input/hidden_states` (the block's output),
    /// `input/residual` (its input; absent where the model gives none), `base/LayerNorm.…`; output `hidden_states`, and
    /// `hidden_states.2` … for further calls with the same inputs.
    BottleneckLayer "bottleneck_layer" BottleneckLayerSettings {
        /// The model's hidden size.
        pub hidden_size: usize,
        /// The number of the layer.
        pub layer: u64,
        /// `ε` of the model's layer norm here; null for none.
        pub layer_norm_eps: Option<f64>,
        /// How often it is called, each time with the same inputs: the temperature of a fusion falls.
        #[serde(default = "once")]
        pub calls: u32,
    }

    /// An invertible adapter. `input/hidden_states`; outputs `forward` and `inverse`, both of the input.
    Invertible "invertible" InvertibleSettings {
        /// The size of the embeddings.
        pub embedding_size: usize,
    }

    /// A layer of parametrised hypercomplex multiplication. `input/x`; output `y`.
    Phm "phm" PhmSettings {
        /// Its inputs.
        pub in_features: usize,
        /// Its outputs.
        pub out_features: usize,
        /// `down` or `up`: which of the shared factors it uses.
        pub position: String,
    }

    /// An AdapterFusion alone. `input/query`, `input/value` (`[batch, sequence, adapters, hidden]`, key and value),
    /// `input/residual`; output `context`, and `context.2` … for further calls.
    Fusion "fusion" FusionSettings {
        /// The model's hidden size.
        pub hidden_size: usize,
        /// How often it is called, each time with the same inputs: the temperature falls.
        #[serde(default = "once")]
        pub calls: u32,
    }

    /// A linear layer with updates. `base/weight`, `base/bias`, `input/x`, `input/task_ids` (MultiTask); output `y`, and where
    /// one adapter can be merged `merged_weight`, `merged_y` and `reset_weight`, what the library has after
    /// `reset_adapter` (with DoRA still the merged weight).
    LoraLinear "lora_linear" LoraLinearSettings {
        /// Inputs.
        pub in_features: usize,
        /// Outputs.
        pub out_features: usize,
        /// Whether the layer's own weights, merged ones too, are stored as `[inputs, outputs]`.
        pub fan_in_fan_out: bool,
        /// Which projection of the attention it is; null for none.
        pub attn_key: Option<String>,
        /// Where in the layer it stands: `selfattn`, `intermediate` or `output`.
        pub location: String,
    }

    /// A linear layer that is query, key and value at once, with an update. As `lora_linear`.
    LoraMergedLinear "lora_merged_linear" LoraMergedLinearSettings {
        /// Inputs.
        pub in_features: usize,
        /// Outputs, of all three.
        pub out_features: usize,
        /// Whether the layer's own weights, merged ones too, are stored as `[inputs, outputs]`.
        pub fan_in_fan_out: bool,
    }

    /// The prefixes of one layer's attention. `input/keys`, `input/values` (`[batch, heads, sequence, head size]`),
    /// `input/residual_input` (`[batch, sequence, hidden]`), `input/attention_mask` (added to the scores); outputs `keys`,
    /// `values`, `attention_mask`, and `ejected` for one reparameterised adapter whose key and value heads together are as
    /// wide as the model.
    PrefixTuning "prefix_tuning" PrefixTuningSettings {
        /// The model's hidden size.
        pub hidden_size: usize,
        /// Attention heads.
        pub heads: usize,
        /// Key and value heads.
        pub key_value_heads: usize,
        /// Width of one head.
        pub head_size: usize,
        /// How many layers there are, those that `leave_out` names included.
        pub layers: usize,
        /// Which of them is run, from 0.
        pub layer: usize,
        /// The library's name of the kind of attention.
        pub location: String,
        /// What fills up shorter prefixes in a batch: the number in every place of their keys and values.
        #[serde(default)]
        pub pad_token_id: i64,
    }

    /// A prompt. `input/embeddings`, `input/attention_mask` (added to the scores); outputs `embeddings` and `attention_mask`.
    PromptTuning "prompt_tuning" PromptTuningSettings {
        /// The size of the embeddings.
        pub embedding_size: usize,
    }

    /// Interventions behind one layer. `input/hidden_states`, `input/attention_mask` (1 for text); outputs `hidden_states` and
    /// the projection of each intervention, `projection.0`, `projection.1`.
    Reft "reft" ReftSettings {
        /// The model's hidden size.
        pub hidden_size: usize,
        /// What no config says: false for DiReFT.
        pub subtract_projection: bool,
    }

    /// The average of adapters' weights, tensor by tensor. Outputs are named as the first adapter's tensors; after
    /// `lora_delta_w_svd` there is `….delta_w`, the product of B and A, in place of both.
    Averaging "averaging" AveragingSettings {
        /// The model's config.
        pub model: serde_json::Map<String, serde_json::Value>,
        /// The weight of each adapter, in the adapters' order.
        pub weights: Vec<f64>,
        /// Whether they are divided by their sum.
        pub normalize_weights: bool,
        /// `linear`, `lora_linear_only_negate_b` or `lora_delta_w_svd`.
        pub combine_strategy: String,
        /// The rank of `lora_delta_w_svd`.
        pub svd_rank: Option<usize>,
        /// Names of tensors that are stored under another name, each with that one.
        #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
        pub aliases: serde_json::Map<String, serde_json::Value>,
    }

    /// A whole model. `base/…` by the names of the bare model, `adapter/<adapter>/…` as `save_adapter` writes them;
    /// `input/input_ids`, `input/attention_mask`, `input/token_type_ids`; outputs `last_hidden_state`, and `hidden_states.0`
    /// (behind the embeddings), `hidden_states.1` …
    Encoder "encoder" EncoderSettings {
        /// The model's config.
        pub model: serde_json::Map<String, serde_json::Value>,
        /// Names of tensors that are stored under another name, each with that one.
        #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
        pub aliases: serde_json::Map<String, serde_json::Value>,
        /// What no config says: false for DiReFT; absent for all others.
        #[serde(default = "yes", skip_serializing_if = "is_true")]
        pub subtract_projection: bool,
    }

    /// A layer with an adapter of PEFT. `base/weight` and `base/bias` as the layer holds them, `adapter/a/…` as PEFT saves
    /// them without the path of the layer, `drawn/a/…` what it draws or derives and does not save; `input/x`,
    /// `input/alora_offsets`, `input/task_ids`, `input/scalings`; output `y`, and where the layer can be merged `merged_weight`,
    /// `merged_bias` (if it changed), `merged_y`, and `delta_weight`.
    PeftLayer "peft_layer" PeftLayerSettings {
        /// What the layer is.
        pub layer: LayerKind,
        /// Its path in the model.
        pub module: String,
        /// The stride of a convolution, in both directions.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub stride: Option<usize>,
        /// Its padding with zeros, on all sides.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub padding: Option<usize>,
        /// `ε` of a layer norm.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub epsilon: Option<f64>,
        /// The layer's number among those of X-LoRA.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub number: Option<usize>,
        /// Whether `base/weight` is what it was before the adapter was loaded, which may take something out of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub loaded: Option<bool>,
    }

    /// Virtual tokens of PEFT. `adapter/a/…` as PEFT saves them, `base/embedding` (CPT: the rows of the model's embedding
    /// that it names), `drawn/a/moves` (CPT: how training moved them), `input/x` (embeddings), `input/task_ids`; output
    /// `embeddings` with the virtual tokens before them, or `keys.0`, `values.0` … of every layer's cache; of CPT `prompt`
    /// too, what it saves.
    PeftPrompt "peft_prompt" PeftPromptSettings {
        /// How many examples there are.
        pub batch: usize,
    }

    /// An attention with the prompt of LLaMA-Adapter. `base/…` by the names of the model's own attention (of `gpt2` as it
    /// stores them, `[in, out]`), `adapter/a/adaption_prompt`, `adapter/a/adaption_gate`; `input/hidden_states`,
    /// `input/attention_mask` (added to the scores), and of `llama` and `mistral` `input/cos` and `input/sin`, `[batch,
    /// sequence, head size]`; output `y`, of the whole attention.
    PeftAttention "peft_attention" PeftAttentionSettings {
        /// What kind of model it belongs to.
        pub model: AttentionKind,
        /// Attention heads.
        pub heads: usize,
    }

    /// A block with Shadow. `adapter/a/…` as PEFT saves them without the path of the block; `input/hidden_states` and
    /// `input/shadow_states`, which come to the block, `input/block` (what the block makes of what enters it); outputs
    /// `hidden_states` (what enters it) and `shadow_states` (behind it). Where the shadow backbone has another width,
    /// `input/backbone`, its output, and output `projected`.
    PeftBlock "peft_block" PeftBlockSettings {
        /// The model's hidden size.
        pub hidden_size: usize,
    }
}

/// What a layer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LayerKind {
    /// A linear layer, weight `[outputs, inputs]`.
    Linear,
    /// The same as GPT-2 stores it, weight `[inputs, outputs]`.
    Conv1d,
    /// A linear layer that GPTQ has quantised, given as the weight that it stands for, `[outputs, inputs]`.
    Gptq,
    /// An embedding, weight `[tokens, width]`.
    Embedding,
    /// A convolution, weight `[outputs, inputs, height, width]`.
    Conv2d,
    /// A layer norm.
    LayerNorm,
}

/// What kind of model an attention belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AttentionKind {
    /// Four projections.
    Llama,
    /// As Llama.
    Mistral,
    /// One projection for queries, keys and values, and one behind them.
    Gpt2,
}

fn once() -> u32 {
    1
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_true(flag: &bool) -> bool {
    *flag
}
