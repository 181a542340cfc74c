//! The table of schemas.

use schemars::{Schema, SchemaGenerator};
use serde_json::{Value, json};

use crate::dialects::adapterhub::config::{
    AnyConfig, BottleneckConfig, LoraConfig, MtlLoraConfig, PrefixTuningConfig, PromptTuningConfig, ReftConfig,
    UnionConfig,
};

/// A row: one schema.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) generate: fn(SchemaGenerator) -> Schema,
    pub(super) examples: fn() -> Vec<Value>,
}

/// Declares the table: a row is name, title, type and example.
macro_rules! schemas {
    ($($name:literal, $title:literal, $type:ty, [$($example:tt),*];)*) => {
        /// All schemas.
        pub(super) const TABLE: &[Row] = &[$(Row {
            name: $name,
            title: $title,
            generate: |generator| generator.into_root_schema_for::<$type>(),
            examples: || vec![$(json!($example)),*],
        },)*];
    };
}

schemas! {
    "bottleneck", "Config of a bottleneck adapter", BottleneckConfig, [
        {"mh_adapter": false, "output_adapter": true, "reduction_factor": 16, "non_linearity": "relu", "original_ln_before": true}
    ];
    "prefix-tuning", "Config of prefix tuning", PrefixTuningConfig, [];
    "prompt-tuning", "Config of prompt tuning", PromptTuningConfig, [];
    "lora", "Config of LoRA, (IA)³, VeRA or DoRA", LoraConfig, [];
    "mtl-lora", "Config of MTL-LoRA", MtlLoraConfig, [];
    "reft", "Config of ReFT", ReftConfig, [];
    "union", "Config of several methods in one adapter", UnionConfig, [];
    "config", "Config of an adapter, of any method", AnyConfig, [];
}
