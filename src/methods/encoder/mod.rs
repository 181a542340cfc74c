//! A whole Transformer encoder of BERT's kind, with adapters at their places.

mod attention;
mod embeddings;
mod layer;

use std::collections::BTreeMap;

use ndarray::{Array2, Array4, Axis};

use super::composition::{Pass, Setup};
use super::coupling::Coupling;
use super::linear::Linear;
use super::prompt_tuning::Prompt;
use super::reft::Extent;
use super::{MethodError, Scalar, States};

pub(in crate::methods) use attention::heads as split_heads;
pub use embeddings::{Embeddings, Positions};
pub use layer::EncoderLayer;

/// An encoder (Devlin et al. 2019, arXiv:1810.04805; Vaswani et al. 2017, arXiv:1706.03762) with adapters:
///
/// ```text
/// embeddings → invertible adapter → prompt → (projection) → layer 0 → … → layer L-1
/// ```
///
/// The order at the embeddings is that of `model_mixin.py`, `post_embedding_forward`, adapters 1.3.0. Of a composition
/// only the first adapter's invertible part, prompt and ReFT interventions take part.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoder<T> {
    /// The embeddings.
    pub embeddings: Embeddings<T>,
    /// From the embeddings' size to the hidden size, where they differ (ELECTRA).
    pub projection: Option<Linear<T>>,
    /// The layers.
    pub layers: Vec<EncoderLayer<T>>,
    /// The pooler on the first position (BERT), where the model has one.
    pub pooler: Option<Linear<T>>,
    /// Invertible adapters by name.
    pub invertible: BTreeMap<String, Coupling<T>>,
    /// Prompts by name.
    pub prompts: BTreeMap<String, Prompt<T>>,
    /// Whether one mask serves all queries of an example (models without PyTorch's fused attention). There is always
    /// one then; else there is one for each query, and none at all where the input has no padding.
    pub shared_mask: bool,
    /// What is added to the scores of a prompt's positions where the input has padding: 0, but 1 in DistilBERT.
    pub prefix_added: f64,
}

/// What an encoder takes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inputs {
    /// Numbers of tokens, `[batch, sequence]`.
    pub input_ids: Array2<i64>,
    /// 1 for text, 0 for padding, `[batch, sequence]`; none for all text.
    pub attention_mask: Option<Array2<i64>>,
    /// Numbers of segments, `[batch, sequence]`; none for all 0.
    pub token_type_ids: Option<Array2<i64>>,
    /// Numbers of positions, `[batch, sequence]`; none for the model's own count.
    pub position_ids: Option<Array2<i64>>,
}

/// What an encoder gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Output<T> {
    /// The state behind the embeddings and behind each layer, `[batch, sequence, d]`.
    pub hidden_states: Vec<States<T>>,
    /// The pooler's output, `[batch, d]`.
    pub pooled: Option<Array2<T>>,
}

impl<T> Output<T> {
    /// The state behind the last layer.
    #[must_use]
    pub fn last_hidden_state(&self) -> Option<&States<T>> {
        self.hidden_states.last()
    }
}

impl<T: Scalar> Encoder<T> {
    /// The states for an input, with the adapters that the setup names.
    ///
    /// # Errors
    /// If a number lies outside its table, the arrays do not fit each other, or the setup cannot be used.
    pub fn forward(&self, inputs: &Inputs, setup: Option<&Setup>, pass: &mut Pass) -> Result<Output<T>, MethodError> {
        let mut state = self.embeddings.forward(inputs)?;
        let mask = inputs.attention_mask.as_ref();
        if mask.is_some_and(|mask| mask.dim() != inputs.input_ids.dim()) {
            return Err(MethodError::input("`attention_mask` and `input_ids` differ in shape"));
        }
        let mut added = self.added_to_scores(mask, inputs.input_ids.dim());
        let first = setup.and_then(Setup::first);
        if let Some(invertible) = first.and_then(|first| self.invertible.get(first)) {
            state = invertible.forward(&state)?;
        }
        if let Some(prompt) = first.and_then(|first| self.prompts.get(first)) {
            state = prompt.forward(&state)?;
            added = added.map(|mask| prompt.mask(&mask, self.prefix_added, !self.shared_mask));
        }
        if let Some(projection) = &self.projection {
            state = projection.forward(&state);
        }
        let extent = mask.map(Extent::of_mask);
        let mut hidden_states = vec![state.into_shared()];
        for layer in &self.layers {
            let state = &hidden_states[hidden_states.len() - 1];
            let state = layer.forward(state, added.as_ref(), extent.as_ref(), setup, pass)?;
            hidden_states.push(state.into_shared());
        }
        let last = &hidden_states[hidden_states.len() - 1];
        let pooled = self
            .pooler
            .as_ref()
            .filter(|_| last.dim().1 > 0)
            .map(|pooler| pooler.forward(&last.index_axis(Axis(1), 0)).mapv_into(T::tanh));
        Ok(Output { hidden_states, pooled })
    }

    /// What hides padding when added to the scores, `[batch, 1, queries or 1, sequence]`: the least number there is.
    /// None where nothing is hidden and the model then goes without a mask.
    fn added_to_scores(&self, mask: Option<&Array2<i64>>, (batch, sequence): (usize, usize)) -> Option<Array4<T>> {
        let is_hidden = |example, position| mask.is_some_and(|mask| mask[(example, position)] == 0);
        let hides = mask.is_some_and(|mask| mask.iter().any(|&value| value != 1));
        let queries = if self.shared_mask { 1 } else { sequence };
        (hides || self.shared_mask).then(|| {
            Array4::from_shape_fn((batch, 1, queries, sequence), |(example, _, _, position)| {
                if is_hidden(example, position) { T::min_value() } else { T::zero() }
            })
        })
    }
}
