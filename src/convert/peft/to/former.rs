//! PEFT's files as they were before they were AdapterHub's. PEFT says the same in many ways (`target_modules`, patterns,
//! rsLoRA), and which of them it was is nobody's to tell from the adapter.

use std::collections::BTreeMap;

use super::super::feed::feeding;
use super::super::place::{Place, bare};
use super::Adapter;
use crate::convert::adapterhub::sorted;
use crate::convert::peft::from::plan as from_peft;
use crate::convert::peft::source::Part;
use crate::convert::{Carried, ConvertError, Options, Output, Plan, RecipeError, Target, Weights, former};
use crate::dialects::adapterhub::release::Release;
use crate::dialects::peft::config::Config;
use crate::dialects::peft::names::{Name, Owner, Part as PartOf};
use crate::dialects::peft::targets::{FeedForward, Keys, Targets};
use crate::ordered;
use crate::value::{Map, Value};

/// The result, `made`, with the config and the metadata that stood in PEFT's files before they became the adapter, `of`; none
/// if there are none, or another adapter would be made from them now: then the adapter was changed since.
///
/// # Errors
/// If a tensor cannot be made.
pub(super) fn restored(
    adapter: &Adapter<'_>,
    made: &Output,
    of: &Output,
    weights: &[Weights],
    options: &Options,
) -> Result<Option<Output>, ConvertError> {
    let Some((config, metadata)) = former::by_peft(&of.config) else { return Ok(None) };
    let own = ordered::map(metadata.map(|(key, text)| (key.to_owned(), text.to_owned())));
    let mut restored = Output { config: config.clone(), metadata: own, ..made.clone() };
    adapter.put_before(config, &mut restored.tensors);
    // What PEFT writes, and transformers does not do without.
    restored.metadata.entry("format".to_owned()).or_insert_with(|| "pt".to_owned());
    let candidate = Plan { outputs: vec![restored.clone()], changes: Vec::new() };
    let held = candidate.held_of(std::path::Path::new(made.kind.config_name()), weights)?;
    let part = Part::new(config.clone(), made.kind.config_name().to_owned(), None);
    let name = of.config.get("name").and_then(Value::as_str).map(str::to_owned);
    let options = Options { name, dtype: None, target: Target::AdapterHub(Release::NEWEST), ..options.clone() };
    // What cannot be converted is not what became the adapter.
    let Ok(again) = from_peft(&part, &held.weights[0], &options) else { return Ok(None) };
    let Some(output) = again.outputs.first().filter(|_| !again.loses()) else { return Ok(None) };
    let inner = |output: &Output| output.config.get("config").and_then(Value::as_map).map(sorted);
    if inner(output) != inner(of) || !is_same(&restored, (output, &held.weights[0]), (of, &weights[of.reads]))? {
        return Ok(None);
    }
    // What the adapter's file says beside, and PEFT's would not give again.
    let says = |output: &Output| ["hidden_size", "model_class"].map(|key| output.config.get(key).cloned());
    let is_named = of.config.get("name").and_then(Value::as_str) == Some(super::super::NAME);
    if !is_named || says(output) != says(of) {
        restored.metadata.extend(made.metadata.clone());
    }
    Ok(Some(restored))
}

impl Adapter<'_> {
    /// Puts factors of (IA)³ back before the layers before which PEFT's config has them: AdapterHub has them behind the layer
    /// that feeds these. What is put wrongly makes another adapter.
    fn put_before(&self, config: &Map, tensors: &mut [Carried]) {
        let Ok(Config::Ia3(config)) = Config::read(config).map(|read| read.config) else { return };
        let targets = Targets::new(Keys {
            target_modules: config.target_modules.as_ref(),
            exclude_modules: config.exclude_modules.as_ref(),
            ..Keys::default()
        });
        let forward = config.feedforward_modules.as_ref().map(FeedForward::new);
        let (Ok(targets), Some(Ok(forward))) = (targets, forward) else { return };
        let bare = |carried: &Carried| match Name::parse(&carried.to).owner {
            Owner::Part { module, part: PartOf::Ia3 } => Some(bare(self.sites, module).to_owned()),
            _ => None,
        };
        let behind: Vec<_> = tensors.iter().map(bare).collect();
        let places = self.places(behind.iter().flatten().map(String::as_str));
        for (carried, behind) in tensors.iter_mut().zip(&behind) {
            let Some(behind) = behind else { continue };
            let is_named = |module: &str| targets.matches(&self.wrapped_module(module)).ok().flatten() == Some(true);
            let Some(place) = places.locate(behind).filter(|_| !is_named(behind)) else { continue };
            let of_layer = self.sites.layers[place.stack].linears.iter();
            let fed = of_layer.map(|linear| places.module(Place { linear, ..place })).find(|module| {
                let is_fed = || feeding(self.model_type(), module, self.model.as_ref());
                is_named(module)
                    && forward.has(&self.wrapped_module(module)).is_ok_and(|has| has)
                    && is_fed().is_ok_and(|(feeder, _)| feeder == *behind)
            });
            if let Some(fed) = fed {
                let size = carried.shape.iter().product();
                carried.recipe = carried.recipe.clone().reshaped([1, size]);
                carried.shape = vec![1, size];
                carried.to = Name::of(&self.wrapped_module(&fed), PartOf::Ia3).to_string();
            }
        }
        Carried::sort(tensors);
    }
}

/// Whether the tensors that are made of what is restored are the adapter's, byte for byte.
fn is_same(
    restored: &Output,
    (output, held): (&Output, &Weights),
    (of, weights): (&Output, &Weights),
) -> Result<bool, ConvertError> {
    let from = ordered::map(restored.tensors.iter().map(|carried| (carried.to.as_str(), carried)));
    let wanted: BTreeMap<_, _> = of.tensors.iter().map(|carried| (carried.to.as_str(), carried)).collect();
    if output.tensors.len() != wanted.len() {
        return Ok(false);
    }
    for carried in &output.tensors {
        let Some(wanted) = wanted.get(carried.to.as_str()) else { return Ok(false) };
        // What is only moved on both ways needs no look.
        let moved = carried.copy_of(held).and_then(|name| from.get(name)?.copy_of(weights));
        if moved.is_some() && moved == wanted.copy_of(weights) {
            continue;
        }
        let same = bytes_are_same(carried, held, wanted, weights);
        if !same.map_err(|error| ConvertError::file(&carried.to, error))? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn bytes_are_same(one: &Carried, its: &Weights, other: &Carried, others: &Weights) -> Result<bool, RecipeError> {
    let is_alike = (one.dtype, &one.shape) == (other.dtype, &other.shape);
    Ok(is_alike && one.bytes(its)? == other.bytes(others)?)
}
