use super::{BuildError, float, refuse, size};
use crate::dialects::adapterhub::config::{
    AttentionMatrix, CompositionMode, Dtype, LoraConfig, LoraInit, MtlLoraConfig, Number, Probability,
    TaskSpecificMatrix,
};
use crate::dialects::adapterhub::modules::Module;
use crate::methods::{ia3, lora, mtl_lora, vera};

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
