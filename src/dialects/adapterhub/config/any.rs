use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::shapes::by_key;
use super::{
    BottleneckConfig, LoraConfig, MtlLoraConfig, PrefixTuningConfig, PromptTuningConfig, ReftConfig, UnionConfig,
};

const ABOUT: &str = "Which method the config is for. A bottleneck adapter has no such key, or null.";

/// Declares a choice of configs by the value of `architecture`: a row is the variant and that value.
macro_rules! by_architecture {
    ($(#[$doc:meta])* $name:ident $title:literal {
        $($(#[doc = $row:literal])* $variant:ident($type:ty) = $architecture:tt,)*
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(untagged)]
        pub enum $name {
            $($(#[doc = $row])* $variant($type),)*
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $title.into()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                let rows = vec![$((json!($architecture), concat!($($row),*), generator.subschema_for::<$type>())),*];
                by_key("architecture", ABOUT, &rows)
            }
        }
    };
}

by_architecture! {
    /// Any config, as `AdapterConfig.load` takes it: `architecture` decides which method it is.
    AnyConfig "config" {
        /// A bottleneck adapter.
        Bottleneck(Box<BottleneckConfig>) = null,
        /// Prefix tuning.
        PrefixTuning(PrefixTuningConfig) = "prefix_tuning",
        /// Prompt tuning.
        PromptTuning(PromptTuningConfig) = "prompt_tuning",
        /// LoRA, (IA)³, VeRA, DoRA or DVoRA.
        Lora(LoraConfig) = "lora",
        /// MTL-LoRA.
        MtlLora(MtlLoraConfig) = "mtl_lora",
        /// LoReFT or NoReFT.
        Reft(ReftConfig) = "reft",
        /// Several methods at once.
        Union(UnionConfig) = "union",
    }
}

by_architecture! {
    /// One method of a union: any config but another union.
    MemberConfig "member" {
        /// A bottleneck adapter.
        Bottleneck(Box<BottleneckConfig>) = null,
        /// Prefix tuning.
        PrefixTuning(PrefixTuningConfig) = "prefix_tuning",
        /// Prompt tuning.
        PromptTuning(PromptTuningConfig) = "prompt_tuning",
        /// LoRA, (IA)³, VeRA, DoRA or DVoRA.
        Lora(LoraConfig) = "lora",
        /// MTL-LoRA.
        MtlLora(MtlLoraConfig) = "mtl_lora",
        /// LoReFT or NoReFT.
        Reft(ReftConfig) = "reft",
    }
}
