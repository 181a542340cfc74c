//! The factor of a bottleneck's up-projection, for releases that have none: it goes into the projection.

use std::sync::Arc;

use super::super::{Change, Numbers, Recipe, RecipeError};
use super::keys::knows;
use super::route::{Recast, Route};
use crate::dialects::adapterhub::names::{Container, Name};
use crate::ordered;
use crate::python::is_true;
use crate::value::{Map, Value};

/// The tensor of a factor that is learned.
pub(crate) const FACTOR: &str = "scaling";

/// The parts of the up-projection.
const UP: [&str; 2] = ["adapter_up.weight", "adapter_up.bias"];

/// What the up-projection of a bottleneck is multiplied by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Factor {
    /// A number of the config.
    Number(f64),
    /// A tensor beside it.
    Learned,
}

impl Factor {
    /// `None` where it is 1, or cannot go into the projection.
    pub(crate) fn of(config: &Map) -> Option<Self> {
        // Hypercomplex layers have no projection to multiply, and a gate is not behind it.
        if ["phm_layer", "use_gating"].iter().any(|key| config.get(key).is_some_and(is_true)) {
            return None;
        }
        let scaling = config.get("scaling")?;
        match (scaling.as_f64(), scaling.as_str()) {
            (Some(number), _) => (number != 1.0).then_some(Self::Number(number)),
            (None, Some("learned" | "channel")) => Some(Self::Learned),
            _ => None,
        }
    }

    /// A tensor of the up-projection, times the factor; `None` for another tensor. `beside` is the recipe of the tensor
    /// that is called so in the same bottleneck.
    pub(crate) fn into(
        self,
        (leaf, up, shape): (&str, Recipe, &[usize]),
        beside: impl FnOnce(&str) -> Option<Recipe>,
    ) -> Option<Recipe> {
        if !UP.contains(&leaf) {
            return None;
        }
        Some(match self {
            Self::Number(factor) => up.scaled(factor),
            Self::Learned => Recipe::Computed {
                what: "up-projection times its factors",
                shape: shape.to_vec(),
                of: vec![up, beside(FACTOR)?],
                by: Arc::new(times),
            },
        })
    }
}

/// Takes the factor out of the config, and says what becomes of the up-projection.
pub(super) fn fold(route: Route<'_>, config: &mut Map, changes: &mut Vec<Change>) -> Option<Recast> {
    // Hypercomplex layers and gates came with the factor.
    let factor = Factor::of(config).filter(|_| !knows("bottleneck", "scaling", route.target))?;
    config.insert("scaling", Value::Float(1.0));
    changes.push(Change::note(format!(
        "{} does not know `scaling`: the up-projections are multiplied by it",
        route.target
    )));
    let shapes = ordered::map(route.weights.iter().map(|tensor| (tensor.name().to_owned(), tensor.shape().to_vec())));
    Some(Box::new(move |from, name| {
        if name.container != Container::Adapters {
            return None;
        }
        let beside = |leaf: &str| Some(Recipe::tensor(format!("{}{leaf}", from.strip_suffix(name.leaf)?)));
        factor.into((name.leaf, Recipe::tensor(from), shapes.get(from)?), beside)
    }))
}

/// Rows times one factor each, or one for all.
fn times(parts: &[Numbers]) -> Result<Numbers, RecipeError> {
    let [of, factors] = parts else { return Err(RecipeError::unfit("there is no factor")) };
    let columns = of.shape.get(1).copied().unwrap_or(1).max(1);
    let of_row = |row: usize| match factors.values.as_slice() {
        [only] => Some(*only),
        all => all.get(row).copied(),
    };
    let rows = of.values.chunks(columns).enumerate();
    let scaled = rows.map(|(row, values)| {
        let factor = of_row(row).ok_or_else(|| RecipeError::unfit("there are fewer factors than rows"))?;
        Ok::<_, RecipeError>(values.iter().map(move |value| value * factor))
    });
    let values = scaled.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
    Ok(Numbers { shape: of.shape.clone(), values })
}

/// Whether a tensor is a factor that the up-projection has.
pub(super) fn is_folded(route: Route<'_>, name: &Name<'_>) -> bool {
    name.container == Container::Adapters && name.leaf == FACTOR && !knows("bottleneck", "scaling", route.target)
}
