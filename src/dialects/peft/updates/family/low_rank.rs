//! Factors of low rank that each layer has for itself.

use ndarray::Array2;

use super::Made;
use crate::dialects::adapterhub::config::Activation as Named;
use crate::dialects::adapterhub::modules::activation as function;
use crate::dialects::peft::updates::{Settings, Site};
use crate::methods::activation::Activation;
use crate::methods::parameters::Parameters;
use crate::methods::updates::matrix::{flat, vector};
use crate::methods::updates::{self, LowRank};
use crate::methods::{MethodError, Scalar};
use crate::value::Value;

pub(in super::super) fn lora<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let embedding = site.has("lora_embedding_A");
    let (a, b) = if embedding { ("lora_embedding_A", "lora_embedding_B") } else { ("lora_A.weight", "lora_B.weight") };
    let (mut a, mut b) = (flat(site.tensors, a)?, flat(site.tensors, b)?);
    let rank = a.nrows();
    let scaling = config.lora_scaling(site.module, rank)?;
    if config.truth("use_bdlora") {
        let blocks = config.get("use_bdlora").and_then(|bd| bd.as_map()?.get("nblocks")).and_then(Value::as_u64);
        let blocks = usize::try_from(blocks.unwrap_or(1)).unwrap_or(usize::MAX);
        if a.ncols() != site.shape().1 {
            a = updates::block_diagonal(&a, blocks)?;
        }
        if b.ncols() != rank {
            b = updates::block_diagonal(&b, blocks)?;
        }
    }
    let bias = site.has("lora_B.bias").then(|| vector(site.tensors, "lora_B.bias")).transpose()?;
    let mut update = LowRank::new(scaling, a, b, bias);
    if config.get("kasa_config").is_some() {
        update = update.with_diagonal(&vector(site.tensors, "lora_diag")?)?;
    }
    if !config.truth("use_dora") {
        return Ok(Box::new(update));
    }
    let magnitude = ["lora_magnitude_vector", "lora_magnitude_vector.weight"].into_iter().find(|role| site.has(role));
    let magnitude = vector(site.tensors, magnitude.unwrap_or("lora_magnitude_vector"))?;
    Ok(Box::new(updates::Dora { update, magnitude }))
}

pub(in super::super) fn adalora<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let initial = config.number("init_r");
    let alpha = config.number("lora_alpha");
    let alpha = if alpha > 0.0 { alpha } else { initial };
    let (a, b) = (flat(site.tensors, "lora_A")?, flat(site.tensors, "lora_B")?);
    let update = LowRank::new(alpha / (initial + 1e-5), a, b, None);
    Ok(Box::new(update.with_diagonal(&vector(site.tensors, "lora_E")?)?))
}

pub(in super::super) fn delora<T: Scalar>(_: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let strength = vector(site.tensors, "delora_lambda")?.first().copied();
    let strength = strength.ok_or_else(|| MethodError::input("`delora_lambda` is empty"))?;
    let (a, b) = (flat(site.tensors, "delora_A")?, flat(site.tensors, "delora_B")?);
    Ok(Box::new(updates::delora(a, b, strength, &vector(site.tensors, "delora_w_norm")?)?))
}

pub(in super::super) fn deft<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let projection = match config.text("decomposition_method") {
        "relu" => updates::Projection::Relu,
        "qr" => updates::Projection::Qr,
        other => return Err(MethodError::undefined(format!("the decomposition `{other}` is unknown")).into()),
    };
    let p = flat(site.tensors, "deft_P")?;
    let scaling = match config.number("alpha") {
        0.0 => 1.0,
        // The rank is cut to the number of outputs, and so are the columns of P.
        alpha => alpha / p.ncols() as f64,
    };
    let put_in = match config.truth("para") {
        true => None,
        false => Some(flat(site.tensors, "deft_R")? * T::of(scaling)),
    };
    Ok(Box::new(updates::Deft::new(projection, p, put_in)))
}

pub(in super::super) fn hira<T: Scalar>(_: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let (a, b) =
        if site.has("hira_embedding_A") { ("hira_embedding_A", "hira_embedding_B") } else { ("hira_A", "hira_B") };
    Ok(Box::new(updates::Hira { a: flat(site.tensors, a)?, b: flat(site.tensors, b)? }))
}

pub(in super::super) fn peanut<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let name = config.text("act_fn");
    let named: Result<Named, _> = name.parse();
    let named = named.map_err(|error| MethodError::undefined(error.to_string()))?;
    let function = function(named);
    let series = |part: &str| -> Result<Vec<Array2<T>>, MethodError> {
        let role = |at: usize| format!("peanut_{part}.{at}.weight");
        (0..).take_while(|at| site.has(&role(*at))).map(|at| flat(site.tensors, &role(at))).collect()
    };
    Ok(Box::new(updates::Peanut {
        scaling: config.number("scaling"),
        activation: Activation::new(function, &Parameters::new())?,
        a: flat(site.tensors, "peanut_A.weight")?,
        b: flat(site.tensors, "peanut_B.weight")?,
        encoders: series("encoders")?,
        decoders: series("decoders")?,
    }))
}
