//! From checkpoints to what is told of them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Base, File, Inspection, Part, Release, Slot, Stats, Tensor, ToldBy};
use crate::checkpoint::{self, Weights};
use crate::dialects::Dialect;
use crate::dialects::adapterhub::checkpoint::{self as adapterhub, Expected, Saved, by_name};
use crate::dialects::adapterhub::slots;
use crate::dialects::peft;
use crate::document::{Document, Node};
use crate::merge::Origin;
use crate::methods::parameters::Nature;
use crate::models::Model;
use crate::tensors::{self, Kind, TensorFile};
use crate::value::Value;

impl Inspection {
    /// What is told of the parts at a path; with what their numbers are like if `stats`.
    #[must_use]
    pub fn new(path: &str, parts: &[checkpoint::Part], model: Option<&Model>, stats: bool) -> Self {
        let parts = parts.iter().map(|part| Part::new(part, model, stats)).collect();
        Self { version: 1, path: path.to_owned(), parts }
    }
}

impl Part {
    fn new(part: &checkpoint::Part, model: Option<&Model>, stats: bool) -> Self {
        let config = part.config.as_ref().map(|(name, document)| (name.as_str(), document));
        let root = config.and_then(|(_, document)| document.root.as_ref());
        let weights = part.weights.iter().find_map(|weights| weights.tensors.as_ref().ok());
        let saved = part.role.map(|role| Saved::read(role, config, weights, model));
        let expected = saved.as_ref().and_then(Saved::tensors).unwrap_or_default();
        let mut told = Self {
            folder: part.folder.clone(),
            role: part.role.map(|role| role.name().to_owned()),
            dialect: part.recognised.dialect.map(|dialect| dialect.as_str().to_owned()),
            release: None,
            name: None,
            methods: Vec::new(),
            base: root.map(Base::of).unwrap_or_default(),
            config: None,
            config_error: None,
            remarks: Vec::new(),
            files: part.weights.iter().map(|weights| File::new(weights, expected, stats)).collect(),
        };
        match (saved, part.recognised.dialect, config.zip(root)) {
            (Some(saved), ..) => told.adapterhub(&saved, root),
            (None, Some(Dialect::Peft), Some(((_, document), root))) => told.peft(document, root),
            _ => {}
        }
        // What the library says of a broken text is said better by what is broken.
        if let Some((name, document)) = config
            && let Some((position, problem)) = document.flaw()
        {
            told.config_error = Some(format!("{name}:{}:{}: {}", position.line, position.column, problem.detail));
        }
        told
    }

    fn adapterhub(&mut self, saved: &Saved, root: Option<&Node>) {
        self.name.clone_from(&saved.name);
        self.release = saved.release.as_ref().map(|release| Release {
            library: release.library.to_owned(),
            version: release.version.clone(),
            told_by: match release.told_by {
                adapterhub::ToldBy::Version => ToldBy::Version,
                adapterhub::ToldBy::Layout => ToldBy::Layout,
            },
        });
        match &saved.resolved {
            Some(Ok(resolved)) => {
                self.config = Some(Value::Map(resolved.sparse().value()).told());
                self.remarks.extend(resolved.notes().iter().map(ToString::to_string));
                let method = resolved.method().and_then(|method| method.architecture());
                let of_slots: BTreeSet<_> = saved
                    .tensors()
                    .unwrap_or_default()
                    .iter()
                    .filter_map(|expected| Some(expected.slot.as_ref()?.method.name()))
                    .collect();
                self.methods = of_slots.into_iter().map(str::to_owned).collect();
                if self.methods.is_empty() && resolved.method().is_some() {
                    self.methods = vec![method.unwrap_or("bottleneck").replace('_', "-")];
                }
            }
            Some(Err(error)) => self.config_error = Some(format!("the library refuses the config: {error}")),
            None => self.config = root.and_then(|root| root.get("config")).map(|config| config.to_value().told()),
        }
        if let Some(wrapper) = &saved.wrapper {
            self.remarks.push(format!("`{wrapper}` stands before the names of the tensors, so that none is found"));
        }
        if let Some(Err(unknown)) = &saved.expected {
            self.remarks.push(format!("the places of the tensors cannot be told: {unknown}"));
        }
    }

    fn peft(&mut self, document: &Document, root: &Node) {
        let text = |key| root.get(key).and_then(Node::as_str).map(str::to_owned);
        self.role = Some("adapter".to_owned());
        self.methods = text("peft_type").map(|name| name.to_lowercase()).into_iter().collect();
        self.base.model_name = text("base_model_name_or_path");
        let release = |version| Release { library: "peft".to_owned(), version, told_by: ToldBy::Version };
        self.release = text("peft_version").map(release);
        match peft::load::Loaded::document(document, &|_| Origin::Inline, &[]) {
            Ok(loaded) => self.config = Some(Value::Map(loaded.sparse().value()).told()),
            Err(error) => self.config_error = Some(format!("PEFT refuses the config: {error}")),
        }
    }
}

