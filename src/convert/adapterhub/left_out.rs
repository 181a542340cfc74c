//! Layers that LoRA or (IA)³ leaves out, for releases that adapt all of them: there they get an update that changes
//! nothing, which is taken away again on the way back. Run in adapter-transformers 3.2.1.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::peft::{Place, Places};
use super::super::{Carried, Change, ConvertError, Numbers, Recipe};
use super::keys::knows;
use super::route::Route;
#[cfg(feature = "oracle")]
use crate::dialects::adapterhub::checkpoint::expected;
use crate::dialects::adapterhub::config::{architecture_of, members_mut};
#[cfg(feature = "oracle")]
use crate::dialects::adapterhub::modules;
use crate::dialects::adapterhub::names::{Container, Name};
use crate::dialects::adapterhub::sites::Sites;
use crate::document::write::to_line;
use crate::models::MAX_LAYERS;
#[cfg(feature = "oracle")]
use crate::models::Model;
use crate::python::is_true;
use crate::tensors::{Dtype, Tensor};
use crate::value::{Map, Value};

/// The most numbers that all these tensors have. Sizes come from the config of a model, which can say anything.
#[cfg(feature = "oracle")]
const MOST_NUMBERS: usize = 1 << 25;

/// A tensor of a layer that is left out.
pub(super) struct Filled {
    place: String,
    leaf: String,
    shape: Vec<usize>,
    /// A tensor of the file, which has the type of its numbers.
    like: Option<String>,
    /// The number that all of it is.
    value: f64,
}

impl Filled {
    /// The tensor, for an adapter of this name.
    pub(super) fn carried(&self, route: Route<'_>, adapter: &str) -> Result<Carried, ConvertError> {
        let (shape, value) = (self.shape.clone(), self.value);
        let sizes = shape.clone();
        let fill =
            move |_: &[Numbers]| Ok(Numbers { values: vec![value; sizes.iter().product()], shape: sizes.clone() });
        let of: Vec<_> = self.like.iter().map(Recipe::tensor).collect();
        let to = Name { place: &self.place, container: Container::Loras, adapter, leaf: &self.leaf }.to_string();
        let recipe = Recipe::Computed { what: self.what(), shape: shape.clone(), of, by: Arc::new(fill) };
        match &self.like {
            Some(like) => Carried::made(recipe, to, route.weights).map_err(|error| ConvertError::file(like, error)),
            None => Ok(Carried { to, dtype: Dtype::F32, shape, recipe, tie: None }),
        }
    }

    fn what(&self) -> &'static str {
        match self.value {
            0.0 => "zeros beside",
            1.0 => "ones beside",
            _ => "equal numbers beside",
        }
    }
}

/// What the layers get that a config of LoRA or (IA)³ leaves out, if the release does not know the key; `leave_out` is
/// empty then. Nothing, if the same function cannot be had so: then the key stays, and is a loss.
pub(super) fn fill(route: Route<'_>, config: &mut Map, changes: &mut Vec<Change>) -> Vec<Filled> {
    if knows("lora", "leave_out", route.target) {
        return Vec::new();
    }
    let Some(member) = only_low_rank(config) else { return Vec::new() };
    let numbers: BTreeSet<u64> = left_out(member).collect();
    let Some(filled) = (!numbers.is_empty()).then(|| filled(route, member, &numbers)).flatten() else {
        return Vec::new();
    };
    let list = to_line(member.get("leave_out").unwrap_or(&Value::Null));
    member.insert("leave_out", Value::List(Vec::new()));
    changes.push(Change::note(format!(
        "{} does not know `leave_out`, which is {list} here: these layers get updates that change nothing ({} tensors)",
        route.target,
        filled.len()
    )));
    filled
}

/// Tensors of layers of LoRA that change nothing, for a release that can leave these layers out, from one that cannot.
/// Only what nobody trains is taken away: LoRA begins with other numbers than zero in A.
pub(super) fn take(route: Route<'_>, config: &mut Map, changes: &mut Vec<Change>) -> BTreeSet<String> {
    let can = |release| knows("lora", "leave_out", release);
    if can(route.part.release) || !can(route.target) {
        return BTreeSet::new();
    }
    let is_added = |member: &Map| member.get("composition_mode").and_then(Value::as_str) == Some("add");
    let Some(member) = only_low_rank(config).filter(|member| is_added(member)) else { return BTreeSet::new() };
    let Some((numbers, tensors)) = idle(route) else { return BTreeSet::new() };
    let list = Value::List(
        numbers.iter().filter_map(|number| Some(Value::Int(i64::try_from(*number).ok()?.into()))).collect(),
    );
    changes.push(Change::note(format!(
        "the updates of layers {} are zero and change nothing: `leave_out` names these layers, and {} tensors are left out",
        to_line(&list),
        tensors.len()
    )));
    member.insert("leave_out", list);
    tensors
}

