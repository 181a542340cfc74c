//! From PEFT to AdapterHub's newest release.

mod base;
mod low_rank;
mod members;
mod prompts;

use std::collections::{BTreeMap, BTreeSet};

use self::base::Base;
use super::class::class;
use super::origin::Origin;
use super::{Made, NAME, Part, base_differs};
use crate::convert::adapterhub::sorted;
use crate::convert::peft::PeftError;
use crate::convert::{Carried, Container, ConvertError, Options, Output, OutputKind, Plan, Recipe, Weights, former};
use crate::dialects::adapterhub::Role;
use crate::dialects::adapterhub::names::{Container as Holder, Name as AdapterHubName};
use crate::dialects::adapterhub::release::Release;
use crate::dialects::peft::RELEASE;
use crate::dialects::peft::config::{Config, ConfigError, PeftMethod, TaskType};
use crate::dialects::peft::names::{self, Name, Owner};
use crate::value::{Map, Value};

/// An adapter of PEFT, taken apart.
pub(super) struct Adapter<'a> {
    part: &'a Part,
    weights: &'a Weights,
    /// What each module has, by the path of the module.
    modules: BTreeMap<&'a str, BTreeMap<names::Part, &'a str>>,
    /// What the modules share, and prompts.
    whole: BTreeMap<Owner<'a>, &'a str>,
    base: Base,
    /// What it was before it was PEFT's.
    origin: Origin,
    /// The name in the result.
    name: String,
}

/// Plans the conversion.
///
/// # Errors
/// If the base model cannot be told, or tensors are not of the sizes they should be.
pub(in crate::convert) fn plan(part: &Part, weights: &Weights, options: &Options) -> Result<Plan, ConvertError> {
    let mut made = Made::default();
    let failed = |error| ConvertError::peft(&part.path, error);
    let config = match &part.config {
        Ok(config) => config,
        Err(ConfigError::OtherMethod(method)) if PeftMethod::named(method).is_some() => {
            made.loss(format!("AdapterHub's libraries have no such method: {method}"));
            return Ok(Plan { outputs: Vec::new(), changes: made.changes });
        }
        Err(error) => return Err(ConvertError::file(&part.path, error.clone())),
    };
    let adapter = Adapter::read(part, weights, options, &mut made).map_err(failed)?;
    let built = match config {
        Config::Lora(config) => adapter.lora(config, &mut made),
        Config::Ia3(config) => adapter.ia3(config, &mut made),
        Config::Vera(config) => adapter.vera(config, &mut made),
        Config::PrefixTuning(config) => adapter.prefix(config, &mut made),
        Config::PromptTuning(config) => adapter.prompt(config, &mut made),
    };
    if let Some(why) = base_differs(adapter.base.sites.model_type) {
        made.loss(why);
    }
    if let Some((mut config, mut tensors)) = built.map_err(failed)? {
        adapter.origin.restore(&mut config);
        Carried::sort(&mut tensors);
        made.output = Some(adapter.output(config, tensors));
    }
    Ok(Plan { outputs: made.output.into_iter().collect(), changes: made.changes })
}

/// What becomes of an adapter: the config and the tensors.
type Built = Option<(Map, Vec<Carried>)>;

impl<'a> Adapter<'a> {
    fn read(part: &'a Part, weights: &'a Weights, options: &Options, made: &mut Made) -> Result<Self, PeftError> {
        let (mut modules, mut whole): (BTreeMap<&str, BTreeMap<_, &str>>, BTreeMap<_, &str>) = Default::default();
        let (mut trained, mut misnamed) = (Vec::new(), Vec::new());
        for tensor in weights.iter() {
            let name = Name::parse(tensor.name());
            match name.owner {
                Owner::Part { module, part } => {
                    modules.entry(module).or_default().insert(part, tensor.name());
                }
                Owner::SharedA | Owner::SharedB | Owner::Prompt => {
                    whole.insert(name.owner, tensor.name());
                }
                Owner::BaseLayer { .. } | Owner::Whole { .. } => trained.push(tensor.name()),
            }
            // The name that `from_pretrained` gives an adapter may stand there: so it does in the model.
            let is_named = name.adapter.is_some_and(|adapter| adapter != names::DEFAULT);
            if is_named || (!name.wrapped && matches!(name.owner, Owner::Part { .. })) {
                misnamed.push(tensor.name());
            }
        }
        made.losses(
            &trained,
            "it was trained in full beside the adapter (`bias`, `modules_to_save`), or is not a part that is known here; \
             adapters keeps nothing of the base model",
        );
        if let [first, more @ ..] = &misnamed[..] {
            let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
            made.note(format!(
                "PEFT {RELEASE} does not load `{first}`{more} under such a name; what is converted is what is meant"
            ));
        }
        if !part.unknown.is_empty() {
            made.note(format!("PEFT {RELEASE} does not know and ignores: {}", part.unknown.join(", ")));
        }
        let mut base = Base::find(part, options, modules.keys().copied(), made)?;
        let origin = Origin::read(weights);
        base.has_attribute |= origin.has_attribute();
        let name = options.name.clone().unwrap_or_else(|| origin.name().unwrap_or(NAME).to_owned());
        Ok(Self { part, weights, modules, whole, base, origin, name })
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.part.file.get(key).and_then(Value::as_str)
    }

