//! Methods that add a product of narrow matrices.

use super::case::{Case, divides, need, widths};
use super::{Rows, Stop, row, variants};
use crate::dialects::peft::PeftType::{
    Adalora, Deft, Delora, Glora, Gralora, Hira, Lily, Loha, Lokr, Lora, Osf, Peanut, Poly,
};
use crate::dialects::peft::lora_init::{LoraInit, RankNeed};
use crate::models::tree::{Kind, Module};
use crate::python::is_true;
use crate::value::Value;

/// The tensors at one module.
pub(super) fn at(case: &Case<'_>, module: &Module) -> Rows {
    match (case.method, module.kind) {
        (Lora, Kind::Embedding) => return embedding(case, module),
        (Hira, Kind::Embedding) => {
            let (count, width) = table(module)?;
            let r = case.size("r")?;
            return Ok(vec![row("hira_embedding_A", [r, count]), row("hira_embedding_B", [width, r])]);
        }
        _ => {}
    }
    if case.method == Osf && module.kind != Kind::Linear {
        return Ok(Vec::new());
    }
    match case.method {
        Lora => lora(case, module),
        Adalora => adalora(case, module, widths(module)?),
        Loha => loha(case, module),
        Lokr => lokr(case, module),
        Hira => hira(case, module),
        Deft => deft(case, module),
        Delora => delora(case, module),
        Gralora => gralora(case, module),
        Glora => glora(case, module),
        Peanut => peanut(case, module),
        Poly => poly(case, module),
        Lily => lily(case, module),
        Osf => osf(case, module),
        _ => Err(Stop::Unknown),
    }
}

/// The weight of a linear layer within a module.
fn linear(name: &str, rows: u64, columns: u64) -> (String, Vec<Option<u64>>) {
    row(&format!("{name}.weight"), [rows, columns])
}

/// AdaLoRA's at a weight of these widths.
pub(super) fn adalora(case: &Case<'_>, module: &Module, (inner, out): (u64, u64)) -> Rows {
    let r = kept(case, module, case.number("init_r")?)?;
    Ok(vec![row("lora_A", [r, inner]), row("lora_B", [out, r]), row("lora_E", [r, 1])])
}

/// How many of AdaLoRA's directions at a module are left, once training has cut off the others: `rank_pattern` has a flag for each
/// (`resize_state_dict_by_rank_pattern`).
fn kept(case: &Case<'_>, module: &Module, all: u64) -> Result<u64, Stop> {
    let masks = match case.value("rank_pattern") {
        Value::Map(masks) => masks,
        other if is_true(other) => return Err(Stop::Unknown),
        _ => return Ok(all),
    };
    let is_own = |key: &str| {
        let key = key.strip_suffix(".default").unwrap_or(key);
        key.rsplit_once('.').is_some_and(|(path, _)| path == module.name)
    };
    let Some((_, mask)) = masks.iter().find(|(key, _)| is_own(key)) else { return Ok(all) };
    let flags = mask.as_list().ok_or(Stop::Unknown)?;
    let is_whole = u64::try_from(flags.len()) == Ok(all) && flags.iter().all(|flag| matches!(flag, Value::Bool(_)));
    let left = flags.iter().filter(|flag| matches!(flag, Value::Bool(true))).count();
    u64::try_from(left).ok().filter(|_| is_whole).ok_or(Stop::Unknown)
}

fn loha(case: &Case<'_>, module: &Module) -> Rows {
    let (inner, out) = widths(module)?;
    let r = case.by_module("rank_pattern", module, case.size("r")?)?;
    Ok(vec![
        row("hada_w1_a", [out, r]),
        row("hada_w1_b", [r, inner]),
        row("hada_w2_a", [out, r]),
        row("hada_w2_b", [r, inner]),
    ])
}

fn hira(case: &Case<'_>, module: &Module) -> Rows {
    // `rank_pattern` is read, and then `r` taken for every module.
    let (inner, out) = widths(module)?;
    let r = case.size("r")?;
    Ok(vec![row("hira_A", [r, inner]), row("hira_B", [out, r])])
}

fn deft(case: &Case<'_>, module: &Module) -> Rows {
    let (inner, out) = widths(module)?;
    let r = case.size("r")?.min(out);
    let mut rows = vec![row("deft_P", [out, r])];
    if !case.flag("para") {
        rows.push(row("deft_R", [r, inner]));
    }
    Ok(rows)
}

