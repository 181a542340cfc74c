//! What a plan makes, without the folder that it would be written to: for another conversion, and for whoever wants to
//! know what that would be.

use std::path::Path;

use super::write::{metadata, outgoing};
use super::{Container, ConvertError, Holds, Output, OutputKind, Plan, Source, Weights, adapterhub, peft};
use crate::files::Existing;
use crate::tensors::{TensorFile, safetensors_bytes, write_safetensors};

/// So many bytes are held in memory; more go by way of a scratch file, so that memory does not grow with the checkpoint.
const MOST_HELD: usize = 1 << 28;

impl Plan {
    /// How many bytes its tensors have.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let bytes =
            self.outputs.iter().flat_map(|output| &output.tensors).map(|carried| {
                carried.shape.iter().fold(carried.dtype.size(), |bytes, size| bytes.saturating_mul(*size))
            });
        bytes.fold(0, usize::saturating_add)
    }

    /// Whether [`Plan::held`] goes without a scratch file.
    #[must_use]
    pub fn fits_in_memory(&self) -> bool {
        self.bytes() <= MOST_HELD
    }

    /// The result as it would be read, had it been written as safetensors.
    ///
    /// # Errors
    /// If a tensor cannot be made, or the scratch file of a large result cannot be written.
    pub fn held(&self, source: &Source) -> Result<Source, ConvertError> {
        self.held_of(&source.path, &source.weights)
    }

    /// [`Plan::held`], where all that is known of the source is its path and the weights.
    pub(super) fn held_of(&self, path: &Path, from: &[Weights]) -> Result<Source, ConvertError> {
        let weights = |output: &Output| {
            let outgoing = outgoing(output, &from[output.reads], Container::Safetensors, &|_| ());
            let name = output.kind.weights_names()[0];
            if self.fits_in_memory() {
                let bytes = safetensors_bytes(outgoing, &metadata(output))?;
                return Ok(Weights::File(TensorFile::from_bytes(name, bytes)?));
            }
            let failed = |error: std::io::Error| ConvertError::file("a scratch folder", error);
            let scratch = tempfile::tempdir().map_err(failed)?;
            let path = scratch.path().join(name);
            write_safetensors(&path, outgoing, &metadata(output), Existing::Refuse)?;
            // The open file outlives its name.
            Ok::<_, ConvertError>(Weights::File(TensorFile::open(&path)?))
        };
        let holds = match &self.outputs[..] {
            [output] if output.kind == OutputKind::Peft => {
                let name = output.kind.config_name().to_owned();
                Holds::Peft(Box::new(peft::Part::new(output.config.clone(), name, None)))
            }
            outputs => {
                let configs = outputs.iter().filter_map(|output| match output.kind {
                    OutputKind::AdapterHub(role) => Some((role, output.config.clone())),
                    OutputKind::Peft => None,
                });
                Holds::AdapterHub(adapterhub::hold(configs.collect())?)
            }
        };
        Ok(Source {
            path: path.to_owned(),
            holds,
            weights: self.outputs.iter().map(weights).collect::<Result<_, _>>()?,
            ignored: Vec::new(),
            beside: Vec::new(),
            strangers: Vec::new(),
        })
    }
}
