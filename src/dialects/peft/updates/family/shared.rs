//! What layers share, and each layer's few numbers beside it.

use nalgebra::DMatrix;
use ndarray::{Array1, Array2, Axis, Ix2, Ix3};

use super::{Made, pairs};
use crate::dialects::peft::updates::{Settings, Site, UpdateError};
use crate::methods::updates::matrix::{dot, flat, positions, vector};
use crate::methods::updates::{self, LowRank, Replaced};
use crate::methods::{MethodError, Scalar};

pub(in super::super) fn vera<T: Scalar>(_: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    shared(site, "vera", 1)
}

pub(in super::super) fn pvera<T: Scalar>(_: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    shared(site, "pvera", 2)
}

/// VeRA, and PVeRA whose first half is the mean.
fn shared<T: Scalar>(site: &Site<'_, T>, name: &str, parts: usize) -> Made<T> {
    let matrix = |side: &str| {
        let role = format!("{name}_{side}");
        if site.has(&role) { site.tensors } else { site.drawn }.view::<Ix2>(&role)
    };
    let (a, b) = (matrix("A")?, matrix("B")?);
    let inner = vector(site.tensors, &format!("{name}_lambda_d"))?;
    let inner: Array1<T> = inner.iter().take(inner.len() / parts).copied().collect();
    let outer = vector(site.tensors, &format!("{name}_lambda_b"))?;
    Ok(Box::new(LowRank::shared(site.shape(), (a, b), (&inner, &outer))?))
}

pub(in super::super) fn randlora<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let base = |role: &str| if site.has(role) { site.tensors } else { site.drawn }.view::<Ix3>(role);
    let (a, b) = (base("randlora_A")?, base("randlora_B")?);
    let (lambda, gamma) = (flat(site.tensors, "randlora_lambda")?, flat(site.tensors, "randlora_gamma")?);
    let scaling = config.number("randlora_alpha") / lambda.nrows() as f64;
    Ok(Box::new(updates::randlora(scaling, site.shape(), (a, b), (&lambda, &gamma))?))
}

pub(in super::super) fn tinylora<T: Scalar>(_: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let part = |role: &str, drawn: &'static str| {
        if site.has(role) { flat(site.tensors, role) } else { flat(site.drawn, drawn) }
    };
    let (a, b) = (part("tinylora_A", "A")?, part("tinylora_B", "B")?);
    let pieces = part("tinylora_P", "P")?;
    let steering = match site.drawn.get("group") {
        _ if site.drawn.get("v").is_some() => vector(site.drawn, "v")?,
        Some(group) => {
            let group = group.first().map(|group| group.wide()).unwrap_or_default();
            vector(site.tensors, &format!("tinylora_v.{group}"))?
        }
        None if site.has("tinylora_v.1") => {
            return Err(MethodError::undefined(
                "there are several vectors, and only the order of the modules tells which one applies",
            )
            .into());
        }
        None => vector(site.tensors, "tinylora_v.0")?,
    };
    let mixed = dot(&steering.view().insert_axis(Axis(0)), &pieces)?;
    let middle = updates::matrix::reshaped(mixed.into_dyn(), (a.nrows(), a.nrows()), "tinylora_P")?;
    Ok(Box::new(LowRank::new(1.0, a, b, None).with_middle(&middle)?))
}

pub(in super::super) fn unilora<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let theta = vector(site.tensors, "unilora_theta_d")?;
    let length = config.size("theta_d_length");
    if theta.len() != length {
        let role = "unilora_theta_d".to_owned();
        return Err(MethodError::Shape { role, expected: vec![length], found: vec![theta.len()] }.into());
    }
    let matrix = |side: &str| -> Result<Array2<T>, MethodError> {
        let saved = [format!("unilora_indices_{side}"), format!("unilora_scales_{side}")];
        let drawn = [format!("indices_{side}"), format!("scales_{side}")];
        let is_saved = saved.iter().all(|role| site.has(role));
        let (parameters, [indices, scales]) = if is_saved { (site.tensors, saved) } else { (site.drawn, drawn) };
        let mut scaled = flat(parameters, &scales)?;
        let chosen = positions(parameters, &indices, theta.len())?;
        if chosen.len() != scaled.len() {
            return Err(MethodError::input("the number of positions differs from the number of factors"));
        }
        scaled.iter_mut().zip(chosen).for_each(|(factor, at)| *factor *= theta[at]);
        Ok(scaled)
    };
    Ok(Box::new(LowRank::new(1.0, matrix("A")?, matrix("B")?, None)))
}

