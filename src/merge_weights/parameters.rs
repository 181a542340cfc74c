//! LoRA on parameters that belong to no layer (`target_parameters`), as models with experts have them.

use std::collections::BTreeMap;

use ndarray::Array2;

use super::blocks::{Pieces, bytes};
use super::{Adapter, Base, MergeError, Plan, places};
use crate::methods::MethodError;
use crate::methods::updates::expert;
use crate::methods::updates::matrix::flat;
use crate::tensors::Tensor;
use crate::value::Value;

/// What stands between the path of a module and a tensor of one of its parameters, once for each that is adapted later.
const NESTED: &str = ".base_layer";

/// The name of the parameter that each adapted module stands for, for those that stand for one. PEFT wraps a module once
/// for every parameter, so that the last one is outermost (`tuners/tuners_utils.py`, `_inject_parameters`).
pub(super) fn find(adapter: &Adapter, base: &Base) -> Result<BTreeMap<String, String>, MergeError> {
    let mut found = BTreeMap::new();
    let Some(Value::List(targets)) = adapter.settings().get("target_parameters") else { return Ok(found) };
    let targets: Vec<&str> = targets.iter().filter_map(Value::as_str).collect();
    for module in adapter.modules() {
        let mut owner = module;
        let mut depth = 0;
        while let Some(inner) = owner.strip_suffix(NESTED) {
            (owner, depth) = (inner, depth + 1);
        }
        let mut names: Vec<&str> = Vec::new();
        for target in &targets {
            let name = target.rsplit('.').next().unwrap_or(target);
            let key = format!("{owner}.{name}");
            let is_meant = key == *target || key.strip_suffix(target).is_some_and(|before| before.ends_with('.'));
            if is_meant && !names.contains(&name) && base.find(&key).is_some() {
                names.push(name);
            }
        }
        if names.is_empty() {
            continue;
        }
        if names.len() > 1 {
            names = in_order(adapter, base, owner, &names)?;
        }
        let name =
            names.iter().rev().nth(depth).ok_or_else(|| MergeError::Unplaced { modules: vec![module.to_owned()] })?;
        found.insert(module.to_owned(), format!("{owner}.{name}"));
    }
    Ok(found)
}

/// Parameters as the module has them.
fn in_order<'n>(adapter: &Adapter, base: &Base, owner: &str, names: &[&'n str]) -> Result<Vec<&'n str>, MergeError> {
    let ordered = places::trees(adapter, base).into_iter().find_map(|tree| {
        let all = &tree.module(owner)?.parameters;
        let ordered = all.iter().filter_map(|(own, _)| names.iter().copied().find(|name| name == own));
        Some(ordered.collect::<Vec<_>>()).filter(|ordered| ordered.len() == names.len())
    });
    let what = "which tensors are for which parameter depends on the order of the module's parameters";
    ordered.ok_or_else(|| places::unknown(what))
}

/// The bytes of the parameter with the update in it, one expert after the other.
pub(super) fn changed<'p>(
    plan: &'p Plan<'p>,
    module: &'p str,
    key: &str,
    stored: Tensor<'p>,
) -> Result<Pieces<'p>, MergeError> {
    let failed = |error: MethodError| MergeError::update(module, error);
    let tensors = plan.own_tensors(module)?;
    let (a, b) = (flat(&tensors, "lora_A.weight").map_err(failed)?, flat(&tensors, "lora_B.weight").map_err(failed)?);
    let (experts, shape) = match *stored.shape() {
        [experts, rows, columns] => (experts, (rows, columns)),
        [rows, columns] => (1, (rows, columns)),
        _ => {
            return Err(failed(MethodError::input(format!(
                "a parameter of shape {:?} cannot be adapted",
                stored.shape()
            ))));
        }
    };
    let size = (b.nrows(), a.ncols());
    // Of newer models some have their experts' weights the other way round.
    let is_turned = size != shape && (size.1, size.0) == shape;
    if size != shape && !is_turned || experts == 0 {
        let detail = format!("an update of shape {size:?} does not fit a parameter of shape {:?}", stored.shape());
        return Err(failed(MethodError::input(detail)));
    }
    let scaling = plan.adapter.settings().lora_scaling(key, a.nrows() / experts);
    let scaling = scaling.map_err(|error| MergeError::update(module, error))?;
    let reader = stored.reader();
    let length = shape.0 * shape.1;
    Ok(Box::new((0..experts).map(move |number| {
        let mut numbers = reader.numbers(number * length..(number + 1) * length)?;
        let delta: Array2<f64> = expert(scaling, (&a, &b), experts, number).map_err(failed)?;
        let delta = if is_turned { delta.reversed_axes() } else { delta };
        numbers.iter_mut().zip(&delta).for_each(|(number, change)| *number += change);
        bytes(stored.name(), &numbers, stored.dtype())
    })))
}
