//! The tensors that an adapter has in a base model, by its config: what is made and trained, and under which names it is
//! saved. The types are the format of the JSON; `schemas/params.json` and `schemas/params-peft.json` are generated from them.

mod peft;

pub use crate::methods::parameters::Nature;
pub use peft::{PeftNature, PeftParams, PeftTensor};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::dialects::adapterhub::slots::{self, Placed, Slot, Totals};
use crate::json_schema::output::{require_all, version_one};

/// The tensors that the library creates for a config in a base model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = require_all)]
pub struct Params {
    /// The version of this format. Members may be added within a version.
    #[schemars(schema_with = "version_one")]
    pub version: u32,
    /// The base model.
    pub model: BaseModel,
    /// The adapter's name.
    pub adapter: String,
    /// The number of parameters, each counted once, as `adapter_summary` counts them. It counts twice only what two
    /// adapters share through `share_parameters`, which no config asks for. Buffers do not count.
    pub parameters: u64,
    /// Those of them that `train_adapter` trains.
    pub trained: u64,
    /// The parameters by layer, as `get_adapter` lists them: prefixes stand at the first layer that has one.
    pub per_layer: Vec<LayerCount>,
    /// Every tensor once, layer by layer in the order of the model's modules, then those of the whole model.
    pub tensors: Vec<Tensor>,
}

/// The base model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = require_all)]
pub struct BaseModel {
    /// The name or path that was given.
    pub name: String,
    /// `model_type` as transformers has it.
    pub model_type: String,
    /// The number of the base model's own parameters; null if it is not known.
    pub parameters: Option<u64>,
}

/// The parameters of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = require_all)]
pub struct LayerCount {
    /// The layer's number, counted through the whole model; null for what belongs to no layer.
    pub layer: Option<u64>,
    /// The number of parameters.
    pub parameters: u64,
}

/// A tensor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = require_all)]
pub struct Tensor {
    /// The name under which `save_adapter` writes it; its name in the state dict if that leaves it out.
    pub name: String,
    /// The shape.
    pub shape: Vec<u64>,
    /// The symbols of the dimensions in the method's equations.
    pub symbols: Vec<String>,
    /// The type of the numbers, by its name in PyTorch.
    pub dtype: String,
    /// The layer's number, counted through the whole model; null for what belongs to no layer.
    pub layer: Option<u64>,
    /// The place in the layer or model, such as `output-adapters`, `query` or `shared`.
    pub site: String,
    /// The method, such as `bottleneck` or `lora`.
    pub method: String,
    /// The role in the method's equations, such as `down.weight` or `A`.
    pub role: String,
    /// What training does with it.
    pub nature: Nature,
    /// The number of elements.
    pub elements: u64,
    /// Other names under which `save_adapter` writes the same tensor.
    pub aliases: Vec<String>,
    /// Whether `save_adapter` writes it. A base model without a class around it loses shared parameters.
    pub saved: bool,
}

impl Params {
    /// The tensors of the modules of an adapter, in a class whose attribute `attribute` is the base model.
    #[must_use]
    pub fn new(model: BaseModel, adapter: &str, placed: &[Placed], attribute: &str) -> Self {
        let slots = slots::slots(placed, attribute);
        let totals = Totals::of(&slots);
        let count = |(layer, parameters): (&Option<u64>, &u64)| LayerCount { layer: *layer, parameters: *parameters };
        Self {
            version: 1,
            model,
            adapter: adapter.to_owned(),
            parameters: totals.parameters,
            trained: totals.trained,
            per_layer: totals.per_layer.iter().map(count).collect(),
            tensors: slots.into_iter().map(Tensor::from).collect(),
        }
    }
}

impl From<Slot> for Tensor {
    fn from(slot: Slot) -> Self {
        Self {
            elements: slot.elements(),
            shape: slot.shape.iter().map(|axis| axis.size as u64).collect(),
            symbols: slot.shape.iter().map(|axis| axis.symbol.to_owned()).collect(),
            dtype: slot.dtype.name().to_owned(),
            layer: slot.layer,
            site: slot.site.name().to_owned(),
            method: slot.method.name().to_owned(),
            role: slot.role,
            nature: slot.nature,
            name: slot.name,
            aliases: slot.aliases,
            saved: slot.saved,
        }
    }
}

/// A module of an adapter, with its own tensors.
pub(crate) struct Module<'p> {
    /// The module, at its place.
    pub(crate) placed: &'p Placed,
    /// Its path in the class.
    pub(crate) path: String,
    /// Its other paths.
    pub(crate) aliases: Vec<String>,
    /// Its tensors.
    pub(crate) tensors: Vec<Tensor>,
}

/// The modules of an adapter, in a class whose attribute `attribute` is the base model.
pub(crate) fn modules<'p>(placed: &'p [Placed], attribute: &'p str) -> impl Iterator<Item = Module<'p>> {
    let prefix = if attribute.is_empty() { String::new() } else { format!("{attribute}.") };
    placed.iter().map(move |placed| Module {
        placed,
        path: format!("{prefix}{}", placed.path),
        aliases: placed.aliases.iter().map(|alias| format!("{prefix}{alias}")).collect(),
        tensors: slots::slots(std::slice::from_ref(placed), attribute).into_iter().map(Tensor::from).collect(),
    })
}
