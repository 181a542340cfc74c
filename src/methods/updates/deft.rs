use ndarray::Array2;

use super::Update;
use super::matrix::{dot, minus, orthonormal};
use crate::methods::linear::Linear;
use crate::methods::{MethodError, Scalar};

/// How DEFT makes a projection of its matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Projection {
    /// `Q = P`, and what is taken out is seen through `max(P, 0)`.
    Relu,
    /// `Q` is the orthonormal factor of `P`, on both sides.
    Qr,
}

/// DEFT (Kong et al. 2025, arXiv:2509.22793): directions are taken out of the weight, and others put in their place
/// (`tuners/deft/layer.py`):
///
/// ```text
/// W' = W - Q · (R'ᵀ · W - s · R)        P [out, r], R [r, in]
/// ```
///
/// with `R'` as [`Projection`] says. Without `R` (`para`) nothing is put in.
///
/// | tensor | shape | |
/// |---|---|---|
/// | `deft_P` | `[out, r]`, `r` at most `out` | `P` |
/// | `deft_R` | `[r, in]` | `R`, unless `para` |
#[derive(Debug, Clone, PartialEq)]
pub struct Deft<T> {
    left: Array2<T>,
    right: Array2<T>,
    put_in: Option<Array2<T>>,
}

impl<T: Scalar> Deft<T> {
    /// `P`, and `R` with its factor.
    #[must_use]
    pub fn new(projection: Projection, p: Array2<T>, put_in: Option<Array2<T>>) -> Self {
        let (left, right) = match projection {
            Projection::Relu => {
                let right = p.mapv(|value| value.max(T::zero()));
                (p, right)
            }
            Projection::Qr => {
                let q = orthonormal(&p);
                (q.clone(), q)
            }
        };
        Self { left, right, put_in }
    }
}

impl<T: Scalar> Update<T> for Deft<T> {
    fn delta(&self, base: &Linear<T>) -> Result<Array2<T>, MethodError> {
        let out = dot(&self.right.t(), &base.weight)?;
        let change = match &self.put_in {
            Some(put_in) => minus(put_in.clone(), &out)?,
            None => -out,
        };
        dot(&self.left, &change)
    }
}
