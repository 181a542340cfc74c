use super::super::place::Places;
use super::super::{Made, PROMPT_DIFFERS, prefix_differs};
use super::{Adapter, Built};
use crate::convert::Recipe;
use crate::convert::peft::PeftError;
use crate::dialects::adapterhub::names::Container;
use crate::dialects::adapterhub::sites::When;
use crate::dialects::peft::config::{PrefixTuningConfig, PromptTuningConfig, TaskType};
use crate::dialects::peft::names::Owner;
use crate::models::ModelType;
use crate::value::{Map, Value};

impl Adapter<'_> {
    pub(super) fn prefix(&self, config: &PrefixTuningConfig, made: &mut Made) -> Result<Built, PeftError> {
        let (name, length, width) = self.embeddings(config.num_virtual_tokens, 1, config.task_type, made)?;
        made.loss(prefix_differs(self.base.sites.model_type));
        let places = Places::new(self.base.sites, self.base.model.as_ref(), std::iter::empty());
        let layers = config.num_layers.or(Some(places.count()).filter(|_| places.certain));
        if let (Some(layers), Some(heads), Some(own)) = (layers, config.num_attention_heads, config.token_dim)
            && (own.checked_mul(2 * layers) != Some(width as u64) || heads == 0)
        {
            return Err(PeftError::unfit(format!(
                "the prefix is {width} wide, but {layers} layers with {own} values each are not"
            )));
        }
        let row = &self.base.sites.layers[0];
        let place = row.prefixes.iter().find(|prefix| prefix.when == When::Always);
        let Some(place) = place.filter(|_| self.base.sites.layers.len() == 1) else {
            made.loss(format!("adapters does not support such a prefix in {}", self.base.sites.model_type));
            return Ok(None);
        };
        let flat = Recipe::tensor(name).reshaped(vec![length * width]);
        let leaf = format!("{}.control_trans", place.location);
        // The pool of all prefixes is a part of every layer, and the library saves it as often.
        let mut paths: Vec<_> = (0..layers.unwrap_or(0))
            .map(|layer| (places.path(0, layer, place.path), Container::PooledPrefixes))
            .collect();
        paths.push((String::new(), Container::Prefixes));
        let tensors = paths.into_iter().map(|(path, container)| {
            let mut carried = self.made_from(flat.clone(), self.tensor_name(&path, container, &leaf))?;
            carried.tie = Some(leaf.clone());
            Ok::<_, PeftError>(carried)
        });
        let tensors = tensors.collect::<Result<Vec<_>, _>>()?;
        let keys = [
            ("architecture", Value::String("prefix_tuning".to_owned())),
            ("encoder_prefix", Value::Bool(true)),
            ("cross_prefix", Value::Bool(true)),
            ("leave_out", Value::List(Vec::new())),
            ("flat", Value::Bool(true)),
            ("prefix_length", integer(length)),
            ("bottleneck_size", integer(512)),
            ("non_linearity", Value::String("tanh".to_owned())),
            ("dropout", Value::Float(0.0)),
            ("use_gating", Value::Bool(false)),
            ("shared_gating", Value::Bool(true)),
            ("init_weights_seed", Value::Null),
        ];
        Ok(Some((map(keys), tensors)))
    }

    pub(super) fn prompt(&self, config: &PromptTuningConfig, made: &mut Made) -> Result<Built, PeftError> {
        // PEFT's default follows from the task.
        let of_task = if config.task_type == Some(TaskType::Seq2SeqLm) { 2 } else { 1 };
        let inputs = config.num_transformer_submodules.unwrap_or(of_task);
        let (name, length, _) = self.embeddings(config.num_virtual_tokens, inputs, config.task_type, made)?;
        let model_type = self.base.sites.model_type;
        if !ModelType::of(model_type).is_some_and(|row| row.prompt_tuning) {
            made.loss(format!("adapters has no prompt tuning in {model_type}"));
            return Ok(None);
        }
        if inputs != 1 {
            made.loss("PEFT has tokens of its own for the decoder; adapters has one prompt");
            return Ok(None);
        }
        made.loss(PROMPT_DIFFERS);
        let to = self.tensor_name("", Container::Prompts, "prompt_embedding.weight");
        let tensor = self.made_from(Recipe::tensor(name), to)?;
        let keys = [
            ("architecture", Value::String("prompt_tuning".to_owned())),
            ("prompt_length", integer(length)),
            ("prompt_init", Value::String("random_uniform".to_owned())),
            ("prompt_init_text", Value::Null),
            ("combine", Value::String("prefix".to_owned())),
            ("init_weights_seed", Value::Null),
        ];
        Ok(Some((map(keys), vec![tensor])))
    }

    /// The only tensor, with its sizes. It has the tokens of each of the model's inputs.
    fn embeddings(
        &self,
        tokens: Option<u64>,
        inputs: u64,
        task: Option<TaskType>,
        made: &mut Made,
    ) -> Result<(&str, usize, usize), PeftError> {
        let name = self
            .whole
            .get(&Owner::Prompt)
            .copied()
            .ok_or_else(|| PeftError::missing("prompt_embeddings is missing"))?;
        let shape = self.shape(name);
        let &[length, width] = shape.as_slice() else {
            return Err(PeftError::unfit(format!("{name} has the shape {shape:?}")));
        };
        if tokens.is_some_and(|tokens| tokens.checked_mul(inputs) != Some(length as u64)) {
            let beside = if inputs == 1 { String::new() } else { format!(", of each of {inputs} inputs") };
            return Err(PeftError::unfit(format!(
                "`num_virtual_tokens` is {}{beside}, but {name} has the shape {shape:?}",
                tokens.unwrap_or(0)
            )));
        }
        if task.is_none() {
            made.note("without a `task_type`, PEFT loads this but never uses it; it is converted as intended");
        }
        Ok((name, length, width))
    }
}

fn integer(number: usize) -> Value {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX).into())
}

fn map<const N: usize>(keys: [(&str, Value); N]) -> Map {
    keys.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}