    /// A task that is not known has been refused with the config.
    fn task(&self) -> Option<TaskType> {
        serde_json::from_value(serde_json::Value::String(self.text("task_type")?.to_owned())).ok()
    }

    /// The class that PEFT wrapped, which it writes down where there is no task.
    fn wrapped_class(&self) -> Option<&str> {
        let mapping = self.part.file.get("auto_mapping").and_then(Value::as_map)?;
        mapping.get("base_model_class").and_then(Value::as_str).filter(|_| self.text("task_type").is_none())
    }

    /// The name of a tensor of the adapter at a module of the bare base model.
    fn tensor_name(&self, path: &str, container: Holder, leaf: &str) -> String {
        let prefix = if self.base.has_attribute { self.base.sites.attribute } else { "" };
        let place = [prefix, path].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(".");
        AdapterHubName { place: &place, container, adapter: &self.name, leaf }.to_string()
    }

    fn output(&self, config: Map, tensors: Vec<Carried>) -> Output {
        let text = |text: Option<&str>| text.map_or(Value::Null, |text| Value::String(text.to_owned()));
        let model_type = self.base.sites.model_type;
        let class = match self.origin.model_class().or(self.wrapped_class()) {
            Some(class) => Some(class.to_owned()),
            None => class(model_type, self.task(), self.base.has_attribute),
        };
        let hidden = self.base.hidden_size.or(self.origin.hidden_size());
        let hidden = hidden.and_then(|size| i64::try_from(size).ok());
        let file = [
            ("config", Value::Map(config)),
            ("hidden_size", hidden.map_or(Value::Null, |size| Value::Int(size.into()))),
            ("model_class", text(class.as_deref())),
            ("model_name", text(self.text("base_model_name_or_path"))),
            ("model_type", text(Some(model_type))),
            ("name", text(Some(&self.name))),
            ("version", text(Release::NEWEST.version().as_deref())),
        ];
        let mut file = sorted(&file.into_iter().map(|(key, value)| (key.to_owned(), value)).collect());
        if let Some(former) = self.former() {
            file.insert(former::KEY, former);
        }
        Output {
            kind: OutputKind::AdapterHub(Role::Adapter),
            config: file,
            metadata: BTreeMap::new(),
            reads: 0,
            tensors,
            idle: BTreeSet::new(),
            containers: Container::TORCH_FIRST,
        }
    }

    /// What the files said that AdapterHub's have no key for. Files that were made of AdapterHub's are made so again from
    /// these alone.
    fn former(&self) -> Option<Value> {
        if !self.origin.is_empty() {
            return self.origin.former().cloned();
        }
        let metadata = match self.weights {
            Weights::File(file) => file.metadata().clone(),
            Weights::Sharded(_) => BTreeMap::new(),
        };
        Some(former::of_peft(&self.part.file, metadata.into_iter()))
    }

    /// A tensor that is made from others; the bytes of one if that is all it is.
    fn made_from(&self, recipe: Recipe, to: String) -> Result<Carried, PeftError> {
        if let Recipe::Tensor(name) = &recipe
            && let Some(tensor) = self.weights.get(name)
        {
            return Ok(Carried { tie: None, ..Carried::same(tensor, to) });
        }
        Ok(Carried::made(recipe, to, self.weights)?)
    }

    fn shape(&self, name: &str) -> Vec<usize> {
        self.weights.get(name).map(|tensor| tensor.shape().to_vec()).unwrap_or_default()
    }
}
