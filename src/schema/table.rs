//! The table of schemas.

use schemars::{Schema, SchemaGenerator};
use serde_json::{Value, json};

use crate::dialects::adapterhub::config::{
    AnyConfig, BottleneckConfig, FusionConfig, LoraConfig, MtlLoraConfig, PrefixTuningConfig, PromptTuningConfig,
    ReftConfig, UnionConfig,
};
use crate::dialects::adapterhub::files::{
    AdapterConfigFile, AdapterInterfaceFile, AdapterSetupFile, FusionConfigFile, HeadConfigFile, ModelAdaptersSection,
};
use crate::dialects::adapterhub::hub::{AdapterCard, ArchitectureCard, SubtaskCard, TaskCard, TypeCard};
#[cfg(feature = "oracle")]
use crate::diff::Comparison;
#[cfg(feature = "oracle")]
use crate::oracle::Case;
use crate::report::diagnostics::Output;
#[cfg(feature = "oracle")]
use crate::report::inspect::Inspection;
#[cfg(feature = "oracle")]
use crate::report::params::Params;
#[cfg(feature = "settings")]
use crate::settings::Settings;

/// A row: one schema.
pub(super) struct Row {
    pub(super) name: &'static str,
    /// The folder it is published in.
    pub(super) folder: &'static str,
    pub(super) title: &'static str,
    pub(super) generate: fn(SchemaGenerator) -> Schema,
    pub(super) examples: fn() -> Vec<Value>,
}

