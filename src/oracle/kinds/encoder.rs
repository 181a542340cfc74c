use ndarray::{ArrayD, Ix1, Ix2};

use super::{Group, OracleError, Outputs, Run};
use crate::dialects::adapterhub::modules::{ModuleError, Tensors};
use crate::document::{Node, json};
use crate::methods::Scalar;
use crate::methods::composition::Pass;
use crate::methods::encoder::Inputs;
use crate::oracle::EncoderSettings;
use crate::oracle::model::{AdaptedModel, Attention, Saved};

pub(super) fn run<T: Scalar>(run: &Run<'_>, settings: &EncoderSettings) -> Result<Outputs<T>, OracleError> {
    let config = node(&settings.model)?;
    let mut model = AdaptedModel::<T>::new(&config, &run.group("base/"), Attention::default())?;
    let adapters = run.adapters()?;
    for (name, members) in &adapters {
        let (own, shared) = (format!("adapter/{name}/"), format!("shared/{name}/"));
        let shared = run.group(&shared);
        model.add(&Saved {
            name,
            members,
            tensors: &Aliased { group: run.group(&own), aliases: &settings.aliases },
            shared: Some(&shared),
            subtract_projection: settings.subtract_projection,
        })?;
    }
    let configs: Vec<_> = adapters.iter().map(|(name, members)| (*name, members.as_slice())).collect();
    for (name, config) in run.fusions()? {
        model.add_fusion((name, &config), &configs, &run.group(&format!("fusion/{name}/")))?;
    }
    let inputs = Inputs {
        input_ids: run
            .whole::<Ix2>("input/input_ids")?
            .ok_or_else(|| OracleError::case("`input/input_ids` is missing"))?,
        attention_mask: run.whole("input/attention_mask")?,
        token_type_ids: run.whole("input/token_type_ids")?,
        position_ids: run.whole("input/position_ids")?,
    };
    let tasks = run.whole::<Ix1>("input/task_ids")?;
    let tasks = tasks.map(|tasks| tasks.iter().map(|&task| usize::try_from(task).unwrap_or(usize::MAX)).collect());
    let mut pass = Pass { task_ids: tasks, ..Pass::default() };
    let output = model.forward(&inputs, run.setup().as_ref(), &mut pass)?;
    let mut outputs = Outputs::new();
    if let Some(last) = output.last_hidden_state() {
        outputs.insert("last_hidden_state".to_owned(), last.to_owned().into_dyn());
    }
    for (index, state) in output.hidden_states.iter().enumerate() {
        outputs.insert(format!("hidden_states.{index}"), state.to_owned().into_dyn());
    }
    Ok(outputs)
}

/// A model's config as the reader of models takes it.
pub(super) fn node(config: &serde_json::Map<String, serde_json::Value>) -> Result<Node, OracleError> {
    let text = serde_json::to_string(config).map_err(|error| OracleError::case(error.to_string()))?;
    json::parse(&text).0.ok_or_else(|| OracleError::case("the model's config is empty"))
}

/// Tensors of a group, and other names that stand for them.
pub(super) struct Aliased<'a> {
    pub(super) group: Group<'a>,
    pub(super) aliases: &'a serde_json::Map<String, serde_json::Value>,
}

impl<T: Scalar> Tensors<T> for Aliased<'_> {
    fn tensor(&self, name: &str) -> Result<Option<ArrayD<T>>, ModuleError> {
        let stored = self.aliases.get(name).and_then(serde_json::Value::as_str).unwrap_or(name);
        self.group.tensor(stored)
    }
}
