//! LayerNorm tuning: a copy of a whole module, be it a norm or a block (`ln_tuning/layer.py`).

use std::collections::BTreeSet;

use super::case::Case;
use super::saved::saved;
use super::{Refusal, Rows, Stop, select};
use crate::dialects::peft::PeftType::LnTuning;
use crate::models::Quirk;
use crate::models::tree::{Kind, Module};

/// That each module is one that can be copied: PEFT looks for its first parameter, and for what is in a block before it was
/// wrapped.
pub(super) fn check(case: &Case<'_>, modules: &[&Module]) -> Result<(), Stop> {
    if case.method != LnTuning {
        return Ok(());
    }
    let targets: BTreeSet<&str> = modules.iter().map(|module| module.name.as_str()).collect();
    for module in modules {
        let outer =
            module.name.match_indices('.').map(|(at, _)| &module.name[..at]).find(|outer| targets.contains(outer));
        if let Some(outer) = outer {
            return refuse(module, format!("it is in `{outer}`, which is adapted as a whole"));
        }
        if !within(case, module).any(|inner| !inner.parameters.is_empty()) {
            return refuse(module, "it has no parameters".to_owned());
        }
        if let Some(inner) = saved_within(case, module)?.into_iter().find(|inner| is_child(module, inner)) {
            return refuse(module, format!("`{}`, which is inside it, is in `modules_to_save`", inner.name));
        }
    }
    Ok(())
}

/// That no module is a list: the model goes through it, which the copy cannot be.
pub(super) fn run(case: &Case<'_>) -> Result<(), Refusal> {
    if case.method != LnTuning {
        return Ok(());
    }
    let modules = select::modules(case, false).unwrap_or_default();
    match modules.into_iter().find(|module| module.kind == Kind::ModuleList) {
        Some(module) => Err(Refusal::Misfit {
            module: module.name.clone(),
            key: "target_modules",
            need: "a list of modules would be copied, but the model goes through the list".to_owned(),
        }),
        None => Ok(()),
    }
}

/// The modules in a block that `modules_to_save` names.
fn saved_within<'c>(case: &'c Case<'_>, module: &'c Module) -> Result<Vec<&'c Module>, Stop> {
    let saved = saved(case)?;
    let meets =
        |inner: &&Module| inner.name != module.name && saved.iter().any(|name| inner.name.ends_with(name.as_str()));
    Ok(within(case, module).filter(meets).collect())
}

fn is_child(module: &Module, inner: &Module) -> bool {
    inner.name.rsplit_once('.').is_some_and(|(parent, _)| parent == module.name)
}

fn refuse(module: &Module, need: String) -> Result<(), Stop> {
    Err(Stop::Refused(Refusal::Misfit { module: module.name.clone(), key: "target_modules", need }))
}

/// The module, and those in it.
fn within<'c>(case: &'c Case<'_>, module: &'c Module) -> impl Iterator<Item = &'c Module> {
    let is_within = |inner: &&Module| {
        inner.name.strip_prefix(module.name.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    case.tree.modules.iter().filter(is_within)
}

/// The tensors at one module: those of the copy. Of names in a block, the one of the adapter stays.
pub(super) fn at(case: &Case<'_>, module: &Module) -> Rows {
    let is_block = within(case, module).nth(1).is_some();
    // What is saved whole deeper in a block is so in both of its copies.
    if is_block && (Quirk::Buffered.is_of(case.tree.model_type) || !saved_within(case, module)?.is_empty()) {
        return Err(Stop::Unknown);
    }
    let rows = within(case, module).flat_map(|inner| {
        let path = inner.name.get(module.name.len() + 1..);
        let before = path.map_or_else(String::new, |path| format!("default.{path}."));
        let end = move |name: &str| format!("ln_tuning_layers.{before}{name}");
        inner.parameters.iter().map(move |(name, shape)| (end(name), shape.clone()))
    });
    Ok(rows.collect())
}
