//! Methods whose modules share matrices or vectors.

use super::case::{Case, divides, widths};
use super::low_rank::table;
use super::{Expected, Refusal, Rows, Stop, row};
use crate::dialects::peft::PeftType::{Frod, Pvera, Randlora, Tinylora, Unilora, Vblora, Vera};
use crate::models::tree::{Kind, Module};

/// What PEFT looks at before any module: a method that sizes its shared matrices by the modules needs one that has them.
pub(super) fn check(case: &Case<'_>, modules: &[&Module]) -> Result<(), Stop> {
    let is_sized = matches!(case.method, Vera | Pvera | Randlora | Frod);
    let has_size = modules.iter().any(|module| matches!(module.kind, Kind::Linear | Kind::Conv1D));
    if let (true, false, Some(module)) = (is_sized, has_size, modules.first()) {
        let refusal = Refusal::Unsupported { module: module.name.clone(), kind: module.kind };
        return Err(Stop::Refused(refusal));
    }
    Ok(())
}

/// The tensors at one module.
pub(super) fn at(case: &Case<'_>, module: &Module, all: &[&Module]) -> Rows {
    let (inner, out) = match module.kind {
        // An embedding counts as the layer from rows to widths.
        Kind::Embedding if case.method == Tinylora => table(module).map(|(count, width)| (width, count))?,
        _ => widths(module)?,
    };
    Ok(match case.method {
        Vera => {
            vec![row("vera_lambda_b", [out]), row("vera_lambda_d", [case.size("r")?])]
        }
        Pvera => {
            let r = case.size("r")?.checked_mul(2).ok_or(Stop::Unknown)?;
            vec![row("pvera_lambda_b", [out]), row("pvera_lambda_d", [r])]
        }
        Randlora => {
            let r = case.size("r")?;
            let count = inner.min(out).div_ceil(r);
            let mut rows = vec![row("randlora_lambda", [r, count]), row("randlora_gamma", [count, inner.min(out)])];
            if case.flag("save_projection") {
                rows.extend(randlora_bases(r, all)?);
            }
            rows
        }
        Frod => {
            let rate = case.float("sparse_rate")?;
            vec![row("frod_lambda_l", [inner]), row("frod_lambda_s_values", [frod_entries(rate, inner)])]
        }
        Vblora => vblora(case, module, inner, out)?,
        Unilora => {
            if !case.flag("save_indices") {
                return Ok(Vec::new());
            }
            let r = case.size("r")?;
            ["indices", "scales"]
                .iter()
                .flat_map(|what| {
                    [row(&format!("unilora_{what}_A"), [r, inner]), row(&format!("unilora_{what}_B"), [out, r])]
                })
                .collect()
        }
        Tinylora => {
            let (r, u) = (case.size("r")?.min(inner).min(out), case.size("u")?);
            let mut rows = vec![row("tinylora_A", [r, inner]), row("tinylora_B", [out, r])];
            if case.flag("save_projection") {
                rows.push(row("tinylora_P", [u, r, r]));
            }
            rows
        }
        _ => return Err(Stop::Unknown),
    })
}

/// VB-LoRA's choices of vectors, for both halves.
fn vblora(case: &Case<'_>, module: &Module, inner: u64, out: u64) -> Rows {
    let (r, length) = (case.size("r")?, case.size("vector_length")?);
    let (count, top) = (case.size("num_vectors")?, case.size("topk")?);
    divides(length, inner, module, "vector_length", "the width of the input")?;
    divides(length, out, module, "vector_length", "the width of the output")?;
    let (first, second) = ([r, inner / length], [out / length, r]);
    let mut rows = Vec::new();
    for (name, [a, b]) in [("vblora_logits_A", first), ("vblora_logits_B", second)] {
        if case.flag("save_only_topk_weights") {
            rows.push(row(&format!("{name}_topk_indices"), [a, b, top]));
            rows.push(row(&format!("{name}_topk_weights"), [a, b, top - 1]));
        } else {
            rows.push(row(name, [a, b, count]));
        }
    }
    Ok(rows)
}

/// RandLoRA's bases, as wide as the widest module needs.
fn randlora_bases(r: u64, all: &[&Module]) -> Rows {
    let (inner, out) = largest(all)?;
    let (narrow, wide) = (inner.min(out), inner.max(out));
    Ok(vec![row("randlora_A", [r, 1, narrow]), row("randlora_B", [wide, narrow.div_ceil(r), r])])
}

/// The widest input and the widest output.
fn largest(all: &[&Module]) -> Result<(u64, u64), Stop> {
    let linear = all.iter().filter(|module| matches!(module.kind, Kind::Linear | Kind::Conv1D));
    linear.map(|module| widths(module)).try_fold((0, 0), |(inner, out), next| {
        let (next_inner, next_out) = next?;
        Ok((inner.max(next_inner), out.max(next_out)))
    })
}

/// How many entries of FRoD's sparse matrix there are.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn frod_entries(rate: f64, inner: u64) -> u64 {
    let count = ((rate * (inner * inner) as f64) as u64).min(inner * inner - inner);
    // One at least, if any are wanted and there are any; those of the diagonal are not among them.
    if rate > 0.0 && inner > 1 { count.max(1) } else { count }
}

/// The tensors that belong to no module.
pub(super) fn tensors(case: &Case<'_>, modules: &[&Module]) -> Result<Vec<Expected>, Stop> {
    let rows = match case.method {
        Vera | Pvera => {
            let r = case.size("r")?;
            let (inner, out) = largest(modules)?;
            let (name, first) = if case.method == Vera { ("vera", r) } else { ("pvera", 2 * r) };
            if case.flag("save_projection") {
                vec![row(&format!("{name}_A"), [first, inner]), row(&format!("{name}_B"), [out, r])]
            } else {
                Vec::new()
            }
        }
        Randlora if case.flag("save_projection") => randlora_bases(case.size("r")?, modules)?,
        Frod if case.flag("save_projection") => {
            let rate = case.float("sparse_rate")?;
            let mut rows = Vec::new();
            for module in modules {
                let (inner, _) = widths(module)?;
                let category = frod_category(&module.name);
                rows.push(row(&format!("frod_V.{category}"), [inner, inner]));
                rows.push(row(&format!("frod_s_indices.{category}"), [2, frod_entries(rate, inner)]));
                rows.push(row(&format!("frod_s_size.{category}"), [2]));
            }
            rows
        }
        Vblora => {
            vec![row("vblora_vector_bank", [case.size("num_vectors")?, case.size("vector_length")?])]
        }
        Unilora => vec![row("unilora_theta_d", [case.size("theta_d_length")?])],
        Tinylora => {
            let (count, tying) = (modules.len(), case.float("weight_tying")?);
            #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let groups = ((count as f64 * (1.0 - tying)).round_ties_even() as usize).max(1);
            let size = (count / groups).max(1);
            let u = case.size("u")?;
            (0..count).map(|at| row(&format!("tinylora_v.{}", (at / size).min(groups - 1)), [u])).collect()
        }
        _ => Vec::new(),
    };
    Ok(rows.into_iter().map(|(name, shape)| Expected { name: format!("base_model.{name}"), shape }).collect())
}

/// The name under which modules of one kind share a matrix (`_category_from_key`).
fn frod_category(name: &str) -> String {
    let parts: Vec<_> = name.split('.').collect();
    match parts.as_slice() {
        [.., "attention", "output", "dense"] => "attention_output".to_owned(),
        [.., before, last] if before.bytes().all(|byte| byte.is_ascii_digit()) => (*last).to_owned(),
        [.., before, last] => format!("{before}_{last}"),
        _ => name.to_owned(),
    }
}
