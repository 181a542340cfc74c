//! Prefixes of keys and values: their sizes follow from the model's config (`_prepare_prompt_learning_config`).

use super::case::Case;
use super::{Refusal, Stop};
use crate::dialects::peft::Does;
use crate::dialects::peft::PeftType;
use crate::dialects::peft::defaults;
use crate::models::{Quirk, Tree};
use crate::python::is_true;
use crate::value::{Map, Value};

/// No size is above this: products of three still fit.
const LARGEST: u64 = 1 << 20;

/// The sizes of a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::dialects::peft) struct Sizes {
    pub layers: u64,
    pub width: u64,
    pub heads: u64,
}

/// What each virtual token learns: keys and values of every layer.
pub(super) fn width(case: &Case<'_>) -> Result<u64, Stop> {
    one_part(case)?;
    one_head(case)?;
    if let Some(own) = sizes_unseen(case) {
        return width_by_hand(case, own);
    }
    let keys = defaults::prefix(case.tree.model_type).ok_or(Stop::Unknown)?;
    // Where several heads share keys and values, PEFT overwrites what the config says of them.
    let is_shared = keys.shared_heads.is_some();
    let is_headed = is_shared && (keys.head_width.is_some() || number_of(&case.tree.config, "head_dim").is_some());
    for key in ["token_dim", "num_attention_heads"] {
        if !is_headed {
            is_size(case, key)?;
        }
    }
    let model = model(&keys, &case.tree.config);
    let number = |key: &str, of_model: Option<u64>| written_or(case, key, of_model);
    let layers = number("num_layers", model.map(|sizes| sizes.layers))?;
    covers(case, layers, model)?;
    if is_shared && !is_headed && is_written(case) {
        same_heads(case, &keys)?;
    }
    let (width, heads) = if is_shared {
        model.map(|sizes| (sizes.width, sizes.heads)).ok_or(Stop::Unknown)?
    } else {
        let width = number("token_dim", model.map(|sizes| sizes.width))?;
        (width, number("num_attention_heads", model.map(|sizes| sizes.heads))?)
    };
    if !is_shared && width % heads != 0 {
        let key =
            if matches!(case.value("num_attention_heads"), Value::Null) { "token_dim" } else { "num_attention_heads" };
        return Err(unfit(key, format!("the width {width} cannot be split into {heads} heads")));
    }
    // The model puts the prefix before its own keys, which have these sizes.
    if let Some(sizes) = model.filter(|_| !is_shared && Quirk::AsWide.is_of(case.tree.model_type))
        && let Some(own) = own_width(case, sizes)
        && (width, heads) != (own, sizes.heads)
    {
        let key = if width == own { "num_attention_heads" } else { "token_dim" };
        let need = format!("the model's keys have {} heads and are {own} wide, not {heads} and {width}", sizes.heads);
        return Err(unfit(key, need));
    }
    [2, layers].iter().try_fold(width, |product, size| product.checked_mul(*size)).ok_or(Stop::Unknown)
}

/// The width that PEFT takes for a token: where heads share keys and values, that of the shared ones together.
pub(super) fn token_width(case: &Case<'_>) -> Result<u64, Stop> {
    let own = held(case.method, case.tree).map(|sizes| sizes.width);
    let keys = defaults::prefix(case.tree.model_type);
    let is_shared = keys.is_some_and(|keys| keys.shared_heads.is_some());
    if is_shared { own.ok_or(Stop::Unknown) } else { written_or(case, "token_dim", own) }
}

/// The sizes that PEFT sets in the config of a prompt method for a model, as far as it looks for them in the model's config.
pub(in crate::dialects::peft) fn held(method: PeftType, tree: &Tree) -> Option<Sizes> {
    let keys = defaults::prefix(tree.model_type)?;
    if method.does() == Does::Cache {
        return model(&keys, &tree.config);
    }
    Some(Sizes { layers: tree.size(keys.layers)?, width: tree.size(keys.width)?, heads: tree.size(keys.heads)? })
}

