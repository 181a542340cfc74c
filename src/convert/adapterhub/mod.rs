//! AdapterHub's files, from one release to another.

mod meaning;
mod part;

pub use part::Part;
pub(super) use part::open;

use std::collections::{BTreeMap, BTreeSet};

use super::{Carried, Change, Options, Output, Plan, Recipe, Release, Weights};
use crate::dialects::adapterhub::names::Name;
use crate::value::{Map, Value};

/// Plans the conversion of all parts to a release.
pub(super) fn plan(parts: &[Part], weights: &[Weights], _release: &Release, options: &Options) -> Plan {
    let mut plan = Plan { outputs: Vec::new(), changes: Vec::new() };
    for part in parts {
        let output = output(part, &weights[part.weights], options, &mut plan.changes);
        plan.outputs.push(output);
    }
    plan
}

fn output(part: &Part, weights: &Weights, options: &Options, changes: &mut Vec<Change>) -> Output {
    let mut config = part.resolved.config().value();
    let mut tensors = Vec::new();
    let target = options.name.as_deref().unwrap_or(&part.name);
    let factors = meaning::adjust(part, weights, &mut config, changes);
    let mut seen = BTreeSet::new();
    for tensor in weights.iter() {
        let Some((parsed, _)) = Name::parse(tensor.name(), &part.name) else {
            changes.push(Change::loss(format!("`{}` is no tensor of `{}` and is left out", tensor.name(), part.name)));
            continue;
        };
        if let Some(why) = meaning::is_superfluous(part, weights, &parsed) {
            changes.push(Change::note(format!("`{}` is left out: {why}", tensor.name())));
            continue;
        }
        let to = Name { adapter: target, ..parsed }.to_string();
        if !seen.insert(to.clone()) {
            changes.push(Change::loss(format!("two tensors would be called `{to}`")));
            continue;
        }
        let mut carried = Carried::same(tensor, to);
        if let Some((_, factor)) = factors.iter().find(|(applies, _)| applies(&parsed)) {
            carried.recipe = Recipe::tensor(tensor.name()).scaled(*factor);
        }
        tensors.push(carried);
    }
    Output {
        config_name: part.role.config_name(),
        config: file(part, target, config),
        weights_names: part.role.weights_names(),
        metadata: BTreeMap::new(),
        reads: part.weights,
        tensors,
    }
}

/// The config file as the newest release writes it: its own keys in order of name.
fn file(part: &Part, name: &str, config: Map) -> Map {
    let mut file: BTreeMap<&str, Value> = BTreeMap::new();
    for key in ["hidden_size", "model_class", "model_name", "model_type", "adapter_names"] {
        if let Some(value) = part.file.get(key) {
            file.insert(key, value.clone());
        }
    }
    file.insert("config", Value::Map(config));
    file.insert("name", Value::String(name.to_owned()));
    file.insert("version", Value::String("adapters.1.3.0".to_owned()));
    file.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}
