//! Blocks, Kronecker and Hadamard products, and other forms of a whole matrix.

use ndarray::{Array1, Array2, Axis, Ix4};

use super::{Made, block, kept};
use crate::dialects::peft::updates::{Settings, Site};
use crate::methods::updates::matrix::flat;
use crate::methods::updates::{self};
use crate::methods::{MethodError, Scalar};
use crate::value::Value;

pub(in super::super) fn c3a<T: Scalar>(_: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    kept(updates::circulant(&block(site.tensors, "c3a_kernel")?, site.shape())?)
}

pub(in super::super) fn gralora<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let a = block(site.tensors, "gralora_A")?;
    let mut delta = updates::gralora(&a, &block(site.tensors, "gralora_B")?)?;
    let hybrid = config.number("hybrid_r");
    if hybrid > 0.0 {
        let (a, b) = ("gralora_A_general.weight", "gralora_B_general.weight");
        let plain = site.product(&flat(site.tensors, b)?, &flat(site.tensors, a)?)?;
        delta = updates::matrix::plus(delta, &plain)?;
    }
    let rank = a.len_of(Axis(2)) as f64;
    kept(delta * T::of(config.number("alpha") / (rank + hybrid)))
}

pub(in super::super) fn loha<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let alpha = config.by_module(("alpha_pattern", "alpha"), site.module)?;
    let rank = config.by_module(("rank_pattern", "r"), site.module)?;
    let factor = |number: u8| -> Result<Array2<T>, MethodError> {
        let (a, b) = (format!("hada_w{number}_a"), format!("hada_w{number}_b"));
        let (a, b, core) = (flat(site.tensors, &a)?, flat(site.tensors, &b)?, format!("hada_t{number}"));
        if site.has(&core) { kernel(site, &core, &a, &b) } else { site.product(&a, &b) }
    };
    kept(updates::hadamard(alpha / rank, factor(1)?, &factor(2)?)?)
}

/// A kernel in CP form, which is no larger than the layer's.
fn kernel<T: Scalar>(site: &Site<'_, T>, core: &str, a: &Array2<T>, b: &Array2<T>) -> Result<Array2<T>, MethodError> {
    let core = site.tensors.take::<Ix4>(core)?;
    let (outputs, inputs) = site.shape();
    let places = core.len_of(Axis(2)).saturating_mul(core.len_of(Axis(3)));
    if a.ncols().saturating_mul(b.ncols()).saturating_mul(places) > outputs.saturating_mul(inputs) {
        return Err(MethodError::input(format!(
            "a core of shape {:?} with factors of shapes {:?} and {:?} for a weight of shape {:?}",
            core.dim(),
            a.dim(),
            b.dim(),
            site.shape()
        )));
    }
    updates::cp(&core, a, b)
}

pub(in super::super) fn lokr<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let alpha = config.by_module(("alpha_pattern", "alpha"), site.module)?;
    let rank = config.by_module(("rank_pattern", "r"), site.module)?;
    let factor = |name: &str, core: Option<&str>| -> Result<Array2<T>, MethodError> {
        if site.has(name) {
            return flat(site.tensors, name);
        }
        let (a, b) = (flat(site.tensors, &format!("{name}_a"))?, flat(site.tensors, &format!("{name}_b"))?);
        match core.filter(|core| site.has(core)) {
            Some(core) => kernel(site, core, &a, &b),
            None => site.product(&a, &b),
        }
    };
    let (one, two) = (factor("lokr_w1", None)?, factor("lokr_w2", Some("lokr_t2"))?);
    let (outputs, inputs) = site.shape();
    kept(updates::lokr(alpha / rank, &one, &two, outputs * inputs)?)
}

pub(in super::super) fn miss<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    if config.get("init_weights").and_then(Value::as_str) == Some("bat") {
        return Ok(Box::new(updates::Bat { blocks: block(site.tensors, "miss_block")? }));
    }
    kept(updates::miss(&flat(site.tensors, "miss_block")?, site.shape())?)
}

pub(in super::super) fn glora<T: Scalar>(_: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let path = |name: &str| -> Result<Option<Array2<T>>, MethodError> {
        let (down, up, own) = (format!("{name}.Xd"), format!("{name}.Xu"), format!("{name}.X"));
        if site.has(&down) {
            return Ok(Some(site.product(&flat(site.tensors, &down)?, &flat(site.tensors, &up)?)?));
        }
        site.has(&own).then(|| flat(site.tensors, &own)).transpose()
    };
    let line = |name: &str| -> Result<Option<Array1<T>>, MethodError> {
        Ok(path(name)?.map(|matrix| matrix.into_iter().collect()))
    };
    let [a, b] = [path("glora_A")?, path("glora_B")?];
    Ok(Box::new(updates::Glora { a, b, c: line("glora_C")?, d: line("glora_D")?, e: line("glora_E")? }))
}
