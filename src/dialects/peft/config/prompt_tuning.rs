use serde_json::Value as Json;

use super::{TaskType, config};
use crate::dialects::peft::RELEASE;

config! {
    /// Prompt tuning: trained vectors before the embeddings of the input.
    PromptTuningConfig PromptTuningTag "PROMPT_TUNING" {
        /// Names of the classes, where the base model is not one of the library's. None by default.
        auto_mapping: Option<Json> = None,
        /// The base model: a name on the Hugging Face hub, or a path. None by default.
        base_model_name_or_path: Option<String> = None,
        /// Whether the adapter is for use, not for training. Saved files have true.
        inference_mode: bool = false,
        /// Modules that are trained and saved as a whole. None by default.
        modules_to_save: Option<Vec<String>> = None,
        /// The attention heads. None by default: those of the model.
        num_attention_heads: Option<u64> = None,
        /// The layers. None by default: those of the model.
        num_layers: Option<u64> = None,
        /// 2 for a model of an encoder and a decoder, else 1. None by default: by the task.
        num_transformer_submodules: Option<u64> = None,
        /// The number of vectors. There is no default.
        num_virtual_tokens: Option<u64> = None,
        /// The method.
        peft_type: PromptTuningTag = PromptTuningTag::Method,
        /// The release that wrote the file. None in files of older releases.
        peft_version: Option<String> = Some(RELEASE.to_owned()),
        /// How the vectors begin: `RANDOM` (the default), `SAMPLE_VOCAB` or `TEXT`.
        prompt_tuning_init: String = "RANDOM".to_owned(),
        /// The text they begin as. None by default.
        prompt_tuning_init_text: Option<String> = None,
        /// The revision of the base model. None by default.
        revision: Option<String> = None,
        /// What the base model is for. A prompt has no effect without it.
        task_type: Option<TaskType> = None,
        /// The width of a vector. None by default: the model's hidden size.
        token_dim: Option<u64> = None,
        /// Arguments for the tokenizer. None by default.
        tokenizer_kwargs: Option<Json> = None,
        /// The tokenizer for the text. None by default.
        tokenizer_name_or_path: Option<String> = None,
    }
}
