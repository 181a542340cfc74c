//! `layer_replication`: layers that are there more than once, before anything is adapted (`replicate_layers`).

use std::collections::BTreeMap;

use super::case::Case;
use super::{Refusal, Stop};
use crate::dialects::peft::PeftType::{Adalora, Lora};
use crate::models::tree::{Kind, Module};
use crate::models::{Quirk, Tree};
use crate::value::Value;

/// No model is given more layers than this.
const MOST_LAYERS: u64 = 4096;

/// The model with its layers as the key wants them; `None` where it wants nothing.
pub(super) fn tree(case: &Case<'_>) -> Result<Option<Tree>, Stop> {
    // AdaLoRA has it from LoRA.
    if !matches!(case.method, Lora | Adalora) {
        return Ok(None);
    }
    let ranges = match case.value("layer_replication") {
        Value::Null => return Ok(None),
        Value::List(ranges) if ranges.is_empty() => return Ok(None),
        Value::List(ranges) => ranges,
        _ => return Err(Stop::Unknown),
    };
    let Some(list) = list(case.tree) else {
        return Err(unfit("the layers of this model type are not where PEFT looks for them".to_owned()));
    };
    let inside = format!("{list}.");
    let number = |name: &str| -> Option<i64> { name.strip_prefix(&inside)?.split('.').next()?.parse().ok() };
    let count = case.tree.modules.iter().filter_map(|module| number(&module.name)).max().map_or(0, |last| last + 1);
    let mut layers = Vec::new();
    for range in ranges {
        let Some([start, end]) = range.as_list() else { return Err(Stop::Unknown) };
        let (start, end) = (start.as_i64().ok_or(Stop::Unknown)?, end.as_i64().ok_or(Stop::Unknown)?);
        // Python counts negative numbers from the end.
        if start < end && (start < -count || end > count) {
            return Err(unfit(format!(
                "the model has {count} layers, so not all of those from {start} up to (excluding) {end}"
            )));
        }
        layers.extend((start..end).map(|at| if at < 0 { at + count } else { at }));
        if u64::try_from(layers.len()).is_ok_and(|count| count > MOST_LAYERS) {
            return Err(Stop::Unknown);
        }
    }
    if layers.len() > usize::try_from(count).unwrap_or_default() && has_kinds_of_layers(case.tree) {
        let need =
            format!("the model's config gives the kinds of {count} layers, and its cache has no more than these");
        return Err(unfit(need));
    }
    let mut tree = case.tree.clone();
    let first = tree.modules.iter().position(|module| number(&module.name).is_some()).unwrap_or(tree.modules.len());
    let mut after = Vec::new();
    let mut by_layer: BTreeMap<i64, Vec<Module>> = BTreeMap::new();
    for module in tree.modules.split_off(first) {
        match number(&module.name) {
            Some(layer) => by_layer.entry(layer).or_default().push(module),
            None => after.push(module),
        }
    }
    for (new, old) in layers.iter().enumerate() {
        for module in by_layer.get(old).into_iter().flatten() {
            let mut module = module.clone();
            let tail = module.name.get(inside.len()..).and_then(|tail| tail.split_once('.')).map(|(_, tail)| tail);
            module.name = tail.map_or_else(|| format!("{inside}{new}"), |tail| format!("{inside}{new}.{tail}"));
            tree.modules.push(module);
        }
    }
    tree.modules.extend(after);
    Ok(Some(tree))
}

/// Whether the cache is made by `layer_types`, to which PEFT adds nothing. Without a cache it does not matter.
fn has_kinds_of_layers(tree: &Tree) -> bool {
    let is_listed = matches!(tree.config.get("layer_types"), Some(Value::List(_)));
    let is_own = Quirk::OwnCache.is_of(tree.model_type);
    let has_cache = tree.config.get("use_cache") != Some(&Value::Bool(false)) && !is_own;
    has_cache && (is_listed || Quirk::KindsOfLayers.is_of(tree.model_type))
}

/// The list of layers, where PEFT looks for it.
fn list(tree: &Tree) -> Option<String> {
    let mut prefix = String::new();
    while tree.module(&format!("{prefix}model")).is_some() {
        prefix.push_str("model.");
    }
    if tree.module(&format!("{prefix}bert")).is_some() {
        prefix.push_str("bert.");
    }
    let found = ["layers", "encoder.layer", "h"].map(|name| format!("{prefix}{name}"));
    let list = found.into_iter().find(|name| tree.module(name).is_some())?;
    tree.module(&list).is_some_and(|module| module.kind == Kind::ModuleList).then_some(list)
}

fn unfit(need: String) -> Stop {
    Stop::Refused(Refusal::Unfit { key: "layer_replication", need })
}
