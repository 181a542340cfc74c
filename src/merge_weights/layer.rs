use std::borrow::Cow;

use ndarray::{Array1, Array2, ArrayD, IxDyn};

use super::{MergeError, Plan};
use crate::convert::rounded;
use crate::dialects::peft::updates::{Site, UpdateError, loaded, update};
use crate::methods::MethodError;
use crate::methods::linear::Linear;
use crate::methods::updates::{Replaced, Update};
use crate::tensors::{Dtype, Tensor};

/// The bytes of a tensor of the base model with the adapter in it.
pub(super) fn changed(plan: &Plan<'_>, name: &str, tensor: Tensor<'_>) -> Result<Cow<'static, [u8]>, MergeError> {
    let numbers = match plan.sites.get(name) {
        Some(module) => match plan.beside.parameters.get(*module) {
            Some(key) => super::parameters::computed(plan, module, key, tensor)?,
            None => computed(plan, module, name)?,
        },
        None => plan.whole.get(name).copied().unwrap_or(tensor).to_f64_vec()?,
    };
    let bytes = rounded(&numbers, tensor.dtype());
    bytes.map(Cow::Owned).map_err(|detail| MergeError::File { path: name.to_owned(), detail })
}

/// The weight or bias of a module, as the base model stores it.
fn computed(plan: &Plan<'_>, module: &str, name: &str) -> Result<Vec<f64>, MergeError> {
    let weight_name = format!("{module}.weight");
    let stored = plan.weight(module, &weight_name);
    let stored = stored.ok_or_else(|| MergeError::Unplaced { modules: vec![module.to_owned()] })?;
    let is_bias = stored.name() != name;
    let config = plan.adapter.settings();

    let tensors = plan.own_tensors(module)?;
    if config.peft_type() == "LN_TUNING" {
        let role = if is_bias { "ln_tuning_layers.bias" } else { "ln_tuning_layers.weight" };
        let trained = tensors.get(role).filter(|array| is_bias || array.shape() == stored.shape());
        let missing = MethodError::Missing { role: role.to_owned() };
        let trained = trained.ok_or_else(|| MergeError::Update { module: module.to_owned(), error: missing.into() })?;
        return Ok(trained.iter().copied().collect());
    }

    let is_embedding = ["lora_embedding_A", "hira_embedding_A", "trainable_tokens_delta", super::adapter::TOKENS]
        .iter()
        .any(|role| tensors.get(role).is_some());
    let is_turned = stored.shape().len() == 2
        && (is_embedding || plan.base.is_transposed(module, config.truth("fan_in_fan_out", false)));
    let own = |tensor: Tensor<'_>| plan.whole.get(tensor.name()).copied().unwrap_or(tensor).to_f64_vec();
    let rows = stored.shape().first().copied().unwrap_or(1);
    let width = stored.shape().iter().skip(1).product();
    let failed = |error: MethodError| MergeError::Update { module: module.to_owned(), error: error.into() };
    let weight = Array2::from_shape_vec((rows, width), own(stored)?);
    let mut weight = weight.map_err(|error| failed(MethodError::input(error.to_string())))?;
    if is_turned {
        weight = weight.reversed_axes().as_standard_layout().into_owned();
    }
    let bias = plan.base.find(&format!("{module}.bias"));
    let bias = bias.map(|bias| own(bias).map(Array1::from_vec)).transpose()?;
    let base = Linear { weight, bias };

    let merged = match plan.adapter.tokens(module) {
        // Rows of trained tokens, beside whatever else the adapter does elsewhere.
        Some(tokens) => {
            let tokens = tokens.into_iter().map(|token| usize::try_from(token).unwrap_or(usize::MAX)).collect();
            let rows = tensors.take(super::adapter::TOKENS).map_err(failed)?;
            Replaced::Tokens { tokens, rows }.merged(&base).map_err(failed)?
        }
        None => {
            let drawn = plan.beside.drawn.of(module);
            let failed = |error: UpdateError| MergeError::Update { module: module.to_owned(), error };
            let site = Site { module, base: &base, tensors: &tensors, drawn: &drawn };
            // A base weight that the adapter's file has is read after the method has changed that of the model.
            let rewritten = match plan.whole.contains_key(stored.name()) {
                true => None,
                false => loaded(config, &site, is_turned).map_err(failed)?,
            };
            let base = match rewritten {
                Some(weight) => Linear { weight: in_type(weight, stored.dtype()), bias: base.bias.clone() },
                None => base.clone(),
            };
            let site = Site { base: &base, ..site };
            let update = update(config, &site).map_err(failed)?;
            update.merged(&base).map_err(|error| failed(error.into()))?
        }
    };
    if is_bias {
        return Ok(merged.bias.map(|bias| bias.to_vec()).unwrap_or_default());
    }
    // Read row by row, whichever way it lies in memory.
    Ok(if is_turned { merged.weight.t().iter().copied().collect() } else { merged.weight.iter().copied().collect() })
}

pub(super) fn array(tensor: Tensor<'_>) -> Result<ArrayD<f64>, MergeError> {
    let array = ArrayD::from_shape_vec(IxDyn(tensor.shape()), tensor.to_f64_vec()?);
    array.map_err(|error| MergeError::File { path: tensor.name().to_owned(), detail: error.to_string() })
}

/// A weight as a layer holds it between two steps, rounded to its type.
fn in_type(mut weight: Array2<f64>, dtype: Dtype) -> Array2<f64> {
    let round = |value: f64| match dtype {
        Dtype::F16 => half::f16::from_f64(value).to_f64(),
        Dtype::Bf16 => half::bf16::from_f64(value).to_f64(),
        // Single and double precision are not told apart in the sums that follow.
        _ => value,
    };
    weight.mapv_inplace(round);
    weight
}
