//! What LoRA's variants make of its tensors at a linear layer.

use super::case::{Case, need, widths};
use super::{Stop, row};
use crate::models::tree::{Kind, Module};
use crate::python::is_true;
use crate::value::{Map, Value};

/// The keys of variants that change the tensors in a way of their own.
const APART: [&str; 3] = ["velora_config", "monteclora_config", "use_bdlora"];

/// Whether nothing is asked of LoRA that changes the tensors of a module in a way of its own.
pub(super) fn is_plain(case: &Case<'_>) -> bool {
    APART.iter().chain(&["megatron_config"]).all(|key| matches!(case.value(key), Value::Null))
}

/// What is saved at a module, by its end and its shape.
type Saved = Vec<(String, Vec<Option<u64>>)>;

/// Changes the rows of a linear layer, which are those of A and B.
pub(super) fn change(case: &Case<'_>, module: &Module, r: u64, rows: &mut Saved) -> Result<(), Stop> {
    let is_set = |key: &str| !matches!(case.value(key), Value::Null);
    let mut others = APART.iter().filter(|key| is_set(key));
    let (own, second) = (others.next(), others.next());
    let beside = is_true(case.value("use_dora")) || is_set("kasa_config");
    // PEFT has no variant for two of them.
    if second.is_some() || (own.is_some() && beside) || is_set("megatron_config") {
        return Err(Stop::Unknown);
    }
    let (inner, out) = widths(module)?;
    if case.flag("use_dora") {
        rows.push(row("lora_magnitude_vector", [out]));
    }
    if is_set("kasa_config") {
        need(module.kind != Kind::Conv1D, module, "kasa_config", || {
            "KaSA does not support layers of kind `Conv1D`".to_owned()
        })?;
        need(r < inner.min(out), module, "kasa_config", || {
            format!("KaSA needs a rank below {}, the smaller width, but the rank is {r}", inner.min(out))
        })?;
        rows.push(row("lora_diag", [r]));
    }
    let Some(own) = own else { return Ok(()) };
    let settings = case.value(own).as_map().ok_or(Stop::Unknown)?;
    match *own {
        "velora_config" => {
            let groups = number(settings, "num_groups", 64)?;
            rows.push(row("lora_velora_embed", [inner.div_ceil(groups)]));
        }
        "monteclora_config" => {
            let samples = number(settings, "num_samples", 8)?;
            let end = |part: &str| format!("lora_monteclora_sampler.{part}");
            rows.extend([
                row(&end("std_prior"), [r]),
                row(&end("expert_weights_prior"), [samples]),
                row(&end("gaussian_var_prior"), [r, r]),
                row(&end("expert_weights"), [samples]),
            ]);
        }
        _ => block_diagonal(settings, module, r, rows)?,
    }
    Ok(())
}

/// BD-LoRA: one of the two matrices is of blocks along a diagonal, and saved as narrow as one of them.
fn block_diagonal(settings: &Map, module: &Module, r: u64, rows: &mut Saved) -> Result<(), Stop> {
    let (inner, out) = widths(module)?;
    let count = number(settings, "nblocks", 1)?;
    let (a, b) = (names(settings, "target_modules_bd_a")?, names(settings, "target_modules_bd_b")?);
    let meets = |names: &[&str]| names.iter().any(|name| module.name.contains(name));
    // What is in both or in neither has a rule of its own.
    let is_strict = settings.get("match_strict").is_none_or(is_true);
    let is_a = match (meets(&a), meets(&b)) {
        (true, true) => return Err(Stop::Unknown),
        (false, false) if is_strict => return Err(Stop::Unknown),
        (false, false) => return Ok(()),
        (in_a, _) => in_a,
    };
    // The number of outputs of another kind of layer is not looked up as that of a linear one.
    if module.kind != Kind::Linear {
        return Err(Stop::Unknown);
    }
    let in_blocks_of = |size: u64, what: &str| {
        need(size.is_multiple_of(count), module, "use_bdlora", || {
            format!("{what} ({size}) is not a multiple of `nblocks` ({count})")
        })
    };
    in_blocks_of(r, "the rank")?;
    let (cut, columns) = if is_a {
        in_blocks_of(inner, "the width of the input")?;
        ("lora_A.weight", inner)
    } else {
        in_blocks_of(out, "the width of the output")?;
        ("lora_B.weight", r)
    };
    for (name, shape) in rows.iter_mut().filter(|(name, _)| name == cut) {
        debug_assert_eq!(shape.len(), 2, "{name} is a matrix");
        if let Some(last) = shape.last_mut() {
            *last = Some(columns / count);
        }
    }
    Ok(())
}

/// A number above zero in nested settings.
fn number(settings: &Map, key: &str, default: u64) -> Result<u64, Stop> {
    match settings.get(key) {
        None => Ok(default),
        Some(Value::Int(int)) => {
            let number = int.as_i64().and_then(|number| u64::try_from(number).ok());
            number.filter(|number| *number > 0).ok_or(Stop::Unknown)
        }
        Some(_) => Err(Stop::Unknown),
    }
}

fn names<'s>(settings: &'s Map, key: &str) -> Result<Vec<&'s str>, Stop> {
    match settings.get(key) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::List(items)) => items.iter().map(|item| item.as_str().ok_or(Stop::Unknown)).collect(),
        Some(_) => Err(Stop::Unknown),
    }
}
