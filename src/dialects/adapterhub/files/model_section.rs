use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::adapter_config::ConfigOrName;
use super::fusion_config::FusionConfigOrName;

/// The value of `adapters` in a model's `config.json`: all adapters of a model that was saved as a whole.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "model-adapters-section")]
pub struct ModelAdaptersSection {
    /// The adapters: to each name the key of its config in `config_map`, or the name of a preset.
    #[serde(default)]
    #[schemars(extend("x-source" = "configuration/model_adapters_config.py, ModelAdaptersConfig.get"))]
    pub adapters: BTreeMap<String, String>,
    /// The configs that adapters use, by their hash.
    #[serde(default)]
    #[schemars(extend("x-source" = "configuration/model_adapters_config.py, ModelAdaptersConfig.get"))]
    pub config_map: BTreeMap<String, ConfigOrName>,
    /// The AdapterFusions: to each name the key of its config in `fusion_config_map`, or the name of a preset.
    #[serde(default)]
    #[schemars(extend("x-source" = "configuration/model_adapters_config.py, ModelAdaptersConfig.get_fusion"))]
    pub fusions: BTreeMap<String, String>,
    /// The configs that AdapterFusions use, by their hash.
    #[serde(default)]
    #[schemars(extend("x-source" = "configuration/model_adapters_config.py, ModelAdaptersConfig.get_fusion"))]
    pub fusion_config_map: BTreeMap<String, FusionConfigOrName>,
    /// The adapters that an AdapterFusion combines, if its name does not list them with commas.
    #[serde(default)]
    #[schemars(extend("x-source" = "configuration/model_adapters_config.py, ModelAdaptersConfig.get_fusion"))]
    pub fusion_name_map: BTreeMap<String, Vec<String>>,
}