fn delora(case: &Case<'_>, module: &Module) -> Rows {
    let (inner, out) = widths(module)?;
    let r = case.by_module("rank_pattern", module, case.size("r")?)?;
    Ok(vec![
        row("delora_A", [r, inner]),
        row("delora_B", [out, r]),
        row("delora_lambda", [1]),
        row("delora_w_norm", [inner]),
    ])
}

fn gralora(case: &Case<'_>, module: &Module) -> Rows {
    let (inner, out) = widths(module)?;
    let (r, k, hybrid) = (case.size("r")?, case.size("gralora_k")?, case.number("hybrid_r")?);
    need(r % k == 0, module, "r", || format!("`r` ({r}) is not a multiple of `gralora_k` ({k})"))?;
    divides(k, inner, module, "gralora_k", "the width of the input")?;
    divides(k, out, module, "gralora_k", "the width of the output")?;
    let mut rows = vec![row("gralora_A", [k, inner / k, r]), row("gralora_B", [k, r, out / k])];
    if hybrid > 0 {
        rows.push(linear("gralora_A_general", hybrid, inner));
        rows.push(linear("gralora_B_general", out, hybrid));
    }
    Ok(rows)
}

fn peanut(case: &Case<'_>, module: &Module) -> Rows {
    let (_, out) = widths(module)?;
    let r = case.size("r")?;
    let mut rows = vec![linear("peanut_A", r, out), linear("peanut_B", out, r)];
    for pair in 0..case.number("depth")?.min(256) {
        rows.push(linear(&format!("peanut_encoders.{pair}"), r, r));
        rows.push(linear(&format!("peanut_decoders.{pair}"), r, r));
    }
    Ok(rows)
}

fn poly(case: &Case<'_>, module: &Module) -> Rows {
    let (inner, out) = widths(module)?;
    let (r, splits, skills) = (case.size("r")?, case.size("n_splits")?, case.size("n_skills")?);
    need(inner.is_multiple_of(splits) && out.is_multiple_of(splits), module, "n_splits", || {
        format!("{inner} inputs and {out} outputs cannot be split into {splits} equal parts")
    })?;
    Ok(vec![
        row("poly_lora_A", [splits, skills, inner / splits, r]),
        row("poly_lora_B", [splits, skills, r, out / splits]),
        row("poly_router.module_logits", [case.size("n_tasks")?, splits * skills]),
    ])
}

fn lily(case: &Case<'_>, module: &Module) -> Rows {
    let (inner, out) = widths(module)?;
    let (r, count) = (case.size("r")?, case.size("num_B")?);
    Ok(vec![
        linear("lily_A", r, inner),
        linear("lily_B", count.checked_mul(r).ok_or(Stop::Unknown)?, out),
        linear("lily_router", count, r),
    ])
}

fn osf(case: &Case<'_>, module: &Module) -> Rows {
    let (inner, out) = widths(module)?;
    let kept = osf_rank(case, module, inner.min(out))?;
    need(kept > 0, module, "effective_rank", || "OSF must keep a rank above 0".to_owned())?;
    let trained = inner.min(out).saturating_sub(kept);
    Ok(vec![
        row("osf_svd_params.U_low", [out, trained]),
        row("osf_svd_params.S_low", [trained]),
        row("osf_svd_params.V_low", [trained, inner]),
    ])
}

fn lora(case: &Case<'_>, module: &Module) -> Rows {
    let (inner, out) = widths(module)?;
    let r = case.by_module("rank_pattern", module, case.size("r")?)?;
    let init = case.lora_init();
    let r = match init.rank_need() {
        RankNeed::Cut => r.min(inner).min(out),
        RankNeed::Even => {
            need(r.is_multiple_of(2), module, "r", || {
                format!("the orthogonal initialisation needs an even rank, not {r}")
            })?;
            r
        }
        RankNeed::InWeight => {
            smallest_of(r, inner, out, module)?;
            r
        }
        RankNeed::Any => r,
        RankNeed::Unsure if r <= inner.min(out) => r,
        RankNeed::Unsure => return Err(Stop::Unknown),
    };
    // OLoRA factors the weight as it lies.
    let is_turned = module.kind == Kind::Conv1D && init == LoraInit::Olora;
    let (before, after) = if is_turned { (out, inner) } else { (inner, out) };
    let mut rows = vec![row("lora_A.weight", [r, before]), row("lora_B.weight", [after, r])];
    if case.flag("lora_bias") {
        rows.push(row("lora_B.bias", [out]));
    }
    variants::change(case, module, r, &mut rows)?;
    Ok(rows)
}

