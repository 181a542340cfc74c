//! Prefixes without the small network that computes them, as the library's `eject_prefix_tuning` leaves them.

use std::collections::BTreeMap;

use super::{Carried, ConvertError, OutputKind, Plan, Recipe, RecipeError, Source, Weights};
use crate::dialects::adapterhub::Role;
use crate::dialects::adapterhub::config::{architecture_of, members, members_mut};
use crate::dialects::adapterhub::names::{Container, Name};
use crate::files::AnyError;
use crate::value::{Map, Value};

/// What the network of a prefix consists of: the embedding, and two layers with their biases.
pub(crate) const NETWORK: [&str; 5] =
    ["wte.weight", "control_trans.0.weight", "control_trans.0.bias", "control_trans.2.weight", "control_trans.2.bias"];

/// The prefix itself, where there is no network.
pub(crate) const FLAT: &str = "control_trans";

impl Plan {
    /// Has every prefix of AdapterHub's adapters written as what its network computes, and the config say so: without
    /// `flat`, which the library's own `eject_prefix_tuning` does not set, the result could not be loaded. Returns how
    /// many prefixes that were.
    ///
    /// # Errors
    /// If a network is not whole, or its activation has numbers of its own.
    pub fn eject(&mut self, source: &Source) -> Result<usize, ConvertError> {
        let mut ejected = 0;
        for output in &mut self.outputs {
            if output.kind != OutputKind::AdapterHub(Role::Adapter) {
                continue;
            }
            let weights = &source.weights[output.reads];
            let name = output.config.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
            let activation = match output.config.get("config").and_then(Value::as_map).and_then(member) {
                Some(config) => config.get("non_linearity").and_then(Value::as_str).unwrap_or_default().to_owned(),
                None => continue,
            };
            let mut networks: BTreeMap<String, BTreeMap<String, Carried>> = BTreeMap::new();
            let mut rest = Vec::new();
            for carried in std::mem::take(&mut output.tensors) {
                match network_of(&carried.to, &name) {
                    Some((prefix, part)) => {
                        networks.entry(prefix).or_default().insert(part, carried);
                    }
                    None => rest.push(carried),
                }
            }
            for (prefix, mut parts) in networks {
                let failed = |cause: AnyError| ConvertError::file(source.path.display(), cause);
                let tie = parts.get(NETWORK[0]).and_then(|embedding| embedding.tie.clone());
                let own: Option<Vec<_>> = NETWORK.iter().map(|part| parts.remove(*part)).collect();
                let own = own.ok_or_else(|| failed(format!("the network of `{prefix}` is incomplete").into()))?;
                if let Some(left) = parts.values().next() {
                    return Err(failed(format!("`{}` is not part of a network that can be ejected", left.to).into()));
                }
                let recipes = own.into_iter().map(|carried| carried.recipe).collect();
                let numbers = ejected_flat(recipes, &activation, weights).map_err(|why| failed(why.into()))?;
                let made = Carried::made(numbers, format!("{prefix}.{FLAT}"), weights)
                    .map_err(|error| failed(error.into()))?;
                rest.push(Carried { tie, ..made });
                ejected += 1;
            }
            Carried::sort(&mut rest);
            output.tensors = rest;
            if let Some(Value::Map(config)) = output.config.get_mut("config") {
                flatten(config);
            }
        }
        Ok(ejected)
    }
}

/// The prefix that a tensor belongs to, by its whole name, and which part of the network it is; none of anything else.
fn network_of(tensor: &str, adapter: &str) -> Option<(String, String)> {
    let (name, _) = Name::parse(tensor, adapter)?;
    let (location, part) = part_of_network(name.container, name.leaf)?;
    let prefix = tensor.strip_suffix(part)?.strip_suffix('.')?;
    debug_assert!(prefix.ends_with(location), "the leaf ends the name");
    Some((prefix.to_owned(), part.to_owned()))
}

/// The location of a prefix (`self_prefix`), and the part of its network; none of a flat one.
pub(crate) fn part_of_network(container: Container, leaf: &str) -> Option<(&str, &str)> {
    let is_pool = matches!(container, Container::Prefixes | Container::PooledPrefixes);
    let (location, part) = leaf.split_once('.').filter(|_| is_pool)?;
    (part.starts_with("wte.") || part.starts_with("control_trans.")).then_some((location, part))
}

