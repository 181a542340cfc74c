//! Prediction heads.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Carried, Change, Weights};
use super::{Part, keys};
use crate::dialects::adapterhub::files::Head;
use crate::dialects::adapterhub::names::{Container, Name};
use crate::dialects::adapterhub::release::Release;
use crate::dialects::adapterhub::release::does;
use crate::document::write::to_line;
use crate::models::Model;
use crate::ordered;
use crate::value::{Map, Value};

/// The heads that are linear layers with dropouts and activations between.
const OF_LABELS: [&str; 6] = [
    "classification",
    "image_classification",
    "multilabel_classification",
    "multiple_choice",
    "question_answering",
    "tagging",
];

/// The config of a head as a release writes it; null stays null: a class with a fixed head has none.
pub(super) fn config(part: &Part, target: Release, changes: &mut Vec<Change>) -> Value {
    let Some(config) = part.written() else { return part.file.get("config").cloned().unwrap_or(Value::Null) };
    let kind = config.get("head_type").and_then(Value::as_str).unwrap_or_default();
    let model_type = part.model_type();
    match does::head_type(kind) {
        // Of heads of the user's own nothing is known; a file without a type is that of a class with a fixed head.
        None if target != part.release && !kind.is_empty() => changes.push(Change::loss(format!(
            "no release has heads of type {kind}; what {target} makes of one is not known"
        ))),
        Some(since) if !target.is_since(since) => {
            changes.push(Change::loss(format!("{target} has no head of type {kind}: it was added in {since}")));
        }
        _ => {}
    }
    if let Some(since) = does::head_of_model(model_type, kind)
        && !target.is_since(since)
    {
        changes.push(Change::loss(format!(
            "{target} has no head of type {kind} in models of type {model_type}: it was added in {since}"
        )));
    }
    let mut shaped = Map::new();
    for (key, value) in config.iter() {
        let since = does::head_key(key);
        if target.is_since(since) {
            shaped.insert(key, value.clone());
        } else if key == "dropout_prob" {
            if *value != Value::Null {
                changes.push(Change::note(format!(
                    "{target} does not know `dropout_prob`, which matters in training only"
                )));
            }
        } else if !is_default(config, key, value, part.file.get("hidden_size")) {
            let value = to_line(value);
            changes.push(Change::loss(format!("{target} does not know the head's `{key}`, which is {value} here")));
        }
    }
    // What the release would write as well. Which release saved a head alone, 1.x or 2.x, its file does not tell.
    let is_label_head = OF_LABELS.contains(&kind);
    let with_pooler = is_label_head && !["question_answering", "tagging"].contains(&kind);
    let with_bias = with_pooler && kind != "multiple_choice";
    let has_width = ["causal_lm", "masked_lm"].contains(&kind);
    let width = part.file.get("hidden_size").cloned();
    let new = [
        ("bias", Some(Value::Bool(true)), with_bias),
        ("use_pooler", Some(Value::Bool(false)), with_pooler),
        ("dropout_prob", Some(Value::Null), is_label_head || kind == "causal_lm"),
        ("embedding_size", width, has_width),
    ];
    for (key, value, _) in new.into_iter().filter(|(.., has_it)| *has_it) {
        if let Some(value) = value.filter(|_| target.is_since(does::head_key(key)) && !shaped.contains_key(key)) {
            shaped.insert(key, value);
        }
    }
    if let Some(Value::String(name)) = config.get("activation_function") {
        shaped.insert("activation_function", activation(name, part.release, target, changes));
    }
    Value::Map(keys::sorted(&shaped))
}

/// The activation of a head: the same names as for adapters, but the library never renames them by itself.
fn activation(name: &str, source: Release, target: Release, changes: &mut Vec<Change>) -> Value {
    let current = match name.to_lowercase().as_str() {
        "gelu" if source.has_own_activations() => "gelu_new",
        "gelu_orig" if source.has_own_activations() => "gelu",
        _ => name,
    };
    match keys::activation(current, target) {
        Ok(name) => Value::String(name),
        Err(since) => {
            let what = match since {
                Some(since) => format!("{target} does not know the head's activation {name}: it was added in {since}"),
                None => format!("no release knows the head's activation {name}"),
            };
            changes.push(Change::loss(what));
            Value::String(name.to_owned())
        }
    }
}

