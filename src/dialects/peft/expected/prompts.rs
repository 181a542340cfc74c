//! Methods that learn a prompt: tensors without a module.

use super::case::Case;
use super::{Expected, Refusal, Stop};
use super::{adaption, auxiliary, prefix, takers};
use crate::dialects::peft::PeftType::{
    AdaptionPrompt, Cartridge, Cpt, MultitaskPromptTuning, PTuning, PrefixTuning, PromptTuning,
};
use crate::models::Quirk;
use crate::models::tree::{Kind, Module};
use crate::value::Value;

/// The tensors of a prompt method; `None` for another method.
pub(super) fn tensors(case: &Case<'_>) -> Result<Option<Vec<Expected>>, Stop> {
    takers::sizes(case)?;
    let rows = match case.method {
        PromptTuning | PTuning | MultitaskPromptTuning => {
            let tokens = count(case)?;
            let width = token_width(case)?;
            let submodules = match case.value("num_transformer_submodules") {
                Value::Null if case.value("task_type").as_str() == Some("SEQ_2_SEQ_LM") => 2,
                Value::Null => 1,
                number => number.as_i64().and_then(|number| u64::try_from(number).ok()).ok_or(Stop::Unknown)?,
            };
            let total = tokens.checked_mul(submodules).ok_or(Stop::Unknown)?;
            // Each part of a model of two is given its own.
            positions(case, if case.value("task_type").as_str() == Some("SEQ_2_SEQ_LM") { tokens } else { total })?;
            let mut rows = vec![("prompt_embeddings", vec![total, width])];
            if case.method == MultitaskPromptTuning {
                let (tasks, ranks) = (case.size("num_tasks")?, case.size("num_ranks")?);
                rows.push(("prefix_task_cols", vec![tasks, total, ranks]));
                rows.push(("prefix_task_rows", vec![tasks, ranks, width]));
            }
            rows
        }
        Cpt => {
            let Value::List(tokens) = case.value("cpt_token_ids") else { return Err(Stop::Unknown) };
            let tokens = u64::try_from(tokens.len()).map_err(|_| Stop::Unknown)?;
            vec![("prompt_embeddings", vec![tokens, width(case)?])]
        }
        AdaptionPrompt => return adaption::tensors(case, width(case)).map(Some),
        PrefixTuning | Cartridge => {
            let tokens = count(case)?;
            let width = prefix::width(case)?;
            positions(case, tokens)?;
            vec![("prompt_embeddings", vec![tokens, width])]
        }
        _ => return Ok(None),
    };
    let known = |(name, shape): (&str, Vec<u64>)| Expected {
        name: name.to_owned(),
        shape: shape.into_iter().map(Some).collect(),
    };
    let mut tensors: Vec<_> = rows.into_iter().map(known).collect();
    // A classifier's head is saved with it, under the path of the model that the prompt stands before.
    auxiliary::whole_modules(case, "base_model.", &mut tensors)?;
    tensors.sort_unstable();
    Ok(Some(tensors))
}

/// How many virtual tokens there are. Python counts true as one, and torch makes a table of as many rows of it.
fn count(case: &Case<'_>) -> Result<u64, Stop> {
    match case.value("num_virtual_tokens") {
        Value::Bool(true) => Ok(1),
        _ => case.size("num_virtual_tokens"),
    }
}

/// Names of embeddings of absolute positions.
const POSITIONS: [&str; 3] = ["embed_positions", "position_embeddings", "wpe"];

/// Where the model looks up positions, the virtual tokens must leave one for a token of the input.
fn positions(case: &Case<'_>, tokens: u64) -> Result<(), Stop> {
    let is_lookup = |module: &&Module| module.kind == Kind::Embedding && POSITIONS.contains(&module.last_part());
    let rows = |module: &Module| match module.parameter("weight") {
        Some(&[Some(rows), _]) => Some(rows.saturating_sub(rows_before(case))),
        _ => None,
    };
    let looked_up = case.tree.modules.iter().filter(is_lookup).filter_map(rows).min();
    let turned = || number(case, "n_positions").or_else(|| number(case, "max_position_embeddings")).unwrap_or(2048);
    match looked_up.or_else(|| Quirk::TurnedPositions.is_of(case.tree.model_type).then(turned)) {
        Some(rows) if tokens >= rows => Err(unfit(
            "num_virtual_tokens",
            format!("the model has {rows} positions, of which {tokens} virtual tokens leave none"),
        )),
        _ => Ok(()),
    }
}

/// The rows of the embeddings of positions that come before that of the first token.
fn rows_before(case: &Case<'_>) -> u64 {
    match case.tree.model_type {
        kind if Quirk::TwoBeforePositions.is_of(kind) => 2,
        kind if Quirk::PaddingBeforePositions.is_of(kind) => {
            number(case, "pad_token_id").unwrap_or(1).saturating_add(1)
        }
        _ => 0,
    }
}

/// A number in the model's config.
fn number(case: &Case<'_>, key: &str) -> Option<u64> {
    case.tree.config.get(key)?.as_i64().and_then(|number| u64::try_from(number).ok())
}

/// How wide a virtual token is: as the input embeddings, before what they make of the tokens it is put.
fn token_width(case: &Case<'_>) -> Result<u64, Stop> {
    let width = width(case)?;
    match case.value("token_dim") {
        Value::Int(own) if own.as_i64().and_then(|own| u64::try_from(own).ok()) != Some(width) => {
            let need = format!("the model's input embeddings are {width} wide, but the prompt is not");
            Err(unfit("token_dim", need))
        }
        Value::Null if hidden(case).is_some_and(|hidden| hidden != width) => {
            let need = format!(
                "the model's input embeddings are {width} wide, but a prompt without `token_dim` is as wide as the model's states"
            );
            Err(unfit("token_dim", need))
        }
        _ => Ok(width),
    }
}

/// What PEFT takes for the width of a virtual token where the config says nothing of it.
fn hidden(case: &Case<'_>) -> Option<u64> {
    let sought = ["hidden_size", "n_embd", "d_model"].iter().find_map(|key| case.tree.config.get(key));
    u64::try_from(sought?.as_i64()?).ok()
}

fn unfit(key: &'static str, need: String) -> Stop {
    Stop::Refused(Refusal::Unfit { key, need })
}

/// The width of the input embeddings.
fn width(case: &Case<'_>) -> Result<u64, Stop> {
    let module = case.tree.input.and_then(|name| case.tree.module(name)).ok_or(Stop::Unknown)?;
    match module.parameter("weight") {
        Some(&[_, Some(width)]) => Ok(width),
        _ => Err(Stop::Unknown),
    }
}