pub(in super::super) fn vblora<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let bank = flat(site.tensors, "vblora_vector_bank")?;
    let k = config.size("topk");
    // Sub-vectors by their place in the logits: `[r, in / length]` for A, `[out / length, r]` for B.
    let side = |name: &str| -> Result<(Array2<T>, usize), MethodError> {
        let logits = format!("vblora_logits_{name}");
        if let Some(logits) = site.tensors.get(&logits) {
            let second = logits.shape().get(1).copied().unwrap_or_default();
            return Ok((updates::mixtures(logits, &bank, k)?, second));
        }
        let (indices, weights) = (format!("{logits}_topk_indices"), format!("{logits}_topk_weights"));
        let chosen = positions(site.tensors, &indices, bank.nrows())?;
        let second = site.tensors.get(&indices).and_then(|array| array.shape().get(1).copied()).unwrap_or_default();
        // With one vector each there are no weights to save.
        let none = ndarray::ArrayD::zeros(vec![0]);
        Ok((updates::saved_mixtures(&chosen, site.tensors.get(&weights).unwrap_or(&none), &bank, k)?, second))
    };
    let ((a, per_row), (b, rank)) = (side("A")?, side("B")?);
    let length = bank.ncols();
    let (outputs, inputs) = site.shape();
    let fits = per_row.checked_mul(length) == Some(inputs) && rank > 0 && a.nrows() == rank * per_row;
    if !fits || b.nrows() / rank * length != outputs {
        return Err(MethodError::input("the sub-vectors do not fill the matrices").into());
    }
    let a =
        Array2::from_shape_fn((rank, inputs), |(row, column)| a[(row * per_row + column / length, column % length)]);
    let b = Array2::from_shape_fn((outputs, rank), |(row, column)| b[(row / length * rank + column, row % length)]);
    Ok(Box::new(LowRank::new(1.0, a, b, None)))
}

pub(in super::super) fn frod<T: Scalar>(_: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    // Matrices are shared by modules whose names end in the same two parts.
    let parts: Vec<&str> = site.module.rsplit('.').take(3).collect();
    let category = match parts.as_slice() {
        ["dense", "output", "attention"] => "attention_output".to_owned(),
        [last, before, ..] if !before.bytes().all(|byte| byte.is_ascii_digit()) => format!("{before}_{last}"),
        [last, ..] => (*last).to_owned(),
        [] => String::new(),
    };
    let shared = format!("frod_V.{category}");
    if site.tensors.get(&shared).is_none() && site.drawn.get("U").is_none() {
        return Err(MethodError::undefined(format!(
            "`{shared}` is not saved (`save_projection`): PEFT computes eigenvectors of the base weights instead, whose \
             signs depend on the machine's linear algebra, and with them what the numbers beside the diagonal do"
        ))
        .into());
    }
    let v = flat(site.tensors, &shared)?;
    let places = pairs(site.tensors, &format!("frod_s_indices.{category}"), v.dim())?;
    let mut middle = updates::scatter(&vector(site.tensors, "frod_lambda_s_values")?, &places, v.dim())?;
    let diagonal = vector(site.tensors, "frod_lambda_l")?;
    if diagonal.len() != v.nrows() {
        return Err(MethodError::input("the diagonal differs in length from the matrix").into());
    }
    middle.diag_mut().zip_mut_with(&diagonal, |entry, value| *entry += *value);
    let u = match site.drawn.get("U") {
        Some(_) => flat(site.drawn, "U")?,
        None => directions(&site.whole()?.weight, &v)?,
    };
    Ok(Box::new(Replaced::Whole(site.product(&site.product(&u, &middle)?, &v.t())?)))
}

/// `W · V⁻ᵀ` with columns of length one, or of none; in double precision, then cut to single as the library cuts it.
fn directions<T: Scalar>(weight: &Array2<T>, v: &Array2<T>) -> Result<Array2<T>, UpdateError> {
    let (n, outputs) = (v.nrows(), weight.nrows());
    if v.ncols() != n || weight.ncols() != n {
        return Err(MethodError::input("the shared matrix differs in size from the inputs").into());
    }
    let matrix = DMatrix::from_fn(n, n, |row, column| v[(row, column)].wide());
    let right = DMatrix::from_fn(n, outputs, |row, column| weight[(column, row)].wide());
    let solved = matrix.lu().solve(&right).ok_or_else(|| MethodError::undefined("V cannot be inverted"))?;
    let lengths: Vec<f64> = solved.row_iter().map(|row| row.norm()).collect();
    Ok(Array2::from_shape_fn((outputs, n), |(row, column)| {
        let length = lengths[column];
        T::of(if length > 1e-12 { f64::from(f32::of(solved[(column, row)] / length)) } else { 0.0 })
    }))
}
