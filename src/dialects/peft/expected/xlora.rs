//! X-LoRA: a classifier beside the model, which says how much each LoRA counts. The LoRAs are in files of their own.

use super::case::Case;
use super::{Adapted, Expected, Refusal, Stop};
use crate::dialects::peft::PeftType::Xlora;
use crate::value::Value;

/// What the config class of a model calls its width.
const WIDTHS: [&str; 3] = ["hidden_size", "n_embd", "d_model"];

/// The width that PEFT takes where the config has none.
const COMMON_WIDTH: u64 = 4096;

/// Whatever the names in the file of a LoRA begin with, PEFT makes this of it, in the model itself
/// (`_load_adapter_into_lora_model`).
const BELOW: &str = "model.";

/// More layers than this no classifier has.
const MOST_LAYERS: u64 = 1024;

/// What X-LoRA loads of its own; `None` for another method. PEFT 0.21.2 leaves out of the file those layers whose number is the
/// name of a LoRA, too, and loads an adapter without them as it is.
pub(super) fn adapted(case: &Case<'_>) -> Result<Option<Adapted>, Stop> {
    if case.method != Xlora {
        return Ok(None);
    }
    let width = match case.value("hidden_size") {
        Value::Null => COMMON_WIDTH,
        _ => case.size("hidden_size")?,
    };
    let own = WIDTHS.iter().find_map(|key| case.tree.size(key)).ok_or(Stop::Unknown)?;
    let count = match case.value("adapters") {
        Value::Null => 0,
        Value::Map(adapters) => u64::try_from(adapters.iter().count()).map_err(|_| Stop::Unknown)?,
        _ => return Err(Stop::Unknown),
    };
    if width != own {
        let need = format!("the model's states are {own} wide, but the classifier expects {width}");
        return Err(Stop::Refused(Refusal::Unfit { key: "hidden_size", need }));
    }
    if count > 0 && !case.tree.names().any(|name| name.starts_with(BELOW)) {
        let need =
            "PEFT looks for the weights of the adapters under `model.model`, and the model has no module `model`";
        return Err(Stop::Refused(Refusal::Unfit { key: "adapters", need: need.to_owned() }));
    }
    let depth = case.size("xlora_depth")?;
    if depth > MOST_LAYERS {
        return Err(Stop::Unknown);
    }
    let inner = if depth > 1 { Some(case.number("xlora_size")?) } else { None };
    // One row for each layer of the LoRAs, whose configs say which there are.
    let last = if count > 0 && case.flag("layerwise_scalings") { None } else { Some(count) };
    // Between two layers are the activation and the dropout, which count, too.
    let step = if case.float("xlora_dropout_p")? > 0.0 { 3 } else { 2 };
    let mut tensors = Vec::new();
    for layer in 0..depth {
        let inputs = if layer == 0 { Some(width) } else { inner };
        let outputs = if layer + 1 == depth { last } else { inner };
        let name = |what: &str| format!("base_model.internal_xlora_classifier.layers.{}.{what}", layer * step);
        tensors.push(Expected { name: name("weight"), shape: vec![outputs, inputs] });
        tensors.push(Expected { name: name("bias"), shape: vec![outputs] });
    }
    tensors.sort_unstable();
    Ok(Some(Adapted { modules: Vec::new(), in_parts: Vec::new(), tensors: Some(tensors) }))
}