/// Whether the head is the same without this key, in a model of this size.
pub(crate) fn is_default(config: &Map, key: &str, value: &Value, hidden_size: Option<&Value>) -> bool {
    if key == "embedding_size" {
        return hidden_size == Some(value);
    }
    // A config that cannot be typed is none of the library's: only null says nothing then.
    let typed = |config: &Map| config.typed::<Head>().ok();
    let mut without = config.clone();
    without.remove(key);
    match (typed(config), typed(&without)) {
        (Some(with), Some(without)) => with == without,
        _ => *value == Value::Null,
    }
}

/// The tensors of a head under the release's names.
pub(super) fn tensors(
    part: &Part,
    weights: &Weights,
    target: Release,
    name: &str,
    model: Option<&Model>,
    changes: &mut Vec<Change>,
) -> Vec<Carried> {
    let numbers = numbers(part, weights, target, model, changes);
    let renamed = weights.iter().map(|tensor| {
        let to = match Name::parse(tensor.name(), &part.name) {
            Some((parsed, _)) if parsed.container == Container::Heads => {
                let leaf = renumbered(parsed.leaf, &numbers);
                Name { adapter: name, leaf: &leaf, ..parsed }.to_string()
            }
            // The head of a class with a fixed one, or what else belongs to it.
            _ => tensor.name().to_owned(),
        };
        Carried::same(tensor, to)
    });
    let tensors: Vec<_> = renamed.collect();
    let names: BTreeSet<_> = tensors.iter().map(|carried| carried.to.as_str()).collect();
    if names.len() < tensors.len() {
        changes.push(Change::loss("two tensors of the head would have the same name"));
    }
    tensors
}

/// For the number of each linear layer the number that the release gives it.
fn numbers(
    part: &Part,
    weights: &Weights,
    target: Release,
    model: Option<&Model>,
    changes: &mut Vec<Change>,
) -> BTreeMap<usize, usize> {
    let none = BTreeMap::new();
    let Some(config) = part.written() else { return none };
    let kind = config.get("head_type").and_then(Value::as_str).unwrap_or_default();
    if !OF_LABELS.contains(&kind) {
        return none;
    }
    let found: BTreeSet<usize> = weights
        .iter()
        .filter_map(|tensor| {
            let (parsed, _) = Name::parse(tensor.name(), &part.name)?;
            parsed.leaf.strip_suffix(".weight")?.parse().ok()
        })
        .collect();
    let has_activation = config.get("activation_function").is_some_and(|value| *value != Value::Null);
    let step = if has_activation { 3 } else { 2 };
    // A dropout stands before each linear layer, and an activation behind each but the last.
    let with_dropouts = ordered::map(found.iter().enumerate().map(|(layer, number)| (*number, layer * step + 1)));
    let has_dropouts = with_dropouts.iter().all(|(from, to)| from == to);
    if has_dropouts {
        if target.leaves_out_dropouts() && !part.release.leaves_out_dropouts() {
            // Without a model they stay as most have them.
            let dropout = model.and_then(Model::dropout);
            let above = if dropout == Some(0.0) { "of 0" } else { "above 0" };
            changes.push(Change::note(format!(
                "in {target}, the numbers of a head's layers depend on the base model's dropout: they are numbered for one {above}"
            )));
            if dropout == Some(0.0) {
                return ordered::map(found.iter().enumerate().map(|(layer, number)| (*number, layer * (step - 1))));
            }
        }
        return none;
    }
    let without_dropouts = found.iter().enumerate().all(|(layer, number)| *number == layer * (step - 1));
    if without_dropouts && target.leaves_out_dropouts() {
        return none;
    }
    if !without_dropouts {
        changes.push(Change::loss("no release numbers the head's layers in this way"));
        return none;
    }
    changes.push(Change::note("the head's layers are renumbered: they were counted without dropouts of 0"));
    with_dropouts
}

fn renumbered(leaf: &str, numbers: &BTreeMap<usize, usize>) -> String {
    let moved = leaf.split_once('.').and_then(|(number, rest)| {
        let to = numbers.get(&number.parse().ok()?)?;
        Some(format!("{to}.{rest}"))
    });
    moved.unwrap_or_else(|| leaf.to_owned())
}
