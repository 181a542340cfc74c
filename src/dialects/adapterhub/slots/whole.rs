//! What belongs to the model as a whole.

use super::at::{size, unknown_size};
use super::place::{Part, Placement};
use super::{PlaceError, Placed, Site};
use crate::dialects::adapterhub::modules::{self, BuildError, Module};
use crate::dialects::adapterhub::sites::Sites;

impl<'m> Placement<'m> {
    /// What belongs to the model as a whole.
    pub(super) fn whole(&mut self, parts: &[Part<'m>]) -> Result<(), PlaceError> {
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
