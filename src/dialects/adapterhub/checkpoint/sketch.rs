//! A base model as far as an adapter's files tell of it: the type and the hidden size from the config, the layers from
//! the tensors' names. Sizes that nothing tells are guessed, twice and differently, so that shapes which depend on
//! them show.

use std::collections::BTreeSet;

use crate::dialects::adapterhub::sites::{Layer, Sites};
use crate::models::{MAX_LAYERS, Model, ModelType, Stack};

/// Two models that agree in what is known, and differ in what is not. `None` if the type is not known, or is made of
/// others, or if the names do not tell the layers.
///
/// `is_left_out` says whether the config has nothing for the layer of this number.
pub(super) fn sketch<'n>(
    known: &Model,
    names: impl Iterator<Item = &'n str> + Clone,
    is_left_out: impl Fn(u64) -> bool,
) -> Option<[Model; 2]> {
    let (support, sites) = (known.support?, Sites::of(&known.model_type)?);
    if keeps_prefixes_once(names.clone()) {
        return None;
    }
    let is_there = |path: &str| names.clone().any(|name| name.split('.').any(|part| part == path));
    let traits = Traits { cross: is_there("crossattention"), gated: is_there("wi_1") || is_there("wi_0") };
    let mut counts: Vec<_> = sites.layers.iter().map(|layer| layers(layer, sites.attribute, names.clone())).collect();
    if let ([(first, _), _], [_, second]) = (&mut counts[..], sites.layers) {
        let second = named(second, sites.attribute, names.clone()).map(|[_, layer]| layer).collect();
        *first = with_hidden_layers(*first, &second, is_left_out);
    }
    Some([0, 1].map(|guess| {
        let stacks = counts.iter().enumerate().map(|(index, &(layers, group))| {
            let of = Of { support, sites, known, guess };
            let is_decoder = index > 0 && support.has_decoder_beside_encoder();
            Stack { layers: Some(layers), group, ..of.stack(traits, is_decoder) }
        });
        let stacks: Vec<_> = stacks.collect();
        let layers = stacks.iter().filter_map(|stack| stack.layers).sum();
        let hidden = stacks.first().and_then(|stack| stack.hidden_size);
        let has_own_embeddings = support.defaults.iter().any(|(key, _)| *key == "embedding_size");
        let embedding = hidden.filter(|_| has_own_embeddings).map(|hidden| hidden << guess);
        Model { stacks, hidden_size: hidden, layers: Some(layers), embedding_size: embedding, ..known.clone() }
    }))
}

/// Whether the prefixes, which all layers share, stand under one of their names only, as in files that keep tied tensors
/// once: the other layers are then not named, and the width of a prefix is a matter of how many there are.
fn keeps_prefixes_once<'n>(names: impl Iterator<Item = &'n str>) -> bool {
    let [mut in_the_pool, mut in_a_layer] = [false; 2];
    for name in names {
        in_the_pool |= name.contains("prefix_tuning.prefix_tunings.");
        in_a_layer |= name.contains("prefix_tuning.pool.prefix_tunings.");
    }
    in_the_pool != in_a_layer
}

/// What the names tell of the layers.
#[derive(Clone, Copy)]
struct Traits {
    cross: bool,
    gated: bool,
}

struct Of<'m> {
    support: &'static ModelType,
    sites: &'static Sites,
    known: &'m Model,
    guess: u64,
}

impl Of<'_> {
    fn stack(&self, traits: Traits, is_decoder: bool) -> Stack {
        // The towers of CLIP have sizes of their own.
        let known = self.known.hidden_size.filter(|_| !self.sites.separate_configs);
        let hidden = known.unwrap_or(3840 << self.guess);
        let heads = [4, 2].into_iter().find(|heads| hidden.is_multiple_of(*heads)).unwrap_or(1);
        let may_share_keys = self.support.head_size.is_some();
        let is_second = self.guess > 0 && may_share_keys;
        Stack {
            layers: None,
            group: None,
            hidden_size: Some(hidden),
            heads: Some(heads),
            key_value_heads: Some(if is_second { heads / 2 } else { heads }.max(1)),
            head_size: is_second.then(|| 3 * hidden / heads),
            feed_forward_size: Some(hidden * (4 + self.guess)),
            gated: traits.gated,
            cross_attention: is_decoder || traits.cross,
        }
    }
}

