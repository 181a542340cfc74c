use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use super::source::file_names;
use super::{Carried, ConvertError, Plan, Source};
use crate::document::write::to_json;
use crate::tensors::{Dtype, Existing, Outgoing, Tensor, TensorFile, write_safetensors, write_torch_zip};
use crate::value::Value;

/// The kind of file that weights are written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// safetensors. Tensors that the library ties are written once, under the first of their names.
    Safetensors,
    /// A file of `torch.save`, which ties them.
    Torch,
}

/// What was read back after writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof {
    /// Tensors whose bytes are those of the source.
    pub identical: usize,
    /// Tensors that are what the plan makes of the source.
    pub computed: usize,
}

impl Plan {
    /// Writes the result into a folder, reads it back and compares it with the source, tensor by tensor. A folder that
    /// does not exist appears as a whole or not at all; in one that exists, each file does.
    ///
    /// # Errors
    /// If a file exists and `existing` refuses that, something cannot be written, or the comparison fails.
    pub fn write(
        &self,
        source: &Source,
        folder: &Path,
        container: Container,
        existing: Existing,
    ) -> Result<Proof, ConvertError> {
        let failed = |path: &Path, error: &io::Error| ConvertError::file(path.display(), error.to_string());
        if folder.exists() {
            self.write_into(source, folder, container, existing)?;
            return self.prove(source, folder, container);
        }
        let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let beside = tempfile::Builder::new().prefix(".adapter-").tempdir_in(parent);
        let beside = beside.map_err(|error| failed(parent, &error))?;
        // A folder of its own inside: the outer one is only for its owner to read.
        let inner = beside.path().join("adapter");
        fs::create_dir(&inner).map_err(|error| failed(&inner, &error))?;
        self.write_into(source, &inner, container, Existing::Refuse)?;
        let proof = self.prove(source, &inner, container)?;
        fs::rename(&inner, folder).map_err(|error| failed(folder, &error))?;
        Ok(proof)
    }

    fn write_into(
        &self,
        source: &Source,
        folder: &Path,
        container: Container,
        existing: Existing,
    ) -> Result<(), ConvertError> {
        let [config, safetensors, torch] = file_names(self.kind);
        let config = folder.join(config);
        let failed = |error: &io::Error| ConvertError::file(config.display(), error.to_string());
        if existing == Existing::Refuse && config.exists() {
            return Err(ConvertError::file(config.display(), "it exists already"));
        }
        let weights = self.weights(source, container);
        let outgoing = weights.iter().filter_map(|carried| self.outgoing(source, carried));
        match container {
            Container::Safetensors => {
                write_safetensors(folder.join(safetensors), outgoing, &BTreeMap::new(), existing)?;
            }
            Container::Torch => write_torch_zip(folder.join(torch), outgoing, existing)?,
        }
        let mut beside = tempfile::NamedTempFile::new_in(folder).map_err(|error| failed(&error))?;
        io::Write::write_all(&mut beside, to_json(&Value::Map(self.config.clone())).as_bytes())
            .and_then(|()| beside.as_file().sync_all())
            .map_err(|error| failed(&error))?;
        readable(beside.as_file()).map_err(|error| failed(&error))?;
        beside.persist(&config).map_err(|error| failed(&error.error))?;
        Ok(())
    }

    /// The tensors that the container takes.
    fn weights(&self, source: &Source, container: Container) -> Vec<&Carried> {
        let mut seen = BTreeSet::new();
        let is_new = |carried: &&Carried| match source.tensors.get(&carried.from) {
            Some(tensor) if container == Container::Safetensors => seen.insert(tensor.alias().name().to_owned()),
            Some(_) => true,
            None => false,
        };
        self.tensors.iter().filter(is_new).collect()
    }

    fn outgoing<'a>(&self, source: &'a Source, carried: &'a Carried) -> Option<Outgoing<'a>> {
        let tensor = source.tensors.get(&carried.from)?;
        let outgoing = match carried.factor {
            None => Outgoing::from(tensor),
            Some(factor) => {
                Outgoing::new("", tensor.dtype(), tensor.shape(), move || Ok(Cow::Owned(times(tensor, factor)?)))
            }
        };
        Some(outgoing.renamed(carried.to.as_str()))
    }

    fn prove(&self, source: &Source, folder: &Path, container: Container) -> Result<Proof, ConvertError> {
        let [config, safetensors, torch] = file_names(self.kind);
        let path = folder.join(if container == Container::Safetensors { safetensors } else { torch });
        let written = TensorFile::open(&path)?;
        let different = |what: String| ConvertError::file(path.display(), what);
        let weights = self.weights(source, container);
        let mut proof = Proof { identical: 0, computed: 0 };
        for carried in &weights {
            let (Some(before), Some(after)) = (source.tensors.get(&carried.from), written.get(&carried.to)) else {
                return Err(different(format!("`{}` was written and is not there", carried.to)));
            };
            let failed = |error: io::Error| different(error.to_string());
            let expected = match carried.factor {
                None => before.bytes(),
                Some(factor) => Cow::Owned(times(before, factor).map_err(failed)?),
            };
            if (after.dtype(), after.shape(), &after.bytes()) != (before.dtype(), before.shape(), &expected) {
                return Err(different(format!("`{}` is not what was written", carried.to)));
            }
            match carried.factor {
                None => proof.identical += 1,
                Some(_) => proof.computed += 1,
            }
        }
        if written.len() != weights.len() {
            return Err(different(format!("it has {} tensors, not {}", written.len(), weights.len())));
        }
        let again = Source::open(folder)?;
        if Value::Map(again.resolved.config().value()) != self.config.get("config").cloned().unwrap_or(Value::Null) {
            return Err(ConvertError::file(folder.join(config).display(), "the config does not mean what it should"));
        }
        Ok(proof)
    }
}

/// The numbers of a tensor times a factor, in its own type.
fn times(tensor: Tensor<'_>, factor: f64) -> io::Result<Vec<u8>> {
    let numbers = tensor.to_f64_vec().map_err(|error| io::Error::other(error.to_string()))?;
    let scaled = numbers.into_iter().map(|number| number * factor);
    match tensor.dtype() {
        Dtype::F64 => Ok(scaled.flat_map(f64::to_le_bytes).collect()),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "rounding to the tensor's own precision is what is asked for"
        )]
        Dtype::F32 => Ok(scaled.flat_map(|number| (number as f32).to_le_bytes()).collect()),
        Dtype::F16 => Ok(scaled.flat_map(|number| half::f16::from_f64(number).to_le_bytes()).collect()),
        Dtype::Bf16 => Ok(scaled.flat_map(|number| half::bf16::from_f64(number).to_le_bytes()).collect()),
        other => Err(io::Error::other(format!("numbers of the type {other} are not scaled"))),
    }
}

/// Gives a file the permissions that other new files get.
#[cfg(unix)]
fn readable(file: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &fs::File) -> io::Result<()> {
    Ok(())
}
