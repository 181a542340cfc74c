//! Gates.

use ndarray::{Array2, Array3, ArrayView3, Axis};

use super::activation::sigmoid;
use super::linear::Linear;
use super::parameters::{Parameter, Parameters, linear};
use super::{MethodError, Scalar};

/// The gate of UniPELT (Mao et al. 2022, arXiv:2110.07577, section 3.2): how much of an adapter's output one example
/// gets,
///
/// ```text
/// g = mean over positions of σ(x · W_gᵀ + b_g)        in (0, 1)
/// ```
///
/// one number for each of the gate's outputs. `x` is what enters the adapter; with LoRA and prefix tuning, what enters
/// the layer or the attention, also in a Stack. The paper takes a gate at each position; the library averages them over
/// the sequence, padding included (`methods/modeling.py`, `Adapter.forward`, 1.3.0).
#[derive(Debug, Clone, PartialEq)]
pub struct Gate<T> {
    /// `W_g`, `[gates, d]`, and `b_g`, `[gates]`.
    pub linear: Linear<T>,
}

impl<T: Scalar> Gate<T> {
    /// The parameters of a gate with this many outputs.
    pub(crate) fn parameters(gates: usize, input: (&'static str, usize)) -> impl Iterator<Item = Parameter> {
        linear("gate", ("gates", gates), input, true)
    }

    pub(crate) fn take(parameters: &Parameters<T>) -> Result<Self, MethodError> {
        Ok(Self { linear: Linear::take(parameters, "gate")? })
    }

    /// `g`, `[batch, gates]`, of `x`, `[batch, sequence, d]`.
    ///
    /// # Panics
    /// If `x` has not as many units as the gate reads.
    #[must_use]
    pub fn forward(&self, x: ArrayView3<'_, T>) -> Array2<T> {
        let at_positions = self.linear.forward(&x).mapv_into(sigmoid);
        at_positions.sum_axis(Axis(1)) / T::of(x.dim().1 as f64)
    }

    /// The gate's only output, shaped to weigh `[batch, sequence, d]`.
    pub(crate) fn weight(&self, x: ArrayView3<'_, T>) -> Array3<T> {
        self.forward(x).insert_axis(Axis(1))
    }
}