/// The layers in which LoRA has zeros only, with their tensors; none where all are such, or layers share their weights.
fn idle(route: Route<'_>) -> Option<(BTreeSet<u64>, BTreeSet<String>)> {
    let sites = Sites::of(route.part.model_type())?;
    if sites.layers.iter().any(|layer| layer.path.contains("{G}")) {
        return None;
    }
    let named = route.weights.iter().filter_map(|tensor| {
        let (name, _) = Name::parse(tensor.name(), &route.part.name)?;
        (name.container == Container::Loras).then_some((tensor, name.place))
    });
    let named: Vec<_> = named.collect();
    let places = Places::new(sites, route.options.model.as_ref(), named.iter().map(|(_, place)| *place));
    let mut layers: BTreeMap<u64, Vec<Tensor<'_>>> = BTreeMap::new();
    for (tensor, place) in named {
        layers.entry(places.number(places.locate(place)?)).or_default().push(tensor);
    }
    let all = layers.len();
    // Of most tensors the first bytes tell.
    let is_zero = |tensor: &Tensor<'_>| tensor.bytes().iter().all(|byte| *byte == 0);
    layers.retain(|_, tensors| tensors.iter().all(is_zero));
    let names = layers.values().flatten().map(|tensor| tensor.name().to_owned()).collect();
    (!layers.is_empty() && layers.len() < all).then(|| (layers.into_keys().collect(), names))
}

/// The only member of LoRA or (IA)³: in a union its tensors are told from others' by their container.
fn only_low_rank(config: &mut Map) -> Option<&mut Map> {
    let mut members = members_mut(config).into_iter().filter(|member| architecture_of(member) == Some("lora"));
    members.next().filter(|_| members.next().is_none())
}

/// The layers that a config leaves out.
pub(super) fn left_out(member: &Map) -> impl Iterator<Item = u64> {
    let numbers = member.get("leave_out").and_then(Value::as_list).unwrap_or_default();
    numbers.iter().filter_map(|number| u64::try_from(number.as_i64()?).ok())
}

fn filled(route: Route<'_>, member: &Map, numbers: &BTreeSet<u64>) -> Option<Vec<Filled>> {
    let neutral = Neutral::of(member)?;
    let adapted: Vec<_> = route
        .weights
        .iter()
        .filter_map(|tensor| Some((tensor.name(), Name::parse(tensor.name(), &route.part.name)?.0)))
        .filter(|(_, name)| name.container == Container::Loras)
        .collect();
    // What the newest release drops there, the release would load.
    if has_tensors_in(route, &adapted, numbers) {
        return None;
    }
    match &route.options.model {
        // The tensors of the whole model come with the feature.
        #[cfg(feature = "oracle")]
        Some(model) if model.model_type == route.part.model_type() => {
            filled_in(route, model, member, neutral, &adapted, numbers)
        }
        _ => filled_alike(route, neutral, &adapted, numbers),
    }
}

/// Whether there are tensors in one of these layers. Layers that share their weights have those of the others.
fn has_tensors_in(route: Route<'_>, adapted: &[(&str, Name<'_>)], numbers: &BTreeSet<u64>) -> bool {
    let Some(sites) = Sites::of(route.part.model_type()) else { return false };
    if sites.layers.iter().any(|layer| layer.path.contains("{G}")) {
        return false;
    }
    let places = Places::new(sites, route.options.model.as_ref(), adapted.iter().map(|(_, name)| name.place));
    // Without the model nobody knows which layer of the second of two stacks has which number.
    let is_known = places.certain || places.layers.len() == 1;
    is_known
        && adapted
            .iter()
            .filter_map(|(_, name)| places.locate(name.place))
            .any(|place| numbers.contains(&places.number(place)))
}

/// What changes nothing.
#[derive(Clone, Copy)]
struct Neutral {
    scales: bool,
    gates: bool,
    /// What the factors are multiplied by.
    factor: f64,
}

impl Neutral {
    /// A gate this far open is one in every type of numbers.
    const OPEN: f64 = 40.0;

    fn of(member: &Map) -> Option<Self> {
        let number = |key: &str| member.get(key).and_then(Value::as_f64);
        let gates = member.get("use_gating").is_some_and(is_true);
        let factor = if gates { 1.0 } else { number("alpha")? / number("r")? };
        let scales = member.get("composition_mode").and_then(Value::as_str) == Some("scale");
        (factor.is_finite() && factor != 0.0).then_some(Self { scales, gates, factor })
    }

