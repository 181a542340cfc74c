use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::config::AnyConfig;
use super::super::shapes::Optional;
use super::saved_file;

saved_file! {
    /// `adapter_config.json`: what `save_adapter` writes beside the weights of an adapter.
    AdapterConfigFile "adapter-config" {
        /// The adapter's config: an object, or the name of a preset.
        #[schemars(extend("x-source" = "loading.py, AdapterLoader.load"))]
        pub config: ConfigOrName,
        /// The adapter's name. The names of its tensors contain it, and it is loaded under this name unless
        /// another is asked for.
        #[schemars(extend("x-source" = "loading.py, AdapterLoader.load"))]
        pub name: String,
        /// Deprecated: the kind of adapter in adapter-transformers 1.x. In newer releases it only matters for
        /// `text_task`, whose config may name an invertible adapter that has no weights.
        #[serde(default, rename = "type", skip_serializing_if = "Optional::is_absent")]
        #[schemars(extend("deprecated" = true, "x-source" = "loading.py, AdapterLoader._fix_legacy_config"))]
        pub adapter_type: Optional<AdapterType>,
        /// The hash of the config: sixteen hexadecimal digits. Only `save_all_adapters` writes it, and the library does not
        /// read it.
        #[serde(default, skip_serializing_if = "Optional::is_absent")]
        #[schemars(extend("x-source" = "model_mixin.py, save_all_adapters"))]
        pub config_id: Optional<String>,
        /// The class of the model in Python when the file was saved. The library does not read it.
        #[serde(default)]
        #[schemars(extend("x-source" = "configuration/model_adapters_config.py, build_full_config"))]
        pub model_class: Option<String>,
    }
}

/// A config, or the name of one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ConfigOrName {
    /// The config itself.
    Config(AnyConfig),
    /// The name of a preset such as `seq_bn`, with changes in brackets if need be: `seq_bn[reduction_factor=2]`.
    Name(String),
}

/// The kinds of adapter of adapter-transformers 1.x.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdapterType {
    /// An adapter for a task.
    TextTask,
    /// An adapter for a language.
    TextLang,
}
