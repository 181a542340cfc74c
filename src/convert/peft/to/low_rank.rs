use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::IndexMap;

use super::super::Made;
use super::super::place::{Location, Places, location};
use super::module::{Leaves, Module, named_matrices};
use super::targets::Adapted;
use super::{Adapter, Built, made_from};
use crate::convert::peft::PeftError;
use crate::convert::{Carried, Numbers, Recipe, RecipeError};
use crate::dialects::adapterhub::names::Container;
use crate::dialects::peft::config::{Config, Ia3Config, LoraConfig, Number, VeraConfig};
use crate::dialects::peft::names::{Name, Owner, Part};
use crate::dialects::peft::targets::{ByModule, Written};
use crate::document::write::to_line;
use crate::models::{MAX_LAYERS, ModelType};
use crate::ordered;
use crate::python::is_true;
use crate::value::{Map, Value};

/// `rank_pattern` and `alpha_pattern`.
type Patterns = (IndexMap<String, i64>, IndexMap<String, Number>);

/// LoRA's matrices of a module, and what scales their product.
struct Factors {
    rank: i64,
    alpha: Number,
    down: Recipe,
    up: Recipe,
}

impl<'a> Adapter<'a> {
    /// LoRA, DoRA, (IA)³ or VeRA.
    pub(super) fn low_rank(&self, made: &mut Made) -> Result<Built, PeftError> {
        let mut by_path: BTreeMap<&str, Leaves<'_>> = BTreeMap::new();
        for ((path, container, leaf), carried) in &self.tensors {
            if *container == Container::Loras {
                by_path.entry(path).or_default().insert(leaf, carried);
            }
        }
        let mut places = self.places(by_path.keys().copied());
        self.unadapted_layers(&mut places, by_path.keys().copied());
        self.trailing_layers(&mut places);
        let mut modules = Vec::new();
        for (path, leaves) in by_path {
            let place = places
                .locate(path)
                .ok_or_else(|| PeftError::unfit(format!("{path} is not a place in {}", self.model_type())))?;
            let layer = places.number(place);
            let (location, matrices) = location(place.linear.projection);
            // In the attention only the matrices that are named have an update, and tensors of others are dropped.
            let names = |member: &Map| {
                let named = named_matrices(member).into_iter().zip(matrices);
                location != Location::Attention || named.into_iter().any(|(is_named, is_here)| is_named && is_here)
            };
            let speaks =
                |member: &&&Map| !left_out(member).contains(&layer) && truth(member, location.key()) && names(member);
            let Some(member) = self.members.iter().find(speaks) else {
                made.note(format!("{path}: the config has nothing there, and adapters does not load it"));
                continue;
            };
            modules.push(Module { path, place, member, leaves });
        }
        if modules.is_empty() {
            return Err(PeftError::missing("no module is adapted"));
        }
        self.pass_over_idle(&mut modules, made)?;
        let any = |key: &str| self.members.iter().any(|member| truth(member, key));
        if any("use_gating") {
            made.loss("a gate weights the update by the input (`use_gating`); PEFT has no gates");
        }
        let scales = |member: &&Map| member.get("composition_mode").and_then(Value::as_str) == Some("scale");
        let is_vera =
            |member: &&Map| ["vera_d", "vera_b"].iter().any(|key| matches!(member.get(key), Some(Value::Float(_))));
        let kinds: BTreeSet<_> = self.members.iter().map(|member| (scales(member), is_vera(member))).collect();
        match kinds.into_iter().collect::<Vec<_>>().as_slice() {
            [(true, _)] => self.ia3(&places, &modules, made),
            [(_, true)] => self.vera(&places, &modules, made),
            [(false, false)] => self.lora(&places, &modules, made),
            _ => {
                made.loss("a PEFT folder holds one method, but this adapter is a union of several");
                Ok(None)
            }
        }
    }

    /// Modules whose updates do nothing, as AdapterHub has them where its config cannot leave them out, are none of
    /// PEFT's; if there is another.
    fn pass_over_idle(&self, modules: &mut Vec<Module<'_>>, made: &mut Made) -> Result<(), PeftError> {
        let idle = modules.iter().map(|module| module.is_idle(self.weights)).collect::<Result<Vec<_>, _>>()?;
        let count = idle.iter().filter(|is| **is).count();
        if count > 0 && count < modules.len() {
            let mut idle = idle.into_iter();
            modules.retain(|_| idle.next() != Some(true));
            made.note(format!("{count} modules have updates that do nothing and are left out"));
        }
        Ok(())
    }

