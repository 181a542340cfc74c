//! Schemas of this crate's own formats.

use std::sync::LazyLock;

use serde_json::Value;

#[cfg(feature = "oracle")]
use crate::diff::Comparison;
#[cfg(feature = "oracle")]
use crate::inspect::Inspection;
use crate::json_schema::{Schema, schemas_of_types};
#[cfg(feature = "oracle")]
use crate::oracle::Case;
#[cfg(feature = "oracle")]
use crate::params::{Params, PeftParams};
use crate::report::diagnostics::Output;
#[cfg(feature = "settings")]
use crate::settings::Settings;

/// All of them.
pub(super) fn all() -> &'static [Schema] {
    static ALL: LazyLock<Vec<Schema>> = LazyLock::new(rows);
    &ALL
}

/// No table says more of them than their types do.
fn as_it_is(_: &mut Value, _: &str) {}

fn rows() -> Vec<Schema> {
    let path = |name| format!("{name}.json");
    schemas_of_types! { path, as_it_is;
        "diagnostics", "What adapter-lint found, as JSON", Output, [
            {"version": 1, "files": [], "summary": {"files": 0, "errors": 0, "warnings": 0, "notes": 0}, "failures": []},
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
        "params-peft", "The tensors of a PEFT adapter, as adapter-lint params prints them", PeftParams, [{
            "version": 1,
            "model": {"name": "llama/config.json", "model_type": "llama", "parameters": null},
            "class": "LlamaForCausalLM", "method": "LORA", "modules": ["model.layers.0.self_attn.q_proj"],
            "trained": 128, "saved": 128,
            "tensors": [
                {
                    "name": "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", "shape": [2, 32],
                    "elements": 64, "nature": "trained", "saved": true
                },
                {
                    "name": "base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight", "shape": [32, 2],
                    "elements": 64, "nature": "trained", "saved": true
                }
            ]
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
                "config": {"architecture": "prompt_tuning"}, "config_error": null, "remarks": [],
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
            "same": false, "obstacles": [], "notes": [],
            "parts": [{
                "role": "adapter", "a": "sst2", "b": "sst2",
                "config": [{"key": "alpha", "a": 8, "b": 16, "harmless": "the resulting updates are compared"}],
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
