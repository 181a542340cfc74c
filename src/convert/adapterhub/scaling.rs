//! The factor of a bottleneck's up-projection, for releases that have none: it goes into the projection.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::{Change, Numbers, Recipe};
use super::keys::knows;
use super::meaning::{Recast, Route};
use crate::dialects::adapterhub::names::{Container, Name};
use crate::python::is_true;
use crate::value::{Map, Value};

/// The tensor of a factor that is learned.
const FACTOR: &str = "scaling";

/// The parts of the up-projection.
const UP: [&str; 2] = ["adapter_up.weight", "adapter_up.bias"];

/// Takes the factor out of the config, and says what becomes of the up-projection.
pub(super) fn fold(route: Route<'_>, config: &mut Map, changes: &mut Vec<Change>) -> Option<Recast> {
    // Hypercomplex layers and gates came with the factor.
    let is_plain = ["phm_layer", "use_gating"].iter().all(|key| !config.get(key).is_some_and(is_true));
    if knows("bottleneck", "scaling", route.target) || !is_plain {
        return None;
    }
    let (factor, word) = (config.get("scaling")?.as_f64(), config.get("scaling")?.as_str());
    if factor == Some(1.0) || factor.is_none() && !matches!(word, Some("learned" | "channel")) {
        return None;
    }
    config.insert("scaling", Value::Float(1.0));
    changes.push(Change::note(format!(
        "{} does not know `scaling`: the up-projections are multiplied by it",
        route.target
    )));
    let shapes: BTreeMap<_, _> =
        route.weights.iter().map(|tensor| (tensor.name().to_owned(), tensor.shape().to_vec())).collect();
    Some(Box::new(move |from, name| {
        if name.container != Container::Adapters || !UP.contains(&name.leaf) {
            return None;
        }
        if let Some(factor) = factor {
            return Some(Recipe::tensor(from).scaled(factor));
        }
        let factors = format!("{}{FACTOR}", from.strip_suffix(name.leaf)?);
        Some(Recipe::Computed {
            what: "up-projection times its factors",
            shape: shapes.get(from)?.clone(),
            of: vec![Recipe::tensor(from), Recipe::tensor(factors)],
            by: Arc::new(times),
        })
    }))
}

/// Rows times one factor each, or one for all.
fn times(parts: &[Numbers]) -> Result<Numbers, String> {
    let [of, factors] = parts else { return Err("there is no factor".to_owned()) };
    let columns = of.shape.get(1).copied().unwrap_or(1).max(1);
    let of_row = |row: usize| match factors.values.as_slice() {
        [only] => Some(*only),
        all => all.get(row).copied(),
    };
    let rows = of.values.chunks(columns).enumerate();
    let scaled = rows.map(|(row, values)| {
        let factor = of_row(row).ok_or("there are fewer factors than rows")?;
        Ok::<_, &str>(values.iter().map(move |value| value * factor))
    });
    let values = scaled.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
    Ok(Numbers { shape: of.shape.clone(), values })
}

/// Whether a tensor is a factor that the up-projection has.
pub(super) fn is_folded(route: Route<'_>, name: &Name<'_>) -> bool {
    name.container == Container::Adapters && name.leaf == FACTOR && !knows("bottleneck", "scaling", route.target)
}
