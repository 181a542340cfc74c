//! Methods that are LoRA in AdapterHub's libraries: a low-rank update, or factors.

mod ia3;
mod vera;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::members::{Kind, Spec};
use super::{Adapter, Built};
use crate::convert::peft::Made;
use crate::convert::peft::PeftError;
use crate::convert::peft::place::{Location, Place, Places, location};
use crate::convert::{Carried, Numbers, Recipe, RecipeError};
use crate::dialects::adapterhub::names::Container;
use crate::dialects::adapterhub::sites::{Projection, When};
use crate::dialects::peft::config::{InitWeights, LoraConfig, Number, OneOrMore};
use crate::dialects::peft::names::Part;
use crate::dialects::peft::targets::{ByModule, Keys, Targets};
use crate::findings::words::counted;
use crate::models::ModelType;
use crate::value::Value;

/// The update of a module, as adapters is to have it.
struct Update {
    place: Place,
    /// Which of query, key and value of a merged projection are updated.
    matrices: [bool; 3],
    down: Recipe,
    up: Recipe,
    rank: i64,
    /// What the update is multiplied by.
    scale: f64,
    /// `alpha` as it is written, if it gives this scale with this rank.
    alpha: Option<Value>,
    magnitude: Option<Recipe>,
    /// A, B, rank and alpha of a merged projection before they were split.
    whole: Option<(Recipe, Recipe, i64, Option<Value>)>,
}

impl Update {
    #[expect(clippy::float_cmp, reason = "only equal scales need no factor")]
    fn has_scale(&self, scale: f64) -> bool {
        self.scale == scale
    }
}

/// The updates of all modules, as they are put together.
struct Together<'p> {
    places: &'p Places,
    kind: Kind,
    /// What all of them are multiplied by.
    scale: f64,
    spec: Spec,
    tensors: Vec<Carried>,
    /// Inputs, outputs and the name of a tensor, by the stack and the kind of module that has these sizes.
    sizes: BTreeMap<(usize, &'static str), (usize, usize, String)>,
    /// The paths of the modules.
    there: BTreeSet<String>,
}

impl Together<'_> {
    /// The sizes of a module that has no update.
    fn sizes_at(&self, place: Place) -> Option<&(usize, usize, String)> {
        // The attention of an encoder is as wide as that of its decoder.
        let is_attention = location(place.linear.projection).0 == Location::Attention;
        let others = (0..self.places.layers.len()).filter(|_| is_attention);
        std::iter::once(place.stack).chain(others).find_map(|stack| self.sizes.get(&(stack, kind_of(place))))
    }
}

/// The places of a model, and the modules that are adapted there.
type Adapted<'a> = (Places, Vec<(&'a str, Place)>);