/// An embedding's rows, and how wide they are.
pub(super) fn table(module: &Module) -> Result<(u64, u64), Stop> {
    match module.parameter("weight") {
        Some(&[Some(count), Some(width)]) => Ok((count, width)),
        _ => Err(Stop::Unknown),
    }
}

fn embedding(case: &Case<'_>, module: &Module) -> Rows {
    let (count, width) = table(module)?;
    let r = case.by_module("rank_pattern", module, case.size("r")?)?;
    bare(case, module)?;
    if case.lora_init().rank_need() == RankNeed::InWeight {
        smallest_of(r, count, width, module)?;
    }
    let mut rows = vec![row("lora_embedding_A", [r, count]), row("lora_embedding_B", [width, r])];
    if case.flag("use_dora") {
        rows.push(row("lora_magnitude_vector", [width]));
    }
    Ok(rows)
}

/// That a weight has as many of the smallest directions as MiCA starts with.
fn smallest_of(r: u64, inner: u64, out: u64, module: &Module) -> Result<(), Stop> {
    need(r <= inner.min(out), module, "r", || {
        format!("MiCA starts with {r} directions of a weight that has {}", inner.min(out))
    })
}

/// That nothing is asked of LoRA that only linear layers can do: embeddings have no bias, and of the variants there is only
/// DoRA; LoftQ quantises neither embeddings nor convolutions, and of convolutions nothing is computed to start with.
pub(super) fn bare(case: &Case<'_>, module: &Module) -> Result<(), Stop> {
    let init = case.lora_init();
    need(init != LoraInit::Loftq, module, "init_lora_weights", || {
        format!("LoftQ cannot initialise a layer of kind `{}`", module.kind)
    })?;
    let is_embedding = module.kind == Kind::Embedding;
    let kind = if is_embedding { "embeddings" } else { "convolutions" };
    need(!is_embedding || !is_true(case.value("lora_bias")), module, "lora_bias", || {
        "LoRA has no bias for embeddings".to_owned()
    })?;
    let is_drawn = matches!(init, LoraInit::Plain | LoraInit::Random | LoraInit::Gaussian | LoraInit::LoraGa);
    need(is_embedding || is_drawn, module, "init_lora_weights", || {
        format!("LoRA has no such initialisation for {kind}")
    })?;
    for key in ["kasa_config", "velora_config", "monteclora_config", "use_bdlora", "alora_invocation_tokens"] {
        // Of an object PEFT makes a nested config, which is true even if the object is empty.
        let is_asked = matches!(case.value(key), Value::Map(_)) || is_true(case.value(key));
        need(!is_asked, module, key, || format!("LoRA does not support this variant for {kind}"))?;
    }
    Ok(())
}

/// `kron(w1, w2)`, each in two parts where that is smaller.
fn lokr(case: &Case<'_>, module: &Module) -> Rows {
    let (inner, out) = widths(module)?;
    let factor = match case.config.get("decompose_factor") {
        None => -1,
        Some(Value::Float(factor)) if *factor > 0.0 => {
            let is_whole = |size: u64| {
                #[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^53")]
                let size = size as f64;
                size % factor == 0.0
            };
            need(!is_whole(inner) && !is_whole(out), module, "decompose_factor", || {
                format!("{factor:?} divides a size ({inner} or {out}), and torch accepts no float for a size")
            })?;
            return Err(Stop::Unknown);
        }
        Some(value) => value.as_i64().ok_or(Stop::Unknown)?,
    };
    let (in_first, in_second) = factors(inner, factor)?;
    let (out_first, out_second) = factors(out, factor)?;
    if let Value::Float(r) = case.value("r") {
        fraction(case, module, *r, out_second.max(in_second))?;
        return Err(Stop::Unknown);
    }
    let r = case.by_module("rank_pattern", module, case.size("r")?)?;
    let mut rows = Vec::new();
    if case.flag("decompose_both") && 2 * r < out_first.max(in_first) {
        rows.extend([row("lokr_w1_a", [out_first, r]), row("lokr_w1_b", [r, in_first])]);
    } else {
        rows.push(row("lokr_w1", [out_first, in_first]));
    }
    if 2 * r < out_second.max(in_second) {
        rows.extend([row("lokr_w2_a", [out_second, r]), row("lokr_w2_b", [r, in_second])]);
    } else {
        rows.push(row("lokr_w2", [out_second, in_second]));
    }
    Ok(rows)
}

