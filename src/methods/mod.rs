//! What adapters compute: one file a method, each with its parameters, its equations and its forward pass in plain
//! arrays, `[batch, sequence, hidden]`, of `f32` or `f64`.
//!
//! | file | method |
//! |---|---|
//! | [`bottleneck`] | bottleneck adapters, sequential and parallel; [`bottleneck_place`]: their place in a layer |
//! | [`hypercomplex`] | Compacter's projections |
//! | [`coupling`] | invertible adapters |
//! | [`fusion`] | AdapterFusion |
//! | [`lora`], [`dora`], [`ia3`], [`vera`], [`mtl_lora`] | updates of weights; [`adapted_linear`], [`merged_linear`]: their places |
//! | [`prefix_tuning`], [`prompt_tuning`], [`virtual_tokens`] | trained positions |
//! | [`adaption_prompt`] | LLaMA-Adapter: trained positions behind a gate |
//! | [`shadow`] | a second state beside the model's |
//! | [`reft`] | interventions on hidden states; [`orthogonal`]: LoReFT's projection |
//! | [`composition`] | several adapters at one place |
//! | [`averaging`] | one adapter from several |
//! | [`updates`] | what PEFT makes of a layer: changes of an affine map |
//! | [`encoder`] | a whole encoder with adapters |
//!
//! UniPELT and Mix-and-Match are unions: each part sits at its own places, and they meet only in the model.
//! [`parameters`] says what a method asks for; [`activation`], [`gate`], [`layer_norm`] and [`linear`] are the parts
//! they are built of.

pub mod activation;
pub mod adapted_linear;
pub mod adaption_prompt;
pub mod averaging;
pub mod bottleneck;
pub mod bottleneck_place;
pub mod composition;
pub mod coupling;
pub mod dora;
pub mod encoder;
mod error;
pub mod fusion;
pub mod gate;
pub mod hypercomplex;
pub mod ia3;
pub mod layer_norm;
pub mod linear;
pub mod lora;
pub mod merged_linear;
pub mod mtl_lora;
pub mod orthogonal;
pub mod parameters;
pub mod prefix_tuning;
pub mod prompt_tuning;
pub mod reft;
mod rows;
mod scalar;
pub mod shadow;
pub mod updates;
pub mod vera;
pub mod virtual_tokens;

pub use error::MethodError;
pub use scalar::Scalar;

use ndarray::{ArcArray, Array3, ArrayRef3, Ix3};

/// States, `[batch, sequence, hidden]`. A clone shares the memory.
pub type States<T> = ArcArray<T, Ix3>;

/// The sum of two states. A batch, sequence or state of one counts for all of the other, as in PyTorch.
pub(crate) fn add<T: Scalar>(a: &ArrayRef3<T>, b: &ArrayRef3<T>) -> Result<Array3<T>, MethodError> {
    let fits = a.shape().iter().zip(b.shape()).all(|(a, b)| a == b || *a == 1 || *b == 1);
    if !fits {
        return Err(MethodError::input(format!("states of shapes {:?} and {:?} cannot be added", a.dim(), b.dim())));
    }
    Ok(&a.view() + &b.view())
}

/// The same, in the memory of the first where it has the sum's shape.
pub(crate) fn add_into<T: Scalar>(mut a: Array3<T>, b: &ArrayRef3<T>) -> Result<Array3<T>, MethodError> {
    if a.dim() != b.dim() {
        return add(&a, b);
    }
    a += &b.view();
    Ok(a)
}
