//! What a config builds: the library's modules as [methods](crate::methods), and the names of their tensors.
//!
//! [`Module`] stands between the two sides. [`bottleneck`], [`low_rank`] and the like make it from a typed config and
//! the sizes of the place; the method behind it says which parameters it has; [`leaf()`] says what the library calls
//! them.

mod build;
mod leaf;
mod load;
mod members;
mod setup;

pub use build::{
    Attention, BuildError, LowRank, Weight, activation, bottleneck, coupling, fusion, low_rank, prefix, prefix_gate,
    prompt, reft, shared_bottleneck,
};
pub use leaf::{Leaf, activation as activation_leaf, hypercomplex as hypercomplex_leaf, leaf, shared_leaf};
pub use load::{ModuleError, Tensors, own, shared, update};
pub(crate) use members::member;
pub use members::members;
pub use setup::loaded_setup;

use crate::methods::parameters::Parameter;
use crate::methods::{
    bottleneck as bn, coupling as inv, fusion as af, ia3, lora, mtl_lora, prefix_tuning, prompt_tuning,
    reft as interventions, vera,
};

/// One module of an adapter at one place of the model.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Module {
    /// A bottleneck adapter (`Adapter`, `ParallelAdapter`).
    Bottleneck(Box<bn::Architecture>),
    /// LoRA or DoRA (`LoRA`).
    Lora(lora::Architecture),
    /// VeRA or DVoRA (`Vera`).
    Vera(vera::Architecture),
    /// MTL-LoRA (`MTLLoRA`).
    MtlLora(mtl_lora::Architecture),
    /// (IA)³ (`IA3`).
    Ia3(ia3::Architecture),
    /// The prefixes of all layers (`PrefixTuning`, `FlatPrefixTuning`).
    Prefix(prefix_tuning::Architecture),
    /// The gate of a layer's prefix.
    PrefixGate {
        /// The number of gates.
        gates: usize,
        /// The model's hidden size.
        hidden: usize,
    },
    /// A prompt (`PromptTuning`).
    Prompt(prompt_tuning::Architecture),
    /// Interventions (`ReftModule`).
    Reft(interventions::Architecture),
    /// An invertible adapter (`NICECouplingBlock`, `GLOWCouplingBlock`).
    Coupling(inv::Architecture),
    /// An AdapterFusion (`BertFusion`).
    Fusion(af::Architecture),
}

impl Module {
    /// The module's own parameters.
    #[must_use]
    pub fn parameters(&self) -> Vec<Parameter> {
        match self {
            Self::Bottleneck(module) => module.parameters(),
            Self::Lora(module) => module.parameters(),
            Self::Vera(module) => module.parameters(),
            Self::MtlLora(module) => module.parameters(),
            Self::Ia3(module) => module.parameters(),
            Self::Prefix(module) => module.parameters(),
            Self::PrefixGate { gates, hidden } => {
                crate::methods::gate::Gate::<f64>::parameters(*gates, ("d", *hidden)).collect()
            }
            Self::Prompt(module) => module.parameters(),
            Self::Reft(module) => module.parameters(),
            Self::Coupling(module) => module.parameters(),
            Self::Fusion(module) => module.parameters(),
        }
    }

    /// The parameters that all modules of the adapter share.
    #[must_use]
    pub fn shared_parameters(&self) -> Vec<Parameter> {
        match self {
            Self::Bottleneck(module) => module.shared_parameters(),
            Self::Vera(module) => module.shared_parameters(),
            _ => Vec::new(),
        }
    }
}
