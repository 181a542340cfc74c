//! The tensors of a file, held against those that PEFT saves for the config on the base model.

use std::collections::{BTreeMap, BTreeSet};

use crate::dialects::peft::expected::{Adapted, Expected, HEADS, expect};
use crate::dialects::peft::names::{Name, Owner};
use crate::models::{Model, Tree};
use crate::tensors::{Tensor, TensorFile};
use crate::value::{Map, Value};

/// The tensors that should be there, and those that are.
#[derive(Debug)]
pub(super) struct Comparison<'a> {
    /// What should be there and is not.
    pub(super) missing: Vec<Expected>,
    /// What is there and has no place in the model.
    pub(super) unexpected: Vec<Tensor<'a>>,
    /// What has another shape than it should.
    pub(super) misshapen: Vec<(Tensor<'a>, Vec<Option<u64>>)>,
    /// Those of heads that have as many rows as there are labels.
    pub(super) heads: Vec<Tensor<'a>>,
    /// Tensors with the name of an adapter in theirs, and that name.
    pub(super) adapters: Vec<(Tensor<'a>, &'a str)>,
    /// How many tensors are where they should be.
    pub(super) placed: usize,
    /// What all names begin with, and what they should begin with, if that alone keeps them from their places.
    pub(super) shift: Option<(String, String)>,
}

impl<'a> Comparison<'a> {
    /// `None` where it is not known what PEFT saves. Of several models that the config may be meant for, the one that
    /// the file fits best is taken.
    pub(super) fn new(config: &Map, model: &Model, file: &'a TensorFile) -> Option<Self> {
        let task = config.get("task_type").and_then(Value::as_str);
        let model = model.config.as_ref()?;
        let trees = match Tree::of(model, None).filter(|_| task.is_none() && is_class_named(config, model)) {
            Some(tree) => vec![tree],
            None => Tree::candidates(model, task),
        };
        let mut best: Option<Self> = None;
        for tree in &trees {
            let Ok(Adapted { tensors, .. }) = expect(config, tree)? else { continue };
            let compared = Self::of(&tensors?, tree, file);
            let fit = |found: &Self| (found.placed, std::cmp::Reverse(found.missing.len() + found.unexpected.len()));
            if best.as_ref().is_none_or(|best| fit(best) < fit(&compared)) {
                best = Some(compared);
            }
        }
        best
    }

    fn of(expected: &[Expected], tree: &Tree, file: &'a TensorFile) -> Self {
        let known: BTreeMap<&str, &Expected> =
            expected.iter().map(|expected| (expected.name.as_str(), expected)).collect();
        let mut found = BTreeSet::new();
        let mut all = Self {
            missing: Vec::new(),
            unexpected: Vec::new(),
            misshapen: Vec::new(),
            heads: Vec::new(),
            adapters: Vec::new(),
            placed: 0,
            shift: None,
        };
        for tensor in file.iter() {
            let mut place = known.get(saved(tensor.name())).copied();
            if place.is_none()
                && let Some((name, adapter)) = without_adapter(tensor.name(), |name| known.contains_key(name))
            {
                place = known.get(name.as_str()).copied();
                all.adapters.push((tensor, adapter));
            }
            match place {
                Some(place) => {
                    found.insert(place.name.as_str());
                    all.placed += 1;
                    if !fits(tensor.shape(), &place.shape) {
                        all.misshapen.push((tensor, place.shape.clone()));
                    } else if place.shape.first() == Some(&None) && is_of_head(&place.name) {
                        all.heads.push(tensor);
                    }
                }
                // A parameter of the base model is taken over, whatever the config says of it.
                None if !is_parameter(tensor.name(), tree) => all.unexpected.push(tensor),
                None => {}
            }
        }
        all.missing = expected.iter().filter(|expected| !found.contains(expected.name.as_str())).cloned().collect();
        all.shift = shift(&all.unexpected, &known);
        all
    }
}

/// Whether a tensor is a classifier's own, saved whole.
fn is_of_head(name: &str) -> bool {
    let is_whole = matches!(Name::parse(name).owner, Owner::Whole { .. });
    is_whole && name.split('.').any(|part| HEADS.contains(&part))
}

/// Whether the adapter was made on the very class that the model's config names. Without a task PEFT writes it down.
fn is_class_named(config: &Map, model: &Map) -> bool {
    let mapping = config.get("auto_mapping").and_then(Value::as_map);
    let own = mapping.and_then(|mapping| mapping.get("base_model_class")).and_then(Value::as_str);
    let of_model = model.get("architectures").and_then(Value::as_list).and_then(|list| list.first());
    own.is_some() && own == of_model.and_then(Value::as_str)
}

/// A name as PEFT reads it: that of DoRA's lengths has two forms.
fn saved(name: &str) -> &str {
    match name.strip_suffix(".weight") {
        Some(path) if path.ends_with(".lora_magnitude_vector") => path,
        _ => name,
    }
}

/// The name without its last part or the one before it, if that is one that is known; and the part.
fn without_adapter(name: &str, is_known: impl Fn(&str) -> bool) -> Option<(String, &str)> {
    let (path, last) = name.rsplit_once('.')?;
    if is_known(path) {
        return Some((path.to_owned(), last));
    }
    let (path, adapter) = path.rsplit_once('.')?;
    let joined = format!("{path}.{last}");
    is_known(&joined).then_some((joined, adapter))
}

fn fits(shape: &[usize], wanted: &[Option<u64>]) -> bool {
    shape.len() == wanted.len()
        && shape.iter().zip(wanted).all(|(size, wanted)| wanted.is_none_or(|wanted| u64::try_from(*size) == Ok(wanted)))
}

fn is_parameter(name: &str, tree: &Tree) -> bool {
    let Some((module, parameter)) = name.strip_prefix("base_model.model.").and_then(|path| path.rsplit_once('.'))
    else {
        return false;
    };
    let module = module.strip_suffix(".base_layer").unwrap_or(module);
    tree.module(module).is_some_and(|module| module.parameter(parameter).is_some())
}

/// What has to be changed at the beginning of the names for at least half of them to have a place.
fn shift(unplaced: &[Tensor<'_>], known: &BTreeMap<&str, &Expected>) -> Option<(String, String)> {
    let first = unplaced.first()?.name();
    let common = |name: &str| {
        let ends = name.rsplit('.').zip(first.rsplit('.'));
        ends.take_while(|(a, b)| a == b).count()
    };
    let nearest = known.keys().max_by_key(|name| common(name))?;
    // The layer's number and what is below it have to be the same, or the whole of one of them.
    let shared = common(nearest);
    let begin = |name: &str| {
        let parts: Vec<_> = name.split('.').collect();
        let kept = parts.len() - shared;
        parts[..kept].iter().map(|part| format!("{part}.")).collect::<String>()
    };
    let (from, to) = (begin(first), begin(nearest));
    if from == to || shared < 2 {
        return None;
    }
    let is_moved = |tensor: &&Tensor<'_>| {
        tensor.name().strip_prefix(from.as_str()).is_some_and(|rest| known.contains_key(format!("{to}{rest}").as_str()))
    };
    let moved = unplaced.iter().filter(is_moved).count();
    (moved > 1 && moved * 2 >= unplaced.len()).then_some((from, to))
}
