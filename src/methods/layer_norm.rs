//! Layer normalisation.

use ndarray::{Array, Array1, ArrayBase, Axis, Data, Dimension, Ix1, Zip};

use super::parameters::Parameters;
use super::{MethodError, Scalar};

/// Layer normalisation over the last axis (Ba et al. 2016, arXiv:1607.06450, equation 4):
///
/// ```text
/// LN(x) = (x - mean(x)) / √(var(x) + ε) ⊙ w + b
/// ```
///
/// with the biased variance, as in `torch.nn.LayerNorm`.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerNorm<T> {
    /// `w`, `[d]`.
    pub weight: Array1<T>,
    /// `b`, `[d]`.
    pub bias: Array1<T>,
    /// `ε`.
    pub epsilon: f64,
}

impl<T: Scalar> LayerNorm<T> {
    /// `ε` of `torch.nn.LayerNorm` where the library does not say another: all layer norms of an adapter's own.
    pub const DEFAULT_EPSILON: f64 = 1e-5;

    /// The norm whose parameters are `{role}.weight` and `{role}.bias`.
    pub(crate) fn take(parameters: &Parameters<T>, role: &str, epsilon: f64) -> Result<Self, MethodError> {
        Ok(Self {
            weight: parameters.take::<Ix1>(&format!("{role}.weight"))?,
            bias: parameters.take::<Ix1>(&format!("{role}.bias"))?,
            epsilon,
        })
    }

    /// Normalises every vector along the last axis of `x`.
    ///
    /// # Panics
    /// If the last axis is not as long as the weight.
    #[must_use]
    pub fn forward<S: Data<Elem = T>, D: Dimension>(&self, x: &ArrayBase<S, D>) -> Array<T, D> {
        self.forward_into(x.to_owned())
    }

    /// The same, in the memory of `x`.
    pub(crate) fn forward_into<D: Dimension>(&self, mut x: Array<T, D>) -> Array<T, D> {
        let epsilon = T::of(self.epsilon);
        let size = T::of(self.weight.len() as f64);
        let last = x.ndim() - 1;
        for mut row in x.lanes_mut(Axis(last)) {
            let mean = row.sum() / size;
            row.mapv_inplace(|value| value - mean);
            let variance = row.dot(&row) / size;
            let deviation = (variance + epsilon).sqrt();
            Zip::from(&mut row)
                .and(&self.weight)
                .and(&self.bias)
                .for_each(|value, &weight, &bias| *value = *value / deviation * weight + bias);
        }
        x
    }
}
