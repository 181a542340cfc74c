//! What no library loads is not converted, nor compared.

use super::source::{Holds, Source};
use super::{Change, ConvertError, Plan, Weights, adapterhub};
use crate::dialects::adapterhub::Role;
use crate::lint::refusals;
use crate::models::Model;
use crate::value::{Map, Value};

/// Why an adapter of PEFT is not loaded.
pub(crate) fn of_peft(file: &Map, weights: &Weights, model: Option<&Model>) -> Vec<String> {
    let of_config = refusals(file, model);
    let all = if of_config.is_empty() { of_weights(file, weights, model) } else { of_config };
    all.into_iter().map(told).collect()
}

#[cfg(feature = "oracle")]
fn of_weights(file: &Map, weights: &Weights, model: Option<&Model>) -> Vec<String> {
    match weights {
        Weights::File(tensors) => crate::dialects::peft::checkpoint::refusals(file, model, tensors),
        Weights::Sharded(_) => Vec::new(),
    }
}

/// The rules for weights come with the oracle.
#[cfg(not(feature = "oracle"))]
fn of_weights(_: &Map, _: &Weights, _: Option<&Model>) -> Vec<String> {
    Vec::new()
}

/// Why an adapter of AdapterHub is not loaded by the newest release, which has taken what older files say.
fn of_adapterhub(part: &adapterhub::Part) -> Vec<String> {
    let Some(resolved) = part.resolved.as_ref().filter(|_| part.role == Role::Adapter) else { return Vec::new() };
    let says = ["name", "model_type", "model_name", "hidden_size"];
    let mut file: Map = says.iter().filter_map(|key| Some(((*key).to_owned(), part.file.get(key)?.clone()))).collect();
    file.insert("config", Value::Map(resolved.config().value()));
    refusals(&file, None).into_iter().map(told).collect()
}

impl Source {
    /// Why the library does not load the adapter.
    pub(crate) fn refusals(&self, model: Option<&Model>) -> Vec<String> {
        match &self.holds {
            Holds::AdapterHub(parts) => parts.iter().flat_map(of_adapterhub).collect(),
            Holds::Peft(part) => of_peft(&part.file, &self.weights[0], model),
        }
    }

    /// The plan with what keeps the source from being loaded, or that alone where there is no plan.
    pub(super) fn with_refusals(
        &self,
        plan: Result<Plan, ConvertError>,
        model: Option<&Model>,
    ) -> Result<Plan, ConvertError> {
        let refusals = self.refusals(model).into_iter().map(Change::loss);
        let mut changes: Vec<_> = refusals.collect();
        let mut plan = match plan {
            // What cannot be planned for that reason has been told better.
            Err(_) if !changes.is_empty() => Plan { outputs: Vec::new(), changes: Vec::new() },
            plan => plan?,
        };
        changes.append(&mut plan.changes);
        Ok(Plan { changes, ..plan })
    }
}

/// What is said of what cannot be loaded, for this reason.
pub(crate) fn told(what: String) -> String {
    format!("the library cannot load it: {what}")
}
