use std::fmt;
use std::path::Path;

use super::super::source::{Holds, Source, config_of};
use super::super::{ConvertError, Weights};
use crate::checkpoint::{CheckpointError, Container};
use crate::dialects::peft::config::{Config, ConfigError};
use crate::dialects::peft::{CONFIG_NAME, WEIGHTS_NAMES};
use crate::models::Model;
use crate::value::Map;

/// An adapter of PEFT.
#[derive(Debug)]
pub struct Part {
    /// The whole config file.
    pub file: Map,
    /// The path of the config file.
    pub path: String,
    /// The config; or why it is not read here, as that of a method that AdapterHub has not.
    pub config: Result<Config, ConfigError>,
    /// Keys that mean nothing.
    pub unknown: Vec<String>,
    /// The base model, if its `config.json` lies beside.
    pub model: Option<Model>,
    /// Why a `config.json` that lies beside says nothing of it.
    pub no_model: Option<NoModel>,
}

impl Part {
    pub(in crate::convert) fn new(file: Map, path: String, model: Option<Model>) -> Self {
        let (config, unknown) = match Config::read(&file) {
            Ok(read) => (Ok(read.config), read.unknown),
            Err(error) => (Err(error), Vec::new()),
        };
        Self { file, path, config, unknown, model, no_model: None }
    }
}

/// Why a `config.json` beside an adapter says nothing of the base model.
#[derive(Debug)]
pub struct NoModel {
    /// Its path.
    path: String,
    cause: NoModelCause,
}

#[derive(Debug)]
enum NoModelCause {
    Unreadable(CheckpointError),
    NotJson { line: usize, detail: String },
    WithoutType,
}

impl fmt::Display for NoModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        match &self.cause {
            NoModelCause::Unreadable(error) => write!(f, " cannot be read: {error}"),
            NoModelCause::NotJson { line, detail } => write!(f, " is not JSON, in line {line}: {detail}"),
            NoModelCause::WithoutType => f.write_str(" is not the config of a model, as it has no `model_type`"),
        }
    }
}

/// An adapter of PEFT of any method, before its config is understood.
pub(crate) struct Raw {
    /// The config's name in the container.
    name: String,
    /// The whole config file.
    pub(crate) file: Map,
    /// The tensors.
    pub(crate) weights: Weights,
    ignored: Vec<String>,
}

/// Reads config and tensors, if it is PEFT's what a container holds.
pub(crate) fn raw(container: &Container) -> Result<Option<Raw>, ConvertError> {
    let is_config = |name: &&String| name.rsplit('/').next() == Some(CONFIG_NAME);
    let mut configs = container.names().iter().filter(is_config);
    let outermost = container.names().iter().find(|name| *name == CONFIG_NAME);
    let Some(name) = outermost.or(match (configs.next(), configs.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }) else {
        return Ok(None);
    };
    let file = config_of(container, name)?;
    if !file.contains_key("peft_type") || file.contains_key("config") {
        return Ok(None);
    }
    let folder = &name[..name.len() - CONFIG_NAME.len()];
    let names = WEIGHTS_NAMES.map(|name| format!("{folder}{name}"));
    let mut there = names.iter().filter(|name| container.names().contains(name));
    let Some(weights) = there.next() else {
        let [first, second] = WEIGHTS_NAMES;
        let detail = format!("there is neither {first} nor {second} beside it");
        return Err(ConvertError::file(container.shown(name), detail));
    };
    let ignored = there.cloned().collect();
    let weights = Weights::File(container.tensors(weights)?.0);
    Ok(Some(Raw { name: name.clone(), file, weights, ignored }))
}

/// Reads an adapter of PEFT, if that is what a container holds.
pub(crate) fn open(container: &Container, path: &Path) -> Result<Option<Source>, ConvertError> {
    let Some(Raw { name, file, weights, ignored }) = raw(container)? else { return Ok(None) };
    let beside = format!("{}config.json", &name[..name.len() - CONFIG_NAME.len()]);
    let mut part = Part::new(file, container.shown(&name), None);
    if container.names().contains(&beside) {
        (part.model, part.no_model) = match base(container, &beside) {
            Ok(model) => (Some(model), None),
            Err(cause) => (None, Some(NoModel { path: container.shown(&beside), cause })),
        };
    }
    let mut strangers = Source::strangers(container, path, &name[..name.len() - CONFIG_NAME.len()]);
    // The base model's, which is looked at.
    strangers.retain(|name| name != "config.json");
    let holds = Holds::Peft(Box::new(part));
    Ok(Some(Source { path: path.to_owned(), holds, weights: vec![weights], ignored, beside: Vec::new(), strangers }))
}

/// The base model whose config lies beside, or why it is none. Whoever names the base model does
/// without it, and so may many who do not.
fn base(container: &Container, name: &str) -> Result<Model, NoModelCause> {
    let document = container.document(name).map_err(NoModelCause::Unreadable)?;
    if let Some((position, problem)) = document.flaw() {
        return Err(NoModelCause::NotJson { line: position.line, detail: problem.detail.clone() });
    }
    let model = document.root.as_ref().and_then(Model::from_config);
    model.ok_or(NoModelCause::WithoutType)
}