impl<'a> Adapter<'a> {
    /// The modules that PEFT loads with the config, with their places. Others are told about.
    fn adapted(&self, targets: &Targets, made: &mut Made) -> Result<Adapted<'a>, PeftError> {
        let mut loaded = Vec::new();
        let mut ignored = Vec::new();
        let mut untold = false;
        for module in self.modules.keys().copied() {
            match targets.matches(module)? {
                Some(false) => ignored.push(module),
                told => {
                    untold |= told.is_none();
                    loaded.push(module);
                }
            }
        }
        if let [first, ..] = ignored[..] {
            made.note(format!(
                "PEFT does not load `{first}` and {} more: `target_modules` does not name them; they are left out",
                ignored.len() - 1
            ));
        }
        if untold {
            made.note("`target_modules` is null; the modules are those for which the file has tensors");
        }
        let places = self.base.places(loaded.iter().copied());
        let mut found = Vec::new();
        let mut homeless = Vec::new();
        for module in loaded {
            match places.locate(module) {
                Some(place) => found.push((module, place)),
                None => homeless.push(module),
            }
        }
        made.losses(&homeless, &format!("adapters has no place for it in {}", self.base.sites.model_type));
        if !places.certain {
            made.note(format!(
                "the base model is taken to have {} layers, judging by the names of the tensors; name it if it has others",
                places.count()
            ));
        }
        if found.is_empty() && homeless.is_empty() {
            made.loss("PEFT does not load any of its tensors");
        }
        Ok((places, found))
    }

    pub(super) fn lora(&self, config: &LoraConfig, made: &mut Made) -> Result<Built, PeftError> {
        self.lora_beyond(config, made);
        let targets = Targets::new(Keys {
            target_modules: config.target_modules.as_ref(),
            exclude_modules: config.exclude_modules.as_ref(),
            modules_to_save: config.modules_to_save.as_deref(),
            layers_to_transform: config.layers_to_transform.as_ref().map(OneOrMore::as_slice),
            layers_pattern: config.layers_pattern.as_ref().map(OneOrMore::as_slice),
        });
        let (places, found) = self.adapted(&targets?, made)?;
        let ranks = ByModule::new(config.rank_pattern.iter().map(|(key, rank)| (key.as_str(), *rank)))?;
        let alphas = config.alpha_pattern.iter().map(|(key, alpha)| (key.as_str(), alpha.clone()));
        let alphas = ByModule::new(alphas)?;
        let mut updates = Vec::new();
        for (module, place) in found {
            let rank = ranks.get(module)?.unwrap_or(config.r);
            let alpha = alphas.get(module)?.unwrap_or_else(|| config.lora_alpha.clone());
            if let Some(update) = self.update(config, module, place, rank, &alpha, made)? {
                updates.push(update);
            }
        }
        let kind = Kind {
            scales: false,
            dora: config.use_dora,
            vera: false,
            dropout: config.lora_dropout.as_f64().unwrap_or(0.0),
        };
        self.unsplit(&mut updates);
        self.finish(&updates, &places, kind, made)
    }

    /// Merged projections of one adapter have the same of query, key and value, so that what is split otherwise in one
    /// layer than in another is not split at all.
    fn unsplit(&self, updates: &mut [Update]) {
        let splits: BTreeSet<_> =
            updates.iter().filter(|update| update.whole.is_some()).map(|update| update.matrices).collect();
        if splits.len() < 2 {
            return;
        }
        for update in updates {
            if let Some((down, up, rank, alpha)) = update.whole.take() {
                update.down = Recipe::Joined { axis: 0, parts: vec![down; 3] };
                (update.up, update.rank, update.alpha, update.matrices) = (up, rank, alpha, [true; 3]);
            }
        }
    }

    /// What PEFT's LoRA can and adapters' cannot.
    fn lora_beyond(&self, config: &LoraConfig, made: &mut Made) {
        let has = |value: &Option<serde_json::Value>| value.as_ref().is_some_and(|value| !value.is_null());
        let beyond = [
            (config.lora_bias, "lora_bias", "gives B a bias"),
            (
                config.alora_invocation_tokens.is_some(),
                "alora_invocation_tokens",
                "makes the update begin at certain tokens",
            ),
            (has(&config.arrow_config), "arrow_config", "routes between several adapters"),
            (has(&config.kasa_config), "kasa_config", "truncates the base weights"),
            (has(&config.layer_replication), "layer_replication", "uses layers of the base model several times"),
            (has(&config.monteclora_config), "monteclora_config", "samples the update"),
            (has(&config.trainable_token_indices), "trainable_token_indices", "trains rows of the embeddings"),
            (has(&config.use_bdlora), "use_bdlora", "uses block-diagonal matrices"),
            (config.target_parameters.is_some(), "target_parameters", "adapts parameters of other modules"),
            (config.use_qalora, "use_qalora", "averages the inputs in groups"),
            (
                !config.init_lora_weights.meaning().leaves_the_base_alone(),
                "init_lora_weights",
                "may change the base weights whenever the adapter is loaded",
            ),
        ];
        for (_, key, what) in beyond.into_iter().filter(|(is, ..)| *is) {
            made.loss(format!("`{key}` {what}, which adapters does not do"));
        }
        if config.init_lora_weights == InitWeights::Plain(false) {
            made.note(
                "in PEFT, modules that the config names but the file has no tensors for are initialised at random",
            );
        }
    }

    fn update(
        &self,
        config: &LoraConfig,
        module: &str,
        place: Place,
        rank: i64,
        alpha: &Number,
        made: &mut Made,
    ) -> Result<Option<Update>, PeftError> {
        let parts = &self.modules[module];
        if parts.contains_key(&Part::LoraBias) {
            made.loss_at(module, "B has a bias, which it cannot have in adapters");
        }
        let (Some(&a), Some(&b)) = (parts.get(&Part::LoraA), parts.get(&Part::LoraB)) else {
            made.loss(format!("`{module}` does not have both lora_A and lora_B"));
            return Ok(None);
        };
        let (down, up) = (self.shape(a), self.shape(b));
        let size = usize::try_from(rank).map_err(|_| PeftError::unfit(format!("`{module}`: its rank is {rank}")))?;
        if down.len() != 2 || up.len() != 2 || down[0] != size || up[1] != size || size == 0 {
            return Err(PeftError::unfit(format!(
                "`{module}`: lora_A has the shape {down:?} and lora_B {up:?}, which does not fit the rank {rank} in the config; PEFT does not load it"
            )));
        }
        let weight = alpha.as_f64().unwrap_or(f64::NAN);
        let scale = if config.use_rslora { weight / (rank as f64).sqrt() } else { weight / rank as f64 };
        let written = (!config.use_rslora).then(|| Value::from(&serde_json::Value::Number(alpha.clone())));
        let magnitude = self.magnitude(config, module, place, made)?;
        let mut update = Update {
            place,
            matrices: location(place.linear.projection).1,
            down: Recipe::tensor(a),
            up: Recipe::tensor(b),
            rank,
            scale,
            alpha: written,
            magnitude,
            whole: None,
        };
        if config.use_dora {
            // In adapters the norm is that of W + B · A, without a factor.
            let one = 1.0;
            if (scale - one).abs() > 0.0 {
                update.up = update.up.scaled(scale);
            }
            (update.scale, update.alpha) = (one, Some(Value::Int(rank.into())));
        }
        if place.linear.projection == Projection::Merged {
            self.split(&mut update, &up)?;
        }
        Ok(Some(update))
    }

    fn magnitude(
        &self,
        config: &LoraConfig,
        module: &str,
        place: Place,
        made: &mut Made,
    ) -> Result<Option<Recipe>, PeftError> {
        if !config.use_dora {
            return Ok(None);
        }
        let Some(&name) = self.modules[module].get(&Part::Magnitude) else {
            made.loss_at(module, "DoRA's magnitudes are missing");
            return Ok(None);
        };
        let model_type = self.base.sites.model_type;
        let is_transposed = ModelType::of(model_type).is_some_and(|row| row.transposed_weights);
        if place.linear.projection == Projection::Merged || is_transposed {
            made.loss_at(module, "adapters does not support DoRA in a merged or transposed projection");
        } else if self.base.biases.has(place) {
            made.loss_at(module, "adapters also multiplies the layer's bias by DoRA's magnitude, PEFT does not");
        }
        let size: usize = self.shape(name).iter().product();
        Ok(Some(Recipe::tensor(name).reshaped(vec![size, 1])))
    }

    /// In a merged projection adapters has an A and a B of their own for each of query, key and value. If B is block
    /// diagonal, its blocks are these; else each has all of A.
    fn split(&self, update: &mut Update, up: &[usize]) -> Result<(), PeftError> {
        update.whole = Some((update.down.clone(), update.up.clone(), update.rank, update.alpha.clone()));
        let numbers = update.up.numbers(self.weights)?;
        let (rows, rank) = (up[0], up[1]);
        if rows % 3 != 0 {
            return Err(PeftError::unfit(format!("{rows} rows cannot be divided into query, key and value")));
        }
        let height = rows / 3;
        let zero = |row: usize, columns: std::ops::Range<usize>| {
            columns.into_iter().all(|column| numbers.values[row * rank + column] == 0.0)
        };
        let used = [0, 1, 2].map(|at| (at * height..(at + 1) * height).any(|row| !zero(row, 0..rank)));
        let count = used.iter().filter(|is| **is).count();
        let width = rank.checked_div(count).unwrap_or(0);
        let mut blocks = used.iter().enumerate().filter(|(_, is)| **is).map(|(at, _)| at).enumerate();
        let is_diagonal = count > 0
            && width * count == rank
            && blocks.all(|(block, at)| {
                let (left, right) = (block * width, (block + 1) * width);
                (at * height..(at + 1) * height).all(|row| zero(row, 0..left) && zero(row, right..rank))
            });
        if !is_diagonal {
            update.down = Recipe::Joined { axis: 0, parts: vec![update.down.clone(); 3] };
            return Ok(());
        }
        let compute = move |parts: &[Numbers]| {
            let whole = &parts.first().ok_or_else(|| RecipeError::unfit("there is no matrix"))?.values;
            let mut values = Vec::with_capacity(count * height * width);
            let places = used.iter().enumerate().filter(|(_, is)| **is).map(|(at, _)| at);
            for (block, at) in places.enumerate() {
                for row in at * height..(at + 1) * height {
                    let left = row * rank + block * width;
                    values.extend_from_slice(&whole[left..left + width]);
                }
            }
            Ok(Numbers { shape: vec![count * height, width], values })
        };
        let shape = vec![count * height, width];
        let up = update.up.clone();
        update.up =
            Recipe::Computed { what: "blocks along the diagonal of", shape, of: vec![up], by: Arc::new(compute) };
        update.matrices = used;
        update.rank = i64::try_from(width).unwrap_or(i64::MAX);
        // alpha / r stays, with an r that is so many times smaller.
        update.alpha = update.alpha.as_ref().and_then(|alpha| {
            let whole = alpha.as_i64().filter(|alpha| *alpha % count as i64 == 0);
            Some(match whole {
                Some(whole) => Value::Int((whole / count as i64).into()),
                None => Value::Float(alpha.as_f64()? / count as f64),
            })
        });
        Ok(())
    }

    /// Makes the config and the tensors. The library has one rank and one scale for all modules: lower ranks are filled
    /// up with zeros, and other scales are taken into B.
    fn finish(&self, updates: &[Update], places: &Places, kind: Kind, made: &mut Made) -> Result<Built, PeftError> {
        // Why nothing is left has been told.
        let Some(rank) = updates.iter().map(|update| update.rank).max() else { return Ok(None) };
        let scale = most_common(updates.iter().map(|update| update.scale));
        let written = updates.iter().find(|update| update.has_scale(scale) && update.rank == rank);
        let alpha = written.and_then(|update| update.alpha.clone());
        let spec = Spec::new(rank, alpha.unwrap_or_else(|| whole_or_not(scale * rank as f64)));
        let mut all =
            Together { places, kind, scale, spec, tensors: Vec::new(), sizes: BTreeMap::new(), there: BTreeSet::new() };
        for update in updates {
            self.add(update, &mut all)?;
        }
        let padded = updates.iter().filter(|update| update.rank < rank).count();
        if padded > 0 {
            made.note(format!(
                "padded with zeros, as their rank is lower than that of others: {}",
                counted(padded, "module")
            ));
        }
        let rescaled = updates.iter().filter(|update| !update.has_scale(scale)).count();
        if rescaled > 0 {
            made.note(format!(
                "B is multiplied and rounded, as alpha / r is not that of the others: {}",
                counted(rescaled, "module")
            ));
        }
        self.add_missing(&mut all, made)?;
        Ok(Some((all.spec.config(places, kind), all.tensors)))
    }

    /// Adds the tensors of an update.
    fn add(&self, update: &Update, all: &mut Together<'_>) -> Result<(), PeftError> {
        all.spec.add(all.places, update.place, update.matrices);
        let module = all.places.module(update.place);
        let name = |leaf: &str| self.tensor_name(&module, Container::Loras, leaf);
        let (mut down, mut up) = (update.down.clone(), update.up.clone());
        if !update.has_scale(all.scale) {
            up = up.scaled(update.scale / all.scale);
        }
        if update.rank < all.spec.rank {
            (down, up) = self.filled(down, up, all.spec.rank)?;
        }
        let source = up.from().first().map_or_else(String::new, |name| (*name).to_owned());
        let outputs = up.shape(self.weights)?[0];
        let inputs = if all.kind.scales { 0 } else { down.shape(self.weights)?[1] };
        all.sizes.insert((update.place.stack, kind_of(update.place)), (inputs, outputs, source));
        if !all.kind.scales {
            all.tensors.push(self.made_from(down, name("lora_A"))?);
        }
        all.tensors.push(self.made_from(up, name("lora_B"))?);
        if let Some(magnitude) = &update.magnitude {
            all.tensors.push(self.made_from(magnitude.clone(), name("m.weight"))?);
        }
        all.there.insert(module);
        Ok(())
    }

    /// Adds what the config adapts beside the updates: they change nothing.
    fn add_missing(&self, all: &mut Together<'_>, made: &mut Made) -> Result<(), PeftError> {
        let (places, kind) = (all.places, all.kind);
        let missing = self.missing(&all.spec, places, &all.there);
        if !missing.is_empty() {
            made.note(format!(
                "adapters adapts {} of these layers beside, since its config cannot tell them apart; {}",
                counted(missing.len(), "module"),
                if kind.dora {
                    "they begin with an update that does nothing"
                } else {
                    "they are given an update that does nothing"
                }
            ));
        }
        let size = usize::try_from(all.spec.rank).map_err(|_| PeftError::unfit("a rank is too large"))?;
        for place in missing.into_iter().filter(|_| !kind.dora) {
            let Some((inputs, outputs, source)) = all.sizes_at(place).cloned() else { continue };
            let module = places.module(place);
            let of = Recipe::tensor(source);
            let leaves = [
                ("lora_A", vec![size, inputs], 0.0),
                ("lora_B", vec![outputs, size], f64::from(u8::from(kind.scales))),
            ];
            for (leaf, shape, value) in leaves.into_iter().filter(|(leaf, ..)| !kind.scales || *leaf == "lora_B") {
                let constant = constant(of.clone(), shape, value);
                all.tensors.push(self.made_from(constant, self.tensor_name(&module, Container::Loras, leaf))?);
            }
        }
        Ok(())
    }

    /// What the config adapts beside the modules that are there.
    fn missing(&self, spec: &Spec, places: &Places, there: &BTreeSet<String>) -> Vec<Place> {
        let has = |stack: usize, when: When| {
            let known = self.base.model.as_ref().and_then(|model| model.stacks.get(stack));
            let linears = places.sites.layers[stack].linears.iter().filter(|linear| linear.when == when);
            let mut named =
                linears.flat_map(|linear| (0..places.layers[stack]).map(move |layer| Place { stack, layer, linear }));
            let is_named = named.any(|place| there.contains(&places.module(place)));
            match when {
                When::Always => true,
                When::Cross => {
                    let is_decoder = stack > 0 && !places.sites.separate_configs;
                    is_decoder || known.is_some_and(|stack| stack.cross_attention) || is_named
                }
                When::Gated => known.map_or(is_named, |stack| stack.gated),
                When::Ungated => known.map_or(is_named, |stack| !stack.gated),
            }
        };
        let mut missing = Vec::new();
        for number in &spec.layers {
            let Some((stack, layer)) = places.layer(*number) else { continue };
            for linear in places.sites.layers[stack].linears {
                let (at, matrices) = location(linear.projection);
                let is_asked =
                    at != Location::Attention || matrices.iter().zip(spec.matrices).any(|(own, all)| *own && all);
                let place = Place { stack, layer, linear };
                if spec.locations.contains(&at)
                    && is_asked
                    && has(stack, linear.when)
                    && !there.contains(&places.module(place))
                {
                    missing.push(place);
                }
            }
        }
        missing
    }

    /// A of more rows and B of more columns, all zero. In a merged projection each part has rows of its own.
    fn filled(&self, down: Recipe, up: Recipe, rank: i64) -> Result<(Recipe, Recipe), PeftError> {
        let rank = usize::try_from(rank).map_err(|_| PeftError::unfit("a rank is too large"))?;
        let (a, b) = (down.shape(self.weights)?, up.shape(self.weights)?);
        let own = b[1];
        let parts = (0..a[0] / own.max(1)).flat_map(|part| {
            let zeros = constant(down.clone(), vec![rank - own, a[1]], 0.0);
            [down.clone().part(0, part * own..(part + 1) * own), zeros]
        });
        let columns = constant(up.clone(), vec![b[0], rank - own], 0.0);
        let down = Recipe::Joined { axis: 0, parts: parts.collect() };
        Ok((down, Recipe::Joined { axis: 1, parts: vec![up, columns] }))
    }
}

