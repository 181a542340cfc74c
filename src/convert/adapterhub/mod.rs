//! AdapterHub's files, from one release to another.

pub(crate) mod facts;
mod former;
mod head;
mod keys;
mod left_out;
mod meaning;
mod part;
mod refused;
mod route;
pub(crate) mod scaling;

#[cfg(feature = "oracle")]
pub(crate) use head::is_default as is_head_default;
pub(super) use keys::sorted;
pub use part::Part;
pub(crate) use part::others;
pub(super) use part::{BESIDE, beside, folders, hold, open};

use std::collections::{BTreeMap, BTreeSet};

use self::route::{Recast, Route};
use super::{Carried, Change, Container, ConvertError, Options, Output, OutputKind, Plan, Recipe, Weights};
use crate::dialects::adapterhub::Role;
use crate::dialects::adapterhub::names::{self, AdapterKind, Name};
use crate::dialects::adapterhub::release::Release;
use crate::dialects::adapterhub::release::model_types;
use crate::tensors::Tensor;
use crate::value::{Map, Value};

/// Plans the conversion of all parts to a release.
///
/// # Errors
/// If a tensor cannot be made.
pub(super) fn plan(
    parts: &[Part],
    weights: &[Weights],
    target: Release,
    options: &Options,
) -> Result<Plan, ConvertError> {
    let mut plan = Plan { outputs: Vec::new(), changes: Vec::new() };
    for part in parts {
        let route = Route { part, weights: &weights[part.weights], target, options };
        let since = model_types::first(part.model_type());
        let lost = model_types::lost_for_good(part.model_type()).filter(|lost| !part.release.is_since(*lost));
        if let Some(lost) = lost {
            if target.is_since(lost) && plan.outputs.is_empty() {
                let model_type = part.model_type();
                let what =
                    format!("{target} has no adapters in models of type {model_type}: they were removed in {lost}");
                plan.changes.push(Change::loss(what));
            }
        } else if !target.is_since(since) && plan.outputs.is_empty() {
            let what =
                format!("{target} has no adapters in models of type {}: they were added in {since}", part.model_type());
            plan.changes.push(Change::loss(what));
        }
        let name = name(route, parts, &mut plan.changes);
        let output = match part.role {
            Role::Head => {
                let config = head::config(part, target, &mut plan.changes);
                let tensors =
                    head::tensors(part, route.weights, target, &name, options.model.as_ref(), &mut plan.changes);
                output(route, &name, config, tensors)
            }
            Role::Adapter => adapter(route, &name, &mut plan.changes)?,
            Role::Fusion => {
                let config = part.resolved.as_ref().map(|resolved| resolved.config().value()).unwrap_or_default();
                let config = keys::fusion(&config, target, &mut plan.changes);
                let tensors = tensors(route, &name, &[], &BTreeSet::new(), &mut plan.changes)?;
                output(route, &name, Value::Map(config), tensors)
            }
        };
        plan.outputs.push(output);
    }
    Ok(plan)
}

/// The name of a part in the result.
fn name(route: Route<'_>, parts: &[Part], changes: &mut Vec<Change>) -> String {
    let Route { part, target, options, .. } = route;
    if part.role != Role::Fusion {
        let is_named = !part.name.is_empty();
        return options.name.as_ref().filter(|_| is_named).unwrap_or(&part.name).clone();
    }
    let asked = options.name.as_ref().filter(|_| parts.len() == 1);
    if target.names_fusions() {
        return asked.unwrap_or(&part.name).clone();
    }
    // Here the name is the list of what is fused.
    let fused = fused(part);
    if asked.is_some_and(|asked| *asked != fused) {
        changes.push(Change::loss(format!("{target} names a fusion only after what it fuses: {fused}")));
    } else if fused != part.name {
        changes.push(Change::note(format!("{target} names a fusion after what it fuses: it becomes {fused}")));
    }
    fused
}

/// The names of what is fused, joined by commas.
fn fused(part: &Part) -> String {
    let listed = part.file.get("adapter_names").and_then(Value::as_list);
    let names: Option<Vec<_>> = listed.map(|names| names.iter().filter_map(Value::as_str).collect());
    names.filter(|names| !names.is_empty()).map_or_else(|| part.name.clone(), |names| names.join(","))
}

