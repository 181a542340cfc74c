//! Prompt tuning.

use ndarray::{Array2, Array3, Array4, Axis, Ix2, s};

use super::parameters::{Parameter, Parameters};
use super::prefix_tuning::before_mask;
use super::{MethodError, Scalar};

/// What a prompt consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Architecture {
    /// `ℓ`, the number of positions.
    pub length: usize,
    /// `d`, the size of the model's embeddings.
    pub embedding: usize,
    /// Whether the input's first embedding stays in front.
    pub after_first: bool,
}

impl Architecture {
    /// The parameters.
    #[must_use]
    pub fn parameters(&self) -> Vec<Parameter> {
        vec![Parameter::trained("prompt", &[("ℓ", self.length), ("d", self.embedding)])]
    }
}

/// Trained embeddings before those of the input (Lester et al. 2021, arXiv:2104.08691, section 2):
///
/// ```text
/// X := [P; X]            or [x_1; P; x_2 …], behind the first token          P [ℓ, d]
/// ```
///
/// The library puts them behind the position embeddings and their layer norm, so that the input's own positions do not
/// move (`methods/prompt_tuning.py`, `PromptTuning`, adapters 1.3.0).
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt<T> {
    /// What it consists of.
    pub architecture: Architecture,
    /// `P`.
    pub prompt: Array2<T>,
}

impl<T: Scalar> Prompt<T> {
    /// The prompt with these parameters.
    ///
    /// # Errors
    /// If the parameter is missing or has another shape.
    pub fn new(architecture: Architecture, parameters: &Parameters<T>) -> Result<Self, MethodError> {
        parameters.check(&architecture.parameters())?;
        Ok(Self { prompt: parameters.take::<Ix2>("prompt")?, architecture })
    }

    /// `X`, `[batch, ℓ + sequence, d]`, from the embeddings `[batch, sequence, d]`.
    ///
    /// # Errors
    /// If the embeddings are of another size.
    pub fn forward(&self, embeddings: &Array3<T>) -> Result<Array3<T>, MethodError> {
        let (batch, sequence, size) = embeddings.dim();
        let (length, own) = self.prompt.dim();
        if own != size {
            return Err(MethodError::input(format!("the prompt has {own} units, the embeddings have {size}")));
        }
        let prompt = self.prompt.view().insert_axis(Axis(0));
        let prompt = prompt.broadcast((batch, length, size)).expect("an axis of length 1 can be repeated");
        let first = if self.architecture.after_first { sequence.min(1) } else { 0 };
        let parts = [embeddings.slice(s![.., ..first, ..]), prompt, embeddings.slice(s![.., first.., ..])];
        ndarray::concatenate(Axis(1), &parts).map_err(|_| MethodError::input("the prompt does not fit the embeddings"))
    }

    /// The attention mask (added to the scores, `[batch, 1, queries, positions]`) with the prompt's positions, all of
    /// them visible. They come first, wherever the prompt stands. `added` is what their scores get: 0, but 1 in
    /// DistilBERT.
    ///
    /// Where each query has a mask of its own (`per_query`), the mask grows in rows and columns, and the prompt's rows
    /// hide nothing, so that the prompt sees the padding. One mask for all queries grows in columns only, and hides the
    /// padding from the prompt too.
    #[must_use]
    pub fn mask(&self, mask: &Array4<T>, added: f64, per_query: bool) -> Array4<T> {
        let length = self.architecture.length;
        let wider = before_mask(mask, length, 3, added);
        if per_query { before_mask(&wider, length, 2, added) } else { wider }
    }
}