/// That a prefix for two parts is not for a model that takes it in one.
fn one_part(case: &Case<'_>) -> Result<(), Stop> {
    // Without a task nothing is made that could take a prefix.
    let task = case.value("task_type").as_str().ok_or(Stop::Unknown)?;
    let doubled_by = match case.value("num_transformer_submodules") {
        Value::Null => (task == "SEQ_2_SEQ_LM").then_some("task_type"),
        number => (number.as_i64() == Some(2)).then_some("num_transformer_submodules"),
    };
    match doubled_by.filter(|_| Quirk::OnePart.is_of(case.tree.model_type)) {
        Some(key) => {
            Err(unfit(key, "only one part of this model takes a prefix, but the prefix is for two".to_owned()))
        }
        None => Ok(()),
    }
}

/// That a prefix for so many layers is for those of the model.
fn covers(case: &Case<'_>, layers: u64, model: Option<Sizes>) -> Result<(), Stop> {
    let Some(sizes) = model else { return Ok(()) };
    if layers < sizes.layers && !Quirk::FewerLayers.is_of(case.tree.model_type) {
        return Err(unfit("num_layers", format!("a prefix must cover all {} layers of the model", sizes.layers)));
    }
    if layers > sizes.layers && Quirk::FullCache.is_of(case.tree.model_type) {
        return Err(unfit("num_layers", format!("the cache of this model has {} layers, not {layers}", sizes.layers)));
    }
    Ok(())
}

/// That a head of the prefix, which is as wide as the config makes it, is as wide as one of the model's. There are as many as
/// the model shares.
fn same_heads(case: &Case<'_>, keys: &defaults::PrefixKeys) -> Result<(), Stop> {
    let own = |key| number_of(&case.tree.config, key).ok_or(Stop::Unknown);
    let head = |width: u64, heads: u64| width.checked_div(heads).ok_or(Stop::Unknown);
    let (width, heads) = (own(keys.width)?, own(keys.heads)?);
    let of_model = head(width, heads)?;
    let (width, heads) =
        (written_or(case, "token_dim", Some(width))?, written_or(case, "num_attention_heads", Some(heads))?);
    let written = head(width, heads)?;
    if written != of_model {
        let is_width = !matches!(case.value("token_dim"), Value::Null);
        let key = if is_width { "token_dim" } else { "num_attention_heads" };
        return Err(unfit(key, format!("the model's heads are {of_model} wide, not {written}")));
    }
    Ok(())
}

/// A size as the config has it, else that of the model.
fn written_or(case: &Case<'_>, key: &str, of_model: Option<u64>) -> Result<u64, Stop> {
    match case.value(key) {
        Value::Null => of_model.ok_or(Stop::Unknown),
        _ => case.size(key),
    }
}

/// Where all heads share one key and one value, the prefix must be written as of one head.
fn one_head(case: &Case<'_>) -> Result<(), Stop> {
    let flag = |key: &str, default: bool| case.tree.config.get(key).map_or(default, is_true);
    let is_shared = flag("multi_query", true) && !flag("new_decoder_architecture", false);
    if !Quirk::OneKey.is_of(case.tree.model_type) || !is_shared {
        return Ok(());
    }
    if case.value("num_attention_heads").as_i64() != Some(1) {
        let need = "all heads of this model share one key and one value, but the prefix has more";
        return Err(unfit("num_attention_heads", need.to_owned()));
    }
    let number = |key: &str| number_of(&case.tree.config, key);
    let (Some(width), Some(heads)) = (number("hidden_size"), number("num_attention_heads")) else { return Ok(()) };
    let head = width / heads;
    if case.value("token_dim").as_i64() == i64::try_from(head).ok() {
        return Ok(());
    }
    Err(unfit("token_dim", format!("the key that all heads share is {head} wide, but the prefix is not")))
}

