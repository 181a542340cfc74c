//! A whole model with adapters, from files.

mod adapters;
mod base;
mod folder;
mod outputs;

use crate::dialects::adapterhub::config::{FusionConfig, MemberConfig};
use crate::dialects::adapterhub::modules::Tensors;
use crate::document::Node;
use crate::methods::Scalar;
use crate::methods::composition::{Pass, Setup};
use crate::methods::encoder::{Encoder, Inputs, Output};
use crate::models::Model;

use super::OracleError;

pub use adapters::Saved;
pub use folder::{AdapterFolder, FusionFolder};
pub use outputs::{read_inputs, write_outputs};

/// How transformers computes attention. It matters to padding beside prompts and prefixes, where the library treats the
/// two differently.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Attention {
    /// By PyTorch's fused function (`sdpa`), where the model has it: the default.
    #[default]
    Fused,
    /// Written out (`eager`).
    Eager,
}

/// An encoder of BERT's kind with adapters.
#[derive(Debug, Clone)]
pub struct AdaptedModel<T> {
    encoder: Encoder<T>,
    model: Model,
}

impl<T: Scalar> AdaptedModel<T> {
    /// A model without adapters, from its `config.json` and its tensors, with or without the attribute of a class with a
    /// head before their names.
    ///
    /// # Errors
    /// For a type or variant that is not computed, and tensors that are missing or do not fit the config.
    pub fn new(config: &Node, tensors: &dyn Tensors<T>, attention: Attention) -> Result<Self, OracleError> {
        let (encoder, model) = base::encoder(config, tensors, attention)?;
        Ok(Self { encoder, model })
    }

    /// Adds an adapter.
    ///
    /// # Errors
    /// If the library refuses it in this model, or its tensors are missing or do not fit.
    pub fn add(&mut self, adapter: &Saved<'_, T>) -> Result<(), OracleError> {
        adapters::add(&mut self.encoder, &self.model, adapter)
    }

    /// Adds an AdapterFusion of adapters that were added before, given with their configs.
    ///
    /// # Errors
    /// If its tensors are nowhere, or do not fit.
    pub fn add_fusion(
        &mut self,
        fusion: (&str, &FusionConfig),
        adapters: &[(&str, &[MemberConfig])],
        tensors: &dyn Tensors<T>,
    ) -> Result<(), OracleError> {
        adapters::add_fusion(&mut self.encoder, &self.model, fusion, adapters, tensors)
    }

    /// Runs the model with the adapters that the setup names.
    ///
    /// # Errors
    /// If the inputs do not fit the model, or the setup cannot be used.
    pub fn forward(&self, inputs: &Inputs, setup: Option<&Setup>, pass: &mut Pass) -> Result<Output<T>, OracleError> {
        Ok(self.encoder.forward(inputs, setup, pass)?)
    }
}