    /// All of a tensor; none where what is not adapted of a merged projection would be multiplied as well.
    fn value(self, leaf: &str, is_merged: bool) -> Option<f64> {
        match leaf {
            _ if !self.scales => Some(0.0),
            "gate.bias" => Some(Self::OPEN),
            "lora_B" if is_merged && !self.gates => (1.0 - self.factor).abs().le(&0.0).then_some(1.0),
            "lora_B" => Some(1.0 / self.factor),
            _ => Some(0.0),
        }
    }
}

/// The tensors that the whole model has, and the file does not; none if the file has others than the model.
#[cfg(feature = "oracle")]
fn filled_in(
    route: Route<'_>,
    model: &Model,
    member: &Map,
    neutral: Neutral,
    adapted: &[(&str, Name<'_>)],
    numbers: &BTreeSet<u64>,
) -> Option<Vec<Filled>> {
    let mut whole = member.clone();
    whole.insert("leave_out", Value::List(Vec::new()));
    // Where it cannot be told what would be filled, the key stays, and that is told as a loss.
    let members = [modules::member(&whole).ok()?];
    let found: Vec<_> = route.weights.iter().map(|tensor| tensor.name()).collect();
    let like = adapted.first().map(|(tensor, _)| *tensor).or(found.first().copied());
    let has: BTreeSet<_> = adapted.iter().map(|(_, name)| (name.place, name.leaf)).collect();
    let sites = Sites::of(route.part.model_type());
    let mut numbers_made = 0_usize;
    let mut made = Vec::new();
    for wanted in expected(&members, &route.part.name, Some(model), None, &found).ok()? {
        let (name, _) = Name::parse(wanted.name(), &route.part.name)?;
        if let Some(tensor) = route.weights.get(wanted.name())
            && !tensor.shape().iter().map(|size| Some(*size)).eq(wanted.sizes.iter().copied())
        {
            return None;
        }
        let layer = wanted.slot.as_ref().and_then(|slot| slot.layer)?;
        if !numbers.contains(&layer) {
            continue;
        }
        if name.container != Container::Loras || has.contains(&(name.place, name.leaf)) {
            continue;
        }
        let shape = wanted.sizes.iter().copied().collect::<Option<Vec<_>>>()?;
        let elements = shape.iter().try_fold(1_usize, |elements, size| elements.checked_mul(*size))?;
        numbers_made = numbers_made.checked_add(elements).filter(|made| *made <= MOST_NUMBERS)?;
        made.push(Filled {
            place: name.place.to_owned(),
            leaf: name.leaf.to_owned(),
            shape,
            like: like.map(str::to_owned),
            value: neutral.value(name.leaf, sites.is_some_and(|sites| sites.is_merged(name.place)))?,
        });
    }
    Some(made)
}

/// Tensors as those of another layer, where nobody tells of the model.
fn filled_alike(
    route: Route<'_>,
    neutral: Neutral,
    adapted: &[(&str, Name<'_>)],
    numbers: &BTreeSet<u64>,
) -> Option<Vec<Filled>> {
    let sites = Sites::of(route.part.model_type())?;
    let places = Places::new(sites, None, adapted.iter().map(|(_, name)| name.place));
    // What a list makes has a bound, whoever wrote it; and which layers are which stack's is not known.
    if numbers.iter().any(|number| *number >= MAX_LAYERS) || places.layers.len() > 1 {
        return None;
    }
    let located = adapted.iter().map(|(tensor, name)| Some((*tensor, name, places.locate(name.place)?)));
    let located: Vec<_> = located.collect::<Option<_>>()?;
    let mut made = Vec::new();
    for number in numbers {
        // Layers share their weights in ALBERT: one that another use of it adapts is there.
        if located.iter().any(|(.., place)| place.layer == *number) {
            continue;
        }
        let mut seen = BTreeSet::new();
        for (tensor, name, place) in &located {
            if !seen.insert((place.linear.path, name.leaf)) {
                continue;
            }
            let own = places.module(*place);
            let attribute = name.place.strip_suffix(own.as_str())?;
            made.push(Filled {
                place: format!("{attribute}{}", places.module(Place { layer: *number, ..*place })),
                leaf: name.leaf.to_owned(),
                shape: route.weights.get(tensor)?.shape().to_vec(),
                like: Some((*tensor).to_owned()),
                value: neutral.value(name.leaf, sites.is_merged(name.place))?,
            });
        }
        if seen.is_empty() {
            return None;
        }
    }
    Some(made)
}
