//! Which modules a config adapts (`BaseTuner.inject_adapter`).

use std::collections::BTreeSet;

use super::case::Case;
use super::condensed::condensed;
use super::saved::{HEADS, saved_at_first};
use super::{Refusal, Stop, shadow, ties};
use crate::dialects::peft::PeftType::{AdaptionPrompt, Osf, Shadow, TrainableTokens, Xlora};
use crate::dialects::peft::defaults;
use crate::dialects::peft::targets::{Keys, Targets, Written, ends};
use crate::models::tree::{Kind, Module};
use crate::python::is_true;
use crate::value::{Map, Value};

/// The modules that are adapted. There may be none if something else is.
pub(super) fn modules<'c>(case: &Case<'c>, may_be_none: bool) -> Result<Vec<&'c Module>, Stop> {
    if case.method == TrainableTokens && matches!(case.value("target_modules"), Value::Null) {
        has_rows(case)?;
    }
    // Without `modules_to_save` in its config, a token classifier's heads cannot be added to it.
    if case.method == TrainableTokens && case.value("task_type").as_str() == Some("TOKEN_CLS") {
        return Err(Stop::Unknown);
    }
    if !matches!(case.value("arrow_config"), Value::Null) {
        return Err(Stop::Unknown);
    }
    let Some(written) = targets(case, may_be_none)? else { return Ok(Vec::new()) };
    let excluded = excluded(case)?;
    let (saved, _) = ties::saved(case, saved_at_first(case)?)?;
    let (written, tied) = ties::targets(case, written, &saved)?;
    let written = condensed(case, written)?;
    let layers = layers(case, &written)?;
    let patterns = match &layers {
        Some(_) => case.written("layers_pattern")?,
        None => None,
    };
    let patterns = patterns.map(|written| match written {
        Written::List(names) => names,
        Written::Text(text) if text.is_empty() => Vec::new(),
        Written::Text(text) => vec![text],
    });
    let targets = Targets::new(Keys {
        target_modules: Some(&written),
        exclude_modules: excluded.as_ref(),
        modules_to_save: Some(&saved),
        layers_to_transform: layers.as_deref(),
        layers_pattern: patterns.as_deref(),
    })
    .map_err(|_| Stop::Unknown)?;
    let (found, is_target_excluded) = taken(case, &targets, |name| tied.contains(&name))?;
    // What is tied to the input embeddings is not known where they have no rows.
    let has_rows = || {
        case.tree
            .input
            .is_some_and(|name| case.tree.module(name).is_some_and(|module| module.parameter("weight").is_some()))
    };
    if case.method == TrainableTokens
        && !has_rows()
        && found.iter().all(|module| matches!(module.kind, Kind::Linear | Kind::Embedding))
    {
        return Err(Stop::Unknown);
    }
    // OSF leaves in silence what is no linear layer, and is content with nothing.
    if found.is_empty() && !may_be_none {
        let refusal = if is_target_excluded { Refusal::AllExcluded } else { Refusal::NothingMatched };
        return Err(Stop::Refused(refusal));
    }
    Ok(found)
}

/// The modules that are targets or tied to one, and whether a target is excluded.
fn taken<'c>(
    case: &Case<'c>,
    targets: &Targets,
    is_tied: impl Fn(&str) -> bool,
) -> Result<(Vec<&'c Module>, bool), Stop> {
    let mut found = Vec::new();
    let mut is_target_excluded = false;
    for module in &case.tree.modules {
        if is_tied(&module.name) {
            found.push(module);
        } else if targets.excludes(&module.name).map_err(|_| Stop::Unknown)? {
            is_target_excluded |= targets.names(&module.name).map_err(|_| Stop::Unknown)? == Some(true);
        } else if targets.matches(&module.name).map_err(|_| Stop::Unknown)? == Some(true) {
            found.push(module);
        }
    }
    Ok((found, is_target_excluded))
}

/// `target_modules` as the config has it, or by default. Nothing if there is none and none is needed.
fn targets(case: &Case<'_>, may_be_none: bool) -> Result<Option<Written>, Stop> {
    let written = match case.written("target_modules")? {
        Some(written) => written,
        None if case.method == TrainableTokens => Written::List(vec![case.tree.input.ok_or(Stop::Unknown)?.to_owned()]),
        // On an unknown model OSF adapts every linear layer.
        None => match defaults::target_modules(case.method, case.tree.model_type) {
            Some(written) => written,
            None if case.method == Osf => Written::Text("all-linear".to_owned()),
            None if may_be_none => return Ok(None),
            None if case.method == Shadow => shadow::targets(case)?,
            None if matches!(case.method, Xlora | AdaptionPrompt) => return Err(Stop::Unknown),
            None => return Err(Stop::Refused(Refusal::NoDefault)),
        },
    };
    let is_all_linear = matches!(&written, Written::Text(text) if text.to_lowercase() == "all-linear");
    Ok(Some(if is_all_linear { Written::List(all_linear(case)) } else { written }))
}

