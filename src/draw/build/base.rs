//! The base model of a picture: the one that was named, or one that stands for any.

use std::collections::BTreeSet;

use crate::dialects::adapterhub::config::{LayerKey, MemberConfig, ReductionFactor, ReftLayers};
use crate::dialects::adapterhub::sites::{Layer, Sites};
use crate::document::json;
use crate::models::{MAX_LAYERS, Model, Quirk, Stack};

/// A base model with the name it is called by.
#[derive(Debug, Clone, Copy)]
pub struct Base<'m> {
    /// The name or path that was given.
    pub name: &'m str,
    /// The model.
    pub model: &'m Model,
}

/// A stack of layers of a base model.
pub(super) struct LayerStack<'m> {
    pub(super) heading: &'static str,
    pub(super) model: &'m Model,
    pub(super) sites: &'static Layer,
    pub(super) stack: Stack,
    /// The number of its first layer in the whole model.
    pub(super) first: u64,
    /// By how much configs count less: `EncoderDecoderModel` counts both stacks from 0.
    pub(super) offset: u64,
    pub(super) layers: u64,
    /// Whether the embeddings go through invertible adapters before this stack.
    pub(super) invertible: bool,
}

impl LayerStack<'_> {
    /// The numbers of its layers, as configs count them. There is at least one.
    pub(super) fn numbers(&self) -> std::ops::RangeInclusive<u64> {
        let begin = self.first - self.offset;
        begin..=begin + self.layers.max(1) - 1
    }
}

/// The stacks of a model whose layers are known.
pub(super) fn stacks(model: &Model) -> Vec<LayerStack<'_>> {
    let parts: Vec<&Model> = if model.parts.is_empty() { vec![model] } else { model.parts.iter().collect() };
    let mut stacks: Vec<LayerStack<'_>> = Vec::new();
    let mut first = 0;
    for part in &parts {
        let Some(sites) = Sites::of(&part.model_type) else { continue };
        let offset = if parts.len() > 1 { first } else { 0 };
        for (layer, stack) in sites.layers.iter().zip(&part.stacks) {
            let layers = stack.layers.unwrap_or(0);
            let index = stacks.len();
            let two = parts.len() > 1 || sites.layers.len() > 1;
            let has_towers = Quirk::PicturesBehind.is_of(&model.model_type);
            let heading = match index {
                0 if has_towers => "One layer of the text tower",
                _ if has_towers => "One layer of the vision tower",
                _ if two && index == 0 => "One layer of the encoder",
                _ if two => "One layer of the decoder",
                _ => "One layer",
            };
            let invertible = !has_towers || index == 0;
            stacks.push(LayerStack {
                heading,
                model: part,
                sites: layer,
                stack: *stack,
                first,
                offset,
                layers,
                invertible,
            });
            first += layers;
        }
    }
    stacks
}

/// The hidden size of a stand-in: what is drawn for any model has to be divisible by what configs divide by.
const HIDDEN: u64 = 4_838_400;
/// No stand-in is wider.
const WIDEST: u64 = 1_000_000_000_000_000;
/// The width of its feed-forward block, which is no simple multiple.
const FEED_FORWARD: u64 = 3_000_000_000_000_037;

/// Names for the sizes of a base model.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sizes {
    /// The numbers themselves.
    Known,
    /// Symbols, for a model whose hidden size stands for any.
    Symbols(u64),
}

impl Sizes {
    /// A size in words: a number, or one in terms of the hidden size `H` and the feed-forward width `F`.
    pub(super) fn name(self, size: usize) -> String {
        let size = size as u64;
        let Self::Symbols(hidden) = self else { return size.to_string() };
        let wide =
            |size: u64| (2..=512_u64).find(|times| hidden.checked_mul(*times).is_some_and(|wide| wide % size == 0));
        match size {
            FEED_FORWARD => "F".to_owned(),
            _ if size < 100_000 => size.to_string(),
            _ if size == hidden => "H".to_owned(),
            _ if size.is_multiple_of(hidden) => format!("{}H", size / hidden),
            _ if hidden.is_multiple_of(size) => format!("H/{}", hidden / size),
            _ => match wide(size) {
                Some(times) => format!("{times}H/{}", hidden * times / size),
                None => "m".to_owned(),
            },
        }
    }
}

/// A model that stands for any of its type.
pub(super) struct StandIn {
    pub(super) model: Model,
    pub(super) sizes: Sizes,
    /// Whether its last layer stands for any number of layers.
    pub(super) open: bool,
}

