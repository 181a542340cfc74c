//! From AdapterHub to PEFT. What is converted is the adapter as the newest release of AdapterHub has it.

mod former;
mod low_rank;
mod module;
mod prompts;
mod targets;

use std::collections::{BTreeMap, BTreeSet};

use super::bias::Biases;
use super::class::{Wrapped, class};
use super::origin::Origin;
use super::place::{Places, bare};
use super::{Made, base_differs, model, unknown_type};
use crate::convert::peft::PeftError;
use crate::convert::{
    Carried, ChangeKind, Container, ConvertError, Options, Output, OutputKind, Plan, Recipe, Weights,
};
use crate::dialects::adapterhub::Role;
use crate::dialects::adapterhub::config::{architecture_of, members};
use crate::dialects::adapterhub::names::{Container as Holder, Name};
use crate::dialects::adapterhub::sites::Sites;
use crate::dialects::peft::config::Config;
use crate::models::{Model, Quirk};
use crate::ordered;
use crate::value::{Map, Value};

/// An adapter as the newest release of AdapterHub has it.
pub(super) struct Adapter<'a> {
    /// The members of its config: several in a union.
    members: Vec<&'a Map>,
    /// Its tensors, by the path of the module without the class, by container and leaf.
    tensors: BTreeMap<(String, Holder, String), &'a Carried>,
    sites: &'static Sites,
    model: Option<Model>,
    biases: Biases,
    weights: &'a Weights,
    wrapped: Wrapped,
    /// Whether the attribute of a class with heads stands before the modules.
    has_attribute: bool,
    /// What stands before the modules of the model that PEFT wraps.
    prefix: &'static str,
    model_name: Option<String>,
}

/// Plans the conversion of what is already planned for the newest release.
///
/// # Errors
/// If the model type is not known, or tensors are not of the sizes they should be.
pub(in crate::convert) fn plan(plan: Plan, weights: &[Weights], options: &Options) -> Result<Plan, ConvertError> {
    // What the newest release would not load is not loaded by it here.
    let changes = plan.changes.into_iter().filter(|change| change.kind != ChangeKind::Refusal).collect();
    let mut made = Made { changes, ..Made::default() };
    for output in &plan.outputs {
        let config_name = output.kind.config_name();
        let stays = |what: &str| format!("PEFT has no {what} in separate files: {config_name} is left out");
        match output.kind {
            OutputKind::AdapterHub(Role::Head) => {
                made.note(stays("heads"));
                continue;
            }
            OutputKind::AdapterHub(Role::Fusion) => {
                made.loss(stays("AdapterFusions"));
                continue;
            }
            OutputKind::AdapterHub(Role::Adapter) | OutputKind::Peft => {}
        }
        let failed = |error| ConvertError::peft(config_name, error);
        let adapter = Adapter::read(output, &weights[output.reads], options).map_err(failed)?;
        adapter.plan(output, &mut made).map_err(failed)?;
        if let Some(own) = made.output.as_ref()
            && let Some(restored) = former::restored(&adapter, own, output, weights, options)?
        {
            made.note("config and metadata are those of the PEFT adapter that it was converted from");
            made.output = Some(restored);
        }
    }
    Ok(Plan { outputs: made.output.into_iter().collect(), changes: made.changes })
}

impl<'a> Adapter<'a> {
    fn read(output: &'a Output, weights: &'a Weights, options: &Options) -> Result<Self, PeftError> {
        let text = |key: &str| output.config.get(key).and_then(Value::as_str);
        let model_name = text("model_name").map(str::to_owned);
        let model = model(options.model.as_ref(), model_name.as_deref());
        let model_type = text("model_type").or(model.as_ref().map(|model| model.model_type.as_str()));
        let model_type =
            model_type.ok_or_else(|| PeftError::base_model("`model_type` is missing; name the base model"))?;
        let sites = Sites::of(model_type).ok_or_else(|| unknown_type(model_type))?;
        let config = output
            .config
            .get("config")
            .and_then(Value::as_map)
            .ok_or_else(|| PeftError::missing("it contains no config"))?;
        let members = members(config);
        let name = text("name").unwrap_or_default();
        let mut has_attribute = false;
        let mut tensors = BTreeMap::new();
        for carried in &output.tensors {
            let Some((parsed, _)) = Name::parse(&carried.to, name) else { continue };
            let place = bare(sites, parsed.place);
            has_attribute |= place.len() < parsed.place.len();
            tensors.insert((place.to_owned(), parsed.container, parsed.leaf.to_owned()), carried);
        }
        let wrapped = Wrapped::of(text("model_class"));
        let keeps = wrapped != Wrapped::Bare && has_attribute && !Quirk::WithoutAttribute.is_of(model_type);
        let prefix = if keeps { sites.attribute } else { "" };
        let biases = Biases::of(sites, model.as_ref());
        Ok(Self { members, tensors, sites, model, biases, weights, wrapped, has_attribute, prefix, model_name })
    }

