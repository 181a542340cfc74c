use crate::dialects::adapterhub::sites::{Layer, Linear, Projection, Sites};
use crate::models::{MAX_LAYERS, Model};

/// A linear layer of a model that AdapterHub adapts.
#[derive(Debug, Clone, Copy)]
pub(in crate::convert) struct Place {
    /// The stack of layers.
    pub(in crate::convert) stack: usize,
    /// The layer within the stack.
    pub(in crate::convert) layer: u64,
    /// Which of the layer's linear layers it is.
    pub(in crate::convert) linear: &'static Linear,
}

/// The part of a layer that a key of the config switches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Location {
    /// `selfattn_lora`: every attention of the layer.
    Attention,
    /// `intermediate_lora`.
    Intermediate,
    /// `output_lora`.
    Output,
}

impl Location {
    /// The key of the config.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Attention => "selfattn_lora",
            Self::Intermediate => "intermediate_lora",
            Self::Output => "output_lora",
        }
    }
}

/// Where `projection` belongs, and which of query, key and value it is.
pub(super) fn location(projection: Projection) -> (Location, [bool; 3]) {
    match projection {
        Projection::Query | Projection::CrossQuery => (Location::Attention, [true, false, false]),
        Projection::Key | Projection::CrossKey => (Location::Attention, [false, true, false]),
        Projection::Value | Projection::CrossValue => (Location::Attention, [false, false, true]),
        Projection::Merged => (Location::Attention, [true, true, true]),
        Projection::Intermediate => (Location::Intermediate, [false; 3]),
        Projection::Output => (Location::Output, [false; 3]),
    }
}

/// The places of a model type, with the number of layers in each stack as far as names and the model tell.
#[derive(Debug, Clone)]
pub(in crate::convert) struct Places {
    pub(in crate::convert) sites: &'static Sites,
    /// Layers of each stack.
    pub(in crate::convert) layers: Vec<u64>,
    /// Whether all of these numbers are the model's own.
    pub(in crate::convert) certain: bool,
    /// Layers of a group, in ALBERT.
    group: u64,
}

impl Places {
    /// The places of a type, with as many layers as the model has, or as these modules need.
    pub(in crate::convert) fn new<'p>(
        sites: &'static Sites,
        model: Option<&Model>,
        modules: impl Iterator<Item = &'p str> + Clone,
    ) -> Self {
        let stacks = model.filter(|model| model.model_type == sites.model_type).map(|model| model.stacks.as_slice());
        let stack = |index: usize| stacks.and_then(|stacks| stacks.get(index));
        let is_grouped = sites.layers.iter().any(|layer| layer.path.contains("{G}"));
        let needed = modules.clone().filter_map(|module| find(sites, module)).map(|(_, [_, layer], _)| layer + 1).max();
        let group = stack(0).and_then(|stack| stack.group).or(needed.filter(|_| is_grouped)).unwrap_or(1).max(1);
        let mut places = Self { sites, layers: vec![0; sites.layers.len()], certain: true, group };
        let mut needed = places.layers.clone();
        for place in modules.filter_map(|module| places.locate(module)) {
            needed[place.stack] = needed[place.stack].max(place.layer + 1);
        }
        for (index, layers) in places.layers.iter_mut().enumerate() {
            let known = stack(index).and_then(|stack| stack.layers);
            places.certain &= known.is_some();
            *layers = known.unwrap_or(0).max(needed[index]);
        }
        places
    }

    /// The place that a module is; the attribute of a class with heads may stand before it.
    pub(in crate::convert) fn locate(&self, module: &str) -> Option<Place> {
        let (stack, [group, layer], linear) = find(self.sites, module)?;
        Some(Place { stack, layer: group.checked_mul(self.group)?.checked_add(layer)?, linear })
    }

    /// The layer as configs number it, through all stacks.
    pub(in crate::convert) fn number(&self, place: Place) -> u64 {
        self.layers[..place.stack].iter().sum::<u64>() + place.layer
    }

    /// How many layers there are in all.
    pub(in crate::convert) fn count(&self) -> u64 {
        self.layers.iter().sum()
    }

    /// The stack, and the layer in it, of a layer that configs number.
    pub(in crate::convert) fn layer(&self, mut number: u64) -> Option<(usize, u64)> {
        for (stack, layers) in self.layers.iter().enumerate() {
            if number < *layers {
                return Some((stack, number));
            }
            number -= layers;
        }
        None
    }

    /// The module of a place.
    pub(in crate::convert) fn module(&self, place: Place) -> String {
        let layer = &self.sites.layers[place.stack];
        let group = layer.path.contains("{G}").then_some(self.group);
        format!("{}.{}", layer.path_of(place.layer, group), place.linear.path)
    }

    /// The path of a module of the layer.
    pub(in crate::convert) fn path(&self, stack: usize, layer: u64, within: &str) -> String {
        let row = &self.sites.layers[stack];
        format!("{}.{within}", row.path_of(layer, row.path.contains("{G}").then_some(self.group)))
    }
}

