use ndarray::{Array2, Array3};

use super::Update;
use crate::methods::linear::Linear;
use crate::methods::{MethodError, Scalar};

/// MiSS (Kang and Yin 2024, arXiv:2409.15371; Bone before it): one block for all parts of the input
/// (`tuners/miss/layer.py`):
///
/// ```text
/// ΔW[o, i] = M[i mod r, o mod n]        M [r, n],  n = out, or mini_r
/// ```
///
/// | tensor | shape | |
/// |---|---|---|
/// | `miss_block` | `[r, out]`, with `init_weights` "mini" `[r, mini_r]`, with "bat" `[out / r, r, r]` | `M` |
///
/// # Errors
/// If the block is empty, or does not divide the outputs.
pub fn miss<T: Scalar>(block: &Array2<T>, (outputs, inputs): (usize, usize)) -> Result<Array2<T>, MethodError> {
    let (rank, width) = block.dim();
    if rank == 0 || width == 0 || outputs % width != 0 {
        return Err(MethodError::input(format!("a block of shape {:?} for {outputs} outputs", block.dim())));
    }
    Ok(Array2::from_shape_fn((outputs, inputs), |(o, i)| block[(i % rank, o % width)]))
}

/// MiSS with `init_weights` "bat": the change depends on the weight, which is cut into blocks of `r × r`:
///
/// ```text
/// W'_on = W_on + W_on · M_o + M_o        M [out / r, r, r]
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Bat<T> {
    /// `M`.
    pub blocks: Array3<T>,
}

impl<T: Scalar> Update<T> for Bat<T> {
    fn delta(&self, base: &Linear<T>) -> Result<Array2<T>, MethodError> {
        let ((count, rank, width), (outputs, inputs)) = (self.blocks.dim(), base.weight.dim());
        if rank == 0 || width != rank || count.checked_mul(rank) != Some(outputs) || inputs % rank != 0 {
            return Err(MethodError::input(format!(
                "blocks of shape {:?} for a weight of {outputs} × {inputs}",
                self.blocks.dim()
            )));
        }
        let mut delta = Array2::zeros((outputs, inputs));
        for (at, block) in self.blocks.outer_iter().enumerate() {
            for n in 0..inputs / rank {
                let part = ndarray::s![at * rank..(at + 1) * rank, n * rank..(n + 1) * rank];
                let change = T::product(&base.weight.slice(part), &block) + block;
                delta.slice_mut(part).assign(&change);
            }
        }
        Ok(delta)
    }
}
