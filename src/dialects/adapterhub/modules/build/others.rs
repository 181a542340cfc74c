use super::{activation, size};
use crate::dialects::adapterhub::config::{Combine, FusionConfig, PrefixTuningConfig, PromptTuningConfig, ReftConfig};
use crate::dialects::adapterhub::modules::Module;
use crate::methods::activation::Function;
use crate::methods::{fusion as af, prefix_tuning as prefix_method, prompt_tuning, reft as interventions};

/// The sizes that a prefix depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attention {
    /// How many layers have a prefix of this kind.
    pub layers: usize,
    /// Key and value heads.
    pub heads: usize,
    /// Width of one head.
    pub head_size: usize,
    /// The model's hidden size.
    pub hidden: usize,
}

/// The prefixes of one kind of attention.
#[must_use]
pub fn prefix(config: &PrefixTuningConfig, attention: Attention) -> Module {
    let network = || prefix_method::Reparameterization {
        width: size(config.bottleneck_size),
        activation: activation(config.non_linearity),
    };
    Module::Prefix(prefix_method::Architecture {
        length: size(config.prefix_length),
        layers: attention.layers,
        heads: attention.heads,
        head_size: attention.head_size,
        hidden: attention.hidden,
        reparameterization: (!config.flat).then(network),
    })
}

/// The gate of a layer's prefix; `None` if the config has none.
#[must_use]
pub fn prefix_gate(config: &PrefixTuningConfig, hidden: usize) -> Option<Module> {
    config.use_gating.then_some(Module::PrefixGate { gates: if config.shared_gating { 1 } else { 2 }, hidden })
}

/// The prompt of a config.
#[must_use]
pub fn prompt(config: &PromptTuningConfig, embedding: usize) -> Module {
    let after_first = config.combine == Combine::PrefixAfterBos;
    let length = size(config.prompt_length);
    Module::Prompt(prompt_tuning::Architecture { length, embedding, after_first })
}

/// The interventions of a config. `subtract` is what no file says: false for DiReFT.
#[must_use]
pub fn reft(config: &ReftConfig, hidden: usize, subtract: bool) -> Module {
    Module::Reft(interventions::Architecture {
        hidden,
        rank: size(config.r),
        prefix: size(config.prefix_positions),
        suffix: size(config.suffix_positions),
        tied: config.tied_weights,
        orthogonal: config.orthogonality,
        subtract,
        activation: config.non_linearity.map_or(Function::Identity, activation),
    })
}

/// The AdapterFusion of a config.
#[must_use]
pub fn fusion(config: &FusionConfig, hidden: usize) -> Module {
    Module::Fusion(af::Architecture {
        hidden,
        query: config.query,
        key: config.key,
        value: config.value,
        query_before_ln: config.query_before_ln,
        residual_before: config.residual_before,
        temperature: config.temperature,
        value_before_softmax: config.value_before_softmax,
    })
}
