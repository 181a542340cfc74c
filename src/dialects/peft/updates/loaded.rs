use ndarray::Array2;

use super::{Settings, Site, UpdateError};
use crate::dialects::peft::LoraInit;
use crate::dialects::peft::PeftType::Lora;
use crate::methods::updates::matrix::minus;
use crate::methods::updates::principal::{leading, nearest};
use crate::methods::{MethodError, Scalar};

/// What becomes of the base weight when PEFT loads an adapter of LoRA that was initialised from it, before anything is
/// added to it; `None` where it stays as it is (`tuners/lora/layer.py`, `pissa_init` and `olora_init`;
/// `tuners/lora/variants.py`, `KasaLinearVariant`). PEFT initialises the layer as the config says, which takes the
/// adapter's beginning out of the weight, and then puts the saved tensors in its place:
///
/// ```text
/// PiSSA   W - W_r                     W_r the nearest matrix of rank r
/// OLoRA   W - s · Q_r · R_r           of W = Q · R, of the weight as it is stored
/// KaSA    W_{k-r}                     k = min(out, in)
/// ```
///
/// `is_turned` says whether the layer stores its weight as `[in, out]`.
///
/// # Errors
/// If the rank is too large, or nothing can be told of the weight, or it is not given.
pub fn loaded<T: Scalar>(
    config: Settings<'_>,
    site: &Site<'_, T>,
    is_turned: bool,
) -> Result<Option<Array2<T>>, UpdateError> {
    if config.peft_type() != Some(Lora) {
        return Ok(None);
    }
    let Some(rank) = site.tensors.get("lora_A.weight").and_then(|a| a.shape().first().copied()) else {
        return Ok(None);
    };
    let weight = || site.whole().map(|map| &map.weight);
    if config.get("kasa_config").is_some() {
        let weight = weight()?;
        let size = weight.nrows().min(weight.ncols());
        let left = size.checked_sub(rank).filter(|left| *left > 0);
        let left = left.ok_or_else(|| MethodError::undefined(format!("KaSA cannot have {rank} ranks of {size}")))?;
        return Ok(Some(nearest(weight, left)?));
    }
    let scaling = config.lora_scaling(site.module, rank)?;
    let init = config.lora_init();
    if init == LoraInit::Pissa {
        if scaling <= 0.0 {
            // The root of singular values over the factor is taken.
            return Err(MethodError::undefined("PiSSA needs a factor above 0").into());
        }
        let weight = weight()?;
        return Ok(Some(minus(weight.clone(), &nearest(weight, rank)?)?));
    }
    if init == LoraInit::Olora {
        let weight = weight()?;
        let part = match is_turned {
            true => leading(&weight.t().to_owned(), rank)?.reversed_axes(),
            false => leading(weight, rank)?,
        };
        return Ok(Some(minus(weight.clone(), &(part * T::of(scaling)))?));
    }
    Ok(None)
}
