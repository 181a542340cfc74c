use std::fmt;

use super::Module;
use crate::dialects::adapterhub::config::{
    Activation, AttentionMatrix, BottleneckConfig, BottleneckInit, Combine, CompositionMode, Dtype, FusionConfig,
    InvertibleKind, LayerKey, LearnedScaling, LoraConfig, LoraInit, MtlLoraConfig, NonLinearity, Number, PostAdd,
    PrefixTuningConfig, Probability, PromptTuningConfig, ReductionFactor, ReftConfig, ResidualBeforeLn, Scaling,
    TaskSpecificMatrix,
};
use crate::methods::activation::Function;
use crate::methods::{
    bottleneck as bn, coupling as inv, fusion as af, hypercomplex, ia3, lora, mtl_lora, prefix_tuning as prefix_method,
    prompt_tuning, reft as interventions, vera,
};

/// Why a config builds no module at a place: the library stops there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildError(pub(crate) String);

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BuildError {}

fn refuse<T>(why: impl Into<String>) -> Result<T, BuildError> {
    Err(BuildError(why.into()))
}

/// The function behind a name of the library's.
#[must_use]
pub fn activation(name: Activation) -> Function {
    match name {
        Activation::Gelu | Activation::GeluPython => Function::Gelu,
        Activation::Gelu10 => Function::ClippedGelu,
        Activation::GeluAccurate | Activation::GeluNew | Activation::GeluPythonTanh | Activation::GeluPytorchTanh => {
            Function::GeluTanh
        }
        Activation::GeluFast => Function::GeluFast,
        Activation::Laplace => Function::Laplace,
        Activation::LeakyReluModule | Activation::LeakyRelu => Function::LeakyRelu,
        Activation::Linear => Function::Identity,
        Activation::Mish => Function::Mish,
        Activation::Prelu => Function::Prelu,
        Activation::QuickGelu => Function::QuickGelu,
        Activation::Relu => Function::Relu,
        Activation::Relu2 => Function::SquaredRelu,
        Activation::Relu6 => Function::Relu6,
        Activation::Sigmoid => Function::Sigmoid,
        Activation::Silu | Activation::Swish => Function::Silu,
        Activation::Tanh => Function::Tanh,
        Activation::Xielu => Function::Xielu,
    }
}

fn non_linearity(name: &NonLinearity) -> Result<Function, BuildError> {
    match name {
        NonLinearity::Known(name) => Ok(activation(*name)),
        NonLinearity::Old(_) => refuse("no activation is called \"gelu_orig\" any more"),
    }
}

fn float(number: &Number) -> f64 {
    number.as_f64().unwrap_or(f64::NAN)
}

/// The bottleneck adapter of a layer.
///
/// # Errors
/// For what the library cannot build.
pub fn bottleneck(config: &BottleneckConfig, hidden: usize, layer: u64) -> Result<Module, BuildError> {
    let factor = match &config.reduction_factor {
        ReductionFactor::Uniform(factor) => factor,
        ReductionFactor::PerLayer(factors) => {
            match factors.get(&LayerKey::Layer(layer)).or_else(|| factors.get(&LayerKey::Default)) {
                Some(factor) => factor,
                None => return refuse(format!("`reduction_factor` has no entry for layer {layer}, and no default")),
            }
        }
    };
    let Some(width) = bn::Architecture::width_of(hidden, float(factor.get())) else {
        return refuse(format!("a reduction factor of {} gives no width", factor.get()));
    };
    let module = architecture(config, hidden, width)?;
    if let Some(phm) = &module.hypercomplex {
        let n = phm.products;
        if !(hidden.is_multiple_of(n) && width.is_multiple_of(n)) {
            return refuse(format!("{hidden} and {width} have to be multiples of `phm_dim`, {n}"));
        }
        if config.init_weights != BottleneckInit::Bert {
            return refuse("with `phm_layer` only the `init_weights` \"bert\" works");
        }
    }
    Ok(Module::Bottleneck(Box::new(module)))
}

/// The bottleneck adapter whose shared parameters are those of all places; `None` if it shares none.
///
/// # Errors
/// For what the library cannot build.
pub fn shared_bottleneck(config: &BottleneckConfig, hidden: usize) -> Result<Option<Module>, BuildError> {
    let (rule, weight) = (config.shared_phm_rule == Some(true), config.shared_w_phm == Some(true));
    if !config.phm_layer || !(rule || weight) {
        return Ok(None);
    }
    let mut width = 1;
    if weight {
        if config.factorized_phm_w != Some(true) {
            return refuse("a weight that all layers share (`shared_W_phm`) has to be factorised (`factorized_phm_W`)");
        }
        let ReductionFactor::Uniform(factor) = &config.reduction_factor else {
            return refuse("`shared_W_phm` needs one `reduction_factor` for all layers");
        };
        let Some(factor) = factor.get().as_u64().filter(|factor| *factor > 0) else {
            return refuse(format!(
                "with `shared_W_phm` `reduction_factor` has to be an integer, not {}",
                factor.get()
            ));
        };
        width = hidden / size(factor);
    }
    Ok(Some(Module::Bottleneck(Box::new(architecture(config, hidden, width)?))))
}

