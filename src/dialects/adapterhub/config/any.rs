use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    BottleneckConfig, LoraConfig, MtlLoraConfig, PrefixTuningConfig, PromptTuningConfig, ReftConfig, UnionConfig,
};

/// Declares a choice of configs by the value of `architecture`: a row is that value and the variant.
macro_rules! by_architecture {
    ($(#[$doc:meta])* $name:ident $title:literal { $($architecture:tt => $variant:ident($type:ty),)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(untagged)]
        pub enum $name {
            $(
                #[doc = concat!("With `architecture` ", stringify!($architecture), ".")]
                $variant($type),
            )*
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $title.into()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                let rows = vec![$((json!($architecture), generator.subschema_for::<$type>())),*];
                choice(&rows)
            }
        }
    };
}

by_architecture! {
    /// Any config, as `AdapterConfig.load` takes it: `architecture` decides which method it is.
    AnyConfig "config" {
        null => Bottleneck(Box<BottleneckConfig>),
        "prefix_tuning" => PrefixTuning(PrefixTuningConfig),
        "prompt_tuning" => PromptTuning(PromptTuningConfig),
        "lora" => Lora(LoraConfig),
        "mtl_lora" => MtlLora(MtlLoraConfig),
        "reft" => Reft(ReftConfig),
        "union" => Union(UnionConfig),
    }
}

by_architecture! {
    /// One method of a union: any config but another union.
    MemberConfig "member" {
        null => Bottleneck(Box<BottleneckConfig>),
        "prefix_tuning" => PrefixTuning(PrefixTuningConfig),
        "prompt_tuning" => PromptTuning(PromptTuningConfig),
        "lora" => Lora(LoraConfig),
        "mtl_lora" => MtlLora(MtlLoraConfig),
        "reft" => Reft(ReftConfig),
    }
}

/// One condition for each method, so that a validator reports what is wrong with the method that was meant, not that
/// none of seven fits.
fn choice(rows: &[(Value, Schema)]) -> Schema {
    let architectures: Vec<&Value> = rows.iter().map(|(architecture, _)| architecture).collect();
    let conditions: Vec<Value> = rows
        .iter()
        .map(|(architecture, schema)| {
            let mut condition = Map::new();
            condition.insert("properties".to_owned(), json!({"architecture": {"const": architecture}}));
            if !architecture.is_null() {
                condition.insert("required".to_owned(), json!(["architecture"]));
            }
            json!({"if": condition, "then": schema})
        })
        .collect();
    let mut whole = Map::new();
    whole.insert("type".to_owned(), json!("object"));
    whole.insert(
        "properties".to_owned(),
        json!({"architecture": {
            "description": "Which method the config is for; a bottleneck adapter has no such key, or null.",
            "enum": architectures,
        }}),
    );
    whole.insert("allOf".to_owned(), Value::Array(conditions));
    Schema::from(whole)
}
