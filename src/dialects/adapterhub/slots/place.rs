//! Adding an adapter, as `_add_adapter_weights` does it (`model_mixin.py`, adapters 1.3.0): layer by layer in the order
//! of PyTorch's modules, then what belongs to no layer.

use super::at::{At, size, unknown_size};
use super::members::Members;
use super::{PlaceError, Placed, Site};
use crate::dialects::adapterhub::config::{Dtype, MemberConfig};
use crate::dialects::adapterhub::files::facts::python::module_name_flaw;
use crate::dialects::adapterhub::modules::{LowRank, Module};
use crate::dialects::adapterhub::sites::Sites;
use crate::methods::vera;
use crate::models::{Model, Quirk};

/// The modules that a config's members create in a model for the adapter of this name.
///
/// # Errors
/// If the library refuses, or the model is not known well enough.
pub fn place(members: &[MemberConfig], adapter: &str, model: &Model) -> Result<Vec<Placed>, PlaceError> {
    supported(members, model)?;
    let mut placement =
        Placement { members: Members { all: members, adapter }, placed: Vec::new(), matrices: None, counted: 0 };
    let parts = parts(model)?;
    for part in &parts {
        placement.part(part)?;
    }
    placement.whole(&parts)?;
    match module_name_flaw(adapter) {
        Some(flaw) if !placement.placed.is_empty() => Err(PlaceError::Name { adapter: adapter.to_owned(), flaw }),
        _ => Ok(placement.placed),
    }
}

/// The attribute of a class with heads that is the base model, and stands before every path there: `bert`. Empty for
/// an `EncoderDecoderModel`, which is not wrapped.
///
/// # Errors
/// If the model's type is not known.
pub fn attribute(model: &Model) -> Result<&'static str, PlaceError> {
    if Quirk::TwoModels.is_of(&model.model_type) { Ok("") } else { row(model).map(|row| row.attribute) }
}

/// A model with layers of its own: the whole model, or the encoder or decoder of an `EncoderDecoderModel`.
pub(super) struct Part<'m> {
    /// What stands before its paths, with the dot.
    pub(super) prefix: String,
    pub(super) sites: &'static Sites,
    pub(super) model: &'m Model,
}

fn row(model: &Model) -> Result<&'static Sites, PlaceError> {
    let unknown = || PlaceError::UnknownModel { model_type: model.model_type.clone() };
    Sites::of(&model.model_type).ok_or_else(unknown)
}

fn parts(model: &Model) -> Result<Vec<Part<'_>>, PlaceError> {
    if !Quirk::TwoModels.is_of(&model.model_type) {
        return Ok(vec![Part { prefix: String::new(), sites: row(model)?, model }]);
    }
    let [encoder, decoder] = &model.parts[..] else {
        return Err(unknown_size(model, "encoder and decoder"));
    };
    let (encoder_sites, decoder_sites) = (row(encoder)?, row(decoder)?);
    if let Some(odd) = [encoder_sites, decoder_sites].into_iter().find(|sites| sites.layers.len() != 1) {
        return Err(PlaceError::UnknownModel { model_type: format!("{} in {}", odd.model_type, model.model_type) });
    }
    Ok(vec![
        Part { prefix: "encoder.".to_owned(), sites: encoder_sites, model: encoder },
        // The decoder is a class with a head.
        Part { prefix: format!("decoder.{}.", decoder_sites.attribute), sites: decoder_sites, model: decoder },
    ])
}

/// `supports_adapter`, for every member.
fn supported(members: &[MemberConfig], model: &Model) -> Result<(), PlaceError> {
    let unknown = || PlaceError::UnknownModel { model_type: model.model_type.clone() };
    let support = model.support.ok_or_else(unknown)?;
    let refusal = |member: &MemberConfig| match member {
        MemberConfig::Bottleneck(config) if config.inv_adapter.is_some() => {
            (!support.invertible).then_some("invertible adapters")
        }
        MemberConfig::PromptTuning(_) => (!support.prompt_tuning).then_some("prompt tuning"),
        MemberConfig::PrefixTuning(_) => support.generic.then_some("prefix tuning"),
        MemberConfig::MtlLora(_) => support.generic.then_some("MTL-LoRA"),
        _ => None,
    };
    match members.iter().find_map(refusal) {
        Some(method) => Err(PlaceError::Unsupported { method, model_type: model.model_type.clone() }),
        None => Ok(()),
    }
}

/// The state of adding an adapter.
pub(super) struct Placement<'m> {
    pub(super) members: Members<'m>,
    pub(super) placed: Vec<Placed>,
    /// The first weight with an update, whose sizes VeRA takes for the matrices that all share.
    pub(super) matrices: Option<vera::Architecture>,
    /// How many layers there have been.
    counted: u64,
}

impl<'m> Placement<'m> {
    fn part(&mut self, part: &Part<'m>) -> Result<(), PlaceError> {
        let mut number = 0;
        let mut pools = Vec::new();
        let mut blocks = Vec::new();
        for (sites, stack) in part.sites.layers.iter().zip(&part.model.stacks) {
            let layers = stack.layers.ok_or_else(|| unknown_size(part.model, "number of layers"))?;
            let hidden = stack.hidden_size.ok_or_else(|| unknown_size(part.model, "hidden size"))?;
            for index in 0..layers {
                let at = At {
                    model: part.model,
                    sites,
                    stack: *stack,
                    path: format!("{}{}.", part.prefix, sites.path_of(index, stack.group)),
                    layer: self.counted,
                    number,
                    hidden: size(hidden),
                };
                for prefix in sites.prefixes.iter().filter(|prefix| at.has(prefix.when)) {
                    blocks.push(format!("{}{}.prefix_tuning.", at.path, prefix.path));
                    self.prefix(&at, prefix, part, &mut pools)?;
                }
                self.linears(&at)?;
                self.bottlenecks(&at)?;
                self.reft(&at)?;
                number += 1;
                self.counted += 1;
            }
        }
        self.pools(part, pools, &blocks)
    }

    pub(super) fn push(&mut self, at: &At<'_>, site: Site, member: usize, path: String, module: Module) {
        let (layer, number, dtype) = (Some(at.layer), Some(at.number), self.dtype(member));
        self.placed.push(Placed {
            layer,
            number,
            listed: layer,
            site,
            member,
            path,
            aliases: Vec::new(),
            dtype,
            module,
        });
    }

    pub(super) fn dtype(&self, member: usize) -> Option<Dtype> {
        match self.members.all.get(member)? {
            MemberConfig::Lora(config) => config.dtype(),
            MemberConfig::MtlLora(config) => config.dtype(),
            MemberConfig::Reft(config) => config.dtype,
            _ => None,
        }
    }
}