/// That LoKr makes no matrix of a rank with a fraction: where the rank is not small beside the second factor, it makes a whole one.
fn fraction(case: &Case<'_>, module: &Module, r: f64, second: u64) -> Result<(), Stop> {
    if !matches!(case.value("rank_pattern"), Value::Null) {
        return Ok(());
    }
    #[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^53")]
    let second = second as f64;
    // NaN is not small beside anything.
    need(r.is_nan() || r >= second / 2.0, module, "r", || {
        format!("PEFT makes matrices of rank {r:?}, but torch accepts no float for a size")
    })
}

/// Two factors of a size, as near to each other as `factor` allows (`factorization` in `lokr/layer.py`).
pub(super) fn factors(size: u64, factor: i64) -> Result<(u64, u64), Stop> {
    let limit = match u64::try_from(factor) {
        Ok(0) => return Err(Stop::Unknown),
        Ok(factor) if size.is_multiple_of(factor) => return Ok((factor, size / factor)),
        Ok(factor) => factor,
        Err(_) if factor == -1 => size,
        Err(_) => return Err(Stop::Unknown),
    };
    let (mut first, mut second) = (1, size);
    let length = first + second;
    while first < second {
        // A divisor above the root is the other half of one below it.
        let mut small = (first + 1..).take_while(|next| next * next <= size);
        let Some(next) = small.find(|next| size.is_multiple_of(*next)) else { break };
        if next + size / next > length || next > limit {
            break;
        }
        (first, second) = (next, size / next);
    }
    Ok((first.min(second), first.max(second)))
}

/// Five paths: two about the weight, three about the bias.
fn glora(case: &Case<'_>, module: &Module) -> Rows {
    let (inner, out) = widths(module)?;
    let r = case.size("r")?;
    let mut rows = Vec::new();
    let mut path = |name: &str, how: &str, first: u64, up: Option<u64>, zeros: Vec<u64>| {
        let end = |part: &str| format!("glora_{name}.{part}");
        match how {
            "lora" => rows.extend([row(&end("Xd"), [first, r]), row(&end("Xu"), [r, up.unwrap_or(1)])]),
            "vector" => rows.push(match up {
                Some(_) => row(&end("X"), [first, 1]),
                None => row(&end("X"), [first]),
            }),
            "constant" => rows.push(row(&end("X"), [1])),
            _ => rows.push((end("zeros"), zeros.into_iter().map(Some).collect())),
        }
    };
    let weight = case.text("config_A_B")?;
    path("A", weight, out, Some(inner), vec![out, inner]);
    path("B", weight, out, Some(inner), vec![out, inner]);
    let (third, last) = (case.text("config_C")?, case.text("config_D_E")?);
    let has_bias = module.has_bias();
    path("C", if has_bias { third } else { "none" }, inner, Some(1), vec![inner, 1]);
    path("D", if has_bias { last } else { "none" }, out, None, vec![out]);
    path("E", if has_bias { last } else { "none" }, out, None, vec![out]);
    Ok(rows)
}

/// How many directions OSF leaves as they are.
fn osf_rank(case: &Case<'_>, module: &Module, most: u64) -> Result<u64, Stop> {
    let mut value = case.value("effective_rank");
    if let Value::Map(rows) = case.value("rank_pattern") {
        for (pattern, rank) in rows.iter() {
            let pattern = crate::dialects::peft::Pattern::start(pattern, &format!(r"(?s:.*?)(?:{pattern})"));
            if pattern.and_then(|pattern| pattern.matches(&module.name)).map_err(|_| Stop::Unknown)? {
                value = rank;
                break;
            }
        }
    }
    match value {
        Value::Null => Ok(most / 2),
        Value::Int(int) => int.as_i64().map(|int| u64::try_from(int).unwrap_or_default()).ok_or(Stop::Unknown),
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        Value::Float(_) => match value.as_f64() {
            // A fraction of all directions; `int` cuts off.
            Some(share) if share > 0.0 && share <= 1.0 => Ok((most as f64 * share) as u64),
            _ => Err(Stop::Unknown),
        },
        _ => Err(Stop::Unknown),
    }
}