fn adapter(route: Route<'_>, name: &str, changes: &mut Vec<Change>) -> Result<Output, ConvertError> {
    let Route { part, target, .. } = route;
    let mut config = part.resolved.as_ref().map(|resolved| resolved.config().value()).unwrap_or_default();
    let recasts = meaning::adjust(route, &mut config, changes);
    let filled = left_out::fill(route, &mut config, changes);
    let idle = left_out::take(route, &mut config, changes);
    refused::tell(route, &mut config, changes);
    let mut config = keys::shape(&config, target, part.model_type(), changes);
    // Between releases of 1.x the invertible adapter's mapping stays, with an activation of its own.
    if part.release.is_typed()
        && target.is_typed()
        && let Some(nested) = part.written().and_then(|written| written.get("invertible_adapter"))
    {
        config.insert("invertible_adapter", nested.clone());
    }
    let mut tensors = tensors(route, name, &recasts, &idle, changes)?;
    for tensor in filled {
        tensors.push(tensor.carried(route, name)?);
    }
    Ok(Output { idle, ..output(route, name, Value::Map(config), tensors) })
}

/// The tensors of an adapter or a fusion under the release's names, without those that are idle.
fn tensors(
    route: Route<'_>,
    name: &str,
    recasts: &[Recast],
    idle: &BTreeSet<String>,
    changes: &mut Vec<Change>,
) -> Result<Vec<Carried>, ConvertError> {
    let Route { part, weights, target, .. } = route;
    let kind = kind(route);
    let mut seen = BTreeSet::new();
    let mut tensors = Vec::new();
    let mut superfluous = 0;
    let mut others: BTreeMap<&str, usize> = BTreeMap::new();
    for tensor in weights.iter() {
        let Some((parsed, _)) = Name::parse(tensor.name(), &part.name) else {
            if let Some(other) = namesake(part, tensor.name()) {
                *others.entry(other).or_insert(0) += 1;
                continue;
            }
            let what = format!("`{}` is not a tensor of `{}` and is left out", tensor.name(), part.name);
            changes.push(Change::leaving_out(tensor.name(), what));
            continue;
        };
        if scaling::is_folded(route, &parsed) || idle.contains(tensor.name()) {
            continue;
        }
        if meaning::is_superfluous(route, &parsed) {
            superfluous += 1;
            continue;
        }
        let renamed = Name { adapter: name, ..parsed };
        let spelled = |name: Name<'_>| if target.is_typed() { name.typed(kind) } else { Some(name.to_string()) };
        let Some(to) = spelled(renamed) else {
            let what = format!("{target} has no place for `{}`: it is left out", tensor.name());
            changes.push(Change::leaving_out(tensor.name(), what));
            continue;
        };
        let second = meaning::second_place(route, &parsed).map(|place| Name { place, ..parsed });
        let second = second.and_then(|second| {
            let own = weights.get(&second.to_string()).unwrap_or(tensor);
            Some((own, spelled(Name { adapter: name, ..second })?))
        });
        for (tensor, to) in [Some((tensor, to)), second].into_iter().flatten() {
            if !seen.insert(to.clone()) {
                changes.push(Change::loss(format!("two tensors would be called `{to}`")));
                continue;
            }
            let recipe = recasts.iter().find_map(|recast| recast(tensor.name(), &parsed));
            tensors.push(carried(tensor, to, recipe, weights)?);
        }
    }
    changes.extend(others.into_iter().map(|(other, count)| saved_with(part.release, other, count)));
    if superfluous > 0 && !target.saves_invertible_twice() {
        let release = part.release;
        changes.push(Change::note(format!(
            "{release} saves the invertible adapter twice: {superfluous} tensors are left out"
        )));
    }
    Ok(tensors)
}

/// A tensor under another name, as it is or as its recipe has it. What it shares its memory with it shares then, too.
fn carried(tensor: Tensor<'_>, to: String, recipe: Option<Recipe>, weights: &Weights) -> Result<Carried, ConvertError> {
    let same = Carried::same(tensor, to);
    let Some(recipe) = recipe else { return Ok(same) };
    let failed = |error| ConvertError::file(tensor.name(), error);
    Ok(Carried { tie: same.tie, ..Carried::made(recipe, same.to, weights).map_err(failed)? })
}

