//! Which member of a config speaks for a place: `ModelAdaptersConfig.match` of adapters 1.3.0.

use super::PlaceError;
use crate::dialects::adapterhub::config::{
    BottleneckConfig, LoraConfig, MemberConfig, MtlLoraConfig, PrefixTuningConfig, PromptTuningConfig, ReftConfig,
    ReftLayers,
};
use crate::dialects::adapterhub::modules::LowRank;

/// The members of a config, asked by place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Members<'m> {
    pub(super) all: &'m [MemberConfig],
    pub(super) adapter: &'m str,
}

/// A member with its number.
pub(super) type Found<C> = Option<(usize, C)>;

impl<'m> Members<'m> {
    /// The only member that `wanted` takes and that does not leave the layer out. Without a layer nothing is left out.
    fn only<C>(
        self,
        layer: Option<u64>,
        wanted: impl Fn(&'m MemberConfig) -> Option<C>,
    ) -> Result<Found<C>, PlaceError> {
        let left_out = |member: &MemberConfig| layer.is_some_and(|layer| leave_out(member).contains(&layer));
        let mut found = self
            .all
            .iter()
            .enumerate()
            .filter(|(_, member)| !left_out(member))
            .filter_map(|(index, member)| Some((index, wanted(member)?)));
        let first = found.next();
        match found.next() {
            Some(_) => Err(PlaceError::Conflict { adapter: self.adapter.to_owned(), layer }),
            None => Ok(first),
        }
    }

    pub(super) fn bottleneck(
        self,
        layer: Option<u64>,
        wanted: impl Fn(&BottleneckConfig) -> bool,
    ) -> Result<Found<&'m BottleneckConfig>, PlaceError> {
        self.only(layer, |member| match member {
            MemberConfig::Bottleneck(config) => wanted(config).then_some(&**config),
            _ => None,
        })
    }

    pub(super) fn low_rank(
        self,
        layer: Option<u64>,
        wanted: impl Fn(&dyn LowRank) -> bool,
    ) -> Result<Found<&'m dyn LowRank>, PlaceError> {
        self.only(layer, |member| {
            let config: &dyn LowRank = match member {
                MemberConfig::Lora(config) => config,
                MemberConfig::MtlLora(config) => config,
                _ => return None,
            };
            wanted(config).then_some(config)
        })
    }

    pub(super) fn prefix(
        self,
        layer: Option<u64>,
        wanted: impl Fn(&PrefixTuningConfig) -> bool,
    ) -> Result<Found<&'m PrefixTuningConfig>, PlaceError> {
        self.only(layer, |member| match member {
            MemberConfig::PrefixTuning(config) => wanted(config).then_some(config),
            _ => None,
        })
    }

    pub(super) fn prompt(self) -> Result<Found<&'m PromptTuningConfig>, PlaceError> {
        self.only(None, |member| match member {
            MemberConfig::PromptTuning(config) => Some(config),
            _ => None,
        })
    }

    pub(super) fn reft(self, layer: u64) -> Result<Found<&'m ReftConfig>, PlaceError> {
        self.only(Some(layer), |member| match member {
            MemberConfig::Reft(config) => config.output_reft.then_some(config),
            _ => None,
        })
    }
}

/// Whether no member has anything for the layer of this number.
pub(crate) fn all_leave_out(members: &[MemberConfig], layer: u64) -> bool {
    members.iter().all(|member| match member {
        MemberConfig::Reft(ReftConfig { layers: ReftLayers::Some(layers), .. }) => !layers.contains(&layer),
        MemberConfig::PromptTuning(_) => true,
        _ => leave_out(member).contains(&layer),
    })
}

fn leave_out(member: &MemberConfig) -> &[u64] {
    match member {
        MemberConfig::Bottleneck(config) => &config.leave_out,
        MemberConfig::PrefixTuning(config) => &config.leave_out,
        MemberConfig::Lora(LoraConfig { leave_out, .. }) | MemberConfig::MtlLora(MtlLoraConfig { leave_out, .. }) => {
            leave_out
        }
        MemberConfig::PromptTuning(_) | MemberConfig::Reft(_) => &[],
    }
}