/// The first config of prefix tuning: this, or a member of it.
fn member(config: &Map) -> Option<&Map> {
    members(config).into_iter().find(|member| architecture_of(member) == Some("prefix_tuning"))
}

/// Says of all prefixes that they are flat.
fn flatten(config: &mut Map) {
    let is_prefix = |member: &&mut Map| architecture_of(member) == Some("prefix_tuning");
    members_mut(config).into_iter().filter(is_prefix).for_each(|member| member.insert("flat", Value::Bool(true)));
}

/// What the network computes as one row of numbers.
///
/// # Errors
/// As [`ejected`].
pub(crate) fn ejected_flat(parts: Vec<Recipe>, activation: &str, weights: &Weights) -> Result<Recipe, RecipeError> {
    let matrix = ejected(parts, activation, weights)?;
    let shape = matrix.shape(weights)?;
    let numbers = shape.iter().try_fold(1_usize, |product, size| product.checked_mul(*size));
    Ok(matrix.reshaped(vec![numbers.ok_or_else(|| RecipeError::unfit("the prefix is too large"))?]))
}

/// What the small network of a prefix computes: a row for each position.
///
/// # Errors
/// If the activation is not known or has trained numbers, or the sizes of the parts do not fit.
#[cfg(feature = "oracle")]
pub(crate) fn ejected(parts: Vec<Recipe>, activation: &str, weights: &Weights) -> Result<Recipe, RecipeError> {
    use super::Numbers;
    use crate::dialects::adapterhub::config::Activation as Named;
    use crate::dialects::adapterhub::modules;
    use crate::methods::activation::Activation;

    let named = Named::ALL.iter().find(|known| known.name() == activation.to_lowercase());
    let named = named.ok_or_else(|| RecipeError::unfit(format!("the activation `{activation}` is unknown")))?;
    let function = modules::activation(*named);
    if !function.parameters().is_empty() {
        return Err(RecipeError::unfit(format!("the activation `{activation}` has trained parameters of its own")));
    }
    let shapes = parts.iter().map(|part| part.shape(weights)).collect::<Result<Vec<_>, _>>()?;
    let (Some(&length), Some(&outputs)) =
        (shapes.first().and_then(|shape| shape.first()), shapes.get(3).and_then(|shape| shape.first()))
    else {
        return Err(RecipeError::unfit("the sizes of the prefix's network are unknown"));
    };
    let compute = move |parts: &[Numbers]| {
        let [embedding, down, down_bias, up, up_bias] = parts else {
            return Err(RecipeError::unfit("a part is missing"));
        };
        let hidden = linear(&embedding.values, &down.values, &down_bias.values)?;
        let hidden = hidden.into_iter().map(|x| Activation::<f64>::Fixed(function).at(x)).collect::<Vec<_>>();
        let values = linear(&hidden, &up.values, &up_bias.values)?;
        Ok(Numbers { shape: vec![length, outputs], values })
    };
    Ok(Recipe::Computed {
        what: "ejected from",
        shape: vec![length, outputs],
        of: parts,
        by: std::sync::Arc::new(compute),
    })
}

#[cfg(not(feature = "oracle"))]
pub(crate) fn ejected(_: Vec<Recipe>, _: &str, _: &Weights) -> Result<Recipe, RecipeError> {
    Err(RecipeError::unfit("the network of the prefix cannot be computed without the feature `oracle`"))
}

/// `x · Wᵀ + b`, row by row.
#[cfg(feature = "oracle")]
fn linear(rows: &[f64], weight: &[f64], bias: &[f64]) -> Result<Vec<f64>, RecipeError> {
    let inputs =
        weight.len().checked_div(bias.len()).filter(|inputs| *inputs > 0 && weight.len() == inputs * bias.len());
    let inputs = inputs
        .filter(|inputs| rows.len().is_multiple_of(*inputs))
        .ok_or_else(|| RecipeError::unfit("the layers of the network do not fit together"))?;
    let output = |row: &[f64]| {
        let outputs = weight.chunks_exact(inputs).zip(bias);
        outputs.map(|(weight, bias)| weight.iter().zip(row).map(|(w, x)| w * x).sum::<f64>() + bias).collect::<Vec<_>>()
    };
    Ok(rows.chunks_exact(inputs).flat_map(output).collect())
}
