//! Adding an adapter, as `_add_adapter_weights` does it (`model_mixin.py`, adapters 1.3.0): layer by layer in the order
//! of PyTorch's modules, then what belongs to no layer.

use super::members::Members;
use super::{PlaceError, Placed, Site};
use crate::dialects::adapterhub::config::{BottleneckConfig, Dtype, MemberConfig, PrefixTuningConfig, ReftLayers};
use crate::dialects::adapterhub::files::facts::python::module_name_flaw;
use crate::dialects::adapterhub::modules::{self, Attention, BuildError, LowRank, Module, Weight};
use crate::dialects::adapterhub::sites::{CrossKey, Layer, Linear, Prefix, Projection, Sites, Size, When};
use crate::methods::vera;
use crate::models::{Model, Stack};

/// The modules that a config's members create in a model for the adapter of this name.
///
/// # Errors
/// If the library refuses, or the model is not known well enough.
pub fn place(members: &[MemberConfig], adapter: &str, model: &Model) -> Result<Vec<Placed>, PlaceError> {
    supported(members, model)?;
    let mut placement =
        Placement { members: Members { all: members, adapter }, model, placed: Vec::new(), matrices: None, counted: 0 };
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
    if model.model_type == ENCODER_DECODER { Ok("") } else { row(model).map(|row| row.attribute) }
}

const ENCODER_DECODER: &str = "encoder-decoder";

/// A model with layers of its own: the whole model, or the encoder or decoder of an `EncoderDecoderModel`.
struct Part<'m> {
    /// What stands before its paths, with the dot.
    prefix: String,
    sites: &'static Sites,
    model: &'m Model,
}

fn row(model: &Model) -> Result<&'static Sites, PlaceError> {
    let unknown = || PlaceError::UnknownModel { model_type: model.model_type.clone() };
    Sites::of(&model.model_type).ok_or_else(unknown)
}

fn parts(model: &Model) -> Result<Vec<Part<'_>>, PlaceError> {
    if model.model_type != ENCODER_DECODER {
        return Ok(vec![Part { prefix: String::new(), sites: row(model)?, model }]);
    }
    let [encoder, decoder] = &model.parts[..] else {
        return Err(unknown_size(model, "encoder and decoder"));
    };
    let (encoder_sites, decoder_sites) = (row(encoder)?, row(decoder)?);
    if let Some(odd) = [encoder_sites, decoder_sites].into_iter().find(|sites| sites.layers.len() != 1) {
        return Err(PlaceError::UnknownModel { model_type: format!("{} in {ENCODER_DECODER}", odd.model_type) });
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

fn unknown_size(model: &Model, size: &'static str) -> PlaceError {
    PlaceError::SizeUnknown { model_type: model.model_type.clone(), size }
}

/// A size as one of memory. What does not fit the machine is as large as it can be.
fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Whether a config wants an adapter at a place.
type Wanted = fn(&BottleneckConfig) -> bool;

/// The state of adding an adapter.
struct Placement<'m> {
    members: Members<'m>,
    model: &'m Model,
    placed: Vec<Placed>,
    /// The first weight with an update, whose sizes VeRA takes for the matrices that all share.
    matrices: Option<vera::Architecture>,
    /// How many layers there have been.
    counted: u64,
}

/// A layer that is being filled.
struct At<'m> {
    model: &'m Model,
    sites: &'static Layer,
    stack: Stack,
    /// Its path, with the dot.
    path: String,
    layer: u64,
    number: u64,
    hidden: usize,
}

/// The prefixes of one kind, as far as they have been counted.
struct Pool<'m> {
    location: &'static str,
    config: (usize, &'m PrefixTuningConfig),
    attention: Attention,
    layers: Vec<u64>,
}