impl Base {
    fn of(root: &Node) -> Self {
        let text = |key| root.get(key).and_then(Node::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
        let hidden = root.get("hidden_size").and_then(|node| node.value().as_i64());
        Self {
            model_type: text("model_type"),
            model_name: text("model_name"),
            model_class: text("model_class"),
            hidden_size: hidden.and_then(|size| u64::try_from(size).ok()),
        }
    }
}

impl File {
    fn new(weights: &Weights, expected: &[Expected], stats: bool) -> Self {
        let mut told = Self {
            name: weights.name.clone(),
            format: None,
            bytes: weights.bytes,
            error: None,
            parameters: 0,
            tensor_bytes: 0,
            tensors: Vec::new(),
        };
        match &weights.tensors {
            Ok(file) => told.tensors(file, expected, stats),
            Err(error) => told.error = Some(error.within()),
        }
        told
    }

    fn tensors(&mut self, file: &TensorFile, expected: &[Expected], stats: bool) {
        self.format = Some(file.format().to_string());
        let places = by_name(expected);
        let place = |name: &str| places.get(&*adapterhub::names::current(name)).copied();
        let is_usual = |name: &str| {
            place(name).is_some_and(|number| expected[number].name() == &*adapterhub::names::current(name))
        };
        let mut tied: BTreeMap<&str, Vec<tensors::Tensor<'_>>> = BTreeMap::new();
        for tensor in file.iter() {
            tied.entry(tensor.alias().name()).or_default().push(tensor);
        }
        let mut counted = BTreeSet::new();
        let mut all: Vec<(Option<usize>, Vec<NaturalPart>, Tensor)> = Vec::new();
        for group in tied.into_values() {
            // The usual name of a slot stands for all of them.
            let names: Vec<_> = group.iter().map(|tensor| tensor.name()).collect();
            let usual = names.iter().position(|name| is_usual(name)).unwrap_or(0);
            let first = group[usual];
            let number = names.iter().find_map(|name| place(name));
            let found = number.and_then(|number| expected[number].slot.as_ref());
            let told = Tensor {
                name: first.name().to_owned(),
                aliases: names.iter().filter(|name| **name != names[usual]).map(|name| (*name).to_owned()).collect(),
                slot: found.map(Slot::new),
                shape: first.shape().iter().map(|size| *size as u64).collect(),
                dtype: first.dtype().name().to_owned(),
                elements: first.elements() as u64,
                bytes: first.byte_len() as u64,
                stats: if stats { self.statistics(first) } else { None },
            };
            let is_number = matches!(first.dtype().kind(), Kind::Float | Kind::Complex);
            let is_parameter = found.map_or(is_number, |found| found.nature != Nature::Buffer);
            // What is saved twice, not sharing memory, is one parameter all the same.
            if is_parameter && number.is_none_or(|number| counted.insert(number)) {
                self.parameters = self.parameters.saturating_add(told.elements);
            }
            self.tensor_bytes = self.tensor_bytes.saturating_add(told.bytes);
            all.push((number, natural(&told.name), told));
        }
        all.sort_unstable_by(|a, b| (a.0.is_none(), a.0, &a.1).cmp(&(b.0.is_none(), b.0, &b.1)));
        self.tensors = all.into_iter().map(|(.., told)| told).collect();
    }

    /// What the numbers of a tensor are like; nothing of those that no `f64` holds.
    fn statistics(&mut self, tensor: tensors::Tensor<'_>) -> Option<Stats> {
        match tensor.statistics() {
            Ok(found) => Some(found.into()),
            Err(error) => {
                if error.is_io() {
                    self.error.get_or_insert_with(|| error.within());
                }
                None
            }
        }
    }
}

/// A part of a name, so that layer 10 comes after layer 9.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum NaturalPart {
    Number(u64),
    Text(String),
}

fn natural(name: &str) -> Vec<NaturalPart> {
    let part = |part: &str| part.parse().map_or_else(|_| NaturalPart::Text(part.to_owned()), NaturalPart::Number);
    name.split('.').map(part).collect()
}

impl Slot {
    fn new(slot: &slots::Slot) -> Self {
        Self {
            layer: slot.layer,
            site: slot.site.name().to_owned(),
            method: slot.method.name().to_owned(),
            role: slot.role.clone(),
            symbols: slot.shape.iter().map(|axis| axis.symbol.to_owned()).collect(),
            nature: slot.nature,
        }
    }
}

impl From<tensors::Statistics> for Stats {
    fn from(found: tensors::Statistics) -> Self {
        let tensors::Statistics { min, max, mean, norm, zeros, nan, infinite } = found;
        let finite = |value: f64| value.is_finite().then_some(value);
        Self { min, max, mean: mean.and_then(finite), norm: finite(norm), zeros, nan, infinite }
    }
}
