//! Layers that LoRA or (IA)³ leaves out, for releases that adapt all of them: there they get an update that changes
//! nothing. Run in adapter-transformers 3.2.1.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::peft::{MOST_LAYERS, Place, Places};
use super::super::{Carried, Change, ConvertError, Numbers, Recipe};
use super::keys::knows;
use super::meaning::Route;
use crate::dialects::adapterhub::names::{Container, Name};
use crate::dialects::adapterhub::sites::Sites;
use crate::python::is_true;
use crate::value::{Map, Value};

/// A tensor of a layer that is left out: its place and its name within the adapter.
pub(super) struct Filled {
    place: String,
    leaf: String,
    /// The tensor of another layer that has the same sizes.
    like: String,
    /// The number that all of it is.
    value: f64,
}

impl Filled {
    /// The tensor, for an adapter of this name.
    pub(super) fn carried(&self, route: Route<'_>, adapter: &str) -> Result<Carried, ConvertError> {
        let failed = |error| ConvertError::file(&self.like, error);
        let like = Recipe::tensor(self.like.as_str());
        let shape = like.shape(route.weights).map_err(failed)?;
        let value = self.value;
        let fill = move |parts: &[Numbers]| {
            let like = parts.first().ok_or("there is no tensor of the sizes")?;
            Ok(Numbers { shape: like.shape.clone(), values: vec![value; like.values.len()] })
        };
        let what = if value == 0.0 { "zeros as many as" } else { "ones as many as" };
        let recipe = Recipe::Computed { what, shape, of: vec![like], by: Arc::new(fill) };
        let to = Name { place: &self.place, container: Container::Loras, adapter, leaf: &self.leaf }.to_string();
        Carried::made(recipe, to, route.weights).map_err(failed)
    }
}

/// What the layers get that a config of LoRA or (IA)³ leaves out, if the release does not know the key; `leave_out` is
/// empty then. Nothing, if the same function cannot be had so: then the key stays, and is a loss.
pub(super) fn fill(route: Route<'_>, config: &mut Map, changes: &mut Vec<Change>) -> Vec<Filled> {
    let only = match config.get_mut("configs") {
        // In a union its tensors are told from others' by their container, so that only one member may have it.
        Some(Value::List(members)) => {
            let mut members = members.iter_mut().filter_map(|member| match member {
                Value::Map(member) if is_low_rank(member) => Some(member),
                _ => None,
            });
            members.next().filter(|_| members.next().is_none())
        }
        _ => Some(config).filter(|config| is_low_rank(config)),
    };
    let Some(member) = only.filter(|_| !knows("lora", "leave_out", route.target)) else { return Vec::new() };
    let numbers: BTreeSet<u64> = left_out(member).collect();
    let Some(filled) = (!numbers.is_empty()).then(|| filled(route, member, &numbers)).flatten() else {
        return Vec::new();
    };
    let list = member.get("leave_out").unwrap_or(&Value::Null).to_json();
    member.insert("leave_out", Value::List(Vec::new()));
    changes.push(Change::note(format!(
        "{} does not know `leave_out`, which is {list} here: these layers get updates that change nothing, {} tensors",
        route.target,
        filled.len()
    )));
    filled
}

fn is_low_rank(member: &Map) -> bool {
    member.get("architecture").and_then(Value::as_str) == Some("lora")
}

fn left_out(member: &Map) -> impl Iterator<Item = u64> {
    let numbers = member.get("leave_out").and_then(Value::as_list).unwrap_or_default();
    numbers.iter().filter_map(|number| u64::try_from(number.as_i64()?).ok())
}

fn filled(route: Route<'_>, member: &Map, numbers: &BTreeSet<u64>) -> Option<Vec<Filled>> {
    let scales = member.get("composition_mode").and_then(Value::as_str) == Some("scale");
    let number = |key: &str| member.get(key).and_then(Value::as_f64);
    #[expect(clippy::float_cmp, reason = "only a factor of exactly one leaves ones as they are")]
    let is_one = number("alpha")? == number("r")?;
    // A gate or another factor would be multiplied with the ones.
    if scales && (!is_one || member.get("use_gating").is_some_and(is_true)) {
        return None;
    }
    let sites = Sites::of(route.part.model_type())?;
    let adapted: Vec<_> = route
        .weights
        .iter()
        .filter_map(|tensor| Some((tensor.name(), Name::parse(tensor.name(), &route.part.name)?.0)))
        .filter(|(_, name)| name.container == Container::Loras)
        .collect();
    let places = Places::new(sites, route.options.model.as_ref(), adapted.iter().map(|(_, name)| name.place));
    // What a list makes has a bound, whoever wrote it.
    if !places.certain && numbers.iter().any(|number| *number >= MOST_LAYERS) {
        return None;
    }
    let located = adapted.iter().map(|(tensor, name)| Some((*tensor, name, places.locate(name.place)?)));
    let located: Vec<_> = located.collect::<Option<_>>()?;
    let mut made = Vec::new();
    for number in numbers {
        let (stack, layer) = match places.layer(*number) {
            Some(found) => found,
            // The model has no such layer.
            None if places.certain => continue,
            None if places.layers.len() == 1 => (0, *number),
            None => return None,
        };
        if places.layers.len() > 1 && !places.certain {
            return None;
        }
        // Layers share their weights in ALBERT: one that another use of it adapts is there.
        if located.iter().any(|(.., place)| place.stack == stack && place.layer == layer) {
            continue;
        }
        let alike = located.iter().filter(|(.., place)| place.stack == stack);
        let mut seen = BTreeSet::new();
        let before = made.len();
        for (tensor, name, place) in alike {
            if !seen.insert((place.linear.path, name.leaf)) {
                continue;
            }
            let own = places.module(*place);
            let attribute = name.place.strip_suffix(own.as_str())?;
            let value = if scales && name.leaf == "lora_B" { 1.0 } else { 0.0 };
            made.push(Filled {
                place: format!("{attribute}{}", places.module(Place { layer, ..*place })),
                leaf: name.leaf.to_owned(),
                like: (*tensor).to_owned(),
                value,
            });
        }
        if made.len() == before {
            return None;
        }
    }
    Some(made)
}
