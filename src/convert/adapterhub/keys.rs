//! The config in a release's shape: its keys, and its words for values.

use std::collections::BTreeSet;

use super::super::Change;
use super::facts;
use crate::dialects::adapterhub::Role;
use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::dialects::adapterhub::release::Release;
use crate::dialects::adapterhub::release::facts::since;
use crate::dialects::adapterhub::release::values;
use crate::dialects::adapterhub::releases::lifetime;
use crate::dialects::{File, FileKind, Targets};
use crate::document::write::{to_json, to_line};
use crate::document::{Document, Format};
use crate::value::{Int, Map, Value};

/// A config as a release writes it, from the newest release's. What it has no words for is a loss.
pub(super) fn shape(config: &Map, target: Release, model_type: &str, changes: &mut Vec<Change>) -> Map {
    let method = config.get("architecture").and_then(Value::as_str);
    if method == Some("union") {
        if !target.is_since(since::ARCHITECTURES) {
            changes.push(Change::loss(format!("{target} has no unions of methods")));
        }
        let member = |member: &Value| match member {
            Value::Map(member) => Value::Map(shape(member, target, model_type, changes)),
            other => other.clone(),
        };
        let members: Vec<_> =
            config.get("configs").and_then(Value::as_list).unwrap_or_default().iter().map(member).collect();
        let entries = [("architecture", Value::String("union".to_owned())), ("configs", Value::List(members))];
        return entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    }
    let fields = Method::of_architecture(method).map(Method::fields).unwrap_or_default();
    let method = method.unwrap_or("bottleneck");
    if let Some(first) = lifetime(method, if method == "bottleneck" { "mh_adapter" } else { "architecture" })
        && !target.is_since(first.since)
    {
        changes.push(Change::loss(format!(
            "{target} has no {}: it was added in {}",
            method.replace('_', " "),
            first.since
        )));
        return sorted(config);
    }
    let idle = idle(config, model_type);
    let mut shaped = Map::new();
    for (key, value) in config.iter() {
        let default = fields.iter().find(|(name, _)| name == key).and_then(|(_, default)| default.as_ref());
        let nests = target.is_typed() && key.starts_with("inv_adapter");
        let is_default = nests || default.is_some_and(|default| same(default, value));
        if !is_default && idle.contains(key) && !knows(method, key, target) {
            let value = to_line(value);
            changes
                .push(Change::note(format!("{target} does not know `{key}`, which is {value} here and has no effect")));
        } else if let Some(kept) = known(method, key, value, target, is_default, changes) {
            shaped.insert(key, word(key, kept, target, changes));
        }
    }
    if target.is_typed() && method == "bottleneck" {
        shaped.insert("invertible_adapter", nested(config, &shaped));
    }
    sorted(&shaped)
}

/// The keys that the newest release does not read in this config, or that change nothing in it.
fn idle(config: &Map, model_type: &str) -> BTreeSet<String> {
    let text = |text: &str| Value::String(text.to_owned());
    let version = Release::NEWEST.version().unwrap_or_default();
    let entries =
        [("config", Value::Map(config.clone())), ("model_type", text(model_type)), ("version", text(&version))];
    let file: Map = entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    let document = Document::read(to_json(&Value::Map(file)).into_bytes(), Format::Json);
    let Some(root) = document.root.as_ref() else { return BTreeSet::new() };
    let file =
        File { document: &document, root, name: Role::Adapter.config_name(), model: None, targets: Targets::default() };
    let subject = Subject::new(FileKind::AdapterConfig, file);
    let Some(view) = subject.configs.first() else { return BTreeSet::new() };
    let is_idle = |key: &&str| view.idle(key, subject.model.as_ref()).is_some();
    config.iter().map(|(key, _)| key).filter(is_idle).map(str::to_owned).collect()
}

/// Whether a release knows a key of a method.
pub(super) fn knows(method: &str, key: &str, target: Release) -> bool {
    lifetime(method, key).is_none_or(|life| target.is_since(life.since))
}

/// An AdapterFusion's config as a release writes it.
pub(super) fn fusion(config: &Map, target: Release, changes: &mut Vec<Change>) -> Map {
    let kept = config.iter().filter_map(|(key, value)| {
        let kept = known("fusion", key, value, target, *value == Value::Null, changes)?;
        Some((key.to_owned(), kept.clone()))
    });
    sorted(&kept.collect())
}

/// The value, if the release knows the key; if it does not, and the value does more than nothing, that is told.
fn known<'v>(
    method: &str,
    key: &str,
    value: &'v Value,
    target: Release,
    is_default: bool,
    changes: &mut Vec<Change>,
) -> Option<&'v Value> {
    if knows(method, key, target) {
        return Some(value);
    }
    if is_default {
        return None;
    }
    if facts::TRAINING_ONLY.contains(&key) {
        changes.push(Change::note(format!("{target} does not know `{key}`, which matters in training only")));
    } else {
        let value = to_line(value);
        changes.push(Change::loss(format!("{target} does not know `{key}`, which is {value} here")));
    }
    None
}

