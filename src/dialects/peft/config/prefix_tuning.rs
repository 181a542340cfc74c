use serde_json::Value as Json;

use super::{TaskType, config};
use crate::dialects::peft::RELEASE;

config! {
    /// Prefix tuning: trained keys and values before those of the input, in the attention of every layer.
    PrefixTuningConfig PrefixTuningTag "PREFIX_TUNING" {
        /// Names of the classes, where the base model is not one of the library's. None by default.
        auto_mapping: Option<Json> = None,
        /// The base model: a name on the Hugging Face hub, or a path. None by default.
        base_model_name_or_path: Option<String> = None,
        /// The width of the network that computes the prefix in training. None by default: `token_dim`.
        encoder_hidden_size: Option<u64> = None,
        /// Whether the adapter is for use, not for training. Saved files have true.
        inference_mode: bool = false,
        /// `zero` for a prefix that begins as zeros. None by default: random.
        init_weights: Option<String> = None,
        /// Modules that are trained and saved as a whole. None by default.
        modules_to_save: Option<Vec<String>> = None,
        /// The heads that have keys and values. None by default: those of the model.
        num_attention_heads: Option<u64> = None,
        /// The layers. None by default: those of the model.
        num_layers: Option<u64> = None,
        /// 2 for a model of an encoder and a decoder, else 1. None by default: by the task.
        num_transformer_submodules: Option<u64> = None,
        /// The number of positions. There is no default.
        num_virtual_tokens: Option<u64> = None,
        /// The method.
        peft_type: PrefixTuningTag = PrefixTuningTag::Method,
        /// The release that wrote the file. None in files of older releases.
        peft_version: Option<String> = Some(RELEASE.to_owned()),
        /// Whether a network computes the prefix in training. False by default; the file has what it computed.
        prefix_projection: bool = false,
        /// The revision of the base model. None by default.
        revision: Option<String> = None,
        /// What the base model is for. Prefixes have no effect without it.
        task_type: Option<TaskType> = None,
        /// The width of all heads that have keys and values. None by default: the model's.
        token_dim: Option<u64> = None,
    }
}