impl<'m> Placement<'m> {
    fn part(&mut self, part: &Part<'m>) -> Result<(), PlaceError> {
        let mut number = 0;
        let mut pools: Vec<Pool<'m>> = Vec::new();
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

    fn push(&mut self, at: &At<'_>, site: Site, member: usize, path: String, module: Module) {
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

    fn dtype(&self, member: usize) -> Option<Dtype> {
        match self.members.all.get(member)? {
            MemberConfig::Lora(config) => config.dtype(),
            MemberConfig::MtlLora(config) => config.dtype(),
            MemberConfig::Reft(config) => config.dtype,
            _ => None,
        }
    }

    fn linears(&mut self, at: &At<'m>) -> Result<(), PlaceError> {
        for linear in at.sites.linears.iter().filter(|linear| at.has(linear.when)) {
            let wanted = |config: &dyn LowRank| {
                let [attention, intermediate, output] = config.places();
                match linear.projection {
                    Projection::Intermediate => intermediate,
                    Projection::Output => output,
                    _ => attention,
                }
            };
            let Some((member, config)) = self.members.low_rank(Some(at.number), wanted)? else { continue };
            let [query, key, value] = config.matrices();
            let named = match linear.projection {
                Projection::Query | Projection::CrossQuery => query,
                Projection::Key | Projection::CrossKey => key,
                Projection::Value | Projection::CrossValue => value,
                Projection::Merged | Projection::Intermediate | Projection::Output => true,
            };
            if !named {
                continue;
            }
            let path = format!("{}{}.loras.{}", at.path, linear.path, self.members.adapter);
            let weight = at.weight(linear)?;
            let module = modules::low_rank(config, weight)
                .and_then(|module| fits(module, weight, self.model))
                .map_err(|reason| PlaceError::Refused { path: path.clone(), reason })?;
            self.matrices = self.matrices.or(match &module {
                Module::Vera(vera) => Some(*vera),
                Module::MtlLora(mtl_lora) => Some(vera::Architecture(mtl_lora.lora)),
                _ => None,
            });
            self.push(at, Site::Linear(linear.projection), member, path, module);
        }
        Ok(())
    }

    fn bottlenecks(&mut self, at: &At<'m>) -> Result<(), PlaceError> {
        let cross: (_, Wanted) = match at.sites.cross_adapters {
            Some((path, CrossKey::CrossAdapter)) if at.stack.cross_attention => (path, |config| config.cross_adapter),
            Some((path, CrossKey::MhAdapter)) if at.stack.cross_attention => (path, |config| config.mh_adapter),
            _ => ("", |_| false),
        };
        let places: [(Site, &str, Wanted); 3] = [
            (Site::AttentionAdapters, at.sites.attention_adapters, |config| config.mh_adapter),
            (Site::CrossAdapters, cross.0, cross.1),
            (Site::OutputAdapters, at.sites.output_adapters, |config| config.output_adapter),
        ];
        for (site, place, wanted) in places {
            let Some((member, config)) = self.members.bottleneck(Some(at.number), wanted)? else { continue };
            let path = format!("{}{place}.adapters.{}", at.path, self.members.adapter);
            let refused = |reason| PlaceError::Refused { path: path.clone(), reason };
            if at.model.support.is_some_and(|support| support.generic) && !config.original_ln_after {
                let reason = "`original_ln_after` cannot be false in a model that is reached through the interface";
                return Err(refused(BuildError(reason.to_owned())));
            }
            let module = modules::bottleneck(config, at.hidden, at.number).map_err(refused)?;
            self.push(at, site, member, path, module);
        }
        Ok(())
    }

    fn reft(&mut self, at: &At<'m>) -> Result<(), PlaceError> {
        let Some((member, config)) = self.members.reft(at.number)? else { return Ok(()) };
        let is_named = match &config.layers {
            ReftLayers::All(_) => true,
            ReftLayers::Some(layers) => layers.contains(&at.number),
        };
        if is_named {
            let path = format!("{}reft_layer.refts.{}", at.path, self.members.adapter);
            // Whether the projection is subtracted changes no tensor, and no file says it.
            self.push(at, Site::Reft, member, path, modules::reft(config, at.hidden, true));
        }
        Ok(())
    }

    fn prefix(
        &mut self,
        at: &At<'m>,
        prefix: &'static Prefix,
        part: &Part<'_>,
        pools: &mut Vec<Pool<'m>>,
    ) -> Result<(), PlaceError> {
        // The library goes by how the key begins.
        let wanted = |config: &PrefixTuningConfig| match prefix.location {
            location if location.starts_with("encoder") => config.encoder_prefix,
            location if location.starts_with("cross") => config.cross_prefix,
            _ => true,
        };
        let Some(config) = self.members.prefix(Some(at.number), wanted)? else { return Ok(()) };
        let known = pools.iter().position(|pool| pool.location == prefix.location);
        let pool = match known {
            Some(known) => &mut pools[known],
            None => {
                let attention = at.attention(part)?;
                pools.push(Pool { location: prefix.location, config, attention, layers: Vec::new() });
                pools.last_mut().expect("one was pushed just now")
            }
        };
        let index = pool.layers.len();
        pool.layers.push(at.layer);
        if let Some(gate) = modules::prefix_gate(config.1, at.hidden) {
            let path = format!("{}{}.prefix_tuning.prefix_gates.{}", at.path, prefix.path, self.members.adapter);
            self.push(at, Site::PrefixGate { location: prefix.location.to_owned(), index }, config.0, path, gate);
        }
        Ok(())
    }

    /// The prefixes of a part: each kind is one module, which hangs in the part itself and in every attention block
    /// that could have a prefix.
    fn pools(&mut self, part: &Part<'m>, pools: Vec<Pool<'m>>, blocks: &[String]) -> Result<(), PlaceError> {
        let wants_prefix = self.members.prefix(None, |_| true)?.is_some();
        if wants_prefix && pools.is_empty() {
            let reason =
                format!("Prefix {} not found in PrefixTuningPool: every layer is left out", self.members.adapter);
            return Err(PlaceError::Refused { path: String::new(), reason: BuildError(reason) });
        }
        for Pool { location, config: (member, config), attention, layers } in pools {
            let own = format!("prefix_tunings.{}.{location}", self.members.adapter);
            self.placed.push(Placed {
                layer: None,
                number: None,
                listed: layers.first().copied(),
                member,
                path: format!("{}prefix_tuning.{own}", part.prefix),
                aliases: blocks.iter().map(|block| format!("{block}pool.{own}")).collect(),
                dtype: None,
                module: modules::prefix(config, Attention { layers: layers.len(), ..attention }),
                site: Site::Prefixes { location: location.to_owned(), layers },
            });
        }
        Ok(())
    }

    /// What belongs to the model as a whole.
    fn whole(&mut self, parts: &[Part<'m>]) -> Result<(), PlaceError> {
        let Some(first) = parts.first() else { return Ok(()) };
        let stack = first.model.stacks.first().copied();
        let hidden =
            stack.and_then(|stack| stack.hidden_size).ok_or_else(|| unknown_size(first.model, "hidden size"))?;
        let (hidden, embedding) = (size(hidden), size(first.model.embedding_size.unwrap_or(hidden)));
        self.prompt(embedding)?;
        self.shared(parts, hidden)?;
        self.invertible(parts, embedding)
    }

    fn prompt(&mut self, embedding: usize) -> Result<(), PlaceError> {
        if let Some((member, config)) = self.members.prompt()? {
            let path = format!("prompt_tuning.prompt_tunings.{}", self.members.adapter);
            self.global(Site::Prompt, member, vec![path], modules::prompt(config, embedding));
        }
        Ok(())
    }

    fn shared(&mut self, parts: &[Part<'m>], hidden: usize) -> Result<(), PlaceError> {
        let refused = |reason| PlaceError::Refused { path: String::new(), reason };
        let hidden_sizes: Vec<_> =
            parts.iter().flat_map(|part| &part.model.stacks).map(|stack| stack.hidden_size).collect();
        let differ = || {
            let unequal = hidden_sizes.iter().any(|size| Some(size) != hidden_sizes.first());
            let reason = "the model has different hidden sizes, between which no weights can be shared";
            if unequal { Err(refused(BuildError(reason.to_owned()))) } else { Ok(()) }
        };
        let mut shared = None;
        if let Some((member, config)) = self.members.bottleneck(None, |config| config.phm_layer)? {
            let module = modules::shared_bottleneck(config, hidden).map_err(refused)?;
            if let Some(module) = module {
                differ()?;
                shared = Some((member, module));
            }
        }
        if let Some((member, config)) = self.members.low_rank(None, |_| true)?
            && config.shares_matrices()
        {
            differ()?;
            let Some(matrices) = self.matrices else {
                return Err(refused(BuildError("VeRA without a layer to adapt cannot be built".to_owned())));
            };
            // They take the place of what Compacter shares.
            shared = Some((member, Module::Vera(matrices)));
        }
        if let Some((member, module)) = shared {
            let path = format!("shared_parameters.{}", self.members.adapter);
            self.global(Site::Shared, member, paths(parts, |_| path.clone()), module);
        }
        Ok(())
    }

    fn invertible(&mut self, parts: &[Part<'m>], embedding: usize) -> Result<(), PlaceError> {
        let Some((member, config)) = self.members.bottleneck(None, |config| config.inv_adapter.is_some())? else {
            return Ok(());
        };
        let path = |sites: &Sites| format!("{}.{}", sites.invertible, self.members.adapter);
        let paths = paths(parts, path);
        let refused = |reason| PlaceError::Refused { path: paths.first().cloned().unwrap_or_default(), reason };
        if let Some(module) = modules::coupling(config, embedding).map_err(refused)? {
            self.global(Site::Invertible, member, paths, module);
        }
        Ok(())
    }

    fn global(&mut self, site: Site, member: usize, paths: Vec<String>, module: Module) {
        let mut paths = paths.into_iter();
        let path = paths.next().unwrap_or_default();
        let (aliases, dtype) = (paths.collect(), self.dtype(member));
        self.placed.push(Placed {
            layer: None,
            number: None,
            listed: None,
            site,
            member,
            path,
            aliases,
            dtype,
            module,
        });
    }
}

/// The paths of what the parts of a model have in common; an `EncoderDecoderModel` has it itself, too.
fn paths(parts: &[Part<'_>], path: impl Fn(&Sites) -> String) -> Vec<String> {
    let mut paths: Vec<_> = parts.iter().map(|part| format!("{}{}", part.prefix, path(part.sites))).collect();
    if let [first, _, ..] = parts {
        paths.push(path(first.sites));
    }
    paths
}

/// DoRA takes the norms of the stored weight's rows for those of the update.
fn fits(module: Module, weight: Weight, model: &Model) -> Result<Module, BuildError> {
    let outputs = match &module {
        Module::Lora(lora) if lora.magnitude => lora.outputs,
        Module::Vera(vera) if vera.0.magnitude => vera.0.outputs,
        _ => return Ok(module),
    };
    let transposed = model.support.is_some_and(|support| support.transposed_weights);
    let rows = if transposed { weight.inputs } else { weight.outputs };
    if rows != outputs && rows != 1 {
        let reason = format!("DoRA takes the norms of {rows} rows where the update has {outputs} outputs");
        return Err(BuildError(reason));
    }
    Ok(module)
}

impl At<'_> {
    fn has(&self, when: When) -> bool {
        match when {
            When::Always => true,
            When::Cross => self.stack.cross_attention,
            When::Gated => self.stack.gated,
            When::Ungated => !self.stack.gated,
        }
    }

    fn weight(&self, linear: &Linear) -> Result<Weight, PlaceError> {
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

    /// The sizes of a prefix, `layers` apart. They are those of the model's config, not of the attention itself.
    fn attention(&self, part: &Part<'_>) -> Result<Attention, PlaceError> {
        let of = if part.sites.separate_configs { Some(&self.stack) } else { part.model.stacks.first() };
        let of = of.unwrap_or(&self.stack);
        let heads = of.heads.ok_or_else(|| unknown_size(self.model, "attention heads"))?;
        let hidden = of.hidden_size.ok_or_else(|| unknown_size(self.model, "hidden size"))?;
        // Of the keys for the width of a head, only T5's counts.
        let is_t5 = self.model.support.is_some_and(|support| support.head_size == Some("d_kv"));
        let head_size = of.head_size.filter(|_| is_t5).unwrap_or(hidden / heads.max(1));
        let key_value_heads = of.key_value_heads.unwrap_or(heads);
        Ok(Attention { layers: 0, heads: size(key_value_heads), head_size: size(head_size), hidden: self.hidden })
    }
}
