//! Prefixes: a pool holds those of all layers.

use super::at::{At, size, unknown_size};
use super::place::{Part, Placement};
use super::{PlaceError, Placed, Site};
use crate::dialects::adapterhub::config::PrefixTuningConfig;
use crate::dialects::adapterhub::modules::{self, Attention, BuildError};
use crate::dialects::adapterhub::sites::Prefix;

/// The prefixes of one kind, as far as they have been counted.
pub(super) struct Pool<'m> {
    location: &'static str,
    config: (usize, &'m PrefixTuningConfig),
    attention: Attention,
    layers: Vec<u64>,
}

impl<'m> Placement<'m> {
    pub(super) fn prefix(
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
    pub(super) fn pools(&mut self, part: &Part<'m>, pools: Vec<Pool<'m>>, blocks: &[String]) -> Result<(), PlaceError> {
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
}

impl At<'_> {
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
