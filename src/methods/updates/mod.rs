//! Changes of an affine map: what one adapter of PEFT makes of one layer's weight and bias.
//!
//! | file | method | what it does to `W` |
//! |---|---|---|
//! | [`LowRank`] | LoRA, rsLoRA, BD-LoRA, KaSA, MiCA, AdaLoRA, VeRA, PVeRA, RandLoRA, VB-LoRA, UniLoRA, TinyLoRA, PSOFT, OSF, DeLoRA | adds `s · B · diag(d) · A` |
//! | [`Dora`] | DoRA | turns rows, then gives them lengths |
//! | [`Kept`] | C3A, LoKr, LoHa, FourierFT, WaveFT, GraLoRA, MiSS, SHiRA, Super-Tuning, AdaMSS | adds a matrix that does not depend on it |
//! | [`Rotation`] | OFT, BOFT, HRA | turns its rows |
//! | [`Scaling`], [`Road`] | (IA)³, RoAd | scales, or turns and scales, the outputs or inputs |
//! | [`Hira`], [`Bat`], [`Deft`], [`Glora`], [`Peanut`] | HiRA, MiSS `bat`, DEFT, GLoRA, PEANuT | adds what depends on it |
//! | [`Replaced`] | FRoD, trained tokens, LN tuning | puts another in its place |
//!
//! A layer is an affine map here, whatever it is in a model: `x · Wᵀ + b` with `W` `[out, in]`. A transposed weight is
//! turned, an embedding maps rows that are one at the token, and the kernel of a convolution is flattened behind the
//! input's channel. Dropout is the identity in evaluation.

mod block;
mod circulant;
mod deft;
mod dora;
mod embedding_rows;
mod fourier;
mod glora;
mod gralora;
mod hadamard;
mod hira;
mod kept;
mod low_rank;
pub(crate) mod matrix;
mod miss;
mod peanut;
pub(crate) mod principal;
mod road;
mod rotation;
mod routed;
mod scaling;
mod sparse;
mod vector_bank;
mod wavelet;
mod wavelets;

pub use block::Block;
pub use circulant::circulant;
pub use deft::{Deft, Projection};
pub use dora::Dora;
pub use embedding_rows::Replaced;
pub use fourier::fourier;
pub use glora::Glora;
pub use gralora::gralora;
pub use hadamard::{cp, hadamard, lokr};
pub use hira::Hira;
pub use kept::Kept;
pub use low_rank::{LowRank, block_diagonal, delora, expert, randlora, ungrouped};
pub use miss::{Bat, miss};
pub use peanut::Peanut;
pub use road::{Road, Variant};
pub(crate) use rotation::triangular_root;
pub use rotation::{Rotation, boft, hra, oft};
pub use routed::{arrow, lily, poly, xlora};
pub use scaling::Scaling;
pub use sparse::scatter;
pub use vector_bank::{mixtures, saved_mixtures};
pub use wavelet::wavelet;
pub use wavelets::FAMILIES;

use ndarray::{Array1, Array2};

use super::linear::Linear;
use super::{MethodError, Scalar};

/// A change of an affine map.
pub trait Update<T: Scalar>: Send + Sync {
    /// The change of the weight, `[out, in]`.
    ///
    /// # Errors
    /// If shapes do not meet.
    fn delta(&self, base: &Linear<T>) -> Result<Array2<T>, MethodError>;

    /// The map with the change in it.
    ///
    /// # Errors
    /// If shapes do not meet.
    fn merged(&self, base: &Linear<T>) -> Result<Linear<T>, MethodError> {
        let block = Block::all(&base.weight);
        let weight = match self.merged_block(&block, base.weight.clone()) {
            Some(weight) => weight?,
            None => matrix::plus(base.weight.clone(), &self.delta(base)?)?,
        };
        Ok(Linear { weight, bias: self.merged_bias(base.bias.as_ref())? })
    }

    /// The bias with the change in it, for changes that need not know the weight for it; the bias as it is if there is none.
    ///
    /// # Errors
    /// If shapes do not meet, or the change has a bias and the layer none.
    fn merged_bias(&self, bias: Option<&Array1<T>>) -> Result<Option<Array1<T>>, MethodError> {
        Ok(bias.cloned())
    }

    /// A block of the weight with the change in it, of `part`, what the base weight has there; for changes that need to
    /// know no more of it, and that give the bias by [`merged_bias`](Self::merged_bias). `None` for others, and where the
    /// block is too narrow for that.
    ///
    /// # Errors
    /// If shapes do not meet.
    fn merged_block(&self, _block: &Block, _part: Array2<T>) -> Option<Result<Array2<T>, MethodError>> {
        None
    }

    /// The output, `[rows, out]`, for `x` `[rows, in]`.
    ///
    /// # Errors
    /// If shapes do not meet.
    fn forward(&self, base: &Linear<T>, x: &Array2<T>) -> Result<Array2<T>, MethodError> {
        affine(&self.merged(base)?, x)
    }
}

/// What a layer does to rows by itself, without an update: `x Wᵀ + b`, `[rows, out]`, for `x` `[rows, in]`.
///
/// # Errors
/// If shapes do not meet.
pub fn affine<T: Scalar>(map: &Linear<T>, x: &Array2<T>) -> Result<Array2<T>, MethodError> {
    let mut y = matrix::dot(x, &map.weight.t())?;
    if let Some(bias) = &map.bias {
        if bias.len() != y.ncols() {
            return Err(MethodError::input("a bias of another length than the outputs"));
        }
        y += bias;
    }
    Ok(y)
}
