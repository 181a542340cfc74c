//! The tensors of a PEFT adapter, as a table and as JSON. The types are the format of the JSON, and
//! `schemas/params-peft.json` is generated from them.

use std::collections::BTreeSet;
use std::io::{self, Write};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::BaseModel;
use crate::dialects::peft::expected::{self, Adapted, BASE, Expected, Training};
use crate::findings::fold::{grouped, share};
use crate::json_schema::output::{require_all, version_one};
use crate::report::one_line;
use crate::report::rows::{Module, Modules, Row, sizes};

/// The tensors that PEFT saves for a config on a base model, and what it trains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = require_all)]
pub struct PeftParams {
    /// The version of this format. Members may be added within a version.
    #[schemars(schema_with = "version_one")]
    pub version: u32,
    /// The base model.
    pub model: BaseModel,
    /// The class of transformers that the base model was taken for.
    pub class: String,
    /// The method, as `peft_type` names it.
    pub method: String,
    /// The modules that are adapted, in the order of the model.
    pub modules: Vec<String>,
    /// How many numbers are trained, as `get_nb_trainable_parameters` counts them; null if the size of a tensor depends on
    /// more than config and model, such as the number of labels.
    pub trained: Option<u64>,
    /// How many numbers are saved; null as above.
    pub saved: Option<u64>,
    /// Every tensor by name: first those that are saved, then what is trained and not saved.
    pub tensors: Vec<PeftTensor>,
}

/// A tensor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = require_all)]
pub struct PeftTensor {
    /// The name in the file, or in the model that PEFT makes.
    pub name: String,
    /// The shape. A size that depends on more than config and model is null.
    pub shape: Vec<Option<u64>>,
    /// The number of elements; null if the shape has a null.
    pub elements: Option<u64>,
    /// What training does with it.
    pub nature: PeftNature,
    /// Whether it is saved.
    pub saved: bool,
}

/// What training does with a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PeftNature {
    /// It is trained.
    Trained,
    /// It stays as it began.
    Frozen,
    /// It is saved again under this name: the same numbers as a trained one above.
    Repeated,
    /// It is made, when the adapter is saved, of what is trained and not saved.
    Made,
}

impl From<expected::Nature> for PeftNature {
    fn from(nature: expected::Nature) -> Self {
        match nature {
            expected::Nature::Trained => Self::Trained,
            expected::Nature::Frozen => Self::Frozen,
            expected::Nature::Repeated => Self::Repeated,
            expected::Nature::Made => Self::Made,
        }
    }
}

impl PeftParams {
    /// The tensors of an adapter. `None` if it is not known which there are.
    #[must_use]
    pub fn new(model: BaseModel, class: &str, method: &str, adapted: Adapted, training: Training) -> Option<Self> {
        let saved = adapted.tensors?.into_iter().zip(training.saved.into_iter().map(PeftNature::from));
        let saved = saved.map(|(tensor, nature)| PeftTensor::new(tensor, nature, true));
        let unsaved = training.unsaved.into_iter().map(|tensor| PeftTensor::new(tensor, PeftNature::Trained, false));
        let tensors: Vec<_> = saved.chain(unsaved).collect();
        let in_file = tensors.iter().filter(|tensor| tensor.saved);
        Some(Self {
            version: 1,
            model,
            class: class.to_owned(),
            method: method.to_owned(),
            modules: adapted.modules,
            trained: training.numbers,
            saved: in_file.map(|tensor| tensor.elements).try_fold(0, |sum: u64, elements| sum.checked_add(elements?)),
            tensors,
        })
    }
}

impl PeftTensor {
    fn new(tensor: Expected, nature: PeftNature, saved: bool) -> Self {
        Self { elements: tensor.elements(), shape: tensor.shape, name: tensor.name, nature, saved }
    }
}

/// Writes everything as one JSON object.
///
/// # Errors
/// If the writer fails.
pub fn write_json(out: &mut impl Write, params: &PeftParams) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, params)?;
    writeln!(out)
}

/// Writes a table for people: modules that differ in nothing but their layer are one entry.
///
/// # Errors
/// If the writer fails.
pub fn write_table(out: &mut impl Write, params: &PeftParams) -> io::Result<()> {
    let mut told = Modules::new();
    for (path, rows) in by_module(params) {
        told.add(path, Module { heading: None, layers: BTreeSet::new(), aliases: Vec::new(), rows });
    }
    told.write(out)?;
    totals(out, params)
}

/// The tensors by the module that they are at: of each the end of its name, sizes and elements.
fn by_module(params: &PeftParams) -> Vec<(&str, Vec<Row<3>>)> {
    let modules: BTreeSet<&str> = params.modules.iter().map(String::as_str).collect();
    let mut found: Vec<(&str, Vec<Row<3>>)> = Vec::new();
    for tensor in &params.tensors {
        let (path, leaf) = parted(&tensor.name, &modules);
        let size = |size: &Option<u64>| size.map_or("?".to_owned(), |size| size.to_string());
        let remark = match (tensor.nature, tensor.saved) {
            (PeftNature::Trained, true) => "",
            (PeftNature::Trained, false) => "not saved",
            (PeftNature::Frozen, _) => "frozen",
            (PeftNature::Repeated, _) => "repeated",
            (PeftNature::Made, _) => "made of what is not saved",
        };
        let elements = tensor.elements.map_or("?".to_owned(), grouped);
        let row = Row::new([leaf.to_owned(), sizes(tensor.shape.iter().map(size)), elements], remark);
        match found.last_mut().filter(|(last, _)| *last == path) {
            Some((_, rows)) => rows.push(row),
            None => found.push((path, vec![row])),
        }
    }
    found
}

/// The path of the adapted module in a name, and what is behind it. A name at no module is parted before its last word.
fn parted<'n>(name: &'n str, modules: &BTreeSet<&str>) -> (&'n str, &'n str) {
    let mut dots = name.rmatch_indices('.').map(|(at, _)| at);
    let is_module = |at: &usize| name[..*at].strip_prefix(BASE).is_some_and(|module| modules.contains(module));
    match dots.clone().find(is_module).or_else(|| dots.next()) {
        Some(at) => (&name[..at], &name[at + 1..]),
        None => ("at no module", name),
    }
}

fn totals(out: &mut impl Write, params: &PeftParams) -> io::Result<()> {
    let PeftParams { trained, saved, modules, class, model, .. } = params;
    let places = match modules.len() {
        0 => String::new(),
        1 => format!(" at one module of {class}"),
        count => format!(" at {} modules of {class}", grouped(count as u64)),
    };
    let Some(trained) = trained else {
        let trained = params.tensors.iter().filter(|tensor| tensor.nature == PeftNature::Trained);
        let known: u64 = trained.clone().filter_map(|tensor| tensor.elements).fold(0, u64::saturating_add);
        let open = trained.filter(|tensor| tensor.elements.is_none()).count();
        let tensors = if open == 1 { "a tensor".to_owned() } else { format!("{open} tensors") };
        return writeln!(
            out,
            "{} parameters are trained{places}, and {tensors} whose size depends on more than config and model",
            grouped(known)
        );
    };
    let mut line = format!("{} parameters are trained{places}", grouped(*trained));
    if let Some(base) = model.parameters.filter(|base| *base > 0) {
        line += &format!(": {} of the {} of {}", share(*trained, base), grouped(base), one_line(&model.name));
    }
    writeln!(out, "{line}")?;
    match saved {
        Some(saved) if saved != trained => writeln!(out, "{} numbers are saved", grouped(*saved)),
        _ => Ok(()),
    }
}
