//! Which tensors compute something together.

use super::intervention;
use super::low_rank::{FACTORS, GATE};
use super::side::Place;
use crate::convert::eject::{FLAT, part_of_network};
use crate::dialects::adapterhub::names::Container;
use crate::dialects::peft::names::Part;

/// The tensors of a plain bottleneck: down-projection, its bias, and up-projection.
pub(super) const BOTTLENECK: [&str; 3] = ["adapter_down.0.weight", "adapter_down.0.bias", "adapter_up.weight"];

/// Tensors that compute something together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unit {
    /// The factors of a low-rank update at a module, and its gate.
    Update(String),
    /// The network of a prefix at a location, or the flat prefix.
    Prefix(String),
    /// An intervention of ReFT, by its path.
    Intervention(String),
    /// Down- and up-projection of a bottleneck at a module.
    Units(String),
    /// One tensor alone.
    Alone(String),
}

impl Unit {
    /// The unit of a tensor at a place.
    pub(super) fn of(key: &str, place: &Place) -> Self {
        match place {
            Place::Held { module, container: Container::Loras, leaf }
                if FACTORS.contains(&leaf.as_str()) || GATE.contains(&leaf.as_str()) =>
            {
                Self::Update(module.clone())
            }
            Place::Held { container: container @ Container::Prefixes, leaf, .. } => {
                let flat = || leaf.strip_suffix(FLAT).and_then(|location| location.strip_suffix('.'));
                let location = part_of_network(*container, leaf).map(|(location, _)| location).or_else(flat);
                location.map_or_else(|| Self::Alone(key.to_owned()), |location| Self::Prefix(location.to_owned()))
            }
            Place::Held { container: Container::Refts, .. } => match intervention::path(key) {
                Some(path) => Self::Intervention(path.to_owned()),
                None => Self::Alone(key.to_owned()),
            },
            Place::Held { module, container: Container::Adapters, leaf } if BOTTLENECK.contains(&leaf.as_str()) => {
                Self::Units(module.clone())
            }
            Place::Part { module, part: Part::LoraA | Part::LoraB } => Self::Update(module.clone()),
            _ => Self::Alone(key.to_owned()),
        }
    }
}
