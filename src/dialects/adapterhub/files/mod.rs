//! The files that the library writes beside an adapter's weights, and the section that it keeps in a model's
//! `config.json`.

mod adapter_config;
mod adapter_interface;
mod adapter_setup;
pub(crate) mod facts;
mod fusion_config;
mod head;
mod head_config;
mod model_section;
pub(crate) mod rules;

pub use adapter_config::{AdapterConfigFile, AdapterType, ConfigOrName};
pub use adapter_interface::{AdapterInterface, AdapterInterfaceFile, InterfaceMethod};
pub use adapter_setup::{
    AdapterSetupFile, AverageBlock, AverageOptions, BatchSplitBlock, BatchSplitOptions, Block, Child, FuseBlock,
    FuseOptions, HeadSetup, Single, Sizes, SplitBlock, SplitOptions, WholeBlock,
};
pub use fusion_config::{FusionConfigFile, FusionConfigOrName, FusionPreset};
pub use head::{
    CausalLmHead, ClassificationHead, DependencyParsingHead, Head, ImageClassificationHead, MaskedLmHead,
    MultipleChoiceHead, Seq2SeqLmHead, TokenHead,
};
pub use head_config::HeadConfigFile;
pub use model_section::ModelAdaptersSection;

/// Declares the type of a saved file: its own keys, and those that the library writes into every such file.
macro_rules! saved_file {
    ($(#[$doc:meta])* $name:ident $title:literal { $($own:tt)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[schemars(rename = $title)]
        pub struct $name {
            $($own)*
            /// The model's name or path when the file was saved; may be empty. The library does not read it.
            #[serde(default)]
            #[schemars(extend("x-source" = "configuration/model_adapters_config.py, build_full_config"))]
            pub model_name: Option<String>,
            /// The kind of model, as transformers names it (`bert`, `llama`). The library does not read it.
            #[serde(default)]
            #[schemars(extend("x-source" = "configuration/model_adapters_config.py, build_full_config"))]
            pub model_type: Option<String>,
            /// The model's hidden size; null if it has none of its own, as encoder-decoder models have not. The library
            /// does not read it.
            #[serde(default)]
            #[schemars(extend(
                "x-unit" = "hidden units",
                "x-source" = "configuration/model_adapters_config.py, build_full_config"
            ))]
            pub hidden_size: Option<u64>,
            /// The release that saved the file: `adapters.1.0.0` and the like; the bare number in adapter-transformers
            /// 3.x and adapters 0.x, where `0.1.2` is newer than `3.2.1`; absent before. It decides how the config
            /// is read: without it `gelu` means `gelu_new` and `gelu_orig` means `gelu`, and below `adapters.1.1.0` the
            /// `alpha` of LoRA is replaced by `r`.
            #[serde(default, skip_serializing_if = "Optional::is_absent")]
            #[schemars(extend("x-source" = "loading.py, load_weights_config and _fix_backward_compat"))]
            pub version: $crate::dialects::adapterhub::shapes::Optional<String>,
            /// Whatever else was given when the file was saved. The library ignores it.
            #[serde(flatten)]
            pub other: std::collections::BTreeMap<String, serde_json::Value>,
        }
    };
}
use saved_file;
