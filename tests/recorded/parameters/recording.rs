//! The format of `fixtures/parameters`, as its README describes it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

/// All cases of a model.
#[derive(Deserialize)]
pub(crate) struct Recording {
    pub(crate) model_config: Value,
    pub(crate) class: String,
    pub(crate) cases: Vec<Case>,
}

/// Counts in models of the published sizes.
#[derive(Deserialize)]
pub(crate) struct WellKnown {
    pub(crate) models: Vec<WellKnownModel>,
}

/// One of these models.
#[derive(Deserialize)]
pub(crate) struct WellKnownModel {
    pub(crate) name: String,
    pub(crate) model_config: Value,
    pub(crate) cases: Vec<Case>,
}

/// A config in a model.
#[derive(Deserialize)]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) config: String,
    pub(crate) refused: Option<String>,
    #[serde(default)]
    pub(crate) parameters: u64,
    #[serde(default)]
    pub(crate) distinct_parameters: u64,
    #[serde(default)]
    per_layer: BTreeMap<String, u64>,
    #[serde(default)]
    tensors: Vec<Entry>,
}

/// Tensors whose names differ in what stands in braces.
#[derive(Deserialize)]
struct Entry {
    name: String,
    #[serde(default)]
    layers: Vec<u64>,
    #[serde(default)]
    groups: Vec<u64>,
    #[serde(default)]
    parts: Vec<String>,
    #[serde(default)]
    shapes: BTreeMap<String, Vec<usize>>,
    #[serde(default)]
    aliases: BTreeMap<String, String>,
    same_as: Option<String>,
    kind: Option<String>,
    dtype: Option<String>,
    trained: Option<bool>,
    saved: Option<bool>,
}

/// A tensor, without the names under which it is saved.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tensor {
    pub(crate) shape: Vec<usize>,
    pub(crate) dtype: String,
    pub(crate) buffer: bool,
    pub(crate) trained: bool,
    pub(crate) saved: bool,
    pub(crate) unsaved: BTreeSet<String>,
}

impl Case {
    /// The parameters by layer; -1 for what belongs to none.
    pub(crate) fn per_layer(&self) -> BTreeMap<i64, u64> {
        self.per_layer.iter().map(|(layer, count)| (layer.parse().expect("a layer's number"), *count)).collect()
    }

    /// Each tensor by all its saved names, or by the unsaved ones if it has no others.
    pub(crate) fn tensors(&self) -> BTreeMap<BTreeSet<String>, Tensor> {
        // The tensors by one of their names each, and every name with that one.
        let mut tensors: BTreeMap<String, Tensor> = BTreeMap::new();
        let mut names: BTreeMap<String, (String, bool)> = BTreeMap::new();
        for entry in self.tensors.iter().filter(|entry| entry.same_as.is_none()) {
            let saved = entry.saved.unwrap_or(true);
            let buffer = entry.kind.as_deref() == Some("buffer");
            for module in entry.modules() {
                for (part, shape) in &entry.shapes {
                    let name = module.replace("{T}", part);
                    let first =
                        entry.aliases.get(part).map_or_else(|| name.clone(), |first| module.replace("{T}", first));
                    let (shape, trained) = (shape.clone(), entry.trained.unwrap_or(true));
                    let dtype = entry.dtype.clone().unwrap_or_else(|| "float32".to_owned());
                    let tensor = Tensor { shape, dtype, buffer, trained, saved, unsaved: BTreeSet::new() };
                    tensors.entry(first.clone()).or_insert(tensor);
                    names.insert(name, (first, saved));
                }
            }
        }
        let own_names = names.clone();
        for entry in &self.tensors {
            let Some(same_as) = &entry.same_as else { continue };
            let (before, after) = same_as.split_once("{T}").expect("the other module's tensors");
            for (name, (first, _)) in &own_names {
                let part = name.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
                let Some(part) = part else { continue };
                let wanted = entry.shapes.is_empty() || entry.shapes.contains_key(part);
                for module in entry.modules().into_iter().filter(|_| wanted) {
                    names.insert(module.replace("{T}", part), (first.clone(), entry.saved.unwrap_or(true)));
                }
            }
        }
        let mut by_tensor: BTreeMap<&String, [BTreeSet<String>; 2]> = BTreeMap::new();
        for (name, (first, saved)) in &names {
            by_tensor.entry(first).or_default()[usize::from(!saved)].insert(name.clone());
        }
        let with_names = |(first, [saved, unsaved]): (&String, [BTreeSet<String>; 2])| {
            let tensor = tensors[first].clone();
            if saved.is_empty() { (unsaved, tensor) } else { (saved, Tensor { unsaved, ..tensor }) }
        };
        by_tensor.into_iter().map(with_names).collect()
    }
}

impl Entry {
    /// The name for every combination of what stands in braces, `{T}` apart.
    fn modules(&self) -> Vec<String> {
        let numbers = |numbers: &[u64]| numbers.iter().map(u64::to_string).collect::<Vec<_>>();
        let mut names = vec![self.name.clone()];
        let stands = [("{L}", numbers(&self.layers)), ("{G}", numbers(&self.groups)), ("{P}", self.parts.clone())];
        for (braces, values) in stands {
            if self.name.contains(braces) {
                names = names.iter().flat_map(|name| values.iter().map(|value| name.replace(braces, value))).collect();
            }
        }
        names
    }
}
