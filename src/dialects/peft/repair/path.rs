//! The path before the names of a method's tensors.

use std::collections::BTreeSet;

use super::{Flaw, RepairError};
use crate::dialects::peft::PeftType;
use crate::dialects::peft::names::{BASE, SHARED, WRAPPERS};

/// The module that `DataParallel` and its kin put around a whole model.
const PARALLEL: &str = "module.";

/// What a path without PEFT's wrapper may begin with that is the model's own or none of it, and what is not clear then. The
/// last is what programs for pictures put before the names of the part that they adapt, whatever it is called in the model.
const DOUBTS: [(&str, &str); 3] = [
    ("model.model.", "whether the first `model` is PEFT's or the base model's"),
    (PARALLEL, "whether `module` is a wrapper of torch or a part of the base model"),
    ("diffusion_model.", "whether `diffusion_model` is a part of the base model or put there by another program"),
];

/// The whole path without wrappers of torch, and with PEFT's once.
pub(super) fn path(peft_type: Option<PeftType>, name: &str, flaws: &mut BTreeSet<Flaw>) -> Result<String, RepairError> {
    let parts: Vec<&str> = name.split('.').collect();
    let inner: Vec<&str> = parts.iter().copied().filter(|part| !WRAPPERS.contains(part)).collect();
    let mut path = inner.join(".");
    if inner.len() < parts.len() {
        flaws.insert(Flaw::Wrapped);
    }
    // Only before PEFT's own wrapper it is certain that it is none of the model's modules.
    while let Some(rest) = path.strip_prefix(PARALLEL).filter(|rest| is_parallel(rest)) {
        path = rest.to_owned();
        flaws.insert(Flaw::Wrapped);
    }
    // What holds the adapted model: a trainer's module, a model with a head for values. No model of transformers has a
    // part called `base_model`: the name is taken.
    let is_shared = |rest: &str| peft_type.and_then(PeftType::prefix).is_some_and(|prefix| rest.starts_with(prefix));
    if !path.starts_with(SHARED) {
        let mut inner = path.match_indices(SHARED).filter(|(at, _)| path[..*at].ends_with('.'));
        let is_peft = |rest: &str| rest.starts_with("model.") || is_shared(rest);
        if let Some((at, _)) = inner.find(|(at, wrapper)| is_peft(&path[at + wrapper.len()..])) {
            path.replace_range(..at, "");
            flaws.insert(Flaw::Held);
        }
    }
    let again = |path: &str| {
        let mut rests = [BASE, SHARED].into_iter().filter_map(|wrapper| path.strip_prefix(wrapper));
        rests.find(|rest| rest.starts_with(SHARED)).map(str::to_owned)
    };
    while let Some(rest) = again(&path) {
        path = rest;
        flaws.insert(Flaw::Doubled);
    }
    if path.starts_with(SHARED) {
        return Ok(path);
    }
    flaws.insert(Flaw::Bare);
    if let Some((_, doubt)) = DOUBTS.iter().find(|(begin, _)| path.starts_with(begin)) {
        return Err(RepairError::Unclear { name: name.to_owned(), doubt });
    }
    Ok(format!("{}{path}", if is_shared(&path) { SHARED } else { BASE }))
}

fn is_parallel(rest: &str) -> bool {
    rest.starts_with(SHARED) || rest.starts_with("module.base_model.")
}
