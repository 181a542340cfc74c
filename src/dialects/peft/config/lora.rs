use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{Number, TaskType, config};
use crate::dialects::peft::RELEASE;
use crate::dialects::peft::targets::Written;

/// One value, or a list of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum InitWeights {
    /// True: A random, B zero. False: both random.
    Plain(bool),
    /// A method by name. Some of them change the weights of the base model, and do so again whenever the adapter is
    /// loaded.
    Named(String),
}

impl InitWeights {
    /// Whether the base model keeps its weights.
    #[must_use]
    pub fn leaves_the_base_alone(&self) -> bool {
        match self {
            Self::Plain(_) => true,
            Self::Named(name) => ["gaussian", "eva", "orthogonal"].contains(&name.to_lowercase().as_str()),
        }
    }
}

config! {
    /// LoRA: `s · B · A` is added to the weight of a module. `s` is `lora_alpha / r`.
    LoraConfig LoraTag "LORA" {
        /// The tokens from which on the update counts (activated LoRA). None by default: it always counts.
        alora_invocation_tokens: Option<Vec<i64>> = None,
        /// `lora_alpha` for some modules, by the end of their names: each key is a regular expression, and the first
        /// that fits counts. Empty by default.
        alpha_pattern: IndexMap<String, Number> = IndexMap::new(),
        /// Routing between several LoRAs (Arrow). None by default.
        arrow_config: Option<Json> = None,
        /// Names of the classes, where the base model is not one of the library's. None by default.
        auto_mapping: Option<Json> = None,
        /// The base model: a name on the Hugging Face hub, or a path. None by default.
        base_model_name_or_path: Option<String> = None,
        /// Which biases were trained with the adapter: `none` (the default), `all`, or `lora_only`.
        bias: String = "none".to_owned(),
        /// Initialisation by CorDA. None by default.
        corda_config: Option<Json> = None,
        /// Whether tied embeddings get the same update. False by default.
        ensure_weight_tying: bool = false,
        /// Initialisation by EVA. None by default.
        eva_config: Option<Json> = None,
        /// Modules that are not adapted whatever `target_modules` says: names or ends of names, or a regular expression.
        exclude_modules: Option<Written> = None,
        /// Whether the weights of the adapted modules are `[inputs, outputs]`, as in GPT-2's `Conv1D`. False by default;
        /// PEFT corrects it where it is wrong.
        fan_in_fan_out: bool = false,
        /// Whether the adapter is for use, not for training. Saved files have true.
        inference_mode: bool = false,
        /// How the update begins. True by default.
        init_lora_weights: InitWeights = InitWeights::Plain(true),
        /// A diagonal matrix between A and B, and a truncated base weight (KaSA). None by default.
        kasa_config: Option<Json> = None,
        /// Layers of the base model to be used several times. None by default.
        layer_replication: Option<Json> = None,
        /// The name before the number of a layer, for `layers_to_transform`. None by default: any name.
        layers_pattern: Option<OneOrMore<String>> = None,
        /// The numbers of the layers that are adapted, as `target_modules` names modules without them. None by default: all.
        layers_to_transform: Option<OneOrMore<i64>> = None,
        /// Initialisation by LoftQ. Empty by default.
        loftq_config: Option<BTreeMap<String, Json>> = Some(BTreeMap::new()),
        /// The weight of the update, which is multiplied by `lora_alpha / r`. 8 by default.
        lora_alpha: Number = 8.into(),
        /// Whether B has a bias. False by default.
        lora_bias: bool = false,
        /// The dropout before A; only in training. 0 by default.
        lora_dropout: Number = zero(),
        /// Initialisation by LoRA-GA. None by default.
        lora_ga_config: Option<Json> = None,
        /// Parallel layers of Megatron. None by default.
        megatron_config: Option<Json> = None,
        /// The module of Megatron. `megatron.core` by default.
        megatron_core: Option<String> = Some("megatron.core".to_owned()),
        /// Modules that are trained and saved as a whole, such as a classifier. None by default.
        modules_to_save: Option<Vec<String>> = None,
        /// Sampled updates (MonteCLoRA). None by default.
        monteclora_config: Option<Json> = None,
        /// The method.
        peft_type: LoraTag = LoraTag::Method,
        /// The release that wrote the file. None in files of older releases.
        peft_version: Option<String> = Some(RELEASE.to_owned()),
        /// The size of a group of inputs, for `use_qalora`. 16 by default.
        qalora_group_size: i64 = 16,
        /// The rank: the inner size of A and B. 8 by default.
        r: i64 = 8,
        /// `r` for some modules, as `alpha_pattern`. Empty by default.
        rank_pattern: IndexMap<String, i64> = IndexMap::new(),
        /// The revision of the base model. None by default.
        revision: Option<String> = None,
        /// The modules that are adapted: a list of names or ends of names, a regular expression for whole names, or
        /// `all-linear`. None by default: what PEFT has for the type of the model.
        target_modules: Option<Written> = None,
        /// Parameters, not modules, that are adapted. None by default.
        target_parameters: Option<Vec<String>> = None,
        /// What the base model is for. None by default.
        task_type: Option<TaskType> = None,
        /// Rows of the embeddings that are trained beside. None by default.
        trainable_token_indices: Option<Json> = None,
        /// Matrices of blocks along the diagonal (BD-LoRA). None by default.
        use_bdlora: Option<Json> = None,
        /// Whether the updated weight is normalised row by row and gets a trained length for each row (DoRA). False by
        /// default.
        use_dora: bool = false,
        /// Whether inputs are averaged by groups (QA-LoRA). False by default.
        use_qalora: bool = false,
        /// Whether the update is multiplied by `lora_alpha / √r` instead. False by default.
        use_rslora: bool = false,
        /// Compressed activations in training (VeLoRA). None by default.
        velora_config: Option<Json> = None,
    }
}

/// `0.0`, which JSON has.
pub(super) fn zero() -> Number {
    Number::from_f64(0.0).unwrap_or_else(|| 0.into())
}
