//! Shadow: a second state beside the model's.

use ndarray::Array3;

use super::activation::{gelu, sigmoid};
use super::linear::Linear;
use super::{MethodError, Scalar};

/// What Shadow has at one block of the base model (`tuners/shadow/layers.py`, `ShadowLayer`, PEFT 0.21.2, where the
/// equations have these numbers):
///
/// ```text
/// h' = h + α · W_up · W_down · (h - s)                  (2) to (4): what enters the block
/// t  = T₂ · gelu(T₁ · o + b₁) + b₂                      (5): o is what the block makes of h'
/// g  = σ(G₂ · gelu(G₁ · o + c₁) + c₂)                   (6)
/// s' = (1 - g) ⊙ s + g ⊙ t                              (7): the next block's s
/// ```
///
/// The first `s` is what the shadow backbone, a small model of the base model's kind, makes of the same input, projected
/// to the base model's width where its own is another.
///
/// | tensor | shape | |
/// |---|---|---|
/// | `shadow_down.default.weight`, `shadow_up.default.weight` | `[r, d]`, `[d, r]` | `W_down`, `W_up` |
/// | `shadow_update_transform.default.0.weight`, `shadow_update_transform.default.0.bias` | `[u, d]`, `[u]` | `T₁`, `b₁` |
/// | `shadow_update_transform.default.2.weight`, `shadow_update_transform.default.2.bias` | `[d, u]`, `[d]` | `T₂`, `b₂` |
/// | `shadow_update_gate.default.0.weight`, `shadow_update_gate.default.0.bias` | `[u, d]`, `[u]` | `G₁`, `c₁` |
/// | `shadow_update_gate.default.2.weight`, `shadow_update_gate.default.2.bias` | `[d, u]`, `[d]` | `G₂`, `c₂` |
/// | `shadow_projection.default.weight` | `[d, width of the backbone]`, one for the model | the projection of the first `s` |
#[derive(Debug, Clone, PartialEq)]
pub struct ShadowBlock<T> {
    /// `W_down`, `[r, d]`, without a bias.
    pub down: Linear<T>,
    /// `W_up`, `[d, r]`, without a bias.
    pub up: Linear<T>,
    /// `T₁`, `[u, d]`, and `T₂`, `[d, u]`.
    pub transform: [Linear<T>; 2],
    /// `G₁`, `[u, d]`, and `G₂`, `[d, u]`.
    pub gate: [Linear<T>; 2],
    /// `α`.
    pub alpha: f64,
}

impl<T: Scalar> ShadowBlock<T> {
    /// What enters the block, `[batch, sequence, d]`, in the place of `hidden`.
    ///
    /// # Errors
    /// If shapes do not meet.
    pub fn inject(&self, hidden: &Array3<T>, shadow: &Array3<T>) -> Result<Array3<T>, MethodError> {
        if hidden.dim() != shadow.dim() {
            return Err(MethodError::input(format!("states of {:?} and a shadow of {:?}", hidden.dim(), shadow.dim())));
        }
        let apart = applied(&self.up, &applied(&self.down, &(hidden - shadow))?)?;
        like(hidden, &apart)?;
        Ok(hidden + &(apart * T::of(self.alpha)))
    }

    /// The shadow behind the block, of what the block gave and the shadow before it.
    ///
    /// # Errors
    /// If shapes do not meet.
    pub fn update(&self, output: &Array3<T>, shadow: &Array3<T>) -> Result<Array3<T>, MethodError> {
        let through = |[first, second]: &[Linear<T>; 2]| applied(second, &applied(first, output)?.mapv_into(gelu));
        let candidate = through(&self.transform)?;
        let gate = through(&self.gate)?.mapv_into(sigmoid);
        like(shadow, &candidate)?;
        like(shadow, &gate)?;
        Ok(gate.mapv(|gate| T::one() - gate) * shadow + gate * candidate)
    }
}

fn applied<T: Scalar>(map: &Linear<T>, x: &Array3<T>) -> Result<Array3<T>, MethodError> {
    if map.weight.ncols() != x.dim().2 || map.bias.as_ref().is_some_and(|bias| bias.len() != map.weight.nrows()) {
        let found = map.weight.dim();
        return Err(MethodError::input(format!("a projection of {found:?} for states of {:?}", x.dim())));
    }
    Ok(map.forward(x))
}

fn like<T: Scalar>(one: &Array3<T>, two: &Array3<T>) -> Result<(), MethodError> {
    match one.dim() == two.dim() {
        true => Ok(()),
        false => Err(MethodError::input(format!("states of {:?} and {:?}", one.dim(), two.dim()))),
    }
}