impl StandIn {
    /// The model for these members; `None` if there is none of that type.
    pub(super) fn new(members: &[MemberConfig], with_decoder: bool) -> Option<Self> {
        let hidden = members.iter().flat_map(divisors).fold(HIDDEN, |hidden, divisor| {
            hidden.checked_mul(divisor).filter(|wide| *wide <= WIDEST).unwrap_or(hidden)
        });
        let (layers, open) = layers(members);
        let text = if with_decoder {
            format!(
                r#"{{"model_type": "bart", "d_model": {hidden}, "encoder_layers": {layers}, "decoder_layers": {layers},
                "encoder_attention_heads": 12, "decoder_attention_heads": 12,
                "encoder_ffn_dim": {FEED_FORWARD}, "decoder_ffn_dim": {FEED_FORWARD}}}"#
            )
        } else {
            format!(
                r#"{{"model_type": "bert", "hidden_size": {hidden}, "num_hidden_layers": {layers},
                "num_attention_heads": 12, "intermediate_size": {FEED_FORWARD}}}"#
            )
        };
        let model = Model::from_config(json::parse(&text).0.as_ref()?)?;
        Some(Self { model, sizes: Sizes::Symbols(hidden), open })
    }
}

/// The numbers that a config divides the hidden size by.
fn divisors(member: &MemberConfig) -> Vec<u64> {
    let MemberConfig::Bottleneck(config) = member else { return Vec::new() };
    let mut divisors: Vec<u64> = match &config.reduction_factor {
        ReductionFactor::Uniform(factor) => factor.get().as_u64().into_iter().collect(),
        ReductionFactor::PerLayer(factors) => factors.values().filter_map(|factor| factor.get().as_u64()).collect(),
    };
    if config.phm_layer {
        divisors.push(config.phm_dim.get());
    }
    divisors.sort_unstable();
    divisors.dedup();
    divisors.retain(|divisor| (2..=MAX_LAYERS).contains(divisor));
    divisors
}

/// How many layers show everything that the config says of layers, and whether the last one stands for all others.
fn layers(members: &[MemberConfig]) -> (u64, bool) {
    let mut named: BTreeSet<u64> = BTreeSet::new();
    let mut limit = None;
    for member in members {
        let left_out: &[u64] = match member {
            MemberConfig::Bottleneck(config) => {
                if let ReductionFactor::PerLayer(factors) = &config.reduction_factor {
                    let listed: BTreeSet<u64> = factors
                        .keys()
                        .filter_map(|key| match key {
                            LayerKey::Layer(layer) => Some(*layer),
                            LayerKey::Default => None,
                        })
                        .collect();
                    if !factors.contains_key(&LayerKey::Default) {
                        // The library refuses a model with a layer more.
                        let missing =
                            (0..MAX_LAYERS).find(|layer| !listed.contains(layer) && !config.leave_out.contains(layer));
                        limit = limit.into_iter().chain(missing).min();
                    }
                    named.extend(listed);
                }
                &config.leave_out
            }
            MemberConfig::PrefixTuning(config) => &config.leave_out,
            MemberConfig::Lora(config) => &config.leave_out,
            MemberConfig::MtlLora(config) => &config.leave_out,
            MemberConfig::Reft(config) => match &config.layers {
                ReftLayers::All(_) => &[],
                ReftLayers::Some(layers) => layers,
            },
            MemberConfig::PromptTuning(_) => &[],
        };
        named.extend(left_out);
    }
    let last = named.into_iter().filter(|layer| *layer < MAX_LAYERS - 2).max();
    match limit {
        Some(limit) => (limit.max(1), false),
        None => (last.map_or(1, |last| last + 2), true),
    }
}

#[cfg(test)]
mod tests {
    use super::Sizes;

    #[test]
    fn sizes_have_symbols() {
        let hidden = super::HIDDEN;
        let names = |sizes: Sizes, all: &[u64]| {
            all.iter().map(|size| sizes.name(usize::try_from(*size).expect("small"))).collect::<Vec<_>>().join(" ")
        };
        let all = [48, hidden, 3 * hidden, hidden / 16, 2 * hidden / 5, super::FEED_FORWARD];
        assert_eq!(names(Sizes::Symbols(hidden), &all), "48 H 3H H/16 2H/5 F");
        assert_eq!(names(Sizes::Known, &[48, 768]), "48 768");
    }
}