/// The number that comes most often; of those equally frequent the first.
fn most_common(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut counts: Vec<(f64, usize)> = Vec::new();
    for number in numbers {
        match counts.iter_mut().find(|(known, _)| known.to_bits() == number.to_bits()) {
            Some((_, count)) => *count += 1,
            None => counts.push((number, 1)),
        }
    }
    let most = counts.iter().rev().max_by_key(|(_, count)| *count);
    most.map_or(1.0, |(number, _)| *number)
}

/// The part of a layer that modules of equal sizes have: query, key or value, of whichever attention.
fn kind_of(place: Place) -> &'static str {
    match place.linear.projection {
        Projection::Query | Projection::CrossQuery => "query",
        Projection::Key | Projection::CrossKey | Projection::Value | Projection::CrossValue => "key",
        other => other.name(),
    }
}

/// A float, or the integer that it is.
fn whole_or_not(number: f64) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "compared with what it came from")]
    let whole = number.round() as i64;
    #[expect(clippy::float_cmp, reason = "only an exact integer is written as one")]
    if whole as f64 == number { Value::Int(whole.into()) } else { Value::Float(number) }
}

/// A tensor of one number, in the type of another.
fn constant(of: Recipe, shape: Vec<usize>, value: f64) -> Recipe {
    let (what, of_shape) = (if value == 0.0 { "zeros in the type of" } else { "ones in the type of" }, shape.clone());
    let compute =
        move |_: &[Numbers]| Ok(Numbers { values: vec![value; of_shape.iter().product()], shape: of_shape.clone() });
    Recipe::Computed { what, shape, of: vec![of], by: Arc::new(compute) }
}
