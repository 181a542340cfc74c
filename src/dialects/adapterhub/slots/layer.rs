//! The modules of one layer.

use super::at::At;
use super::place::Placement;
use super::{PlaceError, Site};
use crate::dialects::adapterhub::config::{BottleneckConfig, ReftLayers};
use crate::dialects::adapterhub::modules::{self, BuildError, LowRank, Module, Weight};
use crate::dialects::adapterhub::sites::{CrossKey, Projection};
use crate::methods::vera;
use crate::models::Model;

/// Whether a config wants an adapter at a place.
type Wanted = fn(&BottleneckConfig) -> bool;

impl<'m> Placement<'m> {
    pub(super) fn linears(&mut self, at: &At<'m>) -> Result<(), PlaceError> {
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
                .and_then(|module| fits(module, weight, at.model))
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

    pub(super) fn bottlenecks(&mut self, at: &At<'m>) -> Result<(), PlaceError> {
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

    pub(super) fn reft(&mut self, at: &At<'m>) -> Result<(), PlaceError> {
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
