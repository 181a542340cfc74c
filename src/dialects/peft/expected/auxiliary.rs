//! What is saved beside the method's own tensors: biases, whole modules, embeddings, rows of embeddings.

use std::collections::BTreeSet;

use super::case::Case;
use super::condensed::condensed;
use super::saved::{has_key, saved};
use super::{BASE, Expected, Refusal, Stop, parameters, ties};
use crate::dialects::peft::Pattern;
use crate::dialects::peft::PeftType::{Lora, Osf, Shadow, TrainableTokens};
use crate::models::tree::{Kind, Module};
use crate::python::is_true;
use crate::value::Value;

/// No more modules than this are saved whole.
const MOST_WHOLE: usize = 1024;

/// Adds what is saved beside. Of the modules `in_parts` parameters are adapted.
pub(super) fn tensors(
    case: &Case<'_>,
    modules: &[&Module],
    in_parts: &[&Module],
    tensors: &mut Vec<Expected>,
) -> Result<(), Stop> {
    let adapted: BTreeSet<_> = modules.iter().map(|module| module.name.as_str()).collect();
    let wrapped: BTreeSet<_> = modules.iter().chain(in_parts).map(|module| module.name.as_str()).collect();
    let whole = whole(case)?;
    biases(case, &adapted, in_parts, &whole, tensors)?;
    if whole.iter().any(|root| wrapped.iter().any(|module| is_within(module, root))) {
        return Err(Stop::Unknown);
    }
    // What is in a block of Shadow's gets another name.
    if case.method == Shadow && whole.iter().any(|root| adapted.iter().any(|block| is_within(root, block))) {
        return Err(Stop::Unknown);
    }
    whole_modules(case, BASE, tensors)?;
    rows(case, &wrapped, &whole, tensors)?;
    embeddings(case, &adapted, tensors)
}

/// Adds the modules that are saved whole, their names behind a prefix.
pub(super) fn whole_modules(case: &Case<'_>, prefix: &str, tensors: &mut Vec<Expected>) -> Result<(), Stop> {
    let whole = whole(case)?;
    for module in &case.tree.modules {
        if whole.iter().any(|root| is_within(&module.name, root)) {
            for (name, shape) in &module.parameters {
                tensors.push(Expected { name: format!("{prefix}{}.{name}", module.name), shape: shape.clone() });
            }
        }
    }
    // The embeddings have other names, too, in the parts of a model of two; each gets a copy of its own.
    let embeddings = case.tree.input.and_then(|input| case.tree.module(input));
    let others = case.tree.tied.iter().filter(|name| case.tree.under(name).next().is_none());
    let names = saved(case)?;
    let is_saved = |other: &&&str| {
        names.iter().any(|name| other.ends_with(name.as_str())) || whole.iter().any(|root| is_within(other, root))
    };
    for other in others.filter(is_saved) {
        for (name, shape) in embeddings.iter().flat_map(|module| &module.parameters) {
            tensors.push(Expected { name: format!("{prefix}{other}.{name}"), shape: shape.clone() });
        }
    }
    Ok(())
}

/// The modules that `modules_to_save` keeps whole: those whose names end so.
fn whole<'c>(case: &Case<'c>) -> Result<Vec<&'c str>, Stop> {
    let (mut names, tied) = ties::saved(case, saved(case)?)?;
    names.extend(tied.into_iter().map(str::to_owned));
    let ends = |module: &&Module| names.iter().any(|name| module.name.ends_with(name.as_str()));
    let found: Vec<_> = case.tree.modules.iter().filter(ends).map(|module| module.name.as_str()).collect();
    // More than a few are a mistake, and every module is compared with each.
    if found.len() > MOST_WHOLE { Err(Stop::Unknown) } else { Ok(found) }
}

