use ndarray::{Array3, Array4, s};

use crate::methods::activation::softmax;
use crate::methods::prefix_tuning::AttentionState;
use crate::methods::{MethodError, Scalar};

/// `[batch, sequence, h·e]` as `[batch, h, sequence, e]`.
pub(in crate::methods) fn heads<T: Scalar>(states: &Array3<T>, heads: usize) -> Result<Array4<T>, MethodError> {
    let (batch, sequence, units) = states.dim();
    let split = units.checked_div(heads).filter(|size| size * heads == units);
    let size =
        split.ok_or_else(|| MethodError::input(format!("{units} units cannot be divided among {heads} heads")))?;
    let split = states.to_shape((batch, sequence, heads, size));
    let split = split.map_err(|_| MethodError::input("the states cannot be divided among the heads"))?;
    Ok(split.permuted_axes([0, 2, 1, 3]).as_standard_layout().into_owned())
}

/// The attention of an [`EncoderLayer`](super::EncoderLayer). `queries` are `[batch, h, sequence, e]`, the result
/// `[batch, sequence, h·e]`.
pub(super) fn attend<T: Scalar>(queries: &Array4<T>, state: &AttentionState<T>) -> Result<Array3<T>, MethodError> {
    let (batch, heads, sequence, size) = queries.dim();
    let positions = state.keys.dim().2;
    if state.keys.dim() != (batch, heads, positions, size) || state.values.dim() != state.keys.dim() {
        return Err(MethodError::input("queries, keys and values do not fit each other"));
    }
    let mask = match &state.mask {
        Some(mask) => {
            let mask = mask.broadcast((batch, 1, sequence, positions));
            Some(mask.ok_or_else(|| MethodError::input("the attention mask does not fit the attention"))?)
        }
        None => None,
    };
    let root = T::of((size as f64).sqrt());
    let mut joined = Array3::zeros((batch, sequence, heads * size));
    for example in 0..batch {
        for head in 0..heads {
            let of = s![example, head, .., ..];
            let mut scores = T::product(&queries.slice(of), &state.keys.slice(of).t()) / root;
            if let Some(mask) = &mask {
                scores += &mask.slice(s![example, 0, .., ..]);
            }
            let context = T::product(&softmax(scores), &state.values.slice(of));
            joined.slice_mut(s![example, .., head * size..(head + 1) * size]).assign(&context);
        }
    }
    Ok(joined)
}
