//! Typed configs of the methods that PEFT has in common with other libraries, with the keys of PEFT 0.21.2 in the order
//! in which it writes them: by name. PEFT checks hardly any type when it reads a file; what is said of a key is what
//! PEFT does with it later.

mod ia3;
mod lora;
mod prefix_tuning;
mod prompt_tuning;
mod vera;

pub use ia3::Ia3Config;
pub use lora::{InitWeights, LoraConfig, OneOrMore};
pub use prefix_tuning::PrefixTuningConfig;
pub use prompt_tuning::PromptTuningConfig;
pub use vera::VeraConfig;

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::value::{Map, Value};

/// The config of a method.
#[derive(Debug, Clone, PartialEq)]
pub enum Config {
    /// LoRA, with its variants.
    Lora(Box<LoraConfig>),
    /// (IA)³.
    Ia3(Ia3Config),
    /// VeRA.
    Vera(VeraConfig),
    /// Prefix tuning.
    PrefixTuning(PrefixTuningConfig),
    /// Prompt tuning.
    PromptTuning(PromptTuningConfig),
}

/// Why a config cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// There is no `peft_type`, or it is no text.
    NoType,
    /// The method is one that is not typed here, or none at all.
    OtherMethod(String),
    /// A value has a type with which PEFT cannot work.
    Value {
        /// The key.
        key: String,
        /// What is wrong.
        detail: String,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoType => f.write_str("`peft_type` is missing, so that the method cannot be told"),
            Self::OtherMethod(name) => write!(f, "the method {name} is not read here"),
            Self::Value { key, detail } => write!(f, "`{key}`: {detail}"),
        }
    }
}

impl std::error::Error for ConfigError {}

/// A config that was read, and the keys that its method does not have. PEFT warns of them and passes over them.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// The config.
    pub config: Config,
    /// The keys that mean nothing.
    pub unknown: Vec<String>,
}

impl Config {
    /// Reads the object of an `adapter_config.json`.
    ///
    /// # Errors
    /// If it names no method or another one, or a value has a type that PEFT cannot use.
    pub fn read(file: &Map) -> Result<Read, ConfigError> {
        let peft_type = file.get("peft_type").and_then(Value::as_str).ok_or(ConfigError::NoType)?;
        // Any object as long as a config is enough to see which keys there are.
        match peft_type {
            "LORA" => read(file, |config| Self::Lora(Box::new(config))),
            "IA3" => read(file, Self::Ia3),
            "VERA" => read(file, Self::Vera),
            "PREFIX_TUNING" => read(file, Self::PrefixTuning),
            "PROMPT_TUNING" => read(file, Self::PromptTuning),
            other => Err(ConfigError::OtherMethod(other.to_owned())),
        }
    }

    /// The object as PEFT writes it: all keys, by name.
    #[must_use]
    pub fn write(&self) -> Map {
        let json = match self {
            Self::Lora(config) => serde_json::to_value(config),
            Self::Ia3(config) => serde_json::to_value(config),
            Self::Vera(config) => serde_json::to_value(config),
            Self::PrefixTuning(config) => serde_json::to_value(config),
            Self::PromptTuning(config) => serde_json::to_value(config),
        };
        // A struct of plain data is an object.
        let json = json.unwrap_or_default();
        Value::from(&json).as_map().cloned().unwrap_or_default()
    }
}

fn read<C: DeserializeOwned + Serialize>(file: &Map, wrap: impl FnOnce(C) -> Config) -> Result<Read, ConfigError> {
    let json = Value::Map(file.clone()).to_json();
    let config: C = serde_json::from_value(json).map_err(|error| value_error::<C>(file, &error))?;
    let known = serde_json::to_value(&config).unwrap_or_default();
    let is_known = |key: &str| known.get(key).is_some();
    let unknown = file.iter().map(|(key, _)| key).filter(|key| !is_known(key)).map(str::to_owned).collect();
    Ok(Read { config: wrap(config), unknown })
}

/// Finds the key that serde stumbles over: the first without which it does not, or else the whole.
fn value_error<C: DeserializeOwned>(file: &Map, error: &serde_json::Error) -> ConfigError {
    let fits = |file: &Map| serde_json::from_value::<C>(Value::Map(file.clone()).to_json());
    for (key, value) in file.iter() {
        let alone: Map = [("peft_type", file.get("peft_type")), (key, Some(value))]
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), value?.clone())))
            .collect();
        if let Err(error) = fits(&alone) {
            return ConfigError::Value { key: key.to_owned(), detail: error.to_string() };
        }
    }
    ConfigError::Value { key: "peft_type".to_owned(), detail: error.to_string() }
}

/// Declares a config: the keys that every method has, and its own, by name.
macro_rules! config {
    ($(#[$doc:meta])* $name:ident $tag:ident $peft_type:literal {
        $($(#[$field_doc:meta])* $field:ident: $type:ty = $default:expr,)*
    }) => {
        /// The value of `peft_type`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        pub enum $tag {
            /// The method.
            #[default]
            #[serde(rename = $peft_type)]
            Method,
        }

        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(default)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }
    };
}

pub(crate) use config;

/// A number, integer or not.
pub type Number = serde_json::Number;

/// What a task's model gives out. It chooses PEFT's class around the base model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TaskType {
    /// Classes of texts.
    SeqCls,
    /// Text from text, by an encoder and a decoder.
    #[serde(rename = "SEQ_2_SEQ_LM")]
    Seq2SeqLm,
    /// The next token.
    CausalLm,
    /// Classes of tokens.
    TokenCls,
    /// Answers as spans of a text.
    QuestionAns,
    /// The hidden states of the bare base model.
    FeatureExtraction,
}

impl TaskType {
    /// The name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SeqCls => "SEQ_CLS",
            Self::Seq2SeqLm => "SEQ_2_SEQ_LM",
            Self::CausalLm => "CAUSAL_LM",
            Self::TokenCls => "TOKEN_CLS",
            Self::QuestionAns => "QUESTION_ANS",
            Self::FeatureExtraction => "FEATURE_EXTRACTION",
        }
    }
}
