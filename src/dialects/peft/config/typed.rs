//! The configs of the methods that PEFT has in common with other libraries, as structs. What a key means and what its
//! default is stands in the method's table; a test holds the two together.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::TaskType;
use crate::dialects::peft::targets::Written;
use crate::dialects::peft::{LoraInit, RELEASE};
use crate::value::Value;

/// A number, integer or not.
pub type Number = serde_json::Number;

/// One value, or a list of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OneOrMore<T> {
    /// Several.
    More(Vec<T>),
    /// One.
    One(T),
}

impl<T> OneOrMore<T> {
    /// The values as a list.
    pub fn as_slice(&self) -> &[T] {
        match self {
            Self::More(values) => values,
            Self::One(value) => std::slice::from_ref(value),
        }
    }
}

/// How the update begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum InitWeights {
    /// True: A random, B zero. False: both random.
    Plain(bool),
    /// A method by name.
    Named(String),
}

impl InitWeights {
    /// What that means.
    #[must_use]
    pub fn meaning(&self) -> LoraInit {
        match self {
            Self::Plain(true) => LoraInit::Plain,
            Self::Plain(false) => LoraInit::Random,
            Self::Named(name) => LoraInit::named(name),
        }
    }
}

/// Declares a config: its keys by name, with their types.
macro_rules! typed {
    ($($(#[doc = $doc:literal])+ $name:ident $tag:ident $method:ident $peft_type:literal { $($field:ident: $type:ty,)* })*) => {$(
        /// The value of `peft_type`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
        pub enum $tag {
            /// The method.
            #[default]
            #[serde(rename = $peft_type)]
            PeftMethod,
        }

        $(#[doc = $doc])+
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        pub struct $name {
            $(
                #[doc = concat!("The value of `", stringify!($field), "`.")]
                pub $field: $type,
            )*
        }

        impl Default for $name {
            fn default() -> Self {
                let mut defaults = super::$method::METHOD.defaults();
                defaults.insert("peft_version", Value::String(RELEASE.to_owned()));
                let config = defaults.typed();
                config.expect("the defaults of a table have the types of the struct, which a test sees to")
            }
        }
    )*};
}

typed! {
    /// The config of LoRA.
    LoraConfig LoraTag lora "LORA" {
        alora_invocation_tokens: Option<Vec<i64>>,
        alpha_pattern: IndexMap<String, Number>,
        arrow_config: Option<Json>,
        auto_mapping: Option<Json>,
        base_model_name_or_path: Option<String>,
        bias: String,
        corda_config: Option<Json>,
        ensure_weight_tying: bool,
        eva_config: Option<Json>,
        exclude_modules: Option<Written>,
        fan_in_fan_out: bool,
        inference_mode: bool,
        init_lora_weights: InitWeights,
        kasa_config: Option<Json>,
        layer_replication: Option<Json>,
        layers_pattern: Option<OneOrMore<String>>,
        layers_to_transform: Option<OneOrMore<i64>>,
        loftq_config: Option<BTreeMap<String, Json>>,
        lora_alpha: Number,
        lora_bias: bool,
        lora_dropout: Number,
        lora_ga_config: Option<Json>,
        megatron_config: Option<Json>,
        megatron_core: Option<String>,
        modules_to_save: Option<Vec<String>>,
        monteclora_config: Option<Json>,
        peft_type: LoraTag,
        peft_version: Option<String>,
        qalora_group_size: i64,
        r: i64,
        rank_pattern: IndexMap<String, i64>,
        revision: Option<String>,
        target_modules: Option<Written>,
        target_parameters: Option<Vec<String>>,
        task_type: Option<TaskType>,
        trainable_token_indices: Option<Json>,
        use_bdlora: Option<Json>,
        use_dora: bool,
        use_qalora: bool,
        use_rslora: bool,
        velora_config: Option<Json>,
    }

    /// The config of (IA)³.
    Ia3Config Ia3Tag ia3 "IA3" {
        auto_mapping: Option<Json>,
        base_model_name_or_path: Option<String>,
        exclude_modules: Option<Written>,
        fan_in_fan_out: bool,
        feedforward_modules: Option<Written>,
        inference_mode: bool,
        init_ia3_weights: bool,
        modules_to_save: Option<Vec<String>>,
        peft_type: Ia3Tag,
        peft_version: Option<String>,
        revision: Option<String>,
        target_modules: Option<Written>,
        task_type: Option<TaskType>,
    }

    /// The config of VeRA.
    VeraConfig VeraTag vera "VERA" {
        auto_mapping: Option<Json>,
        base_model_name_or_path: Option<String>,
        bias: String,
        d_initial: Number,
        fan_in_fan_out: bool,
        inference_mode: bool,
        init_weights: bool,
        layers_pattern: Option<OneOrMore<String>>,
        layers_to_transform: Option<OneOrMore<i64>>,
        modules_to_save: Option<Vec<String>>,
        peft_type: VeraTag,
        peft_version: Option<String>,
        projection_prng_key: i64,
        r: i64,
        revision: Option<String>,
        save_projection: bool,
        target_modules: Option<Written>,
        task_type: Option<TaskType>,
        vera_dropout: Number,
    }

    /// The config of prefix tuning.
    PrefixTuningConfig PrefixTuningTag prefix_tuning "PREFIX_TUNING" {
        auto_mapping: Option<Json>,
        base_model_name_or_path: Option<String>,
        encoder_hidden_size: Option<u64>,
        inference_mode: bool,
        init_weights: Option<String>,
        modules_to_save: Option<Vec<String>>,
        num_attention_heads: Option<u64>,
        num_layers: Option<u64>,
        num_transformer_submodules: Option<u64>,
        num_virtual_tokens: Option<u64>,
        peft_type: PrefixTuningTag,
        peft_version: Option<String>,
        prefix_projection: bool,
        revision: Option<String>,
        task_type: Option<TaskType>,
        token_dim: Option<u64>,
    }

    /// The config of prompt tuning.
    PromptTuningConfig PromptTuningTag prompt_tuning "PROMPT_TUNING" {
        auto_mapping: Option<Json>,
        base_model_name_or_path: Option<String>,
        inference_mode: bool,
        modules_to_save: Option<Vec<String>>,
        num_attention_heads: Option<u64>,
        num_layers: Option<u64>,
        num_transformer_submodules: Option<u64>,
        num_virtual_tokens: Option<u64>,
        peft_type: PromptTuningTag,
        peft_version: Option<String>,
        prompt_tuning_init: String,
        prompt_tuning_init_text: Option<String>,
        revision: Option<String>,
        task_type: Option<TaskType>,
        token_dim: Option<u64>,
        tokenizer_kwargs: Option<Json>,
        tokenizer_name_or_path: Option<String>,
    }
}
