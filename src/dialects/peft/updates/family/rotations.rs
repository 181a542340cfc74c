//! Rotations, and what begins at singular vectors of the weight.

use ndarray::{Array2, Ix4};

use super::{Made, kept};
use crate::dialects::peft::updates::{Settings, Site};
use crate::methods::parameters::Parameters;
use crate::methods::updates::matrix::{cayley, columns, flat, minus, neumann, plus, rows, skew, vector};
use crate::methods::updates::principal::nearest;
use crate::methods::updates::{self, LowRank};
use crate::methods::{MethodError, Scalar};
use crate::value::Value;

pub(in super::super) fn boft<T: Scalar>(_: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    Ok(Box::new(updates::boft(&site.tensors.take::<Ix4>("boft_R")?, vector(site.tensors, "boft_s")?)?))
}

pub(in super::super) fn hra<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    Ok(Box::new(updates::hra(&flat(site.tensors, "hra_u")?, config.truth("apply_GS"))))
}

pub(in super::super) fn oft<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let terms = config.truth("use_cayley_neumann").then(|| config.size("num_cayley_neumann_terms"));
    let constraint = config.truth("coft").then(|| config.number("eps"));
    // An embedding's rows are multiplied with R where a linear layer's are with its transpose: that of the negative
    // numbers, of which R is a power series (`tuners/oft/layer.py`, `Embedding.merge`).
    let vectors = match site.has("oft_embedding_R.weight") {
        true => flat(site.tensors, "oft_embedding_R.weight")?.mapv(|number| -number),
        false => flat(site.tensors, "oft_R.weight")?,
    };
    Ok(Box::new(updates::oft(&vectors, terms, constraint)?))
}

pub(in super::super) fn road<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let variant = match config.text("variant") {
        "road_1" => updates::Variant::One,
        "road_2" => updates::Variant::Two,
        "road_4" => updates::Variant::Four,
        other => return Err(MethodError::undefined(format!("the variant `{other}` is unknown")).into()),
    };
    let (theta, alpha) = (vector(site.tensors, "road_theta")?, vector(site.tensors, "road_alpha")?);
    Ok(Box::new(updates::Road::new(variant, config.size("group_size"), &theta, &alpha)?))
}

pub(in super::super) fn psoft<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let drawn = match site.drawn.get("A") {
        Some(_) => Some((flat(site.drawn, "A")?, flat(site.drawn, "B")?)),
        // The signs of the one direction cancel; those of several do not.
        None if has_one_direction(config) => None,
        None => return Err(MethodError::Missing { role: "A".to_owned() }.into()),
    };
    let rank = drawn.as_ref().map_or(1, |(a, _)| a.nrows());
    let mut turned = if config.truth("psoft_orth") {
        let mut s = skew(&vector(site.tensors, "psoft_R.weight")?.to_vec(), rank);
        if config.truth("use_cayley_neumann") {
            let length = s.iter().map(|value| *value * *value).sum::<T>().sqrt();
            if let Some(limit) = config.get("cayley_neumann_eps").and_then(Value::as_f64)
                && length > T::of(limit)
            {
                s *= T::of(limit) / (length + T::of(1e-12));
            }
            neumann(&s, config.size("num_cayley_neumann_terms"))
        } else {
            cayley(&-s)?
        }
    } else {
        flat(site.tensors, "psoft_R.weight")?
    };
    if site.has("psoft_R.vector_b") {
        turned = rows(&vector(site.tensors, "psoft_R.vector_b")?, turned)?;
    }
    if site.has("psoft_R.vector_a") {
        turned = columns(turned, &vector(site.tensors, "psoft_R.vector_a")?)?;
    }
    let change = minus(turned, &Array2::eye(rank))?;
    let Some((a, b)) = drawn else {
        let factor = change.first().copied().unwrap_or_default();
        return kept(nearest(&site.whole()?.weight, 1)? * factor);
    };
    let scaling = config.number("psoft_alpha") / rank as f64;
    Ok(Box::new(LowRank::new(scaling, a, b, None).with_middle(&change)?))
}

/// Whether PSOFT has one direction alone, and that of the whole decomposition, which no draw decides.
pub(crate) fn has_one_direction(config: Settings<'_>) -> bool {
    config.size("r") == 1 && config.text("psoft_svd") == "full"
}

pub(in super::super) fn osf<T: Scalar>(_: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let product = |parameters: &Parameters<T>, prefix: &str| -> Result<Array2<T>, MethodError> {
        let role = |name: &str| format!("{prefix}{name}");
        let scaled = columns(flat(parameters, &role("U_low"))?, &vector(parameters, &role("S_low"))?)?;
        site.product(&scaled, &flat(parameters, &role("V_low"))?)
    };
    let trained = product(site.tensors, "osf_svd_params.")?;
    if site.drawn.get("U_low").is_some() {
        return kept(minus(trained, &product(site.drawn, "")?)?);
    }
    // What the directions were is what the weight is without its largest ones, however many of those there were.
    let weight = &site.whole()?.weight;
    let trained_directions = vector(site.tensors, "osf_svd_params.S_low")?.len();
    let frozen = weight.nrows().min(weight.ncols()).saturating_sub(trained_directions);
    kept(plus(minus(trained, weight)?, &nearest(weight, frozen)?)?)
}
