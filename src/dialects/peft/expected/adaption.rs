//! LLaMA-Adapter: a prompt and a gate in each of the last layers (`adaption_prompt/layer.py`).

use super::case::{Case, widths};
use super::{Expected, Refusal, Stop};
use crate::models::tree::{Kind, Module};
use crate::value::Value;

/// An attention that GPT-2 has with another config, and that can be replaced, too.
const CROSS: &str = "crossattention";

/// The name of the attention in the layers of a model of this type: PEFT's own table (`TRANSFORMERS_MODEL_CONFIG`).
pub(in crate::dialects::peft) fn attention_of(model_type: &str) -> Option<&'static str> {
    match model_type {
        "llama" | "mistral" => Some("self_attn"),
        "gpt2" => Some("attn"),
        _ => None,
    }
}

/// What is saved of each attention that is replaced. The prompts are as wide as the model's embeddings.
pub(super) fn tensors(case: &Case<'_>, width: Result<u64, Stop>) -> Result<Vec<Expected>, Stop> {
    let attention = attention_of(case.tree.model_type).ok_or(Stop::Refused(Refusal::ModelType))?;
    let (length, count) = (case.number("adapter_len")?, case.size("adapter_layers")?);
    let count = usize::try_from(count).map_err(|_| Stop::Unknown)?;
    // Python makes a text of whatever is written; that of a list or an object is the name of no module.
    let target = match case.value("target_modules") {
        Value::Null => Some(attention),
        Value::String(name) => Some(name.as_str()),
        Value::Int(int) => Some(int.as_str()),
        _ => None,
    };
    let end = target.map(|target| format!(".{target}"));
    let is_meant = |module: &&Module| end.as_ref().is_some_and(|end| module.name.ends_with(end.as_str()));
    let layers: Vec<_> = case.tree.modules.iter().filter(is_meant).collect();
    let Some(first) = layers.len().checked_sub(count) else {
        let key = if layers.is_empty() { "target_modules" } else { "adapter_layers" };
        return Err(unfit(key, format!("there are {count} layers to adapt, but the model has {}", layers.len())));
    };
    match target {
        Some(target) if target == attention => {}
        Some(CROSS) => return Err(Stop::Unknown),
        // PEFT looks for the projections of an attention right in the module.
        _ => return Err(unfit("target_modules", format!("only a whole attention can be replaced, `{attention}`"))),
    }
    let width = width?;
    let mut tensors = Vec::new();
    for module in layers.into_iter().skip(first).filter(|module| matches!(module.kind, Kind::Other(_))) {
        heads(case, module)?;
        let name = |end: &str| format!("{}{}.{end}", super::BASE, module.name);
        tensors.push(Expected { name: name("adaption_prompt"), shape: vec![Some(1), Some(length), Some(width)] });
        tensors.push(Expected { name: name("adaption_gate"), shape: vec![Some(1)] });
    }
    tensors.sort_unstable();
    Ok(tensors)
}

/// That the prompt's keys are cut into as many heads as there are. PEFT counts how many heads share a key by what the key's
/// projection takes and gives, and so takes all heads together to be as wide as the model.
fn heads(case: &Case<'_>, attention: &Module) -> Result<(), Stop> {
    let Some(keys) = case.tree.module(&format!("{}.k_proj", attention.name)) else { return Ok(()) };
    let (inner, out) = widths(keys)?;
    let heads = case.tree.size("num_attention_heads").filter(|heads| *heads > 0).ok_or(Stop::Unknown)?;
    let shared = case.tree.size("num_key_value_heads").filter(|heads| *heads > 0).ok_or(Stop::Unknown)?;
    let counted = inner.checked_div(out).filter(|shares| *shares > 0);
    let is_fit = counted.is_some_and(|shares| heads / shares == shared && [heads, 1].contains(&(shared * shares)));
    if is_fit {
        return Ok(());
    }
    let need = format!(
        "PEFT needs heads that are together as wide as the model's states, but {heads} heads of {} are not {inner} wide",
        out / shared
    );
    Err(unfit("peft_type", need))
}

fn unfit(key: &'static str, need: String) -> Stop {
    Stop::Refused(Refusal::Unfit { key, need })
}
