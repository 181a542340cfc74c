//! The tensors of an adapter of PEFT.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::BaseModel;
use crate::dialects::peft::expected::{self, Adapted, Expected, Training};
use crate::json_schema::output::{require_all, version_one};

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
