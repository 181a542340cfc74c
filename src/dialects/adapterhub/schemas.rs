//! The dialect's JSON Schemas.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::config::{
    AnyConfig, BottleneckConfig, FusionConfig, LoraConfig, Method, MtlLoraConfig, PrefixTuningConfig,
    PromptTuningConfig, ReftConfig, UnionConfig,
};
use super::files::{
    AdapterConfigFile, AdapterInterfaceFile, AdapterSetupFile, FusionConfigFile, HeadConfigFile, ModelAdaptersSection,
};
use super::hub::adapter::AdapterCard;
use super::hub::architecture::ArchitectureCard;
use super::hub::task::{SubtaskCard, TaskCard, TypeCard};
use super::releases;
use super::uses::Use;
use crate::dialects::FileKind;
use crate::json_schema::{self, Schema, schemas_of_types};

/// All of them, in the order of the docs.
pub(crate) fn all() -> &'static [Schema] {
    static ALL: LazyLock<Vec<Schema>> = LazyLock::new(rows);
    &ALL
}

/// The schema of a method's config.
pub(super) fn of_method(method: Method) -> &'static Schema {
    let name = match method {
        Method::Bottleneck => "bottleneck",
        Method::PrefixTuning => "prefix-tuning",
        Method::PromptTuning => "prompt-tuning",
        Method::Lora => "lora",
        Method::MtlLora => "mtl-lora",
        Method::Reft => "reft",
        Method::Union => "union",
    };
    named(name).expect("every method has a row")
}

/// The schema of a kind of file, which is called as the kind is.
pub(super) fn of_file(kind: FileKind) -> Option<&'static Schema> {
    named(kind.as_str())
}

fn named(name: &str) -> Option<&'static Schema> {
    all().iter().find(|schema| schema.name() == name)
}

/// Adds to every key of a config what tables know: when it came, when it went, and how the library uses it.
fn annotate(document: &mut Value, name: &str) {
    annotate_one(document, name);
    for (name, definition) in document.get_mut("$defs").and_then(Value::as_object_mut).into_iter().flatten() {
        annotate_one(definition, name);
    }
}

fn annotate_one(schema: &mut Value, name: &str) {
    let name = name.replace('-', "_");
    let method = Method::ALL.into_iter().find(|method| method.architecture().unwrap_or("bottleneck") == name);
    let used: Vec<(String, Use)> = method.into_iter().flat_map(uses).collect();
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    for (key, property) in properties {
        let Value::Object(keywords) = property else { continue };
        if let Some(lifetime) = releases::lifetime(&name, key) {
            keywords.insert("x-since".to_owned(), json!(lifetime.since.name()));
            keywords.extend(lifetime.until.map(|until| ("x-until".to_owned(), json!(until.name()))));
        }
        if let Some((_, used)) = used.iter().find(|(field, _)| field == key) {
            keywords.insert("x-use".to_owned(), json!(used.name()));
        }
        json_schema::order(keywords);
    }
}

/// How the library uses the keys of a method, but for those that it only keeps.
fn uses(method: Method) -> impl Iterator<Item = (String, Use)> {
    let used = move |(key, _): (String, _)| {
        let used = Use::of(method, &key);
        (key, used)
    };
    method.fields().into_iter().map(used).filter(|(_, used)| *used != Use::Anything)
}

fn rows() -> Vec<Schema> {
    let path = |name| format!("adapterhub/{name}.json");
    schemas_of_types! { path, annotate;
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
}
