use std::collections::{BTreeMap, BTreeSet};

use super::{Source, meaning};
use crate::dialects::adapterhub::load::Kind;
use crate::dialects::adapterhub::names::Name;
use crate::value::{Map, Value};

/// The release that files are written for.
const TARGET: &str = "adapters.1.3.0";

/// What is done to a tensor.
#[derive(Debug, Clone, PartialEq)]
pub struct Carried {
    /// Its name in the source.
    pub from: String,
    /// Its name in the result.
    pub to: String,
    /// A factor on its numbers; none where the bytes stay.
    pub factor: Option<f64>,
}

/// Something to know about a conversion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Whether the function would not be kept.
    pub loses: bool,
    /// What, and why.
    pub what: String,
}

impl Change {
    pub(super) fn note(what: impl Into<String>) -> Self {
        Self { loses: false, what: what.into() }
    }

    pub(super) fn loss(what: impl Into<String>) -> Self {
        Self { loses: true, what: what.into() }
    }
}

/// What a conversion does.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Whether it is an adapter or an AdapterFusion.
    pub(super) kind: Kind,
    /// The config file of the result.
    pub config: Map,
    /// The tensors, in the order of their names in the source.
    pub tensors: Vec<Carried>,
    /// What is worth knowing, and what would be lost.
    pub changes: Vec<Change>,
}

impl Plan {
    /// Plans the conversion of an adapter to the newest release, under its own name or another.
    #[must_use]
    pub fn new(source: &Source, name: Option<&str>) -> Self {
        let mut config = source.resolved.config().value();
        let mut changes = Vec::new();
        let mut tensors = Vec::new();
        let target = name.unwrap_or(&source.name);
        let factors = meaning::adjust(source, &mut config, &mut changes);
        let mut seen = BTreeSet::new();
        for tensor in source.tensors.iter() {
            let Some((parsed, _)) = Name::parse(tensor.name(), &source.name) else {
                let what = format!("`{}` is no tensor of `{}` and is left out", tensor.name(), source.name);
                changes.push(Change::loss(what));
                continue;
            };
            if let Some(why) = meaning::is_superfluous(source, &parsed) {
                changes.push(Change::note(format!("`{}` is left out: {why}", tensor.name())));
                continue;
            }
            let to = Name { adapter: target, ..parsed }.to_string();
            if !seen.insert(to.clone()) {
                changes.push(Change::loss(format!("two tensors would be called `{to}`")));
                continue;
            }
            let factor = factors.iter().find(|(applies, _)| applies(&parsed)).map(|(_, factor)| *factor);
            tensors.push(Carried { from: tensor.name().to_owned(), to, factor });
        }
        let config = file(source, target, config);
        Self { kind: source.kind, config, tensors, changes }
    }

    /// Whether the function would not be kept.
    #[must_use]
    pub fn loses(&self) -> bool {
        self.changes.iter().any(|change| change.loses)
    }

    /// How many tensors are carried over bit by bit, and how many are computed anew.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let changed = self.tensors.iter().filter(|tensor| tensor.factor.is_some()).count();
        (self.tensors.len() - changed, changed)
    }

    /// The names that change, from old to new.
    #[must_use]
    pub fn renamed(&self) -> BTreeMap<&str, &str> {
        let changed = self.tensors.iter().filter(|tensor| tensor.from != tensor.to);
        changed.map(|tensor| (tensor.from.as_str(), tensor.to.as_str())).collect()
    }
}

/// The config file as the newest release writes it: its own keys in order of name.
fn file(source: &Source, name: &str, config: Map) -> Map {
    let mut file: BTreeMap<&str, Value> = BTreeMap::new();
    for key in ["hidden_size", "model_class", "model_name", "model_type", "adapter_names"] {
        if let Some(value) = source.file.get(key) {
            file.insert(key, value.clone());
        }
    }
    file.insert("config", Value::Map(config));
    file.insert("name", Value::String(name.to_owned()));
    file.insert("version", Value::String(TARGET.to_owned()));
    file.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}
