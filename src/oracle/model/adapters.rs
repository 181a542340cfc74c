use std::collections::BTreeMap;

use crate::dialects::adapterhub::config::{FusionConfig, MemberConfig};
use crate::dialects::adapterhub::modules::{self, Module, ModuleError, Tensors};
use crate::dialects::adapterhub::sites::Projection;
use crate::dialects::adapterhub::slots::{Placed, Site, attribute, place};
use crate::methods::Scalar;
use crate::methods::bottleneck::Bottleneck;
use crate::methods::bottleneck_place::BottleneckPlace;
use crate::methods::coupling::Coupling;
use crate::methods::encoder::{Encoder, EncoderLayer};
use crate::methods::fusion::Fusion;
use crate::methods::gate::Gate;
use crate::methods::parameters::Parameters;
use crate::methods::prefix_tuning::{LayerPrefix, Prefix};
use crate::methods::prompt_tuning::Prompt;
use crate::methods::reft::Reft;
use crate::models::Model;
use crate::oracle::OracleError;
use crate::oracle::arrays::Named;

/// An adapter as it was saved.
pub struct Saved<'a, T> {
    /// Its name in the model.
    pub name: &'a str,
    /// Its typed config: the members of a union, or the config alone.
    pub members: &'a [MemberConfig],
    /// Its tensors, by the names of the file.
    pub tensors: &'a dyn Tensors<T>,
    /// What all of its modules share, by the last part of the names, where the file lacks it.
    pub shared: Option<&'a dyn Tensors<T>>,
    /// Whether ReFT subtracts the projection: false for DiReFT, which no file says.
    pub subtract_projection: bool,
}

/// Puts an adapter into an encoder.
pub(super) fn add<T: Scalar>(
    encoder: &mut Encoder<T>,
    model: &Model,
    adapter: &Saved<'_, T>,
) -> Result<(), OracleError> {
    let all = place(adapter.members, adapter.name, model)?;
    let tensors = Named { tensors: adapter.tensors, attribute: attribute(model)? };
    let mut shared: BTreeMap<usize, Parameters<T>> = BTreeMap::new();
    for placed in all.iter().filter(|placed| placed.site == Site::Shared) {
        let found = modules::shared(&tensors, &format!("{}.", placed.path), &placed.module);
        let found = match (found, adapter.shared) {
            (Err(ModuleError::Missing { .. }), Some(beside)) => modules::shared(beside, "", &placed.module)?,
            (Err(ModuleError::Missing { name }), None) => return Err(not_saved(&name)),
            (found, _) => found?,
        };
        shared.insert(placed.member, found);
    }
    let nothing = Parameters::new();
    for placed in all.iter().filter(|placed| placed.site != Site::Shared) {
        let own = match own(&tensors, placed) {
            // Task adapters of adapter-transformers 1.x name an invertible adapter in their config and have none; the
            // library then forgets it (`loading.py`, `_fix_legacy_config`).
            Err(ModuleError::Missing { .. }) if placed.site == Site::Invertible => continue,
            own => own?,
        };
        let shared = shared.get(&placed.member).unwrap_or(&nothing);
        put(encoder, placed, adapter, &own, shared)?;
    }
    // Gates come with the layers, prefixes with the whole model, in whichever order the library places them.
    for placed in &all {
        let (Site::PrefixGate { .. }, Some(layer)) = (&placed.site, placed.layer) else { continue };
        let gate = Gate::take(&own(&tensors, placed)?)?;
        if let Some(prefix) = layer_of(encoder, layer)?.prefixes.prefixes.get_mut(adapter.name) {
            prefix.gate = Some(gate);
        }
    }
    Ok(())
}

/// Puts an AdapterFusion into an encoder, wherever its tensors are.
pub(super) fn add_fusion<T: Scalar>(
    encoder: &mut Encoder<T>,
    model: &Model,
    (name, config): (&str, &FusionConfig),
    adapters: &[(&str, &[MemberConfig])],
    tensors: &dyn Tensors<T>,
) -> Result<(), OracleError> {
    let tensors = Named { tensors, attribute: attribute(model)? };
    let hidden = model.hidden_size.and_then(|size| usize::try_from(size).ok());
    let hidden = hidden.ok_or_else(|| OracleError::case("the model's config does not say its hidden size"))?;
    let module = modules::fusion(config, hidden);
    let Module::Fusion(architecture) = module else { return Ok(()) };
    let mut found = false;
    for (adapter, members) in adapters {
        for placed in place(members, adapter, model)? {
            let (Site::AttentionAdapters | Site::OutputAdapters, Some(layer)) = (&placed.site, placed.layer) else {
                continue;
            };
            let Some(place) = placed.path.strip_suffix(&format!("adapters.{adapter}")) else { continue };
            let path = format!("{place}adapter_fusion_layer.{name}.");
            // Places that one of the adapters does not have get no fusion.
            match modules::own(&tensors, &path, &module) {
                Err(ModuleError::Missing { .. }) => {}
                own => {
                    let fusion = Fusion::new(architecture, &own?)?;
                    bottlenecks(layer_of(encoder, layer)?, &placed.site).fusions.insert(name.to_owned(), fusion);
                    found = true;
                }
            }
        }
    }
    if found { Ok(()) } else { Err(OracleError::case(format!("the fusion `{name}` has no tensors"))) }
}

