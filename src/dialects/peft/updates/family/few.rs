//! Factors, biases, and rows of clusters.

use ndarray::Array2;

use super::Made;
use crate::dialects::peft::updates::{Settings, Site, clusters};
use crate::methods::updates::matrix::{flat, positions, vector};
use crate::methods::updates::{self, Scaling};
use crate::methods::{MethodError, Scalar};

pub(in super::super) fn adamss<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let (outputs, inputs) = site.shape();
    let basis = flat(site.tensors, "adamss_newB")?;
    let mut parts = Vec::new();
    for cluster in 0.. {
        let (a, b) = (format!("adamss_A.{cluster}"), format!("adamss_B.{cluster}"));
        if !site.has(&a) {
            break;
        }
        parts.push(site.product(&site.product(&flat(site.tensors, &b)?, &flat(site.tensors, &a)?)?, &basis)?);
    }
    let rows: Vec<usize> = match site.drawn.get("rows") {
        Some(_) => positions(site.drawn, "rows", outputs)?,
        None => {
            let found = clusters(config, site.whole()?)?;
            if found.iter().map(Vec::len).ne(parts.iter().map(Array2::nrows)) {
                let detail = "the clusters of the weight's rows differ in size from those of the adapter";
                return Err(MethodError::input(detail).into());
            }
            found.into_iter().flatten().collect()
        }
    };
    let mut whole = Array2::zeros((outputs, basis.ncols()));
    let mut rows = rows.into_iter();
    for row in parts.iter().flat_map(|part| part.outer_iter()) {
        let at = rows.next().ok_or_else(|| MethodError::input("there are more rows than the clusters have"))?;
        whole.row_mut(at).assign(&row);
    }
    let delta = updates::matrix::cut(&whole.view(), outputs, inputs)?;
    let bias = (whole.ncols() > inputs).then(|| whole.column(inputs).to_owned());
    Ok(Box::new(updates::Kept { delta, bias }))
}

pub(in super::super) fn beft<T: Scalar>(_: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let bias = vector(site.tensors, "beft_bias")?;
    Ok(Box::new(updates::Kept { delta: Array2::zeros(site.shape()), bias: Some(bias) }))
}

pub(in super::super) fn ia3<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Made<T> {
    let factors = vector(site.tensors, "ia3_l")?;
    let shape = site.tensors.get("ia3_l").map(|array| array.shape().to_vec()).unwrap_or_default();
    let before = config.is_feed_forward(site.module)?.unwrap_or(shape.first() == Some(&1) && shape.len() == 2);
    Ok(Box::new(if before { Scaling::Inputs(factors) } else { Scaling::Outputs(factors) }))
}

pub(in super::super) fn ln_tuning<T: Scalar>(_: Settings<'_>, _: &Site<'_, T>) -> Made<T> {
    Err(MethodError::undefined("a layer norm is not an affine map of rows").into())
}