fn is_within(module: &str, root: &str) -> bool {
    module.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn biases(
    case: &Case<'_>,
    adapted: &BTreeSet<&str>,
    in_parts: &[&Module],
    whole: &[&str],
    tensors: &mut Vec<Expected>,
) -> Result<(), Stop> {
    if !has_key(case.method, "bias") {
        return Ok(());
    }
    let which = case.text("bias")?;
    if which == "none" {
        return Ok(());
    }
    for module in &case.tree.modules {
        let Some(shape) = module.parameter("bias") else { continue };
        // A parameter that is adapted has a wrapper around its module.
        if let Some(part) = in_parts.iter().find(|part| part.name == module.name) {
            let layers = parameters::wrappers(case, part);
            let name = format!("{BASE}{}.{}bias", module.name, "base_layer.".repeat(layers));
            tensors.push(Expected { name, shape: shape.to_vec() });
            continue;
        }
        let name = match (adapted.contains(module.name.as_str()), which) {
            (true, _) => format!("{BASE}{}.base_layer.bias", module.name),
            (false, "all") => {
                let mut roots = whole.iter().filter(|root| is_within(&module.name, root));
                match (roots.next(), roots.next()) {
                    (None, _) => format!("{BASE}{}.bias", module.name),
                    (Some(root), None) => {
                        let rest = module.name.get(root.len()..).unwrap_or_default();
                        // Both copies of a module that is saved whole are in the model, and each has its bias. Right before
                        // the last part of a name the adapter's is left out.
                        let own = if rest.is_empty() { "" } else { ".default" };
                        for copy in ["original_module".to_owned(), format!("modules_to_save{own}")] {
                            let name = format!("{BASE}{root}.{copy}{rest}.bias");
                            tensors.push(Expected { name, shape: shape.to_vec() });
                        }
                        continue;
                    }
                    (Some(_), Some(_)) => return Err(Stop::Unknown),
                }
            }
            (false, _) => continue,
        };
        tensors.push(Expected { name, shape: shape.to_vec() });
    }
    Ok(())
}

/// `trainable_token_indices`.
fn rows(case: &Case<'_>, adapted: &BTreeSet<&str>, whole: &[&str], tensors: &mut Vec<Expected>) -> Result<(), Stop> {
    let written = case.value("trainable_token_indices");
    // PEFT asks the model for its input embeddings, whatever the config names, unless nothing is tied.
    let is_asked = written.as_map().is_none() || !is_untied(case);
    if is_true(written) && is_asked && case.tree.input.is_none() {
        let need =
            "the model does not say which its input embeddings are, and raises a `NotImplementedError`".to_owned();
        return Err(Stop::Refused(Refusal::Unfit { key: "trainable_token_indices", need }));
    }
    let by_name: Vec<(String, &[Value])> = match written {
        Value::Null => return Ok(()),
        Value::List(tokens) => {
            let input = case.tree.input.ok_or(Stop::Unknown)?;
            vec![(input.to_owned(), tokens.as_slice())]
        }
        Value::Map(map) => {
            let rows = map.iter().map(|(name, tokens)| Some((name.to_owned(), tokens.as_list()?)));
            rows.collect::<Option<_>>().ok_or(Stop::Unknown)?
        }
        _ => return Err(Stop::Unknown),
    };
    let others = others_rows(case, &by_name)?;
    // What is tied to the input embeddings gets their rows, unless its own are others.
    let names_input =
        |(name, _): &(String, &[Value])| case.tree.input.is_some_and(|input| input.ends_with(name.as_str()));
    if (by_name.len() == 1 || !others.is_empty())
        && by_name.iter().any(names_input)
        && let Some(module) = case.tree.tied.iter().find(|tied| adapted.contains(*tied))
    {
        let need =
            "rows cannot be trained, since the module shares its weight with the embeddings and is adapted as a whole";
        return Err(no_rows(module, need.to_owned()));
    }
    for (name, tokens) in by_name.iter().filter(|(name, _)| !others.contains(name)) {
        let mut found = case.tree.modules.iter().filter(|module| module.name.ends_with(name)).peekable();
        if found.peek().is_none() {
            return Err(nameless(case, adapted, name));
        }
        for module in found {
            tensors.push(rows_of(case, module, tokens, adapted, whole)?);
        }
    }
    Ok(())
}

fn no_rows(module: &str, need: String) -> Stop {
    Stop::Refused(Refusal::Misfit { module: module.to_owned(), key: "trainable_token_indices", need })
}

/// What comes of a name that is the end of no module's.
fn nameless(case: &Case<'_>, adapted: &BTreeSet<&str>, name: &str) -> Stop {
    // The parts of a model of two have the embeddings under names of their own, which are not gone through here.
    if name.ends_with("embed_tokens") && case.tree.input.is_some_and(|input| input.ends_with("shared")) {
        return Stop::Unknown;
    }
    // What an adapted module has within, `base_layer` among it, is there by then.
    if adapted.iter().any(|module| format!("{module}.base_layer").ends_with(name)) {
        return Stop::Unknown;
    }
    no_rows(name, format!("`trainable_token_indices` names `{name}`, but no module name ends with it"))
}

/// The trained rows of a module.
fn rows_of(
    case: &Case<'_>,
    module: &Module,
    tokens: &[Value],
    adapted: &BTreeSet<&str>,
    whole: &[&str],
) -> Result<Expected, Stop> {
    let misfit = |need: String| Err(no_rows(&module.name, need));
    if adapted.contains(module.name.as_str()) {
        return misfit("rows cannot be trained, since the module is adapted as a whole".to_owned());
    }
    if whole.iter().any(|root| is_within(&module.name, root)) {
        return misfit("rows cannot be trained, since the module is saved in full".to_owned());
    }
    let is_input = case.tree.input == Some(module.name.as_str());
    if let Some(tied) = case.tree.tied.iter().find(|tied| is_input && adapted.contains(*tied)) {
        return misfit(format!("rows cannot be trained, since `{tied}`, which has the same weight, is adapted"));
    }
    if !matches!(module.kind, Kind::Linear | Kind::Embedding) {
        return misfit(format!("a module of kind {} has no rows to train", module.kind));
    }
    let rows = module.parameter("weight").and_then(|shape| *shape.first()?);
    let rows = rows.and_then(|rows| i64::try_from(rows).ok());
    let is_beyond = |token: &i64| rows.is_some_and(|rows| *token >= rows);
    if let Some(token) = tokens.iter().filter_map(Value::as_i64).find(is_beyond) {
        return misfit(format!("there is no row {token}"));
    }
    let width = module.parameter("weight").and_then(|shape| shape.last().copied()).flatten();
    let name = format!("{BASE}{}.token_adapter.trainable_tokens_delta", module.name);
    Ok(Expected { name, shape: vec![u64::try_from(tokens.len()).ok(), width] })
}

/// Whether the model's config says that no embeddings share a weight.
fn is_untied(case: &Case<'_>) -> bool {
    matches!(case.tree.config.get("tie_word_embeddings"), Some(Value::Bool(false)))
}

/// The names among several whose rows are those of the embeddings that they share a weight with.
fn others_rows(case: &Case<'_>, by_name: &[(String, &[Value])]) -> Result<BTreeSet<String>, Stop> {
    let Some(input) = case.tree.input.filter(|_| by_name.len() > 1 && !case.tree.tied.is_empty()) else {
        return Ok(BTreeSet::new());
    };
    let is_tied = |name: &str| {
        let meets = |tied: &&str| tied.ends_with(name) || tied.split('.').any(|part| part == name);
        input.ends_with(name) || case.tree.tied.iter().any(meets)
    };
    let tied: Vec<_> = by_name.iter().filter(|(name, _)| is_tied(name)).collect();
    let differ = tied.iter().any(|(_, rows)| tied.first().is_some_and(|(_, first)| first != rows));
    if !differ {
        return Ok(tied
            .into_iter()
            .map(|(name, _)| name.clone())
            .filter(|name| case.tree.tied.contains(&name.as_str()))
            .collect());
    }
    if case.method == Lora && case.flag("ensure_weight_tying") {
        let need = "layers that share a weight must train the same rows".to_owned();
        return Err(Stop::Refused(Refusal::Unfit { key: "trainable_token_indices", need }));
    }
    Ok(BTreeSet::new())
}

/// The rows of layers that are tied to embeddings whose rows are trained.
fn tied_rows(case: &Case<'_>, adapted: &BTreeSet<&str>, tensors: &mut Vec<Expected>) {
    let Some(input) = case.tree.input.filter(|input| adapted.contains(input)) else { return };
    let own = format!("{BASE}{input}.");
    let rows = tensors.iter().filter_map(|tensor| Some((tensor.name.strip_prefix(&own)?, &tensor.shape)));
    let tied: Vec<_> = rows
        .flat_map(|(end, shape)| {
            let named = move |name: &str| Expected { name: format!("{BASE}{name}.{end}"), shape: shape.clone() };
            case.tree.sharing().into_iter().map(named)
        })
        .collect();
    tensors.extend(tied);
}

/// The weights of embeddings that are targeted.
fn embeddings(case: &Case<'_>, adapted: &BTreeSet<&str>, tensors: &mut Vec<Expected>) -> Result<(), Stop> {
    if case.method == TrainableTokens {
        tied_rows(case, adapted, tensors);
        return Ok(());
    }
    if !matches!(case.value("trainable_token_indices"), Value::Null) {
        return Ok(());
    }
    let targets = case.written("target_modules")?;
    let targets = match targets {
        Some(targets) => Some(condensed(case, ties::targets(case, targets, &saved(case)?)?.0)?),
        None => None,
    };
    let is_targeted = match targets {
        // The library has expanded `all-linear` by now.
        Some(crate::dialects::peft::targets::Written::Text(text)) if text.to_lowercase() == "all-linear" => false,
        Some(crate::dialects::peft::targets::Written::Text(text)) => {
            let pattern = Pattern::full(&text).map_err(|_| Stop::Unknown)?;
            let mut found = false;
            for module in &case.tree.modules {
                found |= ties::EMBEDDINGS.contains(&module.last_part())
                    && pattern.matches(&module.name).map_err(|_| Stop::Unknown)?;
            }
            found
        }
        Some(crate::dialects::peft::targets::Written::List(names)) => {
            ties::EMBEDDINGS.iter().any(|name| names.iter().any(|known| known == name))
        }
        None => false,
    };
    if !is_targeted {
        return Ok(());
    }
    for name in [case.tree.input, case.tree.output].into_iter().flatten() {
        let Some(module) = case.tree.module(name) else { continue };
        let is_left_alone = case.method == Osf && module.kind != Kind::Linear;
        if adapted.contains(name) && !is_left_alone {
            for (parameter, shape) in &module.parameters {
                let name = format!("{BASE}{name}.base_layer.{parameter}");
                tensors.push(Expected { name, shape: shape.clone() });
            }
        }
    }
    Ok(())
}