/// What is said of the tensors of another adapter in an adapter's file.
fn saved_with(release: Release, other: &str, count: usize) -> Change {
    let others = if release.is_typed() {
        "others whose names begin with its own"
    } else {
        "all others if it is called `adapters`"
    };
    Change::note(format!("with an adapter, {release} also saves {others}: {count} tensors of `{other}` are left out"))
}

/// The other adapter that a tensor belongs to, where the library saved it as well: 1.x saves what belongs to all adapters
/// whose names begin with its own, as it does not look where the name in a tensor's ends; and later releases take the
/// module `adapters`, in which all bottleneck adapters are, for an adapter of that name.
pub(crate) fn namesake<'t>(part: &Part, tensor: &'t str) -> Option<&'t str> {
    let own = part.name.as_str();
    if own.is_empty() || part.role != Role::Adapter {
        return None;
    }
    let is_typed = part.release.is_typed();
    let is_container = own == names::Container::Adapters.path() && tensor.contains("_adapters.adapters.");
    let is_saved_with = |part: &str| if is_typed { part.starts_with(own) } else { is_container };
    let mut parts = tensor.split('.').filter(|part| *part != own && is_saved_with(part));
    parts.find(|part| Name::parse(tensor, part).is_some())
}

/// The kind of adapter that it is in 1.x: where its file says it, that; else a language adapter if it has what only they
/// have.
fn kind(route: Route<'_>) -> AdapterKind {
    match route.part.file.get("type").and_then(Value::as_str) {
        Some("text_lang") => AdapterKind::Language,
        Some("text_task") => AdapterKind::Task,
        _ if route.has(names::Container::Invertible) => AdapterKind::Language,
        _ => AdapterKind::Task,
    }
}

fn output(route: Route<'_>, name: &str, config: Value, tensors: Vec<Carried>) -> Output {
    let Route { part, target, .. } = route;
    Output {
        kind: OutputKind::AdapterHub(part.role),
        config: file(route, name, config),
        metadata: BTreeMap::new(),
        reads: part.weights,
        tensors,
        idle: BTreeSet::new(),
        containers: if target.reads_safetensors() { Container::TORCH_FIRST } else { &[Container::Torch] },
    }
}

/// The config file as the release writes it: its keys in order. What else stood in the file stays there.
fn file(route: Route<'_>, name: &str, config: Value) -> Map {
    let Route { part, target, .. } = route;
    let mut file = part.file.clone();
    for key in ["type", "version", "adapter_names"] {
        file.remove(key);
    }
    former::keep(route, &config, &mut file);
    // Its keys keep their order.
    let own = file.get(super::former::KEY).cloned();
    file.insert("config", config);
    if !part.name.is_empty() {
        file.insert("name", Value::String(name.to_owned()));
    }
    if let Some(version) = target.version() {
        file.insert("version", Value::String(version));
    }
    if let Some(class) = part.file.get("model_class").and_then(Value::as_str) {
        file.insert("model_class", Value::String(class_name(class, target)));
    }
    match part.role {
        Role::Adapter if target.is_typed() => {
            let kind = match kind(route) {
                AdapterKind::Language => "text_lang",
                AdapterKind::Task => "text_task",
            };
            file.insert("type", Value::String(kind.to_owned()));
        }
        Role::Fusion if target.names_fusions() => {
            let names = fused(part).split(',').map(|name| Value::String(name.to_owned())).collect();
            file.insert("adapter_names", part.file.get("adapter_names").cloned().unwrap_or(Value::List(names)));
        }
        _ => {}
    }
    let mut file = keys::sorted(&file);
    if let Some(own) = own {
        file.insert(super::former::KEY, own);
    }
    file
}

/// The name of the class with flexible heads. A head is only loaded into the class that its file names.
fn class_name(class: &str, target: Release) -> String {
    let (old, new) = ("ModelWithHeads", "AdapterModel");
    let (from, to) = if target.has_own_activations() { (new, old) } else { (old, new) };
    class.strip_suffix(from).map_or_else(|| class.to_owned(), |stem| format!("{stem}{to}"))
}
