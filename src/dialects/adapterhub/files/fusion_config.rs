use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::config::FusionConfig;
use super::super::shapes::Optional;
use super::saved_file;

saved_file! {
    /// `adapter_fusion_config.json`: what `save_adapter_fusion` writes beside the weights of an AdapterFusion.
    FusionConfigFile "adapter-fusion-config" {
        /// The AdapterFusion's config: an object, or the name of a preset.
        #[schemars(extend("x-source" = "loading.py, AdapterFusionLoader.load"))]
        pub config: FusionConfigOrName,
        /// The AdapterFusion's name: the adapters' names joined by commas, unless it was given another.
        #[schemars(extend("x-source" = "loading.py, AdapterFusionLoader.load"))]
        pub name: String,
        /// The names of the adapters that are fused. Releases before adapters 1.1 do not write it; then `name` lists
        /// them.
        #[serde(default, skip_serializing_if = "Optional::is_absent")]
        #[schemars(extend("x-source" = "loading.py, AdapterFusionLoader.load"))]
        pub adapter_names: Optional<Vec<String>>,
        /// The class of the model in Python when the file was saved. The library does not read it.
        #[serde(default)]
        #[schemars(extend("x-source" = "configuration/model_adapters_config.py, build_full_config"))]
        pub model_class: Option<String>,
    }
}

/// A config of an AdapterFusion, or the name of one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum FusionConfigOrName {
    /// The config itself.
    Config(FusionConfig),
    /// The name of a preset.
    Name(FusionPreset),
}

/// The presets of AdapterFusion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FusionPreset {
    /// With a value matrix that begins as the identity.
    Dynamic,
    /// Without a value matrix.
    Static,
}
