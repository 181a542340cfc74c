//! The configs of every method: a table of keys for each, with their types, defaults and manuals, of PEFT 0.21.2. PEFT
//! checks hardly any type when it reads a file; what is said of a key is what PEFT does with it later. Since when there is
//! a method or a key is in [`releases`](super::releases).

mod key;
mod method;
mod nested;
mod shared;
mod task_type;
mod typed;

pub use key::{Key, Nested, Range, Type};
pub use method::PeftMethod;
pub use task_type::TaskType;
pub use typed::{
    Ia3Config, InitWeights, LoraConfig, Number, OneOrMore, PrefixTuningConfig, PromptTuningConfig, VeraConfig,
};

use std::fmt;

use serde::de::DeserializeOwned;

use crate::dialects::peft::PeftType;
use crate::value::{Map, Value};

/// Declares the table of methods, in the order in which PEFT got them.
macro_rules! methods {
    ($($module:ident)*) => {
        $(mod $module;)*

        /// All methods, each in the place of its [`PeftType`].
        static METHODS: [&PeftMethod; PeftType::ALL.len()] = [$(&$module::METHOD),*];
    };
}

methods! {
    prompt_tuning prefix_tuning p_tuning lora adaption_prompt adalora ia3 loha lokr multitask_prompt_tuning oft
    poly boft ln_tuning vera fourierft xlora hra vblora cpt bone trainable_tokens c3a randlora miss shira delora
    osf road waveft adamss cartridge gralora lily peanut psoft pvera tinylora beft deft frod glora hira unilora
    shadow supertuning
}

const _: () = {
    let mut place = 0;
    while place < METHODS.len() {
        assert!(METHODS[place].peft_type as usize == place, "the methods are in the order of `PeftType`");
        place += 1;
    }
};

/// The config of a method.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
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
            Self::NoType => f.write_str("`peft_type` is missing, so the method is unknown"),
            Self::OtherMethod(name) => write!(f, "the method {name} is not supported here"),
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
        let name = file.get("peft_type").and_then(Value::as_str).ok_or(ConfigError::NoType)?;
        let other = || ConfigError::OtherMethod(name.to_owned());
        let method = PeftMethod::named(name).ok_or_else(other)?;
        match method.peft_type {
            PeftType::Lora => read(method, file, |config| Self::Lora(Box::new(config))),
            PeftType::Ia3 => read(method, file, Self::Ia3),
            PeftType::Vera => read(method, file, Self::Vera),
            PeftType::PrefixTuning => read(method, file, Self::PrefixTuning),
            PeftType::PromptTuning => read(method, file, Self::PromptTuning),
            _ => Err(other()),
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

fn read<C: DeserializeOwned>(
    method: &PeftMethod,
    file: &Map,
    wrap: impl FnOnce(C) -> Config,
) -> Result<Read, ConfigError> {
    let config: C = filled(method, file).map_err(|error| value_error::<C>(method, file, &error))?;
    let is_known = |key: &str| method.key(key).is_some_and(|key| key.saved);
    let unknown = file.iter().map(|(key, _)| key).filter(|key| !is_known(key)).map(str::to_owned).collect();
    Ok(Read { config: wrap(config), unknown })
}

/// Reads a file with the defaults of its method where it says nothing.
fn filled<C: DeserializeOwned>(method: &PeftMethod, file: &Map) -> serde_json::Result<C> {
    let mut whole = method.defaults();
    for (key, value) in file.iter() {
        whole.insert(key, value.clone());
    }
    whole.typed()
}

/// Finds the key that serde stumbles over: the first without which it does not, or else the whole.
fn value_error<C: DeserializeOwned>(method: &PeftMethod, file: &Map, error: &serde_json::Error) -> ConfigError {
    for (key, value) in file.iter() {
        let alone: Map = [("peft_type", file.get("peft_type")), (key, Some(value))]
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), value?.clone())))
            .collect();
        if let Err(error) = filled::<C>(method, &alone) {
            return ConfigError::Value { key: key.to_owned(), detail: error.to_string() };
        }
    }
    ConfigError::Value { key: "peft_type".to_owned(), detail: error.to_string() }
}
