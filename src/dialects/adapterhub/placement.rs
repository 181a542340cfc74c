//! Where in the base model a config puts modules.

use std::borrow::Cow;

use super::config::Method;
use super::view::ConfigView;
use crate::models::{Model, Norm};
use crate::value::{Map, Value};

/// The three places of a bottleneck adapter in a layer.
pub(crate) const PLACES: [&str; 3] = ["mh_adapter", "output_adapter", "cross_adapter"];

impl ConfigView<'_> {
    /// The places of a bottleneck adapter that the config asks for and the model has.
    pub(crate) fn places(&self, model: Option<&Model>) -> impl Iterator<Item = &'static str> {
        let exists = move |place: &str| match model.and_then(|model| model.support) {
            Some(support) => support.norm_at(place) != Norm::NoPlace,
            None => true,
        };
        PLACES.into_iter().filter(move |place| self.is_true(place) && exists(place))
    }

    /// The part of a key's value that the library reads: of a map of reduction factors the entries of the adapted
    /// layers, and the default only if a layer needs it.
    pub(crate) fn used_part<'v>(&self, key: &str, value: &'v Value, model: Option<&Model>) -> Cow<'v, Value> {
        let (Value::Map(map), "reduction_factor", Some(layers)) = (value, key, model.and_then(|model| model.layers))
        else {
            return Cow::Borrowed(value);
        };
        let mut used = Map::new();
        for layer in (0..layers).filter(|layer| !self.leaves_out(*layer)) {
            let layer = layer.to_string();
            let (name, factor) = match map.get(&layer) {
                Some(factor) => (layer.as_str(), Some(factor)),
                None => ("default", map.get("default")),
            };
            if let Some(factor) = factor {
                used.insert(name, factor.clone());
            }
        }
        Cow::Owned(Value::Map(used))
    }

    /// Whether any layer is adapted, as far as that can be told.
    pub(crate) fn reaches_a_layer(&self, model: Option<&Model>) -> bool {
        let Some(listed) = self.listed_layers() else { return true };
        let names = |layer: u64| listed.contains(&layer);
        match (self.method, model.and_then(|model| model.layers)) {
            (Method::Reft, Some(layers)) => (0..layers).any(names),
            (Method::Reft, None) => !listed.is_empty(),
            (_, Some(layers)) => !(0..layers).all(names),
            (_, None) => true,
        }
    }

    /// Whether the encoder's and the decoder's layers are adapted, as far as they can be told apart.
    pub(crate) fn stacks(&self, model: &Model) -> Option<(bool, bool)> {
        let (encoder, layers) = (model.encoder_layers?, model.layers?);
        let listed = self.listed_layers();
        let adapted = |layer: u64| match (self.method, listed) {
            (Method::Reft, Some(listed)) => listed.contains(&layer),
            (Method::Reft, None) => true,
            (_, listed) => listed.is_none_or(|listed| !listed.contains(&layer)),
        };
        Some(((0..encoder).any(adapted), (encoder..layers).any(adapted)))
    }

    /// Whether the config puts any module into the layers of the model, as far as that can be told.
    pub(crate) fn adapts_layers(&self, model: Option<&Model>) -> bool {
        self.reaches_a_layer(model)
            && match self.method {
                Method::Bottleneck => self.places(model).next().is_some(),
                Method::Lora | Method::MtlLora => {
                    self.adapts_attention(model) || self.is_true("intermediate_lora") || self.is_true("output_lora")
                }
                Method::Reft => self.is_true("output_reft"),
                Method::PrefixTuning | Method::PromptTuning | Method::Union => true,
            }
    }

    /// Whether LoRA meets any matrix of the attention. A merged matrix gets a module whatever the list says.
    pub(crate) fn adapts_attention(&self, model: Option<&Model>) -> bool {
        let merged = model.and_then(|model| model.support).is_some_and(|support| support.merged_attention);
        self.is_true("selfattn_lora") && (merged || self.attention_matrices().next().is_some())
    }

    /// The matrices of the attention that `attn_matrices` names.
    pub(crate) fn attention_matrices(&self) -> impl Iterator<Item = &'static str> {
        let listed = self.value("attn_matrices");
        let named = move |matrix: &str| match listed.as_deref() {
            Some(Value::List(items)) => items.iter().any(|item| item.as_str() == Some(matrix)),
            Some(Value::String(text)) => text.contains(matrix),
            Some(Value::Map(map)) => map.contains_key(matrix),
            _ => false,
        };
        ["q", "k", "v"].into_iter().filter(move |matrix| named(matrix))
    }

    /// Whether the lengths that DoRA takes from a merged matrix are as many as the update has rows: one for each row of
    /// the matrix as it is stored, and a third of its outputs for each of `"q"`, `"k"` and `"v"`. DoRA can be added then.
    pub(crate) fn fits_merged_lengths(&self, model: &Model) -> bool {
        let transposed = model.support.is_some_and(|support| support.transposed_weights);
        self.attention_matrices().count() == if transposed { 1 } else { 3 }
    }

    /// Whether LoRA's layers are VeRA's: one of the two initial values is a float.
    pub(crate) fn is_vera(&self) -> bool {
        self.method == Method::Lora
            && !self.is_scaling()
            && ["vera_d", "vera_b"].iter().any(|key| matches!(self.value(key).as_deref(), Some(Value::Float(_))))
    }

    /// Whether the method is LoRA or one of its kind.
    pub(crate) fn has_low_rank(&self) -> bool {
        matches!(self.method, Method::Lora | Method::MtlLora)
    }

    /// Whether LoRA's layers are (IA)³'s.
    pub(crate) fn is_scaling(&self) -> bool {
        self.value("composition_mode").is_some_and(|mode| mode.as_str() == Some("scale"))
    }
}
