use ndarray::Array2;

use super::Update;
use super::matrix::{dot, plus};
use crate::methods::activation::Activation;
use crate::methods::linear::Linear;
use crate::methods::{MethodError, Scalar};

/// PEANuT (Zhong et al. 2025, arXiv:2410.01870): a small network makes the change from the weight
/// (`tuners/peanut/layer.py`):
///
/// ```text
/// h_0 = f(Wᵀ · Aᵀ)        h_i = f(h_{i-1} · E_iᵀ)        g_i = f(g_{i-1} · D_iᵀ) + h_{n-i},  g_0 = h_n
/// ΔW = s · (g_n · Bᵀ)ᵀ        A [r, out], B [out, r], E_i and D_i [r, r]
/// ```
///
/// | tensor | shape | |
/// |---|---|---|
/// | `peanut_A.weight`, `peanut_B.weight` | `[r, out]`, `[out, r]` | `A`, `B` |
/// | `peanut_encoders.i.weight`, `peanut_decoders.i.weight` | `[r, r]` | `E` and `D` of `i + 1`, as many as `depth` |
#[derive(Debug, Clone, PartialEq)]
pub struct Peanut<T> {
    /// `s`.
    pub scaling: f64,
    /// `f`.
    pub activation: Activation<T>,
    /// `A`.
    pub a: Array2<T>,
    /// `B`.
    pub b: Array2<T>,
    /// `E_1 …`.
    pub encoders: Vec<Array2<T>>,
    /// `D_1 …`, as many.
    pub decoders: Vec<Array2<T>>,
}

impl<T: Scalar> Update<T> for Peanut<T> {
    fn delta(&self, base: &Linear<T>) -> Result<Array2<T>, MethodError> {
        let mut state = self.activation.forward(&dot(&base.weight.t(), &self.a.t())?);
        let mut left = Vec::with_capacity(self.encoders.len());
        for encoder in &self.encoders {
            let next = self.activation.forward(&dot(&state, &encoder.t())?);
            left.push(std::mem::replace(&mut state, next));
        }
        for decoder in &self.decoders {
            let next = self.activation.forward(&dot(&state, &decoder.t())?);
            let before = left.pop().ok_or_else(|| MethodError::input("more decoders than encoders"))?;
            state = plus(next, &before)?;
        }
        Ok(dot(&self.b, &state.t())? * T::of(self.scaling))
    }
}