    /// Layers at the end of the first stack that are there and not adapted, where the second has tensors: without them
    /// its layers would be numbered as some that every member leaves out.
    fn unadapted_layers<'p>(&self, places: &mut Places, paths: impl Iterator<Item = &'p str>) {
        if places.certain || places.layers.len() < 2 {
            return;
        }
        let (own, left_out) = (places.layers[0], self.left_out_by_all());
        let found =
            ordered::map(paths.filter_map(|path| places.locate(path)).map(|place| ((place.stack, place.layer), place)));
        while found.values().any(|place| left_out.contains(&places.number(*place))) {
            if !left_out.contains(&places.layers[0]) || places.layers[0] >= MAX_LAYERS {
                places.layers[0] = own;
                return;
            }
            places.layers[0] += 1;
        }
    }

    /// Layers at the end that are there and not adapted, as every member leaves them out.
    fn trailing_layers(&self, places: &mut Places) {
        if places.certain {
            return;
        }
        let left_out = self.left_out_by_all();
        while left_out.contains(&places.count()) {
            if let Some(last) = places.layers.last_mut() {
                *last += 1;
            }
        }
    }

    /// The layers that every member leaves out.
    fn left_out_by_all(&self) -> BTreeSet<u64> {
        let all = self.members.iter().map(|member| left_out(member).into_iter().collect::<BTreeSet<_>>());
        all.reduce(|one, other| &one & &other).unwrap_or_default()
    }

    fn targets(&self, places: &Places, modules: &[Module<'_>]) -> Written {
        let all: BTreeSet<&str> = modules.iter().map(|module| module.path).collect();
        let adapted = Adapted::new(places, all.iter().map(|path| (*path).to_owned()));
        Written::List(adapted.names(&all, &self.before()))
    }

    fn before(&self) -> String {
        if self.prefix.is_empty() { String::new() } else { format!("{}.", self.prefix) }
    }

    fn is_transposed(&self) -> bool {
        ModelType::of(self.model_type()).is_some_and(|row| row.transposed_weights)
    }

    fn lora(&self, places: &Places, modules: &[Module<'_>], made: &mut Made) -> Result<Built, PeftError> {
        let mut tensors = Vec::new();
        let mut settings: BTreeMap<&str, (i64, Number)> = BTreeMap::new();
        let mut dora = 0;
        for module in modules {
            let path = module.path;
            let (Some(a), Some(b)) = (module.leaves.get("lora_A"), module.leaves.get("lora_B")) else {
                made.loss_at(path, "one of lora_A and lora_B is missing");
                continue;
            };
            let Factors { rank, alpha, down, up } = self.factors(module, a, b)?;
            settings.insert(path, (rank, alpha));
            if truth(module.member, "use_dora") {
                dora += 1;
                self.magnitude(module, &mut tensors, made)?;
            }
            for (part, recipe) in [(Part::LoraA, down), (Part::LoraB, up)] {
                tensors.push(self.part(path, part, recipe)?);
            }
        }
        if dora > 0 && dora < modules.len() {
            made.loss("only some modules have DoRA's magnitudes; in PEFT, all modules have them or none");
        }
        let ((r, lora_alpha), rest) = most_common(&settings);
        let (rank_pattern, alpha_pattern) = self.patterns(places, &settings, (r, &lora_alpha), &rest)?;
        let dropouts: BTreeSet<_> = modules.iter().map(|module| module.number("dropout").to_bits()).collect();
        let dropout = dropouts.first().map_or(0.0, |bits| f64::from_bits(*bits));
        let config = LoraConfig {
            r,
            lora_alpha,
            rank_pattern,
            alpha_pattern,
            target_modules: Some(self.targets(places, modules)),
            lora_dropout: Number::from_f64(dropout).unwrap_or_else(|| 0.into()),
            fan_in_fan_out: self.is_transposed(),
            use_dora: dora > 0,
            inference_mode: true,
            task_type: self.wrapped.task(self.model_type()),
            base_model_name_or_path: self.model_name.clone(),
            ..LoraConfig::default()
        };
        Ok(Some((Config::Lora(Box::new(config)), tensors)))
    }

    /// LoRA's matrices of a module as PEFT has them. Of a merged projection those of its thirds become one: A is the same in
    /// all, or there are as many ranks as thirds that are adapted.
    fn factors(&self, module: &Module<'_>, a: &Carried, b: &Carried) -> Result<Factors, PeftError> {
        let path = module.path;
        let (mut rank, mut alpha) = (module.member.get("r").and_then(Value::as_i64), module.member.get("alpha"));
        let (mut down, mut up) = (a.recipe.clone(), b.recipe.clone());
        let mut rows = a.shape.first().copied().unwrap_or(0);
        let merged;
        if module.is_merged() && module.shares_down(a, self.weights)? {
            rows /= 3;
            down = down.part(0, 0..rows);
        } else if module.is_merged() {
            let enabled = module.enabled();
            let count = enabled.iter().filter(|is| **is).count();
            up = spread(up, &b.shape, enabled, 0.0, 1.0)?;
            rank = rank.map(|rank| rank * count as i64);
            merged = alpha.map(|alpha| times(alpha, count));
            alpha = merged.as_ref();
        }
        let rank = rank.filter(|rank| i64::try_from(rows) == Ok(*rank));
        let rank = rank
            .ok_or_else(|| PeftError::unfit(format!("{path}: the rank in the config differs from that of lora_A")))?;
        let alpha = alpha.ok_or_else(|| PeftError::missing(format!("{path}: there is no `alpha`")))?;
        let unfit = || PeftError::unfit(format!("{path}: `alpha` is {}, no finite number", to_line(alpha)));
        let alpha = number(alpha).ok_or_else(unfit)?;
        Ok(Factors { rank, alpha, down, up })
    }

    /// DoRA's lengths, and why they may not mean the same.
    fn magnitude(&self, module: &Module<'_>, tensors: &mut Vec<Carried>, made: &mut Made) -> Result<(), PeftError> {
        let path = module.path;
        let Some(m) = module.leaves.get("m.weight") else {
            made.loss_at(path, "DoRA's magnitudes are missing");
            return Ok(());
        };
        #[expect(clippy::float_cmp, reason = "both are as written")]
        let is_one = module.number("alpha") == module.number("r");
        if !is_one {
            made.loss_at(
                path,
                "adapters leaves alpha / r out of DoRA's norm, PEFT does not; they agree only if alpha equals r",
            );
        } else if module.is_merged() || self.is_transposed() {
            made.loss_at(path, "adapters does not support DoRA in a merged or transposed projection");
        } else if self.biases.has(module.place) {
            made.loss_at(path, "adapters also multiplies the layer's bias by DoRA's magnitude, PEFT does not");
        }
        let size: usize = m.shape.iter().product();
        tensors.push(self.part(path, Part::Magnitude, m.recipe.clone().reshaped(vec![size]))?);
        Ok(())
    }

    fn part(&self, path: &str, part: Part, recipe: Recipe) -> Result<Carried, PeftError> {
        let module = self.wrapped_module(path);
        made_from(recipe, Name::of(&module, part).to_string(), self.weights)
    }

    /// `rank_pattern` and `alpha_pattern` for the modules that depart from the rest.
    fn patterns(
        &self,
        places: &Places,
        settings: &BTreeMap<&str, (i64, Number)>,
        base: (i64, &Number),
        rest: &[(i64, Number)],
    ) -> Result<Patterns, PeftError> {
        let adapted = Adapted::new(places, settings.keys().map(|path| (*path).to_owned()));
        let build = |short: bool| {
            let (mut ranks, mut alphas) = (BTreeMap::new(), BTreeMap::new());
            for setting in rest {
                let some: BTreeSet<&str> =
                    settings.iter().filter(|(_, of)| *of == setting).map(|(path, _)| *path).collect();
                let names = if short {
                    adapted.names(&some, &self.before())
                } else {
                    some.iter().map(|path| format!("{}{path}", self.before())).collect()
                };
                for name in names {
                    if setting.0 != base.0 {
                        ranks.insert(name.clone(), setting.0);
                    }
                    if setting.1 != *base.1 {
                        alphas.insert(name, setting.1.clone());
                    }
                }
            }
            (ranks, alphas)
        };
        // A key is a regular expression, and the first that fits counts: what PEFT makes of them has to be right.
        let is_right = |(ranks, alphas): &(BTreeMap<String, i64>, BTreeMap<String, Number>)| {
            let ranks = ByModule::new(ranks.iter().map(|(key, value)| (key.as_str(), *value))).ok()?;
            let alphas = ByModule::new(alphas.iter().map(|(key, value)| (key.as_str(), value.clone()))).ok()?;
            let all = settings.iter().all(|(path, (rank, alpha))| {
                let module = self.wrapped_module(path);
                let found = (ranks.get(&module), alphas.get(&module));
                found.0.is_ok_and(|found| found.unwrap_or(base.0) == *rank)
                    && found.1.is_ok_and(|found| found.as_ref().unwrap_or(base.1) == alpha)
            });
            Some(all)
        };
        let found = [true, false].into_iter().map(build).find(|built| is_right(built) == Some(true));
        let (ranks, alphas) =
            found.ok_or_else(|| PeftError::unfit("no patterns distinguish the modules of different rank"))?;
        Ok((ranks.into_iter().collect(), alphas.into_iter().collect()))
    }

    fn ia3(&self, places: &Places, modules: &[Module<'_>], made: &mut Made) -> Result<Built, PeftError> {
        let mut tensors = Vec::new();
        for module in modules {
            let path = module.path;
            let Some(factors) = module.leaves.get("lora_B") else {
                made.loss(format!("{path}: lora_B is missing"));
                continue;
            };
            let alpha = module.number("alpha");
            let recipe = if module.is_merged() {
                // The library multiplies what is not adapted by alpha, too.
                spread(factors.recipe.clone(), &factors.shape, module.enabled(), 1.0, alpha)?
            } else if is_one(alpha) {
                factors.recipe.clone()
            } else {
                factors.recipe.clone().scaled(alpha)
            };
            tensors.push(self.part(path, Part::Ia3, recipe)?);
        }
        let config = Ia3Config {
            target_modules: Some(self.targets(places, modules)),
            feedforward_modules: Some(Written::List(Vec::new())),
            fan_in_fan_out: self.is_transposed(),
            inference_mode: true,
            task_type: self.wrapped.task(self.model_type()),
            base_model_name_or_path: self.model_name.clone(),
            ..Ia3Config::default()
        };
        Ok(Some((Config::Ia3(config), tensors)))
    }

    fn vera(&self, places: &Places, modules: &[Module<'_>], made: &mut Made) -> Result<Built, PeftError> {
        let mut tensors = Vec::new();
        let mut ranks = BTreeSet::new();
        let mut full = Vec::new();
        for module in modules {
            let path = module.path;
            if truth(module.member, "use_dora") {
                made.loss(format!("{path}: PEFT's VeRA has no row magnitudes (DVoRA)"));
            }
            ranks.insert(module.member.get("r").and_then(Value::as_i64));
            let scale = module.number("alpha") / module.number("r");
            for (leaf, part, factor) in [("vera_D", Part::VeraD, 1.0), ("vera_B", Part::VeraB, scale)] {
                let recipe =
                    module.recipe(leaf).ok_or_else(|| PeftError::missing(format!("{path}: {leaf} is missing")))?;
                let numbers = recipe.numbers(self.weights)?;
                let size = numbers.shape.first().copied().unwrap_or(0);
                let off = |(index, value): (usize, &f64)| index / size.max(1) != index % size.max(1) && *value != 0.0;
                if numbers.shape != [size, size] || numbers.values.iter().enumerate().any(off) {
                    full.push(path);
                }
                tensors.push(self.part(path, part, diagonal(recipe, size, factor))?);
            }
        }
        full.dedup();
        made.losses(&full, "vera_D or vera_B has values off its diagonal; PEFT has the diagonals only");
        for (leaf, owner) in [("lora_A", Owner::SharedA), ("lora_B", Owner::SharedB)] {
            let shared =
                self.tensors.iter().find(|((_, container, of), _)| *container == Container::Shared && of == leaf);
            // That they are not in the file has been told.
            let Some((_, shared)) = shared else { return Ok(None) };
            let name = crate::dialects::peft::names::Name { wrapped: true, owner, adapter: None };
            tensors.push(made_from(shared.recipe.clone(), name.to_string(), self.weights)?);
        }
        let &[Some(r)] = ranks.into_iter().collect::<Vec<_>>().as_slice() else {
            made.loss("several ranks share one pair of matrices");
            return Ok(None);
        };
        let config = VeraConfig {
            r,
            target_modules: Some(self.targets(places, modules)),
            fan_in_fan_out: self.is_transposed(),
            inference_mode: true,
            task_type: self.wrapped.task(self.model_type()),
            base_model_name_or_path: self.model_name.clone(),
            ..VeraConfig::default()
        };
        Ok(Some((Config::Vera(config), tensors)))
    }
}

fn truth(member: &Map, key: &str) -> bool {
    member.get(key).is_some_and(is_true)
}

fn left_out(member: &Map) -> Vec<u64> {
    let numbers = member.get("leave_out").and_then(Value::as_list).unwrap_or_default();
    numbers.iter().filter_map(|number| u64::try_from(number.as_i64()?).ok()).collect()
}

#[expect(clippy::float_cmp, reason = "a factor of exactly one changes nothing")]
fn is_one(factor: f64) -> bool {
    factor == 1.0
}

/// A number of a config as PEFT has it.
fn number(value: &Value) -> Option<Number> {
    match value {
        Value::Int(int) => int.as_i64().map(Number::from),
        Value::Float(float) => Number::from_f64(*float),
        _ => None,
    }
}

/// A number of a config times another, an integer if it was one.
fn times(value: &Value, count: usize) -> Value {
    match value {
        Value::Int(int) => match int.as_i64().and_then(|int| int.checked_mul(i64::try_from(count).ok()?)) {
            Some(product) => Value::Int(product.into()),
            None => Value::Float(int.as_f64() * count as f64),
        },
        other => Value::Float(other.as_f64().unwrap_or(f64::NAN) * count as f64),
    }
}

/// The setting that most modules have, and the others.
fn most_common(settings: &BTreeMap<&str, (i64, Number)>) -> ((i64, Number), Vec<(i64, Number)>) {
    let mut counts: Vec<((i64, Number), usize)> = Vec::new();
    for setting in settings.values() {
        match counts.iter_mut().find(|(known, _)| known == setting) {
            Some((_, count)) => *count += 1,
            None => counts.push((setting.clone(), 1)),
        }
    }
    // Of those equally frequent the first.
    let most = counts.iter().enumerate().max_by_key(|(at, (_, count))| (*count, std::cmp::Reverse(*at)));
    let most = most.map_or(0, |(at, _)| at);
    let mut rest: Vec<_> = counts.into_iter().map(|(setting, _)| setting).collect();
    let first = if rest.is_empty() { (8, 8.into()) } else { rest.remove(most) };
    (first, rest)
}

/// What a merged projection has for the enabled ones of query, key and value, in the rows of all three. Each has columns
/// of its own, so that B becomes block diagonal; the factors of (IA)³ have one column together.
fn spread(of: Recipe, shape: &[usize], enabled: [bool; 3], fill: f64, factor: f64) -> Result<Recipe, PeftError> {
    let count = enabled.iter().filter(|is| **is).count();
    let &[rows, columns] = shape else { return Err(PeftError::unfit("lora_B of a merged projection is not a matrix")) };
    if count == 0 || rows % count != 0 {
        return Err(PeftError::unfit(format!("{rows} rows cannot be divided into {count} projections")));
    }
    let height = rows / count;
    let is_factors = fill != 0.0;
    let width = if is_factors { columns } else { columns * count };
    let compute = move |parts: &[Numbers]| {
        let values = &parts.first().ok_or_else(|| RecipeError::unfit("nothing is spread"))?.values;
        let mut out = vec![fill * factor; 3 * height * width];
        for (block, (at, _)) in enabled.iter().enumerate().filter(|(_, is)| **is).enumerate() {
            for row in 0..height {
                let left = if is_factors { 0 } else { block * columns };
                for column in 0..columns {
                    let value = values[(block * height + row) * columns + column];
                    out[(at * height + row) * width + left + column] = value * factor;
                }
            }
        }
        Ok(Numbers { shape: vec![3 * height, width], values: out })
    };
    let what =
        if is_factors { "query, key and value, ones where there is none" } else { "blocks of query, key and value" };
    Ok(Recipe::Computed { what, shape: vec![3 * height, width], of: vec![of], by: Arc::new(compute) })
}

/// The diagonal of a square matrix, times a number.
fn diagonal(of: Recipe, size: usize, factor: f64) -> Recipe {
    let compute = move |parts: &[Numbers]| {
        let matrix = parts.first().ok_or_else(|| RecipeError::unfit("there is no matrix"))?;
        if matrix.values.len() != size * size {
            return Err(RecipeError::unfit(format!("{:?} is not square", matrix.shape)));
        }
        let values = (0..size).map(|at| matrix.values[at * size + at] * factor).collect();
        Ok(Numbers { shape: vec![size], values })
    };
    let what = if is_one(factor) { "diagonal of" } else { "alpha / r times the diagonal of" };
    Recipe::Computed { what, shape: vec![size], of: vec![of], by: Arc::new(compute) }
}
