//! The slots of an adapter: every tensor that the library creates for a config in a base model, with its place, its
//! shape and the names under which it is saved.
//!
//! [`place`] puts the modules of a config's members at the [`sites`](super::sites) of the model, as adding the adapter
//! does; [`slots`] takes the modules apart into tensors.

mod at;
mod error;
mod layer;
mod members;
mod place;
mod prefixes;
mod tensors;
mod whole;

pub use error::PlaceError;
pub(crate) use members::all_leave_out;
pub use place::{attribute, place};
pub use tensors::{Slot, SlotMethod, Totals, slots};

use super::config::Dtype;
use super::modules::Module;
use super::sites::Projection;

/// A module at its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// The layer, counted through the whole model as `get_adapter` counts; `None` for what belongs to no layer.
    pub layer: Option<u64>,
    /// The number by which configs name the layer (`leave_out`, `layers`, `reduction_factor`). It differs from `layer`
    /// in the decoder of an `EncoderDecoderModel`, where configs count from 0 again.
    pub number: Option<u64>,
    /// The layer under which `get_adapter` and `adapter_summary` list the module: `layer`, but the first layer with a
    /// prefix for the prefixes of all.
    pub listed: Option<u64>,
    /// The place in the layer or model.
    pub site: Site,
    /// The member of the union that asks for the module; 0 for a config that is no union.
    pub member: usize,
    /// The module's path in the bare base model, with the adapter's name: `encoder.layer.0.output.adapters.a`.
    pub path: String,
    /// Other paths of the same module.
    pub aliases: Vec<String>,
    /// The type of its numbers, if the config says one.
    pub dtype: Option<Dtype>,
    /// The module. At [`Site::Shared`] its [shared parameters](Module::shared_parameters) are meant, everywhere else
    /// its own.
    pub module: Module,
}

/// A place in a layer or model.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Site {
    /// Behind the attention (`mh_adapter`).
    AttentionAdapters,
    /// Behind the feed-forward block (`output_adapter`).
    OutputAdapters,
    /// Behind the attention to another sequence (`cross_adapter`).
    CrossAdapters,
    /// At a linear layer (LoRA and its kin).
    Linear(Projection),
    /// The prefixes of all attention blocks of a kind.
    Prefixes {
        /// The key of the kind in the pool.
        location: String,
        /// The layers, as [`Placed::layer`] counts them, in the order of their prefixes.
        layers: Vec<u64>,
    },
    /// At an attention block with a prefix.
    PrefixGate {
        /// The key of the kind in the pool.
        location: String,
        /// The number of the block's prefix in the pool.
        index: usize,
    },
    /// Behind a layer (ReFT).
    Reft,
    /// Behind the embeddings, and before the output embeddings.
    Invertible,
    /// Before the embeddings of the input.
    Prompt,
    /// What the modules of an adapter share.
    Shared,
}

impl Site {
    /// The name of the place.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::AttentionAdapters => "attention-adapters",
            Self::OutputAdapters => "output-adapters",
            Self::CrossAdapters => "cross-adapters",
            Self::Linear(projection) => projection.name(),
            Self::Prefixes { .. } => "prefixes",
            Self::PrefixGate { .. } => "prefix-gate",
            Self::Reft => "reft",
            Self::Invertible => "invertible",
            Self::Prompt => "prompt",
            Self::Shared => "shared",
        }
    }
}
