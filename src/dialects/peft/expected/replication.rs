//! `layer_replication`: layers that are repeated before any is adapted (`replicate_layers`).

use super::case::Case;
use super::{Refusal, Stop};
use crate::models::tree::Kind;
use crate::value::Value;

/// Where PEFT looks for the list of layers: in models like LLaMA, BERT, Falcon.
const LISTS: [&str; 3] = ["layers", "encoder.layer", "h"];

/// Refuses a model whose layers PEFT does not find, and layers that it has not.
pub(super) fn check(case: &Case<'_>) -> Result<(), Stop> {
    let Value::List(pairs) = case.value("layer_replication") else { return Ok(()) };
    let inner = |outer: &str, name: &str| {
        let name = if outer.is_empty() { name.to_owned() } else { format!("{outer}.{name}") };
        case.tree.module(&name).is_some().then_some(name)
    };
    let mut outer = String::new();
    while let Some(name) = inner(&outer, "model") {
        outer = name;
    }
    let outer = inner(&outer, "bert").unwrap_or(outer);
    let list = LISTS.iter().find_map(|list| inner(&outer, list));
    let is_list = |name: &String| case.tree.module(name).is_some_and(|module| module.kind == Kind::ModuleList);
    let Some(list) = list.filter(is_list) else {
        return Err(unfit("PEFT finds layers to repeat only in models like LLaMA, BERT and Falcon".to_owned()));
    };
    let layers = (0_i64..).take_while(|at| case.tree.module(&format!("{list}.{at}")).is_some()).count();
    let layers = i64::try_from(layers).map_err(|_| Stop::Unknown)?;
    for pair in pairs {
        let ends = pair.as_list().and_then(|pair| match pair {
            [first, last] => Some((first.as_i64()?, last.as_i64()?)),
            _ => None,
        });
        let (first, last) = ends.ok_or(Stop::Unknown)?;
        // Python counts negative numbers from the end.
        if first < last && (first < -layers || last > layers) {
            return Err(unfit(format!("the model has {layers} layers, not those from {first} to before {last}")));
        }
    }
    Ok(())
}

fn unfit(need: String) -> Stop {
    Stop::Refused(Refusal::Unfit { key: "layer_replication", need })
}
