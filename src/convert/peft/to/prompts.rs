use std::collections::BTreeSet;

use super::super::{Made, PROMPT_DIFFERS, prefix_differs};
use super::{Adapter, Built, made_from};
use crate::convert::Recipe;
use crate::convert::eject::{NETWORK, ejected};
use crate::convert::peft::PeftError;
use crate::dialects::adapterhub::names::Container;
use crate::dialects::peft::config::{Config, PrefixTuningConfig, PromptTuningConfig};
use crate::python::is_true;
use crate::value::{Map, Value};

/// Where prefixes are, in models of one kind and of several.
const POOLS: [Container; 2] = [Container::Prefixes, Container::PooledPrefixes];

/// The name of the only tensor.
const TENSOR: &str = "prompt_embeddings";

impl Adapter<'_> {
    pub(super) fn prefix(&self, made: &mut Made) -> Result<Built, PeftError> {
        let [member] = self.members.as_slice() else { return Err(PeftError::missing("there is no config")) };
        made.loss(prefix_differs(self.model_type()));
        if member.get("use_gating").is_some_and(is_true) {
            made.loss("a gate weights the prefix by the input (`use_gating`); PEFT has no gates");
        }
        if member.get("leave_out").and_then(Value::as_list).is_some_and(|layers| !layers.is_empty()) {
            made.loss("some layers have no prefix (`leave_out`); in PEFT, all layers have one");
            return Ok(None);
        }
        let locations = self.prefix_locations();
        let [location] = locations.iter().copied().collect::<Vec<_>>()[..] else {
            // Why has been told: models with several kinds of prefixes have them in other places.
            return Ok(None);
        };
        let length =
            member.get("prefix_length").and_then(Value::as_i64).and_then(|length| usize::try_from(length).ok());
        let length =
            length.filter(|length| *length > 0).ok_or_else(|| PeftError::missing("there is no `prefix_length`"))?;
        let recipe = self.flat_prefix(member, location, length)?;
        let shape = recipe.shape(self.weights)?;
        if shape.first() != Some(&length) {
            return Err(PeftError::unfit(format!(
                "`prefix_length` is {length}, but the tensors are for {:?}",
                shape.first()
            )));
        }
        let stack = self.model.as_ref().and_then(|model| model.stacks.first());
        if stack.is_none() {
            made.note(
                "the number of layers and heads is not known and left to PEFT, which uses the base model's; they are \
                 written if it is named",
            );
        }
        let layers = stack.and_then(|stack| stack.layers);
        let width = layers.filter(|layers| *layers > 0).map(|layers| shape[1] as u64 / (2 * layers));
        let config = PrefixTuningConfig {
            num_virtual_tokens: Some(length as u64),
            num_layers: layers,
            num_attention_heads: stack.and_then(|stack| stack.key_value_heads),
            token_dim: width,
            encoder_hidden_size: width,
            num_transformer_submodules: Some(1),
            inference_mode: true,
            task_type: self.wrapped.task(self.model_type()),
            base_model_name_or_path: self.model_name.clone(),
            ..PrefixTuningConfig::default()
        };
        Ok(Some((Config::PrefixTuning(config), vec![made_from(recipe, TENSOR.to_owned(), self.weights)?])))
    }

    /// The kinds of prefixes that there are tensors of.
    fn prefix_locations(&self) -> BTreeSet<&str> {
        let leaves = self.tensors.keys().filter(|(_, container, _)| POOLS.contains(container)).map(|(_, _, leaf)| leaf);
        leaves.filter_map(|leaf| leaf.split_once('.').map(|(location, _)| location)).collect()
    }

    /// A prefix as PEFT has it: a row for each virtual token, without a network that makes it.
    fn flat_prefix(&self, member: &Map, location: &str, length: usize) -> Result<Recipe, PeftError> {
        let find = |leaf: &str| {
            let name = format!("{location}.{leaf}");
            self.tensors.iter().find(|((_, container, of), _)| POOLS.contains(container) && *of == name)
        };
        if let Some((_, flat)) = find("control_trans") {
            let total: usize = flat.shape.iter().product();
            return Ok(flat.recipe.clone().reshaped(vec![length, total / length]));
        }
        let recipe = |leaf: &str| {
            let found = find(leaf).ok_or_else(|| PeftError::missing(format!("{location}.{leaf} is missing")))?;
            Ok::<Recipe, PeftError>(found.1.recipe.clone())
        };
        let parts = NETWORK.map(recipe).into_iter().collect::<Result<Vec<_>, _>>()?;
        let name = member.get("non_linearity").and_then(Value::as_str).unwrap_or_default();
        Ok(ejected(parts, name, self.weights)?)
    }

    pub(super) fn prompt(&self, made: &mut Made) -> Result<Built, PeftError> {
        made.loss(PROMPT_DIFFERS);
        let found = self.tensors.iter().find(|((_, container, _), _)| *container == Container::Prompts);
        let (_, prompt) = found.ok_or_else(|| PeftError::missing("the prompt is missing"))?;
        let &[length, width] = prompt.shape.as_slice() else {
            return Err(PeftError::unfit("the prompt is not a matrix"));
        };
        let stack = self.model.as_ref().and_then(|model| model.stacks.first());
        let config = PromptTuningConfig {
            num_virtual_tokens: Some(length as u64),
            num_layers: stack.and_then(|stack| stack.layers),
            num_attention_heads: stack.and_then(|stack| stack.heads),
            token_dim: Some(width as u64),
            num_transformer_submodules: Some(1),
            inference_mode: true,
            task_type: self.wrapped.task(self.model_type()),
            base_model_name_or_path: self.model_name.clone(),
            ..PromptTuningConfig::default()
        };
        let tensor = made_from(prompt.recipe.clone(), TENSOR.to_owned(), self.weights)?;
        Ok(Some((Config::PromptTuning(config), vec![tensor])))
    }
}
