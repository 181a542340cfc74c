//! Compacter's layers by the matrix that they multiply by, `H = Σ_i A_i ⊗ B_i`: its factors may be scaled against one
//! another, be whole or products themselves, belong to one layer or to all, and make the same H.

use std::collections::{BTreeMap, BTreeSet};

use ndarray::Array2;

use super::config::PRODUCTS;
use super::entering::{rounding, set};
use super::error::DiffError;
use super::half::Half;
use super::measure::Measure;
use super::outcome::{Compared, Part, State};
use super::side::{Place, Slot};
use super::sizes::MOST;
use crate::convert::RecipeError;
use crate::dialects::adapterhub::modules::{hypercomplex_leaf, shared_leaf};
use crate::dialects::adapterhub::names::Container;
use crate::methods::hypercomplex::{Architecture, Hypercomplex};
use crate::methods::parameters::Parameters;
use crate::ordered;
use crate::tensors::Dtype;

/// The projections of a bottleneck, as their tensors begin, and the position of each in what is shared.
const PROJECTIONS: [(&str, &str); 3] = [("adapter_down.0", "down"), ("adapter_down.1", "down"), ("adapter_up", "up")];

/// The factors of a layer, by their roles in the method.
const ROLES: [&str; 6] = ["rule", "rule.left", "rule.right", "weight", "weight.left", "weight.right"];

/// Keys that say, with the tensors, what H is, and nothing else.
const OF_PRODUCTS: [&str; 6] =
    ["phm_dim", "factorized_phm_rule", "factorized_phm_W", "phm_rank", "shared_phm_rule", "shared_W_phm"];

/// A layer: the module and the projection in it.
type Layer = (String, &'static str);

/// One of the two, its factors by layer.
struct Layers<'a> {
    half: Half<'a>,
    own: BTreeMap<Layer, BTreeMap<&'static str, (&'a str, &'a Slot)>>,
    shared: BTreeMap<String, (&'a str, &'a Slot)>,
}

impl<'a> Layers<'a> {
    fn new(half: Half<'a>) -> Self {
        let mut layers = Self { half, own: BTreeMap::new(), shared: BTreeMap::new() };
        for (key, slot) in &half.piece.slots {
            match &slot.place {
                Place::Held { module, container: Container::Adapters, leaf } => {
                    let found = PROJECTIONS.iter().find_map(|(begin, _)| {
                        let rest = leaf.strip_prefix(begin)?.strip_prefix('.')?;
                        let role = ROLES.into_iter().find(|role| hypercomplex_leaf(role) == rest)?;
                        Some(((module.clone(), *begin), role))
                    });
                    if let Some((layer, role)) = found {
                        layers.own.entry(layer).or_default().insert(role, (key, slot));
                    }
                }
                Place::Held { container: Container::Shared, leaf, .. } => {
                    layers.shared.insert(leaf.clone(), (key, slot));
                }
                _ => {}
            }
        }
        // Where all factors are shared, a layer is known by its bias.
        let biases = half.piece.slots.values().filter_map(|slot| match &slot.place {
            Place::Held { module, container: Container::Adapters, leaf } => {
                let begins = |(begin, _): &&(&str, &str)| leaf.strip_prefix(begin) == Some(".b");
                PROJECTIONS.iter().find(begins).map(|(begin, _)| (module.clone(), *begin))
            }
            _ => None,
        });
        for layer in biases {
            layers.own.entry(layer).or_default();
        }
        layers
    }

