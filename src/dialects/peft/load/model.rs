//! What `get_peft_model` sets in a config for a model.

use super::{integer, is_null, set, value};
use crate::dialects::peft::PeftType::{AdaptionPrompt, Ia3, TrainableTokens};
use crate::dialects::peft::config::PeftMethod;
use crate::dialects::peft::targets::Written;
use crate::dialects::peft::{defaults, expected};
use crate::merge::Layer;
use crate::models::Tree;
use crate::value::Value;

/// Sets names of modules where the config has none, the heads of its task, and the sizes of a prompt.
pub(super) fn adapt(method: &PeftMethod, keys: &mut Layer, tree: &Tree) {
    let from = || format!("PEFT's default for {}", tree.model_type);
    if method.key("target_modules").is_some()
        && is_null(keys, "target_modules")
        && let Some(names) = defaults::target_modules(method.peft_type, tree.model_type)
    {
        set(keys, "target_modules", written(names), from());
    }
    if method.peft_type == Ia3
        && is_null(keys, "feedforward_modules")
        && let Some(names) = defaults::feedforward_modules(tree.model_type)
    {
        set(keys, "feedforward_modules", written(names), from());
    }
    if is_null(keys, "target_modules") {
        let input = || tree.input.map(|name| Value::String(name.to_owned()));
        match method.peft_type {
            AdaptionPrompt => {
                if let Some(name) = expected::attention_of(tree.model_type) {
                    set(keys, "target_modules", Value::String(name.to_owned()), from());
                }
            }
            TrainableTokens => {
                if let Some(name) = input() {
                    set(keys, "target_modules", name, "the model's input embeddings");
                }
            }
            _ => {}
        }
    }
    heads(method, keys);
    if method.peft_type.is_prompt() {
        sizes(method, keys, tree);
    }
}

/// The heads of a task are trained whole.
fn heads(method: &PeftMethod, keys: &mut Layer) {
    let task = value(keys, "task_type");
    let heads = expected::heads(task.as_str(), method.peft_type);
    let Value::List(mut names) = value(keys, "modules_to_save") else {
        if !heads.is_empty() && is_null(keys, "modules_to_save") {
            set(keys, "modules_to_save", texts(heads), "the heads of the task");
        }
        return;
    };
    let missing: Vec<_> = heads.iter().filter(|head| !names.iter().any(|name| name.as_str() == Some(head))).collect();
    if !missing.is_empty() {
        names.extend(missing.into_iter().map(|head| Value::String((*head).to_owned())));
        set(keys, "modules_to_save", Value::List(names), "the file's, and the heads of the task");
    }
}

/// The sizes of a prompt.
fn sizes(method: &PeftMethod, keys: &mut Layer, tree: &Tree) {
    let of_model = || format!("the config of the {} model", tree.model_type);
    if is_null(keys, "num_transformer_submodules") {
        let count = if value(keys, "task_type").as_str() == Some("SEQ_2_SEQ_LM") { 2 } else { 1 };
        set(keys, "num_transformer_submodules", integer(count), "`task_type`");
    }
    if let Some(sizes) = expected::prompt_sizes(method.peft_type, tree) {
        for (key, size) in
            [("num_layers", sizes.layers), ("token_dim", sizes.width), ("num_attention_heads", sizes.heads)]
        {
            if let (true, Ok(size)) = (is_null(keys, key), i64::try_from(size)) {
                set(keys, key, integer(size), of_model());
            }
        }
    }
    if method.key("encoder_hidden_size").is_some()
        && is_null(keys, "encoder_hidden_size")
        && !is_null(keys, "token_dim")
    {
        let width = value(keys, "token_dim");
        set(keys, "encoder_hidden_size", width, "`token_dim`");
    }
}

fn texts(names: &[&str]) -> Value {
    Value::List(names.iter().map(|name| Value::String((*name).to_owned())).collect())
}

fn written(names: Written) -> Value {
    match names {
        Written::Text(text) => Value::String(text),
        Written::List(names) => Value::List(names.into_iter().map(Value::String).collect()),
    }
}
