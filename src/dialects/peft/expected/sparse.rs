//! Methods that train few numbers at each module: factors, biases, rows, frequencies, entries.

use super::case::{Case, divides, need, widths};
use super::{Refusal, Rows, Stop, row};
use crate::dialects::peft::PeftType::{Beft, C3a, Fourierft, Ia3, Shira, Supertuning, TrainableTokens, Waveft};
use crate::dialects::peft::defaults;
use crate::dialects::peft::targets::{FeedForward, Written};
use crate::models::tree::Module;
use crate::python::is_true;
use crate::value::Value;

/// The tensors at one module; `all` are those that are adapted.
pub(super) fn at(case: &Case<'_>, module: &Module, all: &[&Module]) -> Rows {
    if case.method == TrainableTokens {
        return tokens(case, module);
    }
    let (inner, out) = widths(module)?;
    Ok(match case.method {
        Ia3 => {
            let written = feed_forward(case)?.ok_or(Stop::Unknown)?;
            let feed_forward = FeedForward::new(&written).map_err(|_| Stop::Unknown)?;
            let is_before = feed_forward.has(&module.name).map_err(|_| Stop::Unknown)?;
            vec![if is_before { row("ia3_l", [1, inner]) } else { row("ia3_l", [out, 1]) }]
        }
        Beft => vec![row("beft_bias", [1, out])],
        Fourierft | Waveft | Shira if exceeds(case) => {
            let key = if case.method == Shira { "r" } else { "n_frequency" };
            need(false, module, key, || {
                format!("`{key}` exceeds the number of entries in the weight ({})", inner * out)
            })?;
            return Err(Stop::Unknown);
        }
        Fourierft => {
            let count = case.by_inner_module("n_frequency_pattern", module, case.size("n_frequency")?)?;
            within(count, inner, out, module)?;
            vec![row("fourierft_spectrum", [count])]
        }
        Waveft => {
            let common = case.size("n_frequency")?;
            let count = if case.flag("proportional_parameters") {
                proportional(common, inner * out, all)?
            } else {
                case.by_module("n_frequency_pattern", module, common)?
            };
            within(count, inner, out, module)?;
            vec![row("waveft_spectrum", [count])]
        }
        C3a => {
            let size = case.by_inner_module("block_size_pattern", module, case.size("block_size")?)?;
            divides(size, inner, module, "block_size", "the width of the input")?;
            divides(size, out, module, "block_size", "the width of the output")?;
            vec![row("c3a_kernel", [out / size, inner / size, size])]
        }
        Shira => {
            let r = case.size("r")?;
            let count = r.checked_mul(inner + out).ok_or(Stop::Unknown)?;
            need(count <= inner * out, module, "r", || {
                format!("`r` × (in + out) = {count} exceeds the number of entries in the weight ({})", inner * out)
            })?;
            vec![row("shira_weight", [count]), row("shira_indices", [2, count])]
        }
        Supertuning => return supertuning(case, module),
        _ => return Err(Stop::Unknown),
    })
}

/// Whether more entries of a weight are asked for than any has.
fn exceeds(case: &Case<'_>) -> bool {
    let is_common = ["n_frequency_pattern", "proportional_parameters"].iter().all(|key| !is_true(case.value(key)));
    if case.method == Shira { case.is_beyond("r") } else { is_common && case.is_beyond("n_frequency") }
}

/// A row for each token.
fn tokens(case: &Case<'_>, module: &Module) -> Rows {
    let Some(&[count, width]) = module.parameter("weight") else { return Err(Stop::Unknown) };
    let Value::List(tokens) = case.value("token_indices") else { return Err(Stop::Unknown) };
    let largest = tokens.iter().filter_map(Value::as_i64).max();
    if let (Some(count), Some(largest)) = (count.and_then(|count| i64::try_from(count).ok()), largest) {
        need(largest < count, module, "token_indices", || {
            format!("an embedding of {count} rows has no row {largest}")
        })?;
    }
    let rows = u64::try_from(tokens.len()).ok();
    Ok(vec![("trainable_tokens_delta".to_owned(), vec![rows, width])])
}

/// WaveFT's share for a weight of so many entries: all modules together have `common` for each of them.
#[expect(clippy::cast_precision_loss, reason = "a float of this size is exact")]
fn proportional(common: u64, entries: u64, all: &[&Module]) -> Result<u64, Stop> {
    let sizes = all.iter().map(|module| widths(module).map(|(inner, out)| inner * out));
    let sum = sizes.sum::<Result<u64, _>>()?;
    let budget = common.checked_mul(u64::try_from(all.len()).unwrap_or(0)).ok_or(Stop::Unknown)?;
    let share = (entries as f64 / sum as f64) * budget as f64;
    // Python rounds a half to the even number.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let share = share.round_ties_even() as u64;
    Ok(share.max(1))
}

/// The entries of the weight that are trained, and LoRA beside them.
fn supertuning(case: &Case<'_>, module: &Module) -> Rows {
    let (inner, out) = widths(module)?;
    let sparsity = case.float("sparsity")?;
    #[expect(clippy::cast_precision_loss, reason = "a float of this size is exact")]
    let entries = (1.0 - sparsity) * (inner * out) as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let count = entries as u64;
    need(count > 0, module, "sparsity", || "no entry of the weight is left to train".to_owned())?;
    let mut rows = vec![row("supertuning_values", [count])];
    if case.flag("save_precomputed_indices") {
        rows.push(row("supertuning_indices", [count]));
    }
    if !matches!(case.value("r"), Value::Null) {
        let r = case.size("r")?;
        rows.push(row("supertuning_lora_A.weight", [r, inner]));
        rows.push(row("supertuning_lora_B.weight", [out, r]));
    }
    Ok(rows)
}

/// That (IA)³ knows which modules' factors stand before them: PEFT asks for it before it looks at any module.
pub(super) fn check(case: &Case<'_>) -> Result<(), Stop> {
    if case.method == Ia3 && feed_forward(case)?.is_none() {
        return Err(Stop::Refused(Refusal::NoDefault));
    }
    Ok(())
}

/// The modules whose factors stand before them, in the config or by the type of the model.
fn feed_forward(case: &Case<'_>) -> Result<Option<Written>, Stop> {
    let written = case.written("feedforward_modules")?;
    Ok(written.or_else(|| defaults::feedforward_modules(case.tree.model_type)))
}

/// Not more numbers than the weight has.
fn within(count: u64, inner: u64, out: u64, module: &Module) -> Result<(), Stop> {
    need(count > 0 && count <= inner * out, module, "n_frequency", || {
        format!("`n_frequency` ({count}) is not between 1 and the number of entries in the weight ({})", inner * out)
    })
}
