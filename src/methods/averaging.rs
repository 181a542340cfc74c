//! Averages of adapters' weights: one adapter from several (`methods/adapter_layer_base.py`,
//! `AdapterLayerBase.average_adapter`, and `methods/lora.py`, `LoRALayer.average_adapter`, adapters 1.3.0).

use nalgebra::DMatrix;
use ndarray::{Array2, ArrayD, Axis, Zip};

use super::lora::Lora;
use super::parameters::Parameters;
use super::{MethodError, Scalar};

/// Weights that sum to 1, in the same proportions (`normalize_weights` of `average_adapter`).
#[must_use]
pub fn normalized(weights: &[f64]) -> Vec<f64> {
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / sum).collect()
}

/// `Σ_i w_i · θ_i`, parameter by parameter (`combine_strategy` `linear`; Chronopoulou et al. 2023, arXiv:2302.07027,
/// section 3). Fixed arrays, such as the base of an orthogonal projection, are averaged like all others; what all
/// modules of an adapter share, too.
///
/// # Errors
/// If the adapters do not have the same parameters.
pub fn linear<T: Scalar>(adapters: &[(&Parameters<T>, f64)]) -> Result<Parameters<T>, MethodError> {
    weighted(adapters, |_, weight| Ok(weight))
}

/// As [`linear`], but a negative weight negates only `B`, so that the product `B · A` is negated once (Zhang et al.
/// 2023, arXiv:2306.14870, section 3): `A = Σ_i |w_i| · A_i`, `B = Σ_i w_i · B_i` (`lora_linear_only_negate_b`).
///
/// # Errors
/// If the adapters have parameters other than `A` and `B`, or not the same ones.
pub fn linear_only_negate_b<T: Scalar>(adapters: &[(&Parameters<T>, f64)]) -> Result<Parameters<T>, MethodError> {
    weighted(adapters, |role, weight| match role {
        "A" => Ok(weight.abs()),
        "B" => Ok(weight),
        other => Err(MethodError::undefined(format!("only `A` and `B` can be averaged so, not `{other}`"))),
    })
}

fn weighted<T: Scalar>(
    adapters: &[(&Parameters<T>, f64)],
    factor: impl Fn(&str, f64) -> Result<f64, MethodError>,
) -> Result<Parameters<T>, MethodError> {
    let mut average = Parameters::new();
    let first = adapters.first().ok_or_else(|| MethodError::undefined("there is nothing to average"))?.0;
    if adapters.iter().any(|(adapter, _)| !adapter.iter().map(|(role, _)| role).eq(first.iter().map(|(role, _)| role)))
    {
        return Err(MethodError::input("the adapters do not have the same parameters"));
    }
    for (role, array) in first.iter() {
        let mut sum = ArrayD::zeros(array.raw_dim());
        for (adapter, weight) in adapters {
            let array = adapter.get(role).ok_or_else(|| MethodError::Missing { role: role.to_owned() })?;
            if array.shape() != sum.shape() {
                let (expected, found) = (sum.shape().to_vec(), array.shape().to_vec());
                return Err(MethodError::Shape { role: role.to_owned(), expected, found });
            }
            let weight = T::of(factor(role, *weight)?);
            Zip::from(&mut sum).and(array).for_each(|sum, &value| *sum += weight * value);
        }
        average.insert(role, sum);
    }
    Ok(average)
}

/// `A` and `B` of rank `r` whose product comes nearest to `Σ_i w_i · B_i · A_i` (`lora_delta_w_svd`): of the singular
/// value decomposition `U · S · Vᵀ` the first `r` parts, `B = U_r · S_r` and `A = V_rᵀ`. `A` and `B` are determined
/// only up to signs, and where singular values are equal up to a rotation; their product is determined.
///
/// # Errors
/// If the adapters update weights of different shapes, or the rank is larger than the weight allows.
pub fn delta_svd<T: Scalar>(adapters: &[(&Lora<T>, f64)], rank: usize) -> Result<(Array2<T>, Array2<T>), MethodError> {
    let mut delta: Option<Array2<T>> = None;
    for (lora, weight) in adapters {
        let own = lora.delta() * T::of(*weight);
        delta = Some(match delta {
            None => own,
            Some(sum) if sum.dim() == own.dim() => sum + own,
            Some(_) => return Err(MethodError::input("the adapters update weights of different shapes")),
        });
    }
    let delta = delta.ok_or_else(|| MethodError::undefined("there is nothing to average"))?;
    let (rows, columns) = delta.dim();
    if rank > rows.min(columns) {
        return Err(MethodError::undefined(format!("a weight of {rows} × {columns} has no {rank} singular values")));
    }
    let svd = DMatrix::from_fn(rows, columns, |row, column| delta[(row, column)].wide()).svd(true, true);
    let (Some(u), Some(vt)) = (svd.u, svd.v_t) else {
        return Err(MethodError::undefined("the singular value decomposition did not converge"));
    };
    let mut order: Vec<usize> = (0..svd.singular_values.len()).collect();
    order.sort_by(|&a, &b| svd.singular_values[b].total_cmp(&svd.singular_values[a]));
    let a = Array2::from_shape_fn((rank, columns), |(r, column)| T::of(vt[(order[r], column)]));
    let mut b = Array2::from_shape_fn((rows, rank), |(row, r)| T::of(u[(row, order[r])]));
    for (r, mut column) in b.axis_iter_mut(Axis(1)).enumerate() {
        column *= T::of(svd.singular_values[order[r]]);
    }
    Ok((a, b))
}