    fn plan(&self, output: &Output, made: &mut Made) -> Result<(), PeftError> {
        let architecture = |member: &&Map| architecture_of(member).map(str::to_owned);
        let mut methods: Vec<_> = self.members.iter().map(architecture).collect();
        methods.dedup();
        let built = match methods.as_slice() {
            [Some(method)] if method == "lora" => self.low_rank(made)?,
            [Some(method)] if method == "prefix_tuning" && self.members.len() == 1 => self.prefix(made)?,
            [Some(method)] if method == "prompt_tuning" && self.members.len() == 1 => self.prompt(made)?,
            [method] => {
                let name = method.as_deref().unwrap_or("bottleneck");
                made.loss(format!("PEFT {} has no such method: {name}", crate::dialects::peft::RELEASE));
                None
            }
            _ => {
                made.loss("a PEFT folder holds one method, but this adapter is a union of several");
                None
            }
        };
        if let Some(why) = base_differs(self.model_type()) {
            made.loss(why);
        }
        let Some((config, mut tensors)) = built else { return Ok(()) };
        // Without its task, PEFT loads a prompt and never uses it.
        if let (Some(task), true) = (self.wrapped.task_with_head(), methods != [Some("lora".to_owned())]) {
            made.loss(format!(
                "with the task {}, without which it does not use a prompt, PEFT loads no adapter whose file lacks the \
                 model's head",
                task.name()
            ));
        }
        Carried::sort(&mut tensors);
        let wrapped = match self.wrapped {
            Wrapped::Bare => "the bare base model (AutoModel)",
            Wrapped::Own(_) => "the class that it was saved from",
        };
        let task = self.wrapped.task(self.model_type()).map_or("without a task", |task| task.name());
        made.note(format!("PEFT loads the result around {wrapped}; task_type: {task}"));
        let told = class(self.model_type(), self.wrapped.task(self.model_type()), !self.prefix.is_empty());
        let is_hidden = self.has_attribute && self.prefix.is_empty();
        let origin = Origin::new(&output.config, &self.members, told.as_deref(), is_hidden);
        made.output = Some(Output {
            kind: OutputKind::Peft,
            config: config.write(),
            // As PEFT's own files have it, and what is not PEFT's.
            metadata: ordered::map([("format".to_owned(), "pt".to_owned())].into_iter().chain(origin.entry())),
            reads: output.reads,
            tensors,
            idle: BTreeSet::new(),
            containers: Container::BOTH,
        });
        Ok(())
    }

    fn places<'p>(&self, modules: impl Iterator<Item = &'p str> + Clone) -> Places {
        Places::new(self.sites, self.model.as_ref(), modules)
    }

    /// The name of a module in the model that PEFT wraps.
    fn wrapped_module(&self, module: &str) -> String {
        if self.prefix.is_empty() { module.to_owned() } else { format!("{}.{module}", self.prefix) }
    }

    fn model_type(&self) -> &'static str {
        self.sites.model_type
    }
}

/// What becomes of an adapter: the config and the tensors.
type Built = Option<(Config, Vec<Carried>)>;

/// A tensor that is made from others; the bytes of one if that is all it is.
fn made_from(recipe: Recipe, to: String, weights: &Weights) -> Result<Carried, PeftError> {
    if let Recipe::Tensor(name) = &recipe
        && let Some(tensor) = weights.get(name)
    {
        return Ok(Carried { tie: None, ..Carried::same(tensor, to) });
    }
    Ok(Carried::made(recipe, to, weights)?)
}
