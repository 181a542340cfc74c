use std::collections::BTreeMap;

use crate::convert::peft::PeftError;
use crate::convert::peft::place::Place;
use crate::convert::{Carried, Recipe, Weights};
use crate::dialects::adapterhub::sites::Projection;
use crate::value::{Map, Value};

/// The leaves of a module, by name.
pub(super) type Leaves<'a> = BTreeMap<&'a str, &'a Carried>;

/// An adapted module with the member of the config that speaks for it.
pub(super) struct Module<'a> {
    pub(super) path: &'a str,
    pub(super) place: Place,
    pub(super) member: &'a Map,
    pub(super) leaves: Leaves<'a>,
}

/// Which of query, key and value a config updates. The library asks what it is given whether they are in it, which a text
/// answers, too.
pub(super) fn named_matrices(member: &Map) -> [bool; 3] {
    ["q", "k", "v"].map(|matrix| match member.get("attn_matrices") {
        Some(Value::List(named)) => named.iter().any(|value| value.as_str() == Some(matrix)),
        Some(Value::String(named)) => named.contains(matrix),
        _ => false,
    })
}

impl Module<'_> {
    pub(super) fn is_merged(&self) -> bool {
        self.place.linear.projection == Projection::Merged
    }

    /// Which of query, key and value a merged projection updates.
    pub(super) fn enabled(&self) -> [bool; 3] {
        named_matrices(self.member)
    }

    pub(super) fn number(&self, key: &str) -> f64 {
        self.member.get(key).and_then(Value::as_f64).unwrap_or(f64::NAN)
    }

    /// Whether it is a LoRA or a VeRA of zeros, or an (IA)³ of ones.
    pub(super) fn is_idle(&self, weights: &Weights) -> Result<bool, PeftError> {
        let leaves: Vec<_> = self.leaves.keys().copied().collect();
        let all = |leaf: &str, value: f64| {
            Ok::<bool, PeftError>(
                self.recipe(leaf).ok_or_else(|| PeftError::missing("a part is missing"))?.is_all(value, weights)?,
            )
        };
        match leaves[..] {
            ["lora_A", "lora_B"] => Ok(all("lora_B", 0.0)? && all("lora_A", 0.0)?),
            ["vera_B", "vera_D"] => Ok(all("vera_B", 0.0)? && all("vera_D", 0.0)?),
            ["lora_B"] => Ok(self.number("alpha").to_bits() == 1.0_f64.to_bits() && all("lora_B", 1.0)?),
            _ => Ok(false),
        }
    }

    /// A merged projection whose query, key and value have the same A, which PEFT has once.
    pub(super) fn shares_down(&self, down: &Carried, weights: &Weights) -> Result<bool, PeftError> {
        let bytes = down.bytes(weights)?;
        let size = bytes.len() / 3;
        let is_same =
            size > 0 && bytes.len() == 3 * size && bytes.chunks_exact(size).all(|part| *part == bytes[..size]);
        Ok(self.enabled() == [true; 3] && is_same)
    }

    pub(super) fn recipe(&self, leaf: &str) -> Option<Recipe> {
        self.leaves.get(leaf).map(|carried| carried.recipe.clone())
    }
}