/// Under which names the config of a model type says how many layers and heads there are, where PEFT looks for neither.
const UNSEEN: [(&str, [&str; 2]); 2] = [("mpt", ["n_layers", "n_heads"]), ("xglm", ["num_layers", "attention_heads"])];

/// The sizes of a model whose config says them under names that PEFT does not look for.
fn sizes_unseen(case: &Case<'_>) -> Option<Sizes> {
    let (_, [layers, heads]) = UNSEEN.into_iter().find(|(model_type, _)| *model_type == case.tree.model_type)?;
    let number = |key: &str| number_of(&case.tree.config, key);
    Some(Sizes { layers: number(layers)?, width: number("d_model")?, heads: number(heads)? })
}

/// The width where what PEFT does not find must be written, as the model has it.
fn width_by_hand(case: &Case<'_>, own: Sizes) -> Result<u64, Stop> {
    let [layers, width, heads] =
        [("num_layers", own.layers), ("token_dim", own.width), ("num_attention_heads", own.heads)]
            .map(|(key, of_model)| written_or(case, key, Some(of_model)));
    let (layers, width, heads) = (layers?, width?, heads?);
    if layers < own.layers {
        return Err(unfit("num_layers", format!("a prefix must cover all {} layers of the model", own.layers)));
    }
    if (width, heads) != (own.width, own.heads) {
        let key = if width == own.width { "num_attention_heads" } else { "token_dim" };
        let need =
            format!("the model's keys have {} heads and are {} wide, not {heads} and {width}", own.heads, own.width);
        return Err(unfit(key, need));
    }
    [2, layers].iter().try_fold(width, |product, size| product.checked_mul(*size)).ok_or(Stop::Unknown)
}

/// The width of the model's own keys.
fn own_width(case: &Case<'_>, sizes: Sizes) -> Option<u64> {
    if !Quirk::KeysOfOwnWidth.is_of(case.tree.model_type) {
        return Some(sizes.width);
    }
    u64::try_from(case.tree.config.get("d_kv")?.as_i64()?).ok()?.checked_mul(sizes.heads)
}

fn is_written(case: &Case<'_>) -> bool {
    ["token_dim", "num_attention_heads"].iter().any(|key| !matches!(case.value(key), Value::Null))
}

/// A size that torch takes: null, or an integer above zero.
fn is_size(case: &Case<'_>, key: &'static str) -> Result<(), Stop> {
    match case.value(key) {
        Value::Null => Ok(()),
        Value::Int(int) if int.as_f64() >= 1.0 => Ok(()),
        _ => Err(unfit(key, format!("`{key}` must be null or an integer above 0"))),
    }
}

/// A size in the model's config.
fn number_of(config: &Map, key: &str) -> Option<u64> {
    let number = config.get(key)?.as_i64().and_then(|number| u64::try_from(number).ok());
    number.filter(|number| (1..=LARGEST).contains(number))
}

fn unfit(key: &'static str, need: String) -> Stop {
    Stop::Refused(Refusal::Unfit { key, need })
}

/// The sizes by the model's config alone.
fn model(keys: &defaults::PrefixKeys, config: &Map) -> Option<Sizes> {
    let number = |key: &str| number_of(config, key);
    let (layers, width, heads) = (number(keys.layers)?, number(keys.width)?, number(keys.heads)?);
    let Some(shared) = keys.shared_heads else { return Some(Sizes { layers, width, heads }) };
    let is_absent = |key: &str| config.get(key).is_none_or(|value| *value == Value::Null);
    let shared_heads = match number(shared.key) {
        None if shared.follows && is_absent(shared.key) => heads,
        number => number?,
    };
    let head = match (keys.head_width, number("head_dim")) {
        (_, Some(width)) => width,
        (Some(head), None) if !head.follows => return None,
        (_, None) if !is_absent("head_dim") => return None,
        (_, None) => width / heads,
    };
    Some(Sizes { layers, width: head.checked_mul(shared_heads)?, heads: shared_heads })
}
