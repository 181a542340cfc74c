//! The configs that the Hub's `generate.py` builds, as far as it takes to see which are equal.

use std::collections::BTreeMap;

use super::{Place, Repository};
use crate::dialects::FileKind;

use crate::document::Node;
use crate::python::is_true;
use crate::value::{Map, Value};

/// The index has two versions; the first takes `config_v1` where there is one.
const VERSIONS: [Option<&str>; 2] = [Some("config_v1"), None];

/// Architectures whose config an earlier one has too, in either version of the index.
pub(super) fn equal_architectures(repository: &Repository<'_>) -> BTreeMap<usize, usize> {
    equal(repository, FileKind::HubArchitecture, |place, version| {
        Some((Vec::new(), config_of(place.root, version)?.to_value()))
    })
}

/// Adapters of an organisation of which an earlier one is for the same model, task and subtask with the same config.
pub(super) fn equal_adapters(repository: &Repository<'_>) -> BTreeMap<usize, usize> {
    equal(repository, FileKind::HubAdapter, |place, version| {
        let names = ["type", "model_name", "task", "subtask"].map(|key| place.text(key));
        let names = std::iter::once(place.folder()).chain(names).collect::<Option<Vec<_>>>()?;
        let architecture = *repository.architectures.get(place.using()?)?.first()?;
        let Value::Map(mut config) = config_of(repository.places[architecture].root, version)?.to_value() else {
            return None;
        };
        for member in place.root.get("config")?.members().iter().filter(|member| member.key != "using") {
            config.insert(&member.key, member.node.to_value());
        }
        Some((names, Value::Map(config)))
    })
}

fn equal<'a>(
    repository: &Repository<'a>,
    kind: FileKind,
    build: impl Fn(&Place<'a>, Option<&str>) -> Option<(Vec<&'a str>, Value)>,
) -> BTreeMap<usize, usize> {
    let mut equal = BTreeMap::new();
    for version in VERSIONS {
        let mut seen = BTreeMap::new();
        for (at, place) in repository.of(kind) {
            if let Some((names, config)) = build(place, version) {
                let first = *seen.entry((names, format!("{:?}", normal_form(&config)))).or_insert(at);
                if first != at {
                    equal.entry(at).or_insert(first);
                }
            }
        }
    }
    equal
}

fn config_of<'a>(architecture: &'a Node, version: Option<&str>) -> Option<&'a Node> {
    let config = version.and_then(|key| architecture.get(key)).or_else(|| architecture.get("config"))?;
    config.is_map().then_some(config)
}

/// What of a config makes its id (`scripts/utils.py`, `get_adapter_config_hash`): mappings lose what Python takes for
/// false, though not those in lists, and the order of keys does not count. Two configs have one id exactly if their
/// normal forms are equal.
fn normal_form(config: &Value) -> Value {
    sorted(config, is_true)
}

fn sorted(value: &Value, keep: fn(&Value) -> bool) -> Value {
    match value {
        Value::Map(map) => {
            let kept = map.iter().filter(|(_, value)| keep(value));
            let mut entries: Vec<_> = kept.map(|(key, value)| (key.to_owned(), sorted(value, keep))).collect();
            entries.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
            Value::Map(entries.into_iter().collect::<Map>())
        }
        Value::List(items) => Value::List(items.iter().map(|item| sorted(item, |_| true)).collect()),
        leaf => leaf.clone(),
    }
}