/// `layers_to_transform`.
fn layers(case: &Case<'_>, targets: &Written) -> Result<Option<Vec<i64>>, Stop> {
    match (targets, case.value("layers_to_transform")) {
        // A pattern is of whole names, whatever layer they are in.
        (Written::Text(_), _) | (_, Value::Null) => Ok(None),
        (_, Value::List(items)) => Ok(Some(items.iter().map(layer_in_list).collect())),
        // Python looks for the number of a layer among the keys, which are texts.
        (_, Value::Map(_)) => Ok(Some(vec![NO_LAYER])),
        (_, one @ (Value::Int(_) | Value::Bool(_))) => Ok(Some(vec![layer_in_list(one)])),
        // Of modules that are named in full PEFT asks for no layer.
        (Written::List(names), _) if names.iter().all(|name| case.tree.module(name).is_some()) => Ok(None),
        _ => Err(Stop::Unknown),
    }
}

/// That the input embeddings, which are adapted where nothing else is named, have rows.
fn has_rows(case: &Case<'_>) -> Result<(), Stop> {
    let unfit = |need: String| Err(Stop::Refused(Refusal::Unfit { key: "peft_type", need }));
    let Some(input) = case.tree.input else {
        return unfit(
            "the model does not say which its input embeddings are, and raises a `NotImplementedError`".to_owned(),
        );
    };
    match case.tree.module(input) {
        Some(module) if module.parameters.iter().all(|(name, _)| *name != "weight") => {
            unfit(format!("the input embeddings `{input}`, of kind {}, have no rows for tokens", module.kind))
        }
        _ => Ok(()),
    }
}

/// The number of no layer.
const NO_LAYER: i64 = -1;

/// The layer that Python finds equal to an item of `layers_to_transform`.
fn layer_in_list(item: &Value) -> i64 {
    match item {
        Value::Bool(flag) => i64::from(*flag),
        #[expect(clippy::cast_possible_truncation, reason = "whole, and in the range")]
        Value::Float(float) if float.fract() == 0.0 && (0.0..1e15).contains(float) => *float as i64,
        other => other.as_i64().unwrap_or(NO_LAYER),
    }
}

/// `exclude_modules`. What Python takes for nothing excludes nothing, and an item that is no text is the end of no name but
/// of its own text.
fn excluded(case: &Case<'_>) -> Result<Option<Written>, Stop> {
    match case.value("exclude_modules") {
        value if !is_true(value) => Ok(None),
        Value::List(items) => {
            let name = |item: &Value| match item {
                Value::String(name) => Ok(name.clone()),
                Value::Int(int) => Ok(int.as_str().to_owned()),
                _ => Err(Stop::Unknown),
            };
            items.iter().map(name).collect::<Result<_, _>>().map(|names| Some(Written::List(names)))
        }
        _ => case.written("exclude_modules"),
    }
}

/// The linear layers that `all-linear` stands for.
fn all_linear(case: &Case<'_>) -> Vec<String> {
    let head = match case.tree.output {
        Some(output) => Some(output),
        None if case.value("task_type").as_str() == Some("SEQ_CLS") => {
            HEADS.into_iter().find(|name| case.tree.module(name).is_some())
        }
        None => None,
    };
    let linear = case.tree.modules.iter().filter(|module| matches!(module.kind, Kind::Linear | Kind::Conv1D));
    linear.filter(|module| Some(module.name.as_str()) != head).map(|module| module.name.clone()).collect()
}

/// The entries of a list of `target_modules` that match no module of any of these trees.
#[must_use]
pub fn unmatched(config: &Map, trees: &[crate::models::Tree]) -> Vec<String> {
    let Some(Value::List(items)) = config.get("target_modules") else { return Vec::new() };
    // Both lists may be long.
    let modules = trees.iter().flat_map(|tree| tree.names());
    let ends: BTreeSet<&str> = modules.flat_map(ends).collect();
    items.iter().filter_map(Value::as_str).filter(|name| !ends.contains(name)).map(str::to_owned).collect()
}
