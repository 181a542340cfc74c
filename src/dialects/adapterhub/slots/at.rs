//! The place that is being filled: one layer of the model, and the sizes of the weights there.

use super::PlaceError;
use crate::dialects::adapterhub::modules::Weight;
use crate::dialects::adapterhub::sites::{Layer, Linear, Projection, Size, When};
use crate::models::{Model, Stack};

/// A layer that is being filled.
pub(super) struct At<'m> {
    pub(super) model: &'m Model,
    pub(super) sites: &'static Layer,
    pub(super) stack: Stack,
    /// Its path, with the dot.
    pub(super) path: String,
    pub(super) layer: u64,
    pub(super) number: u64,
    pub(super) hidden: usize,
}

impl At<'_> {
    pub(super) fn has(&self, when: When) -> bool {
        match when {
            When::Always => true,
            When::Cross => self.stack.cross_attention,
            When::Gated => self.stack.gated,
            When::Ungated => !self.stack.gated,
        }
    }

    pub(super) fn weight(&self, linear: &Linear) -> Result<Weight, PlaceError> {
        let merged = linear.projection == Projection::Merged;
        Ok(Weight { inputs: self.size(linear.inputs)?, outputs: self.size(linear.outputs)?, merged })
    }

    fn size(&self, of: Size) -> Result<usize, PlaceError> {
        let (found, name) = match of {
            Size::Hidden => (self.stack.hidden_size, "hidden size"),
            Size::Merged => (self.stack.hidden_size.and_then(|hidden| hidden.checked_mul(3)), "hidden size"),
            Size::Queries => (self.stack.query_size(), "attention heads"),
            Size::Keys => (self.stack.key_size(), "key and value heads"),
            Size::FeedForward => (self.stack.feed_forward_size, "feed-forward width"),
            Size::GatedFeedForward => {
                (self.stack.feed_forward_size.and_then(|width| width.checked_mul(2)), "feed-forward width")
            }
        };
        found.map(size).ok_or_else(|| unknown_size(self.model, name))
    }
}

/// The refusal for want of a size.
pub(super) fn unknown_size(model: &Model, size: &'static str) -> PlaceError {
    PlaceError::SizeUnknown { model_type: model.model_type.clone(), size }
}

/// A size as one of memory. What does not fit the machine is as large as it can be.
pub(super) fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