/// The release's word for a value.
fn word(key: &str, value: &Value, target: Release, changes: &mut Vec<Change>) -> Value {
    if let ("reduction_factor", Value::Map(factors)) = (key, value) {
        return mapping(key, factors, target, changes);
    }
    let mut came = |since: Release, what: &str| {
        if !target.is_since(since) {
            changes.push(Change::loss(format!("{target} does not know {what} for `{key}`: it was added in {since}")));
        }
        value.clone()
    };
    match (key, value) {
        ("non_linearity", Value::Null) => came(since::NAMES_LIBRARY, "null"),
        ("non_linearity", Value::String(name)) => match activation(name, target) {
            Ok(name) => Value::String(name),
            Err(Some(since)) => came(since, name),
            Err(None) => {
                changes.push(Change::loss(format!("no release knows {name} for `{key}`")));
                value.clone()
            }
        },
        ("scaling", Value::String(word)) if word == "channel" => came(since::SCALES_LORA, "\"channel\""),
        ("residual_before_ln", Value::String(word)) if word == "post_add" => came(since::ADAPTERS, "\"post_add\""),
        ("reduction_factor", Value::Float(factor)) if !target.is_since(since::FLOAT_FACTORS) => {
            // These releases divide by it as Python divides integers, and want an integer.
            match whole(*factor) {
                Some(factor) => Value::Int(factor),
                None => came(since::FLOAT_FACTORS, "a fraction"),
            }
        }
        ("init_weights", Value::String(word)) if word == "houlsby" && !target.is_since(since::SCALES_LORA) => {
            Value::String("bert".to_owned())
        }
        _ => value.clone(),
    }
}

/// The factors of single layers; one for all is as good as a number.
fn mapping(key: &str, factors: &Map, target: Release, changes: &mut Vec<Change>) -> Value {
    let since = since::REDUCTION_MAP;
    if !target.is_since(since) {
        match factors.get("default").filter(|usual| factors.iter().all(|(_, factor)| same(factor, usual))) {
            Some(usual) => return word(key, usual, target, changes),
            None => changes.push(Change::loss(format!(
                "{target} does not know a mapping of layers for `{key}`: it was added in {since}"
            ))),
        }
    }
    let factors = factors.iter().map(|(layer, factor)| (layer.to_owned(), word(key, factor, target, changes)));
    Value::Map(factors.collect())
}

/// A release's name for an activation that the newest release calls so.
///
/// # Errors
/// The first release that has it, if this one does not; `None` if no release has.
pub(super) fn activation(name: &str, target: Release) -> Result<String, Option<Release>> {
    let lower = name.to_lowercase();
    let first = |name: &str| values::first_with_activation(name).ok_or(None);
    let is_old = target.has_own_activations();
    let (same, since) = match lower.as_str() {
        "silu" if is_old => ("swish", first("swish")?),
        "leaky_relu" if !target.is_since(first("leaky_relu")?) => ("leakyrelu", first("leakyrelu")?),
        "gelu_new" if is_old => ("gelu", first("gelu")?),
        "gelu" if is_old => (values::GELU_ORIG, since::GELU_ORIG),
        other => (other, first(other)?),
    };
    if !target.is_since(since) {
        return Err(Some(since));
    }
    Ok(if same == lower { name.to_owned() } else { same.to_owned() })
}

/// The invertible adapter as 1.x writes it. A task's adapter does not build it, but where 1.x's own architecture names one,
/// its file does, too.
fn nested(config: &Map, shaped: &Map) -> Value {
    match config.get("inv_adapter") {
        Some(Value::String(block)) => {
            let of = |map: &Map, key: &str| map.get(key).cloned().unwrap_or(Value::Null);
            let entries = [
                ("block_type", Value::String(block.clone())),
                ("non_linearity", of(shaped, "non_linearity")),
                ("reduction_factor", of(config, "inv_adapter_reduction_factor")),
            ];
            Value::Map(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
        }
        _ if facts::is_pfeiffer(shaped) => facts::pfeiffer_invertible(),
        _ => Value::Null,
    }
}

fn same(left: &Value, right: &Value) -> bool {
    let is_number = |value: &Value| matches!(value, Value::Int(_) | Value::Float(_));
    left == right || is_number(left) && is_number(right) && left.as_f64() == right.as_f64()
}

fn whole(number: f64) -> Option<Int> {
    (number.is_finite() && number.fract() == 0.0).then(|| Int::parse(&format!("{number:.0}"))).flatten()
}

/// The entries in order of their keys, as all releases write them.
pub(in crate::convert) fn sorted(map: &Map) -> Map {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_unstable_by_key(|(key, _)| *key);
    let deep = |value: &Value| match value {
        Value::Map(map) => Value::Map(sorted(map)),
        Value::List(items) => Value::List(
            items
                .iter()
                .map(|item| if let Value::Map(map) = item { Value::Map(sorted(map)) } else { item.clone() })
                .collect(),
        ),
        other => other.clone(),
    };
    entries.into_iter().map(|(key, value)| (key.to_owned(), deep(value))).collect()
}
