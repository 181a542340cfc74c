//! `target_parameters`: LoRA on parameters themselves, as those of experts are (`_inject_parameters`, `ParamWrapper`).

use std::collections::BTreeSet;

use super::case::Case;
use super::{BASE, Expected, Refusal, Rows, Stop, row};
use crate::dialects::peft::LoraInit;
use crate::dialects::peft::PeftType::{Adalora, Lora};
use crate::dialects::peft::targets::{ends, ends_with_one};
use crate::models::Tree;
use crate::models::tree::{Kind, Module};
use crate::value::{Map, Value};

/// What is done to the parameters of one module.
pub(super) struct Parameters<'c> {
    /// The module.
    pub module: &'c Module,
    /// The tensors that are saved for them.
    pub tensors: Vec<Expected>,
}

/// The modules with parameters that are adapted.
pub(super) fn tensors<'c>(case: &Case<'c>) -> Result<Vec<Parameters<'c>>, Stop> {
    let Value::List(items) = case.value("target_parameters") else { return Ok(Vec::new()) };
    if items.is_empty() || !matches!(case.method, Lora | Adalora) {
        return Ok(Vec::new());
    }
    if items.iter().any(|item| matches!(item, Value::List(_) | Value::Map(_))) {
        return Err(Stop::Unknown);
    }
    // What is no text is the end of no name.
    let targets: BTreeSet<&str> = items.iter().filter_map(Value::as_str).collect();
    let is_meant = |name: &str| ends_with_one(name, &targets);
    // AdaLoRA has the key from LoRA, and no layer for what it finds.
    if case.method == Adalora {
        let mut names = case.tree.modules.iter().flat_map(names);
        let Some(name) = names.find(|name| is_meant(name)) else { return Ok(Vec::new()) };
        let need = format!("AdaLoRA cannot adapt the parameter `{name}`");
        return Err(Stop::Refused(Refusal::Unfit { key: "target_parameters", need }));
    }
    let r = case.size("r")?;
    let mut found = Vec::new();
    for module in &case.tree.modules {
        let mut wrapped = Vec::new();
        for (parameter, shape) in &module.parameters {
            let name = format!("{}.{parameter}", module.name);
            if is_meant(&name) {
                is_plain(case)?;
                begins(case, module)?;
                wrapped.push(halves(&name, shape, case.by_name("rank_pattern", &name, r)?)?);
            }
        }
        if wrapped.is_empty() {
            continue;
        }
        // A wrapper about another: the parameter that comes last is the outermost.
        let last = wrapped.len() - 1;
        let tensors = wrapped.into_iter().enumerate().flat_map(|(at, halves)| {
            let inside = "base_layer.".repeat(last - at);
            halves
                .into_iter()
                .map(move |(end, shape)| Expected { name: format!("{BASE}{}.{inside}{end}", module.name), shape })
        });
        found.push(Parameters { module, tensors: tensors.collect() });
    }
    Ok(found)
}

/// How many wrappers a module has, one for each of its parameters that is adapted.
pub(super) fn wrappers(case: &Case<'_>, module: &Module) -> usize {
    let Value::List(items) = case.value("target_parameters") else { return 0 };
    let targets: BTreeSet<&str> = items.iter().filter_map(Value::as_str).collect();
    names(module).filter(|name| ends_with_one(name, &targets)).count()
}

/// The names of the parameters that `target_parameters` names.
pub(in crate::dialects::peft) fn adapted(config: &Map, tree: &Tree) -> Vec<String> {
    let Some(Value::List(items)) = config.get("target_parameters") else { return Vec::new() };
    let targets: BTreeSet<&str> = items.iter().filter_map(Value::as_str).collect();
    tree.modules.iter().flat_map(names).filter(|name| ends_with_one(name, &targets)).collect()
}

/// The entries of `target_parameters` that match no parameter of any of these trees.
pub(in crate::dialects::peft) fn unmatched(config: &Map, trees: &[Tree]) -> Vec<String> {
    let Some(Value::List(items)) = config.get("target_parameters") else { return Vec::new() };
    let modules = trees.iter().flat_map(|tree| &tree.modules);
    let names: Vec<_> = modules.flat_map(names).collect();
    let ends: BTreeSet<&str> = names.iter().flat_map(|name| ends(name)).collect();
    items.iter().filter_map(Value::as_str).filter(|name| !ends.contains(name)).map(str::to_owned).collect()
}

