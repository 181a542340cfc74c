//! Few entries of many: of the weight itself, or of its spectrum.

use ndarray::Array2;

use super::{Made, kept, pairs};
use crate::dialects::peft::updates::permutation_start;
use crate::dialects::peft::updates::{Settings, Site, UpdateError};
use crate::methods::updates::matrix::{flat, positions, vector};
use crate::methods::updates::{self, Replaced};
use crate::methods::{MethodError, Scalar};
use crate::value::Value;

/// Rows and columns of the entries: as given, or drawn as the library draws them.
fn entries<T: Scalar>(
    config: Settings<'_>,
    site: &Site<'_, T>,
    count: usize,
) -> Result<Vec<(usize, usize)>, UpdateError> {
    let (outputs, inputs) = site.shape();
    if site.drawn.get("indices").is_some() {
        return pairs(site.drawn, "indices", (outputs, inputs));
    }
    let seed = config.get("random_loc_seed").map_or(Some(777), Value::as_u64);
    let drawn = seed.and_then(|seed| permutation_start(seed, outputs.checked_mul(inputs)?, count));
    let drawn = drawn.ok_or_else(|| MethodError::undefined("the entries cannot be drawn as torch draws them"))?;
    Ok(drawn.into_iter().map(|at| (at / inputs, at % inputs)).collect())
}

pub(in super::super) fn fourierft<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let spectrum = vector(site.tensors, "fourierft_spectrum")?;
    let entries = entries(config, site, spectrum.len())?;
    kept(updates::fourier(config.number("scaling"), &spectrum, &entries, site.shape())?)
}

pub(in super::super) fn waveft<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let spectrum = vector(site.tensors, "waveft_spectrum")?;
    let entries = entries(config, site, spectrum.len())?;
    let scaling = config.number("scaling");
    if !config.truth("use_idwt") {
        return kept(updates::scatter(&spectrum, &entries, site.shape())? * T::of(scaling));
    }
    kept(updates::wavelet(scaling, config.text("wavelet_family"), &spectrum, &entries, site.shape())?)
}

pub(in super::super) fn shira<T: Scalar>(_: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let places = pairs(site.tensors, "shira_indices", site.shape())?;
    kept(updates::scatter(&vector(site.tensors, "shira_weight")?, &places, site.shape())?)
}

pub(in super::super) fn supertuning<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let (outputs, inputs) = site.shape();
    let values = vector(site.tensors, "supertuning_values")?;
    let places = match site.has("supertuning_indices") {
        true => positions(site.tensors, "supertuning_indices", outputs.saturating_mul(inputs))?,
        false => by_size(&site.whole()?.weight, values.len(), config.truth("select_top"))?,
    };
    let places: Vec<_> = places.into_iter().map(|at| (at / inputs, at % inputs)).collect();
    let mut delta = updates::scatter(&values, &places, site.shape())?;
    if config.number("r") > 0.0 {
        let (a, b) = ("supertuning_lora_A.weight", "supertuning_lora_B.weight");
        let (a, b) = (flat(site.tensors, a)?, flat(site.tensors, b)?);
        let rank = a.nrows() as f64;
        let scaling = config.get("lora_alpha").and_then(Value::as_f64).unwrap_or(2.0 * rank) / rank;
        delta = updates::matrix::plus(delta, &(site.product(&b, &a)? * T::of(scaling)))?;
    }
    kept(delta)
}

/// The positions of the largest numbers of a weight, or the smallest, as `torch.topk` gives them: in order.
///
/// # Errors
/// If two of them are alike. Which of these comes first is another matter on every kind of processor.
fn by_size<T: Scalar>(weight: &Array2<T>, count: usize, is_largest: bool) -> Result<Vec<usize>, MethodError> {
    let sizes: Vec<f64> = weight.iter().map(|value| value.wide().abs()).collect();
    let mut all: Vec<usize> = (0..sizes.len()).collect();
    if count > all.len() {
        return Err(MethodError::input(format!("there are {count} values for a weight of {} numbers", all.len())));
    }
    let order = |a: &usize, b: &usize| {
        let order = sizes[*a].total_cmp(&sizes[*b]);
        if is_largest { order.reverse() } else { order }
    };
    // The first that is left out must differ, too. Of a large weight only these are put in order.
    if count + 1 < all.len() {
        all.select_nth_unstable_by(count, order);
        all.truncate(count + 1);
    }
    all.sort_by(order);
    if all.windows(2).any(|pair| order(&pair[0], &pair[1]).is_eq()) {
        let which = if is_largest { "largest" } else { "smallest" };
        return Err(MethodError::undefined(format!(
            "`supertuning_indices` are not saved (`save_precomputed_indices`): PEFT looks for the {which} numbers of the \
             base weight instead, of which some are alike, and their order depends on the machine"
        )));
    }
    all.truncate(count);
    Ok(all)
}

pub(in super::super) fn trainable_tokens<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let tokens = config.get("token_indices").and_then(Value::as_list).unwrap_or_default();
    let tokens = tokens.iter().map(|token| token.as_u64().and_then(|token| usize::try_from(token).ok()));
    let tokens: Option<Vec<usize>> = tokens.collect();
    let tokens = tokens.ok_or_else(|| MethodError::input("a token is not a whole number of at least zero"))?;
    Ok(Box::new(Replaced::Tokens { tokens, rows: flat(site.tensors, "trainable_tokens_delta")? }))
}
