//! What a config says that the other library has no key for: the function does not need it, but it is not there on the
//! way back.

use crate::dialects::peft::config::Config;
use crate::value::{Map, Value};

/// Keys of PEFT that have a place in AdapterHub's files, or say no more than the tensors do.
const CARRIED: [&str; 12] = [
    "base_model_name_or_path",
    "fan_in_fan_out",
    "inference_mode",
    "lora_alpha",
    "lora_dropout",
    "num_virtual_tokens",
    "peft_type",
    "peft_version",
    "r",
    "target_modules",
    "task_type",
    "use_dora",
];

/// The keys of a config of PEFT, with another value than the default, that AdapterHub's files have not.
pub(super) fn of_peft(file: &Map) -> Option<String> {
    let method = file.get("peft_type")?.clone();
    let bare: Map = [("peft_type".to_owned(), method)].into_iter().collect();
    let defaults = Config::read(&bare).ok()?.config.write();
    let is_told = |key: &&str| !CARRIED.contains(key) && defaults.contains_key(key);
    let others = file.iter().filter(|(key, value)| is_told(key) && defaults.get(key) != Some(*value));
    listed("adapters", others)
}

/// What an adapter's file and the members of its config say beside the function, and PEFT's files have no key for.
pub(super) fn of_adapterhub(file: &Map, members: &[&Map]) -> Option<String> {
    // Who loads the result has the bare base model, and another name for the adapter.
    let is_lost = |key: &str, value: &Value| match key {
        "name" => true,
        "model_class" => value.as_str().is_some_and(|class| class.ends_with("AdapterModel")),
        _ => false,
    };
    let name = file.iter().filter(|(key, value)| is_lost(key, value));
    let begins = |member: &Map| match member.get("composition_mode").and_then(Value::as_str) {
        Some("scale") => "ia3",
        _ if matches!(member.get("vera_d"), Some(Value::Float(_))) => "vera",
        _ => "lora",
    };
    let is_own = |member: &Map, key: &str, value: &Value| match key {
        "init_weights" => value.as_str() != Some(begins(member)),
        "dtype" | "init_weights_seed" => *value != Value::Null,
        _ => false,
    };
    let own = members.iter().flat_map(|member| member.iter().filter(move |(key, value)| is_own(member, key, value)));
    listed("PEFT", name.chain(own))
}

fn listed<'m>(library: &str, entries: impl Iterator<Item = (&'m str, &'m Value)>) -> Option<String> {
    let mut all: Vec<_> = entries.map(|(key, value)| format!("`{key}`, {}", value.to_json())).collect();
    all.dedup();
    (!all.is_empty()).then(|| {
        format!(
            "{library} has no key for what the config says beside the function, or says it otherwise: {}",
            all.join("; ")
        )
    })
}