/// How many layers the names need, and how many of them form a group.
fn layers<'n>(layer: &Layer, attribute: &str, names: impl Iterator<Item = &'n str>) -> (u64, Option<u64>) {
    let most = |most: [u64; 2], [group, layer]: [u64; 2]| [most[0].max(group + 1), most[1].max(layer + 1)];
    let [groups, layers] = named(layer, attribute, names).fold([0, 0], most);
    if layer.path.contains("{G}") { (groups * layers, Some(layers.max(1))) } else { (layers, None) }
}

/// The groups and layers that are named.
fn named<'n>(layer: &Layer, attribute: &str, names: impl Iterator<Item = &'n str>) -> impl Iterator<Item = [u64; 2]> {
    names.filter_map(move |name| {
        let bare = name.strip_prefix(attribute).and_then(|name| name.strip_prefix('.')).unwrap_or(name);
        numbers(layer.path, bare)
    })
}

/// The layers of the first of two stacks, with those at its end that the config leaves out. No name shows these; but
/// without them, layers of the second stack that have tensors would bear numbers that are left out.
fn with_hidden_layers(shown: u64, second: &BTreeSet<u64>, is_left_out: impl Fn(u64) -> bool) -> u64 {
    let mut layers = shown;
    while second.iter().any(|layer| is_left_out(layers + layer)) {
        if !is_left_out(layers) || layers >= MAX_LAYERS {
            return shown;
        }
        layers += 1;
    }
    layers
}

/// The numbers at `{G}` and `{L}`, if a name begins with the path of a layer.
fn numbers(path: &str, name: &str) -> Option<[u64; 2]> {
    let mut numbers = [0, 0];
    let mut parts = name.split('.');
    for wanted in path.split('.') {
        let part = parts.next()?;
        match wanted {
            "{G}" => numbers[0] = number(part)?,
            "{L}" => numbers[1] = number(part)?,
            _ if wanted == part => {}
            _ => return None,
        }
    }
    Some(numbers)
}

fn number(part: &str) -> Option<u64> {
    let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    part.parse().ok().filter(|number| digits && *number < MAX_LAYERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_kept_once_do_not_tell_the_layers() {
        let in_the_pool = "bert.prefix_tuning.prefix_tunings.a.self_prefix.wte.weight";
        let in_a_layer =
            "bert.encoder.layer.0.attention.self.prefix_tuning.pool.prefix_tunings.a.self_prefix.wte.weight";
        assert!(keeps_prefixes_once([in_the_pool].into_iter()));
        assert!(keeps_prefixes_once([in_a_layer].into_iter()));
        assert!(!keeps_prefixes_once([in_the_pool, in_a_layer].into_iter()));
        assert!(!keeps_prefixes_once(["bert.encoder.layer.0.output.x"].into_iter()));
    }

    #[test]
    fn layers_that_are_left_out_are_not_seen() {
        let of = |shown, second: &[u64], left_out: &[u64]| {
            with_hidden_layers(shown, &second.iter().copied().collect(), |layer| left_out.contains(&layer))
        };
        assert_eq!(of(2, &[0, 1, 2], &[]), 2);
        assert_eq!(of(2, &[0, 1, 2], &[2]), 3);
        assert_eq!(of(2, &[0, 2], &[2, 4]), 3);
        assert_eq!(of(0, &[0, 1], &[0, 1]), 2);
        assert_eq!(of(2, &[0, 1], &[3]), 2, "a layer that is there and left out is a flaw");
    }

    #[test]
    fn layers_are_counted_from_names() {
        let of = |model_type: &str| &Sites::of(model_type).expect("a known type").layers[0];
        let names =
            ["bert.encoder.layer.0.output.x", "bert.encoder.layer.11.output.x", "encoder.layer.2.x", "x.layer.99"];
        assert_eq!(layers(of("bert"), "bert", names.into_iter()), (12, None));
        let names = ["albert.encoder.albert_layer_groups.1.albert_layers.1.x"];
        assert_eq!(layers(of("albert"), "albert", names.into_iter()), (4, Some(2)));
        assert_eq!(layers(of("gpt2"), "transformer", ["transformer.h.99999999999.x"].into_iter()), (0, None));
    }
}