    /// The factors of a layer, its own or shared, by role.
    fn factors(&self, layer: &Layer) -> BTreeMap<&'static str, (&'a str, &'a Slot)> {
        let position = PROJECTIONS.iter().find(|(begin, _)| *begin == layer.1).map_or("", |(_, position)| position);
        let own = self.own.get(layer);
        let find = |role: &'static str| {
            let shared = if role.starts_with("rule") { role.to_owned() } else { format!("{position}.{role}") };
            let found = own.and_then(|own| own.get(role)).or_else(|| self.shared.get(&shared_leaf(&shared)));
            found.map(|found| (role, *found))
        };
        ordered::map(ROLES.into_iter().filter_map(find))
    }

    /// H of a layer; none if the tensors are not those of one.
    fn matrix(&self, layer: &Layer) -> Result<Option<Array2<f64>>, RecipeError> {
        let mut own = Parameters::new();
        for (role, (_, slot)) in self.factors(layer) {
            own.insert(role, self.half.array(slot)?);
        }
        let size = |role: &str, axis: usize| own.get(role).and_then(|array| array.shape().get(axis).copied());
        let of_either = |whole: &str, half: &str, axis: usize| size(whole, axis).or_else(|| size(half, axis));
        let (Some(products), Some(rows), Some(columns)) = (
            of_either("rule", "rule.left", 0),
            of_either("weight", "weight.left", 1),
            of_either("weight", "weight.right", 2),
        ) else {
            return Ok(None);
        };
        let sides = (products.checked_mul(rows), products.checked_mul(columns));
        let (Some(inputs), Some(outputs)) = sides else { return Ok(None) };
        // Without a number a factor may be as long as it likes.
        if !inputs.checked_mul(outputs).is_some_and(|count| (1..=MOST).contains(&count)) {
            return Ok(None);
        }
        let architecture = Architecture {
            products,
            factorized_rule: size("rule", 0).is_none(),
            shared_rule: false,
            rank: if size("weight", 0).is_some() { None } else { size("weight.left", 2) },
            shared_weight: false,
            bias: false,
            trained_rule: true,
        };
        let layer = Hypercomplex::new(&architecture, (inputs, outputs), "", &own, &Parameters::new());
        Ok(layer.ok().map(|layer| layer.weight).filter(|weight| weight.iter().all(|number| number.is_finite())))
    }

    fn dtypes(&self, layer: &Layer) -> Vec<Dtype> {
        self.factors(layer).values().map(|(_, slot)| slot.carried.dtype).collect()
    }
}

/// Judges the factors of each layer by the matrix that they make, and then the keys that say how it is made.
pub(super) fn judge(a: Half<'_>, b: Half<'_>, tolerance: Option<f64>, part: &mut Part) -> Result<(), DiffError> {
    let sides = [Layers::new(a), Layers::new(b)];
    let layers: BTreeSet<&Layer> = sides.iter().flat_map(|side| side.own.keys()).collect();
    let is_made = |layer: &&Layer| sides.iter().any(|side| !side.factors(layer).is_empty());
    let layers: Vec<&Layer> = layers.into_iter().filter(is_made).collect();
    let differs: BTreeSet<String> =
        part.tensors.iter().filter(|tensor| !tensor.state.is_same()).map(|tensor| tensor.slot.clone()).collect();
    let mut found: BTreeMap<&str, Option<(Measure, f64)>> = BTreeMap::new();
    for layer in &layers {
        let names: BTreeSet<&str> =
            sides.iter().flat_map(|side| side.factors(layer).into_values().map(|(key, _)| key)).collect();
        if !names.iter().any(|name| differs.contains(*name)) {
            continue;
        }
        let matrix = |side: &Layers<'_>| side.matrix(layer).map_err(DiffError::of(&layer.0));
        let matrices = [matrix(&sides[0])?, matrix(&sides[1])?];
        let step = rounding(sides.iter().flat_map(|side| side.dtypes(layer)));
        let allowed = tolerance.unwrap_or(step);
        let measure = match matrices {
            [Some(one), Some(other)] if one.dim() == other.dim() => {
                Some(Measure::between(one.iter().copied(), other.iter().copied()))
            }
            _ => None,
        };
        // Where it is another matrix, the difference of each factor as it stands says more.
        let measure = measure.filter(|measure| measure.is_within(allowed)).map(|measure| (measure, allowed));
        for name in names {
            // What is shared has to do the same in every layer.
            let entry = found.entry(name).or_insert(measure);
            *entry = entry.zip(measure).map(|(one, other)| (one.0.max(other.0), allowed));
        }
    }
    let is_compared = !layers.is_empty() && found.values().all(Option::is_some);
    for tensor in &mut part.tensors {
        let measure = found.get(tensor.slot.as_str()).copied().flatten();
        if let Some((measure, allowed)) = measure.filter(|_| !tensor.state.is_same()) {
            tensor.compared = Compared::Products;
            set(tensor, measure, allowed, State::Equivalent);
        }
    }
    if is_compared {
        for key in &mut part.config {
            let last = key.key.rsplit(['.', '/']).next().unwrap_or_default();
            if key.harmless.is_none() && OF_PRODUCTS.contains(&last) {
                key.harmless = Some(PRODUCTS.to_owned());
            }
        }
    }
    Ok(())
}