fn put<T: Scalar>(
    encoder: &mut Encoder<T>,
    placed: &Placed,
    adapter: &Saved<'_, T>,
    own: &Parameters<T>,
    shared: &Parameters<T>,
) -> Result<(), OracleError> {
    let name = adapter.name.to_owned();
    let layer = |encoder| match placed.layer {
        Some(layer) => layer_of(encoder, layer),
        None => Err(OracleError::case(format!("`{}` belongs to no layer", placed.path))),
    };
    match (&placed.site, &placed.module) {
        (Site::AttentionAdapters | Site::OutputAdapters, Module::Bottleneck(architecture)) => {
            let bottleneck = Bottleneck::new((**architecture).clone(), own, shared)?;
            bottlenecks(layer(encoder)?, &placed.site).adapters.insert(name, bottleneck);
        }
        (Site::Linear(projection), module) => {
            let Some(update) = modules::update(module, own, shared)? else { return Err(elsewhere(placed)) };
            let layer = layer(encoder)?;
            let linear = match projection {
                Projection::Query => &mut layer.query,
                Projection::Key => &mut layer.key,
                Projection::Value => &mut layer.value,
                Projection::Intermediate => &mut layer.intermediate,
                Projection::Output => &mut layer.output,
                _ => return Err(elsewhere(placed)),
            };
            linear.updates.insert(name, update);
        }
        (Site::Prefixes { layers, .. }, Module::Prefix(architecture)) => {
            let prefix = Prefix::new(*architecture, own)?;
            for (index, layer) in layers.iter().enumerate() {
                let (keys, values) = prefix.layer(index)?;
                let prefix = LayerPrefix { keys, values, gate: None };
                layer_of(encoder, *layer)?.prefixes.prefixes.insert(name.clone(), prefix);
            }
        }
        (Site::PrefixGate { .. }, _) => {}
        (Site::Reft, Module::Reft(architecture)) => {
            let mut architecture = *architecture;
            architecture.subtract = adapter.subtract_projection;
            layer(encoder)?.refts.insert(name, Reft::new(architecture, own)?);
        }
        (Site::Invertible, Module::Coupling(architecture)) => {
            encoder.invertible.insert(name, Coupling::new(*architecture, own)?);
        }
        (Site::Prompt, Module::Prompt(architecture)) => {
            encoder.prompts.insert(name, Prompt::new(*architecture, own)?);
        }
        _ => return Err(elsewhere(placed)),
    }
    Ok(())
}

fn elsewhere(placed: &Placed) -> OracleError {
    OracleError::case(format!("an encoder has no place for `{}`", placed.path))
}

fn not_saved(name: &str) -> OracleError {
    OracleError::case(format!(
        "`{name}` is missing: what all modules share is only saved from a model class with a base model inside, such as \
         BertAdapterModel, and is lost from a bare one"
    ))
}

fn bottlenecks<'e, T>(layer: &'e mut EncoderLayer<T>, site: &Site) -> &'e mut BottleneckPlace<T> {
    if *site == Site::AttentionAdapters { &mut layer.attention_adapters } else { &mut layer.output_adapters }
}

fn layer_of<T>(encoder: &mut Encoder<T>, layer: u64) -> Result<&mut EncoderLayer<T>, OracleError> {
    let found = usize::try_from(layer).ok().and_then(|layer| encoder.layers.get_mut(layer));
    found.ok_or_else(|| OracleError::case(format!("the model has no layer {layer}")))
}

/// A module's parameters, under any of its paths.
fn own<T: Scalar>(tensors: &dyn Tensors<T>, placed: &Placed) -> Result<Parameters<T>, ModuleError> {
    let mut first = None;
    for path in std::iter::once(&placed.path).chain(&placed.aliases) {
        match modules::own(tensors, &format!("{path}."), &placed.module) {
            Err(error @ ModuleError::Missing { .. }) => first = first.or(Some(error)),
            found => return found,
        }
    }
    first.map_or_else(|| Ok(Parameters::new()), Err)
}
