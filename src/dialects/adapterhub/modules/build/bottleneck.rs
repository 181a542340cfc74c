use super::{BuildError, float, non_linearity, refuse, size};
use crate::dialects::adapterhub::config::{
    BottleneckConfig, BottleneckInit, InvertibleKind, LayerKey, LearnedScaling, PostAdd, ReductionFactor,
    ResidualBeforeLn, Scaling,
};
use crate::dialects::adapterhub::modules::Module;
use crate::methods::{bottleneck as bn, coupling as inv, hypercomplex};

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