fn architecture(config: &BottleneckConfig, hidden: usize, width: usize) -> Result<bn::Architecture, BuildError> {
    let is = |key: Option<bool>| key == Some(true);
    let hypercomplex = config.phm_layer.then(|| hypercomplex::Architecture {
        products: size(config.phm_dim.get()),
        factorized_rule: is(config.factorized_phm_rule),
        shared_rule: is(config.shared_phm_rule),
        rank: is(config.factorized_phm_w).then(|| size(config.phm_rank.get())),
        shared_weight: is(config.shared_w_phm),
        bias: is(config.phm_bias),
        trained_rule: is(config.learn_phm),
    });
    Ok(bn::Architecture {
        hidden,
        width,
        activation: non_linearity(&config.non_linearity)?,
        hypercomplex,
        parallel: config.is_parallel,
        original_ln_before: config.original_ln_before,
        original_ln_after: config.original_ln_after,
        residual: match config.residual_before_ln {
            ResidualBeforeLn::Before(true) => bn::Residual::BlockOutput,
            ResidualBeforeLn::Before(false) => bn::Residual::Input,
            ResidualBeforeLn::Sum(PostAdd::PostAdd) => bn::Residual::Sum,
        },
        ln_before: config.ln_before,
        ln_after: config.ln_after,
        residual_before_ln_after: config.adapter_residual_before_ln,
        scaling: match &config.scaling {
            Scaling::Constant(number) if number.is_f64() => bn::Scaling::Constant(float(number)),
            Scaling::Constant(number) => {
                return refuse(format!("`scaling` has to be written as a float, not {number}"));
            }
            Scaling::Learned(LearnedScaling::Learned) => bn::Scaling::Learned,
            Scaling::Learned(LearnedScaling::Channel) => bn::Scaling::Channel,
        },
        gating: config.use_gating,
    })
}

/// The invertible adapter of a config; `None` if it has none.
///
/// # Errors
/// For what the library cannot build.
pub fn coupling(config: &BottleneckConfig, embedding: usize) -> Result<Option<Module>, BuildError> {
    let kind = match config.inv_adapter {
        None => return Ok(None),
        Some(InvertibleKind::Nice) => inv::Kind::Nice,
        Some(InvertibleKind::Glow) => inv::Kind::Glow,
    };
    let Some(factor) = &config.inv_adapter_reduction_factor else {
        return refuse("`inv_adapter` needs `inv_adapter_reduction_factor`");
    };
    let activation = non_linearity(&config.non_linearity)?;
    let reduction_factor = float(factor.get());
    let architecture = inv::Architecture { kind, embedding, reduction_factor, activation };
    if architecture.width_of(embedding).is_none() {
        return refuse(format!("a reduction factor of {} gives no width", factor.get()));
    }
    Ok(Some(Module::Coupling(architecture)))
}

/// The sizes of a weight that LoRA's family updates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weight {
    /// Its inputs.
    pub inputs: usize,
    /// Its outputs.
    pub outputs: usize,
    /// Whether query, key and value stand in it together.
    pub merged: bool,
}

/// The update of a weight by LoRA's family.
pub trait LowRank {
    /// The update of a weight.
    ///
    /// # Errors
    /// For what the library cannot build.
    fn module(&self, weight: Weight) -> Result<Module, BuildError>;

    /// Which of query, key and value are updated.
    fn matrices(&self) -> [bool; 3];

    /// Whether the attention, the first and the second linear layer of the feed-forward block are updated.
    fn places(&self) -> [bool; 3];

    /// The layers that are left out.
    fn leave_out(&self) -> &[u64];

    /// Whether the matrices that VeRA shares are made: one of its two initial values is written as a float.
    fn shares_matrices(&self) -> bool;

    /// Whether it is (IA)³.
    fn scales(&self) -> bool;

    /// The type of the numbers, if the config says one.
    fn dtype(&self) -> Option<Dtype>;
}