/// The path without the attribute of a class with heads.
pub(super) fn bare<'p>(sites: &Sites, path: &'p str) -> &'p str {
    let rest = path.strip_prefix(sites.attribute).and_then(|rest| rest.strip_prefix('.'));
    // The attribute of GPT-2's classes is the first part of DistilBERT's layers: what stands there has to be a layer.
    match rest {
        Some(rest) if sites.layers.iter().any(|layer| begins(layer, rest).is_some()) => rest,
        Some(rest) if sites.layers.iter().all(|layer| begins(layer, path).is_none()) => rest,
        _ => path,
    }
}

/// The stack, the numbers of group and layer, and the linear layer that a module is.
fn find(sites: &'static Sites, module: &str) -> Option<(usize, [u64; 2], &'static Linear)> {
    let path = bare(sites, module);
    sites.layers.iter().enumerate().find_map(|(stack, layer)| {
        let (numbers, rest) = begins(layer, path)?;
        let linear = layer.linears.iter().find(|linear| linear.path == rest)?;
        Some((stack, numbers, linear))
    })
}

/// The numbers of group and layer, and what follows, if a path begins with that of a layer.
fn begins<'p>(layer: &Layer, path: &'p str) -> Option<([u64; 2], &'p str)> {
    let mut numbers = [0, 0];
    let mut rest = path;
    for wanted in layer.path.split('.') {
        let (part, behind) = rest.split_once('.')?;
        rest = behind;
        match wanted {
            "{G}" => numbers[0] = number(part)?,
            "{L}" => numbers[1] = number(part)?,
            _ if wanted == part => {}
            _ => return None,
        }
    }
    Some((numbers, rest))
}

fn number(part: &str) -> Option<u64> {
    let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    part.parse().ok().filter(|number| digits && *number < MAX_LAYERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_found_with_and_without_the_class() {
        let of = |model_type: &str, modules: &[&str]| {
            let sites = Sites::of(model_type).expect("a known type");
            let places = Places::new(sites, None, modules.iter().copied());
            modules.iter().map(|module| places.locate(module).map(|place| places.number(place))).collect::<Vec<_>>()
        };
        let bert = ["encoder.layer.1.output.dense", "bert.encoder.layer.0.attention.self.query", "pooler.dense"];
        assert_eq!(of("bert", &bert), [Some(1), Some(0), None]);
        let distilbert = ["transformer.layer.1.ffn.lin1", "distilbert.transformer.layer.0.attention.q_lin"];
        assert_eq!(of("distilbert", &distilbert), [Some(1), Some(0)]);
        let t5 = ["encoder.block.1.layer.0.SelfAttention.q", "transformer.decoder.block.0.layer.1.EncDecAttention.q"];
        assert_eq!(of("t5", &t5), [Some(1), Some(2)]);
        assert_eq!(of("gpt2", &["transformer.h.0.attn.c_attn", "h.1.attn.c_proj"]), [Some(0), None]);
    }
}
