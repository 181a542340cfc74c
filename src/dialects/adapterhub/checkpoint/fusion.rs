//! The tensors of an AdapterFusion.

use super::expected::{Expected, Unknown, in_models};
use crate::dialects::adapterhub::config::FusionConfig;
use crate::dialects::adapterhub::load::Resolved;
use crate::dialects::adapterhub::modules;
use crate::dialects::adapterhub::sites::Sites;
use crate::dialects::adapterhub::slots::{Placed, Site};
use crate::models::{Model, Stack};

/// The tensors of an AdapterFusion. Which kinds of places have one depends on the configs of the adapters, which are
/// elsewhere; but a kind that has one in any layer has one in all of them, even in those that the adapters leave out
/// (`methods/bottleneck.py`, `add_fusion_layer`).
///
/// # Errors
/// [`Unknown`] if the model is not known well enough.
pub(super) fn expected(
    config: &Resolved,
    name: &str,
    model: Option<&Model>,
    saved: Option<&Model>,
    found: &[&str],
) -> Result<Vec<Expected>, Unknown> {
    let config: FusionConfig = config.config().value().typed().map_err(|_| Unknown::Model)?;
    in_models(
        model,
        saved,
        found,
        |_| false,
        |model| {
            let sites = Sites::of(&model.model_type).ok_or(Unknown::Model)?;
            let mut placed = Vec::new();
            let mut counted = 0;
            for (layer, stack) in sites.layers.iter().zip(&model.stacks) {
                let Stack { layers: Some(layers), hidden_size: Some(hidden), group, .. } = *stack else {
                    return Err(Unknown::Model);
                };
                let module = modules::fusion(&config, usize::try_from(hidden).unwrap_or(usize::MAX));
                let places = [
                    (Site::AttentionAdapters, Some(layer.attention_adapters)),
                    (Site::CrossAdapters, layer.cross_adapters.map(|(path, _)| path)),
                    (Site::OutputAdapters, Some(layer.output_adapters)),
                ];
                for index in 0..layers {
                    for (site, place) in &places {
                        let Some(place) = place else { continue };
                        let path = format!("{}.{place}.adapter_fusion_layer.{name}", layer.path_of(index, group));
                        placed.push(Placed {
                            layer: Some(counted),
                            number: None,
                            listed: Some(counted),
                            site: site.clone(),
                            member: 0,
                            path,
                            aliases: Vec::new(),
                            dtype: None,
                            module: module.clone(),
                        });
                    }
                    counted += 1;
                }
            }
            // Those of another AdapterFusion tell it as well.
            let holder =
                |placed: &Placed| placed.path.strip_suffix(name).map(|path| path.trim_end_matches('.').to_owned());
            let is_found = |placed: &&Placed| {
                holder(placed).is_some_and(|holder| found.iter().any(|found| is_in(found, &holder, sites.attribute)))
            };
            let kinds: Vec<Site> = placed.iter().filter(is_found).map(|placed| placed.site.clone()).collect();
            placed.retain(|placed| kinds.contains(&placed.site));
            Ok(placed)
        },
    )
}

/// Whether a tensor is in the module of this path, in a bare base model or in a class around it.
fn is_in(found: &str, path: &str, attribute: &str) -> bool {
    let bare = found.strip_prefix(attribute).and_then(|rest| rest.strip_prefix('.')).unwrap_or(found);
    bare.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'))
}
