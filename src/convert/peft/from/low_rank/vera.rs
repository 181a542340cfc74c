//! VeRA.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Adapter, Built, constant};
use crate::convert::peft::Made;
use crate::convert::peft::PeftError;
use crate::convert::peft::from::members::{Kind, Spec};
use crate::convert::peft::place::location;
use crate::convert::{Carried, Numbers, Recipe, RecipeError};
use crate::dialects::adapterhub::names::Container;
use crate::dialects::adapterhub::sites::Projection;
use crate::dialects::peft::PatternError;
use crate::dialects::peft::config::{OneOrMore, VeraConfig};
use crate::dialects::peft::names::{Owner, Part};
use crate::dialects::peft::targets::{Keys, Targets};
use crate::findings::words::counted;
use crate::value::Value;

impl Adapter<'_> {
    pub(in crate::convert::peft::from) fn vera(
        &self,
        config: &VeraConfig,
        made: &mut Made,
    ) -> Result<Built, PeftError> {
        let (places, found) = self.adapted(&targets(config)?, made)?;
        let Some((a, b)) = self.shared(made) else { return Ok(None) };
        let rank = self.rank_of_shared(config, a, b)?;
        let mut tensors = Vec::new();
        let mut spec = Spec::new(config.r, Value::Int(config.r.into()));
        let (mut there, mut outputs, mut merged) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
        for (module, place) in found {
            let parts = &self.modules[module];
            let (Some(&factors_b), Some(&factors_d)) = (parts.get(&Part::VeraB), parts.get(&Part::VeraD)) else {
                made.loss(format!("`{module}` does not have both vera_lambda_b and vera_lambda_d"));
                continue;
            };
            if place.linear.projection == Projection::Merged {
                merged.push(module);
            }
            spec.add(&places, place, location(place.linear.projection).1);
            let path = places.module(place);
            for (leaf, name) in [("vera_B", factors_b), ("vera_D", factors_d)] {
                let size: usize = self.shape(name).iter().product();
                if leaf == "vera_B" {
                    outputs.insert((size, place.linear.inputs as u8));
                }
                let matrix = on_diagonal(Recipe::tensor(name), size);
                tensors.push(self.made_from(matrix, self.tensor_name(&path, Container::Loras, leaf))?);
            }
            there.insert(path);
        }
        made.losses(&merged, "adapters cannot run VeRA in a merged projection");
        let sizes: Vec<_> = outputs.into_iter().collect();
        let [(size, _)] = sizes[..] else {
            made.loss("the modules differ in size, and VeRA in adapters cannot share one pair of matrices among them");
            return Ok(None);
        };
        made.note(
            "adapters reads the matrices that all modules share into a model with a head or of `AutoAdapterModel` only: the \
             bare base model keeps its own",
        );
        let b_recipe = Recipe::tensor(b);
        let b_recipe = if self.shape(b)[0] == size { b_recipe } else { b_recipe.part(0, 0..size) };
        for (leaf, recipe) in [("lora_A", Recipe::tensor(a)), ("lora_B", b_recipe)] {
            tensors.push(self.made_from(recipe, self.tensor_name("", Container::Shared, leaf))?);
        }
        let missing: Vec<String> =
            self.missing(&spec, &places, &there).into_iter().map(|place| places.module(place)).collect();
        tensors.extend(self.idle(&missing, a, [("vera_B", size), ("vera_D", rank)], made)?);
        let dropout = config.vera_dropout.as_f64().unwrap_or(0.0);
        let kind = Kind { scales: false, dora: false, vera: true, dropout };
        Ok(Some((spec.config(&places, kind), tensors)))
    }

    /// Updates that do nothing, for the modules that adapters adapts beside those that PEFT does: of each diagonal, its size.
    fn idle(
        &self,
        modules: &[String],
        shared: &str,
        diagonals: [(&str, usize); 2],
        made: &mut Made,
    ) -> Result<Vec<Carried>, PeftError> {
        if !modules.is_empty() {
            made.note(format!(
                "an update that does nothing is given to what else there is in these layers: {}",
                counted(modules.len(), "module")
            ));
        }
        let mut tensors = Vec::new();
        for path in modules {
            for (leaf, size) in diagonals {
                let zeros = constant(Recipe::tensor(shared), vec![size, size], 0.0);
                tensors.push(self.made_from(zeros, self.tensor_name(path, Container::Loras, leaf))?);
            }
        }
        Ok(tensors)
    }

    /// The names of the two matrices that all modules share.
    fn shared(&self, made: &mut Made) -> Option<(&str, &str)> {
        let [a, b] = [Owner::SharedA, Owner::SharedB].map(|owner| self.whole.get(&owner).copied());
        let shared = a.zip(b);
        if shared.is_none() {
            made.loss(
                "the matrices that all modules share are not in the file (`save_projection`), and without them the \
                 adapter cannot be rebuilt",
            );
        }
        shared
    }

    /// The rank, which both shared matrices have.
    fn rank_of_shared(&self, config: &VeraConfig, a: &str, b: &str) -> Result<usize, PeftError> {
        let rank = usize::try_from(config.r).map_err(|_| PeftError::unfit(format!("the rank is {}", config.r)))?;
        let (a, b) = (self.shape(a), self.shape(b));
        if a.len() != 2 || b.len() != 2 || a[0] != rank || b[1] != rank {
            return Err(PeftError::unfit(format!(
                "vera_A has the shape {a:?} and vera_B {b:?}, which does not fit the rank {rank}"
            )));
        }
        Ok(rank)
    }
}

/// The modules that the config is for.
fn targets(config: &VeraConfig) -> Result<Targets, PatternError> {
    Targets::new(Keys {
        target_modules: config.target_modules.as_ref(),
        modules_to_save: config.modules_to_save.as_deref(),
        layers_to_transform: config.layers_to_transform.as_ref().map(OneOrMore::as_slice),
        layers_pattern: config.layers_pattern.as_ref().map(OneOrMore::as_slice),
        ..Keys::default()
    })
}

/// A square matrix with these numbers on its diagonal.
fn on_diagonal(of: Recipe, size: usize) -> Recipe {
    let compute = move |parts: &[Numbers]| {
        let numbers = &parts.first().ok_or_else(|| RecipeError::unfit("there are no values"))?.values;
        let mut values = vec![0.0; size * size];
        for (at, number) in numbers.iter().enumerate().take(size) {
            values[at * size + at] = *number;
        }
        Ok(Numbers { shape: vec![size, size], values })
    };
    Recipe::Computed { what: "diagonal matrix of", shape: vec![size, size], of: vec![of], by: Arc::new(compute) }
}
