//! (IA)³.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Adapter, Built, Update};
use crate::convert::peft::Made;
use crate::convert::peft::PeftError;
use crate::convert::peft::feed::{Between, feeding};
use crate::convert::peft::from::members::Kind;
use crate::convert::peft::place::{bare, location};
use crate::convert::{Numbers, Recipe, RecipeError};
use crate::dialects::adapterhub::sites::Projection;
use crate::dialects::peft::config::Ia3Config;
use crate::dialects::peft::names::Part;
use crate::dialects::peft::targets::{FeedForward, Keys, Targets};
use crate::value::Value;

impl Adapter<'_> {
    pub(in crate::convert::peft::from) fn ia3(&self, config: &Ia3Config, made: &mut Made) -> Result<Built, PeftError> {
        let targets = Targets::new(Keys {
            target_modules: config.target_modules.as_ref(),
            exclude_modules: config.exclude_modules.as_ref(),
            modules_to_save: config.modules_to_save.as_deref(),
            ..Keys::default()
        });
        let forward = config.feedforward_modules.as_ref().map(FeedForward::new).transpose()?;
        let (places, found) = self.adapted(&targets?, made)?;
        // Factors by the bare path of the module behind which they stand.
        let mut factors: BTreeMap<String, Vec<Recipe>> = BTreeMap::new();
        for (module, _) in found {
            if let Some((path, recipe)) = self.factors(module, forward.as_ref(), made)? {
                factors.entry(path).or_default().push(recipe);
            }
        }
        let mut updates = Vec::new();
        for (path, recipes) in factors {
            let Some(place) = places.locate(&path) else {
                made.loss_at(&path, &format!("adapters has no place for it in {}", self.base.sites.model_type));
                continue;
            };
            let up = product(recipes, self.weights)?;
            updates.push(Update {
                place,
                matrices: location(place.linear.projection).1,
                down: up.clone(),
                up,
                rank: 1,
                scale: 1.0,
                alpha: Some(Value::Int(1.into())),
                magnitude: None,
                whole: None,
            });
        }
        self.without_ones(&mut updates)?;
        let kind = Kind { scales: true, dora: false, vera: false, dropout: 0.0 };
        self.finish(&updates, &places, kind, made)
    }

    /// The factors of a module, and the bare path of the module behind which they stand: those before a module stand behind the
    /// one that feeds it.
    fn factors(
        &self,
        module: &str,
        forward: Option<&FeedForward>,
        made: &mut Made,
    ) -> Result<Option<(String, Recipe)>, PeftError> {
        let Some(&name) = self.modules[module].get(&Part::Ia3) else {
            made.loss(format!("`{module}` has no ia3_l"));
            return Ok(None);
        };
        let shape = self.shape(name);
        let &[rows, columns] = shape.as_slice() else {
            return Err(PeftError::unfit(format!("`{name}` is not a matrix")));
        };
        let stands_before = match forward {
            Some(forward) => forward.has(module)?,
            None => rows == 1 && columns != 1,
        };
        let size = rows * columns;
        if shape != if stands_before { [1, size] } else { [size, 1] } {
            return Err(PeftError::unfit(format!(
                "`{name}` has the shape {shape:?}, which does not fit `feedforward_modules`; PEFT does not load it"
            )));
        }
        let path = bare(self.base.sites, module);
        if !stands_before {
            return Ok(Some((path.to_owned(), Recipe::tensor(name))));
        }
        match feeding(self.base.sites.model_type, path, self.base.model.as_ref()) {
            Err(why) => {
                made.loss_at(module, why);
                Ok(None)
            }
            Ok((feeder, between)) => {
                if between == Between::Relu
                    && Recipe::tensor(name).numbers(self.weights)?.values.iter().any(|value| *value < 0.0)
                {
                    made.loss_at(module, "factors below zero cannot be moved across the ReLU before the layer");
                }
                Ok(Some((feeder, Recipe::tensor(name).reshaped(vec![size, 1]))))
            }
        }
    }

    /// Leaves out those of query, key and value whose factors are ones in every merged projection.
    fn without_ones(&self, updates: &mut [Update]) -> Result<(), PeftError> {
        let mut merged: Vec<_> =
            updates.iter_mut().filter(|update| update.place.linear.projection == Projection::Merged).collect();
        let mut used = [false; 3];
        for update in &merged {
            let numbers = update.up.numbers(self.weights)?.values;
            let height = numbers.len() / 3;
            for (at, used) in used.iter_mut().enumerate() {
                #[expect(clippy::float_cmp, reason = "only an exact one changes nothing")]
                let changes = numbers[at * height..(at + 1) * height].iter().any(|factor| *factor != 1.0);
                *used |= changes;
            }
        }
        if used == [true; 3] || used == [false; 3] {
            return Ok(());
        }
        for update in &mut merged {
            let height = update.up.shape(self.weights)?[0] / 3;
            let kept = (0..3).filter(|at| used[*at]);
            let parts = kept.map(|at| update.up.clone().part(0, at * height..(at + 1) * height)).collect();
            (update.up, update.matrices) = (Recipe::Joined { axis: 0, parts }, used);
        }
        Ok(())
    }
}

/// The product of factors, number by number.
fn product(mut recipes: Vec<Recipe>, weights: &crate::convert::Weights) -> Result<Recipe, PeftError> {
    let Some(last) = recipes.pop() else { return Err(PeftError::missing("there are no factors")) };
    if recipes.is_empty() {
        return Ok(last);
    }
    recipes.push(last);
    let shape = recipes[0].shape(weights)?;
    for recipe in &recipes {
        if recipe.shape(weights)? != shape {
            return Err(PeftError::unfit("the factors of one module differ in size"));
        }
    }
    let compute = |parts: &[Numbers]| {
        let (first, rest) = parts.split_first().ok_or_else(|| RecipeError::unfit("there are no factors"))?;
        let mut out = first.clone();
        for part in rest {
            out.values.iter_mut().zip(&part.values).for_each(|(value, factor)| *value *= factor);
        }
        Ok(out)
    };
    Ok(Recipe::Computed { what: "product of", shape, of: recipes, by: Arc::new(compute) })
}
