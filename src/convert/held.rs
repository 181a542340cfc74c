//! What a plan makes, in memory: for another conversion, and for whoever wants to know what that would be.

use super::write::{metadata, outgoing};
use super::{Container, ConvertError, Holds, Output, Plan, Source, Weights, adapterhub, peft};
use crate::dialects::adapterhub::Role;
use crate::dialects::peft::WEIGHTS_NAMES;
use crate::tensors::{TensorFile, safetensors_bytes};

impl Plan {
    /// The result as it would be read, had it been written as safetensors.
    ///
    /// # Errors
    /// If a tensor cannot be made.
    pub fn held(&self, source: &Source) -> Result<Source, ConvertError> {
        let weights = |output: &Output| {
            let outgoing = outgoing(output, &source.weights[output.reads], Container::Safetensors, &|_| ());
            let bytes = safetensors_bytes(outgoing, &metadata(output))?;
            Ok::<_, ConvertError>(Weights::File(TensorFile::from_bytes(output.weights_names[0], bytes)?))
        };
        let holds = match &self.outputs[..] {
            [output] if output.weights_names == WEIGHTS_NAMES => {
                Holds::Peft(Box::new(peft::Part::new(output.config.clone(), output.config_name.to_owned(), None)))
            }
            outputs => {
                let role =
                    |output: &Output| Role::ALL.into_iter().find(|role| role.config_name() == output.config_name);
                let configs = outputs.iter().filter_map(|output| Some((role(output)?, output.config.clone())));
                Holds::AdapterHub(adapterhub::hold(configs.collect())?)
            }
        };
        Ok(Source {
            path: source.path.clone(),
            holds,
            weights: self.outputs.iter().map(weights).collect::<Result<_, _>>()?,
            ignored: Vec::new(),
            beside: Vec::new(),
        })
    }
}