/// Implements what the two configs have in common.
macro_rules! low_rank {
    ($type:ty, $module:ident) => {
        impl LowRank for $type {
            fn module(&self, weight: Weight) -> Result<Module, BuildError> {
                $module(self, weight)
            }

            fn matrices(&self) -> [bool; 3] {
                [AttentionMatrix::Q, AttentionMatrix::K, AttentionMatrix::V]
                    .map(|matrix| self.attn_matrices.contains(&matrix))
            }

            fn places(&self) -> [bool; 3] {
                [self.selfattn_lora, self.intermediate_lora, self.output_lora]
            }

            fn leave_out(&self) -> &[u64] {
                &self.leave_out
            }

            fn shares_matrices(&self) -> bool {
                [&self.vera_d, &self.vera_b].into_iter().flatten().any(Number::is_f64)
            }

            fn scales(&self) -> bool {
                self.composition_mode == CompositionMode::Scale
            }

            fn dtype(&self) -> Option<Dtype> {
                self.dtype
            }
        }
    };
}

low_rank!(LoraConfig, lora_module);
low_rank!(MtlLoraConfig, mtl_lora_module);

/// The update of a weight.
///
/// # Errors
/// For what the library cannot build.
pub fn low_rank(config: &dyn LowRank, weight: Weight) -> Result<Module, BuildError> {
    config.module(weight)
}

/// The number of projections in a weight that are updated, and their outputs.
fn groups(config: &dyn LowRank, weight: Weight) -> (usize, usize) {
    if !weight.merged {
        return (1, weight.outputs);
    }
    let groups = config.matrices().into_iter().filter(|enabled| *enabled).count();
    (groups, weight.outputs / 3 * groups)
}

/// What LoRA's configs have in common, at one weight.
fn sizes(config: &dyn LowRank, weight: Weight, rank: u64, alpha: &Number, gated: bool) -> lora::Architecture {
    let (groups, outputs) = groups(config, weight);
    let gates = if gated { groups } else { 0 };
    let (rank, alpha) = (size(rank), float(alpha));
    lora::Architecture { inputs: weight.inputs, outputs, rank, alpha, gates, magnitude: false, groups }
}

fn lora_module(config: &LoraConfig, weight: Weight) -> Result<Module, BuildError> {
    let sizes = sizes(config, weight, config.r.get(), &config.alpha, config.use_gating);
    if config.scales() {
        return scaling(&sizes, config.use_dora, &config.dropout, config.init_weights);
    }
    let sizes = lora::Architecture { magnitude: config.use_dora, ..sizes };
    if config.shares_matrices() {
        if config.vera_d.is_none() || config.vera_b.is_none() {
            return refuse("VeRA needs both `vera_d` and `vera_b`");
        }
        return Ok(Module::Vera(vera::Architecture(sizes)));
    }
    Ok(Module::Lora(sizes))
}

fn mtl_lora_module(config: &MtlLoraConfig, weight: Weight) -> Result<Module, BuildError> {
    let sizes = sizes(config, weight, config.r.get(), &config.alpha, config.use_gating);
    if config.scales() {
        return scaling(&sizes, config.use_dora, &config.dropout, config.init_weights);
    }
    if config.task_specific_matrix_type == TaskSpecificMatrix::Linear {
        return refuse("`task_specific_matrix_type` \"linear\" cannot be built");
    }
    if config.use_dora {
        return refuse("MTL-LoRA cannot be built with DoRA");
    }
    Ok(Module::MtlLora(mtl_lora::Architecture {
        lora: sizes,
        up_projections: size(config.n_up_projection.get()),
        sharpness: float(config.weights_sharpness.get()),
    }))
}

/// With `composition_mode` "scale" LoRA and MTL-LoRA alike are (IA)³.
fn scaling(
    sizes: &lora::Architecture,
    magnitude: bool,
    dropout: &Probability,
    init: LoraInit,
) -> Result<Module, BuildError> {
    if sizes.rank > 1 {
        return refuse("with `composition_mode` \"scale\" `r` has to be 1");
    }
    if magnitude {
        return refuse("with `composition_mode` \"scale\" there is no DoRA");
    }
    if float(dropout.get()) > 0.0 {
        return refuse("with `composition_mode` \"scale\" there is no dropout");
    }
    if init == LoraInit::Vera {
        return refuse("with `composition_mode` \"scale\" there is no `init_weights` \"vera\"");
    }
    let lora::Architecture { inputs, outputs, alpha, gates, .. } = *sizes;
    Ok(Module::Ia3(ia3::Architecture { inputs, outputs, alpha, gates }))
}

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
        width: size(config.bottleneck_size.get()),
        activation: activation(config.non_linearity),
    };
    Module::Prefix(prefix_method::Architecture {
        length: size(config.prefix_length.get()),
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
    let length = size(config.prompt_length.get());
    Module::Prompt(prompt_tuning::Architecture { length, embedding, after_first })
}

/// The interventions of a config. `subtract` is what no file says: false for DiReFT.
#[must_use]
pub fn reft(config: &ReftConfig, hidden: usize, subtract: bool) -> Module {
    Module::Reft(interventions::Architecture {
        hidden,
        rank: size(config.r.get()),
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

/// A size from a file as one of memory. What does not fit the machine is as large as it can be, and no array has that
/// size.
fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