/// Declares the table: for each folder its rows, of name, title, type and examples.
macro_rules! schemas {
    ($($folder:literal { $($(#[$when:meta])* $name:literal, $title:literal, $type:ty, [$($example:tt),*];)* })*) => {
        /// All schemas.
        pub(super) const TABLE: &[Row] = &[$($($(#[$when])* Row {
            name: $name,
            folder: $folder,
            title: $title,
            generate: |generator| generator.into_root_schema_for::<$type>(),
            examples: || vec![$(json!($example)),*],
        },)*)*];
    };
}

schemas! {
    "adapterhub/" {
        "bottleneck", "Config of a bottleneck adapter", BottleneckConfig, [{
            "mh_adapter": false, "output_adapter": true, "reduction_factor": 16, "non_linearity": "relu",
            "original_ln_before": true
        }];
        "prefix-tuning", "Config of prefix tuning", PrefixTuningConfig, [{
            "architecture": "prefix_tuning", "flat": false, "prefix_length": 30, "bottleneck_size": 512
        }];
        "prompt-tuning", "Config of prompt tuning", PromptTuningConfig, [{
            "architecture": "prompt_tuning", "prompt_length": 10, "prompt_init": "random_uniform"
        }];
        "lora", "Config of LoRA, (IA)³, VeRA or DoRA", LoraConfig, [
            {"architecture": "lora", "r": 8, "alpha": 8, "attn_matrices": ["q", "v"]},
            {
                "architecture": "lora", "intermediate_lora": true, "r": 1, "alpha": 1, "attn_matrices": ["k", "v"],
                "composition_mode": "scale", "init_weights": "ia3"
            }
        ];
        "mtl-lora", "Config of MTL-LoRA", MtlLoraConfig, [{
            "architecture": "mtl_lora", "r": 8, "alpha": 8, "n_up_projection": 3
        }];
        "reft", "Config of ReFT", ReftConfig, [{
            "architecture": "reft", "layers": "all", "prefix_positions": 3, "suffix_positions": 0, "r": 1,
            "orthogonality": true
        }];
        "union", "Config of several methods in one adapter", UnionConfig, [{
            "architecture": "union",
            "configs": [
                {"architecture": "prefix_tuning", "bottleneck_size": 800},
                {
                    "mh_adapter": false, "output_adapter": true, "reduction_factor": 2, "non_linearity": "relu",
                    "init_weights": "mam_adapter", "is_parallel": true, "scaling": 4.0
                }
            ]
        }];
        "config", "Config of an adapter, of any method", AnyConfig, [{"architecture": "lora", "r": 16, "alpha": 32}];
        "fusion", "Config of an AdapterFusion", FusionConfig, [{
            "key": true, "query": true, "value": true, "query_before_ln": false, "regularization": true,
            "residual_before": false, "temperature": false, "value_before_softmax": true, "value_initialized": true,
            "dropout_prob": null
        }];
        "adapter-config", "adapter_config.json of a saved adapter", AdapterConfigFile, [{
            "config": {"architecture": "lora", "r": 16, "alpha": 32},
            "name": "sst2", "model_type": "roberta", "model_name": "roberta-base", "model_class": "RobertaAdapterModel",
            "hidden_size": 768, "version": "adapters.1.3.0"
        }];
        "adapter-fusion-config", "adapter_fusion_config.json of a saved AdapterFusion", FusionConfigFile, [{
            "config": "dynamic", "name": "qqp,sst2", "adapter_names": ["qqp", "sst2"], "version": "adapters.1.3.0"
        }];
        "head-config", "head_config.json of a saved prediction head", HeadConfigFile, [{
            "config": {
                "head_type": "classification", "num_labels": 2, "layers": 2, "activation_function": "tanh",
                "label2id": {"negative": 0, "positive": 1}, "use_pooler": false, "bias": true, "dropout_prob": null
            },
            "name": "sst2", "model_class": "RobertaAdapterModel", "version": "adapters.1.3.0"
        }];
        "adapter-setup", "adapter_setup.json of saved adapters in composition", AdapterSetupFile, [{
            "adapter_setup": {
                "type": "Stack",
                "children": [
                    {"type": "single", "children": ["en"]},
                    {"type": "Fuse", "children": [
                        {"type": "single", "children": ["qqp"]}, {"type": "single", "children": ["sst2"]}
                    ]}
                ]
            },
            "head_setup": "sst2", "version": "adapters.1.3.0"
        }];
        "adapter-interface", "adapter_interface.json of a model", AdapterInterfaceFile, [{
            "interface": {
                "adapter_methods": ["bottleneck", "lora", "reft", "invertible"],
                "model_embeddings": "embed_tokens", "model_layers": "layers",
                "layer_self_attn": "self_attn", "layer_cross_attn": null,
                "attn_q_proj": "q_proj", "attn_k_proj": "k_proj", "attn_v_proj": "v_proj", "attn_o_proj": "o_proj",
                "layer_intermediate_proj": "mlp.up_proj", "layer_output_proj": "mlp.down_proj"
            },
            "model_type": "gemma", "version": "adapters.1.3.0"
        }];
        "model-adapters-section", "adapters in a model's config.json", ModelAdaptersSection, [{
            "adapters": {"sst2": "seq_bn", "qqp": "seq_bn"}, "config_map": {},
            "fusions": {"qqp,sst2": "dynamic"}, "fusion_config_map": {}, "fusion_name_map": {}
        }];
        "hub-adapter", "Info card of an adapter on the Hub", AdapterCard, [{
            "type": "text_task", "task": "sentiment", "subtask": "sst-2", "model_type": "bert",
            "model_name": "bert-base-uncased", "author": "A. Author", "config": {"using": "pfeiffer", "reduction_factor": 12},
            "default_version": "1",
            "files": [{
                "version": "1", "url": "https://example.org/sst-2.zip", "sha1": "da39a3ee5e6b4b0d3255bfef95601890afd80709"
            }]
        }];
        "hub-architecture", "Info card of an architecture on the Hub", ArchitectureCard, [{
            "name": "pfeiffer", "displayname": "Pfeiffer",
            "config": {
                "mh_adapter": false, "output_adapter": true, "reduction_factor": 16, "non_linearity": "relu",
                "original_ln_before": true, "original_ln_after": true, "residual_before_ln": true,
                "adapter_residual_before_ln": false, "ln_before": false, "ln_after": false
            },
            "description": "A bottleneck behind the feed-forward block of each layer."
        }];
        "hub-task", "Info card of a task on the Hub", TaskCard, [{
            "task": "sentiment", "displayname": "Sentiment analysis", "description": "Is a text for or against something?"
        }];
        "hub-subtask", "Info card of a subtask on the Hub", SubtaskCard, [{
            "task": "sentiment", "subtask": "sst-2", "displayname": "SST-2", "description": "Sentences from film reviews.",
            "language": "en", "metric": {"name": "accuracy", "higher_is_better": true}
        }];
        "hub-type", "Info card of an adapter type on the Hub", TypeCard, [{
            "id": "text_task", "displayname": "Task", "description": "Adapters for a task."
        }];
    }
    "" {
        "diagnostics", "What adapter-lint found, as JSON", Output, [
            {"version": 1, "files": [], "summary": {"files": 0, "errors": 0, "warnings": 0, "notes": 0}},
            {"path": "adapter_config.json", "kind": "adapter-config", "dialect": "adapterhub", "diagnostics": []}
        ];
        #[cfg(feature = "settings")]
        "adapter-lint", "adapter-lint.toml: what a project wants of the linter", Settings, [{
            "ignore": ["AL7"], "rules": {"loose-value": "error", "notes": "allow"}, "model": "bert-base-uncased",
            "paths": [{"path": "legacy/", "rules": {"deprecated-key": "allow"}}],
            "suppress": [{
                "code": "AL204", "path": "sst2/adapter_config.json", "pointer": "/config/scaling",
                "reason": "published so; its hash must stay"
            }]
        }];
        #[cfg(feature = "oracle")]
        "params", "The tensors of an adapter, as adapter-lint params prints them", Params, [{
            "version": 1,
            "model": {"name": "bert-base-uncased", "model_type": "bert", "parameters": 109_482_240},
            "adapter": "a", "parameters": 7680, "trained": 7680, "per_layer": [{"layer": null, "parameters": 7680}],
            "tensors": [{
                "name": "bert.prompt_tuning.prompt_tunings.a.prompt_embedding.weight",
                "shape": [10, 768], "symbols": ["ℓ", "d"], "dtype": "float32", "layer": null, "site": "prompt",
                "method": "prompt-tuning", "role": "prompt", "nature": "trained", "elements": 7680, "aliases": [],
                "saved": true
            }]
        }];
        #[cfg(feature = "oracle")]
        "inspect", "What a folder of adapters holds, as adapter-lint inspect prints it", Inspection, [{
            "version": 1, "path": "sst2",
            "parts": [{
                "folder": "", "role": "adapter", "dialect": "adapterhub",
                "release": {"library": "adapters", "version": "1.3.0", "told_by": "version"},
                "name": "sst2", "methods": ["prompt-tuning"],
                "base": {
                    "model_type": "bert", "model_name": "bert-base-uncased", "model_class": "BertAdapterModel",
                    "hidden_size": 768
                },
                "config": {"architecture": "prompt_tuning"}, "remarks": [],
                "files": [{
                    "name": "pytorch_adapter.bin", "format": "torch zip", "bytes": 32_417, "error": null,
                    "parameters": 7680, "tensor_bytes": 30_720,
                    "tensors": [{
                        "name": "bert.prompt_tuning.prompt_tunings.sst2.prompt_embedding.weight", "aliases": [],
                        "slot": {
                            "layer": null, "site": "prompt", "method": "prompt-tuning", "role": "prompt",
                            "symbols": ["ℓ", "d"], "nature": "trained"
                        },
                        "shape": [10, 768], "dtype": "float32", "elements": 7680, "bytes": 30_720, "stats": null
                    }]
                }]
            }]
        }];
        #[cfg(feature = "oracle")]
        "diff", "How two saved adapters compare, as adapter-lint diff prints it", Comparison, [{
            "version": 1,
            "a": {"path": "old", "release": "adapter-transformers 3.2.1"},
            "b": {"path": "new", "release": "adapters 1.3.0"},
            "same": false, "obstacles": [],
            "parts": [{
                "role": "adapter", "a": "sst2", "b": "sst2",
                "config": [{"key": "alpha", "a": 8, "b": 16, "harmless": "the updates that it gives are compared"}],
                "tensors": [{
                    "slot": "encoder.layer.0.attention.self.query.loras.*.lora_B", "state": "differs",
                    "a": {
                        "names": ["bert.encoder.layer.0.attention.self.query.loras.sst2.lora_B"], "dtype": "float32",
                        "shape": [768, 8]
                    },
                    "b": {
                        "names": ["bert.encoder.layer.0.attention.self.query.loras.sst2.lora_B"], "dtype": "float32",
                        "shape": [768, 8]
                    },
                    "compared": "update", "absolute": 0.012, "relative": 0.5
                }]
            }],
            "run": null
        }];
        #[cfg(feature = "oracle")]
        "oracle-case", "A golden case: what a library computed for a config", Case, [{
            "format": "adapter-spec/oracle/v1", "id": "activation-relu-middle", "method": "activation",
            "kind": "activation", "title": "The activation relu.", "verdict": "accept",
            "source": {
                "library": "adapters", "version": "1.3.0", "callable": "adapters.methods.modeling.Activation_Function_Class",
                "packages": {"torch": "2.8.0"}, "recorder": "fixtures/record/oracle", "seed": 1
            },
            "adapters": {}, "fusions": {}, "setup": null, "settings": {"function": "relu"},
            "shapes": {"input/x": [3], "output/f32/y": [3], "output/f64/y": [3]},
            "tolerance": {
                "f64": {"absolute": 1e-12, "reason": "nothing is rounded"},
                "f32": {"relative": 2e-6, "reason": "nothing is rounded"}
            }
        }];
    }
}