/// The names of a module's own parameters.
fn names(module: &Module) -> impl Iterator<Item = String> {
    module.parameters.iter().map(|(own, _)| format!("{}.{own}", module.name))
}

/// That nothing is asked of LoRA that only modules can have.
fn is_plain(case: &Case<'_>) -> Result<(), Stop> {
    let unfit = |key: &'static str| {
        let need = format!("parameters cannot be adapted with `{key}`");
        Err(Stop::Refused(Refusal::Unfit { key, need }))
    };
    if case.float("lora_dropout")? != 0.0 {
        return unfit("lora_dropout");
    }
    for key in ["lora_bias", "use_dora"] {
        if case.flag(key) {
            return unfit(key);
        }
    }
    for key in ["velora_config", "kasa_config"] {
        if !matches!(case.value(key), Value::Null) {
            return unfit(key);
        }
    }
    Ok(())
}

/// That LoRA can begin as it is told to. What derives its tensors from the weight asks the module for one of that name, and
/// the wrapper of parameters does not know MiCA.
fn begins(case: &Case<'_>, module: &Module) -> Result<(), Stop> {
    use LoraInit::{Corda, Loftq, LoraGa, Mica, MicaTrained, Olora, Orthogonal, Pissa, PissaNiter};
    let need = match LoraInit::of(Some(case.value("init_lora_weights"))) {
        Mica | MicaTrained => "MiCA cannot begin at parameters".to_owned(),
        Pissa | PissaNiter | Corda | Olora | Loftq | Orthogonal | LoraGa if module.parameter("weight").is_none() => {
            format!("it begins from a `weight`, which `{}` does not have", module.name)
        }
        _ => return Ok(()),
    };
    Err(Stop::Refused(Refusal::Unfit { key: "init_lora_weights", need }))
}

/// The halves at one parameter, `[out, in]` or `[experts, out, in]`.
fn halves(name: &str, shape: &[Option<u64>], r: u64) -> Rows {
    let (experts, out, inner) = match *shape {
        [Some(out), Some(inner)] => (1, out, inner),
        [Some(experts), Some(out), Some(inner)] => (experts, out, inner),
        [_, _] | [_, _, _] => return Err(Stop::Unknown),
        _ => {
            let need = format!("LoRA takes parameters with two or three dimensions, but `{name}` has {}", shape.len());
            return Err(Stop::Refused(Refusal::Unfit { key: "target_parameters", need }));
        }
    };
    let r = experts.checked_mul(r).ok_or(Stop::Unknown)?;
    Ok(vec![row("lora_A.weight", [r, inner]), row("lora_B.weight", [out, r])])
}

/// That no module is adapted both ways, and that no weight lies turned: PEFT refuses both.
pub(super) fn check(case: &Case<'_>, parameters: &[Parameters<'_>], modules: &[&Module]) -> Result<(), Stop> {
    if !parameters.is_empty() && is_turned(case, modules) {
        let need = "parameters cannot be adapted with `fan_in_fan_out`".to_owned();
        return Err(Stop::Refused(Refusal::Unfit { key: "fan_in_fan_out", need }));
    }
    let both = parameters.iter().find(|adapted| modules.iter().any(|module| module.name == adapted.module.name));
    match both {
        None => Ok(()),
        Some(adapted) => {
            let need = format!("`{}` is already adapted as a module", adapted.module.name);
            Err(Stop::Refused(Refusal::Unfit { key: "target_parameters", need }))
        }
    }
}

/// `fan_in_fan_out` once the modules are adapted: PEFT sets it right in the config itself at each layer.
fn is_turned(case: &Case<'_>, modules: &[&Module]) -> bool {
    let last = modules.iter().rev().find_map(|module| match module.kind {
        Kind::Linear => Some(false),
        Kind::Conv1D => Some(true),
        _ => None,
    });
    last.unwrap_or_else(|| case.flag("fan_in_fan_out"))
}
