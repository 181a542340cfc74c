use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use super::source::read_config;
use super::{Carried, ConvertError, Output, Plan, Source, Weights};
use crate::document::write::to_json;
use crate::files::{self, Existing, Scratch};
use crate::tensors::{Copies, Outgoing, Pieces, TensorFile, copy_safetensors, write_torch_zip};
use crate::value::{Map, Value};

/// The kind of file that weights are written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// safetensors. Tensors that the library ties are written once, under the first of their names; the others are in the
    /// metadata, each with the first, as `safetensors.torch.save_model` has it.
    Safetensors,
    /// A file of `torch.save`, which ties them.
    Torch,
}

impl Container {
    /// Both, safetensors first: PEFT looks for them in this order.
    pub const BOTH: &[Self] = &[Self::Safetensors, Self::Torch];

    /// Both, torch's first: AdapterHub's libraries look for safetensors only if they are told to.
    pub const TORCH_FIRST: &[Self] = &[Self::Torch, Self::Safetensors];

    fn name_in(self, output: &Output) -> &'static str {
        let [safetensors, torch] = output.kind.weights_names();
        if self == Self::Safetensors { safetensors } else { torch }
    }

    fn other(self) -> Self {
        if self == Self::Safetensors { Self::Torch } else { Self::Safetensors }
    }
}

/// What archives are called that adapters are read from.
const ARCHIVES: [&str; 4] = [".zip", ".tar", ".tar.gz", ".tgz"];

/// What was read back after writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Proof {
    /// Tensors whose bytes are those of the source.
    pub identical: usize,
    /// Tensors that are what the plan makes of the source.
    pub computed: usize,
}

impl Plan {
    /// Writes the result into a folder, reads it back and compares it with the source, tensor by tensor, before
    /// anything is put in its place. A folder that does not exist appears as a whole or not at all; in one that
    /// exists, each file does. `progress` is told of every tensor how many bytes it has, once when it is written and
    /// once when it is compared.
    ///
    /// # Errors
    /// If a file exists and `existing` refuses that, something cannot be written, or the comparison fails.
    pub fn write(
        &self,
        source: &Source,
        folder: &Path,
        container: Container,
        existing: Existing,
        progress: &dyn Fn(usize),
    ) -> Result<Proof, ConvertError> {
        let failed = |path: &Path, error: io::Error| ConvertError::file(path.display(), error);
        self.check_target(folder, container, existing)?;
        let exists = folder.exists();
        let parent = if exists { folder } else { files::folder(folder) };
        let beside = Scratch::new(parent).map_err(|error| failed(parent, error))?;
        let proof = self.write_into(beside.path(), source, container, progress)?;
        if exists {
            self.publish(beside.path(), folder, container, existing)?;
        } else {
            beside.publish(folder).map_err(|error| failed(folder, error))?;
        }
        Ok(proof)
    }

    /// Writes the files into a folder that nobody else looks into, and compares them with the source.
    pub(super) fn write_into(
        &self,
        folder: &Path,
        source: &Source,
        container: Container,
        progress: &dyn Fn(usize),
    ) -> Result<Proof, ConvertError> {
        let mut proof = Proof::default();
        for output in &self.outputs {
            let files = Files { output, weights: &source.weights[output.reads], folder, container, progress };
            let copies = files.write()?;
            files.prove(&copies, &mut proof)?;
        }
        Ok(proof)
    }

    /// Moves the files from there to their places.
    pub(super) fn publish(
        &self,
        from: &Path,
        to: &Path,
        container: Container,
        existing: Existing,
    ) -> Result<(), ConvertError> {
        for name in self.outputs.iter().flat_map(|output| [container.name_in(output), output.kind.config_name()]) {
            let target = to.join(name);
            let moved = files::publish(&from.join(name), &target, existing);
            moved.map_err(|error| ConvertError::file(target.display(), error))?;
        }
        Ok(())
    }

    /// Whether the files may be put into a folder: what [`write`](Self::write) asks before anything else.
    ///
    /// # Errors
    /// If there is something in their place, or beside it, or no folder for a new one.
    pub fn check_target(&self, folder: &Path, container: Container, existing: Existing) -> Result<(), ConvertError> {
        if folder.symlink_metadata().is_err() {
            let parent = files::folder(folder);
            let missing = || ConvertError::file(parent.display(), "there is no such folder");
            let name = folder.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
            if let Some(end) = ARCHIVES.iter().find(|end| name.ends_with(**end)) {
                let detail = format!("a folder is written, not an archive: name it without `{end}`");
                return Err(ConvertError::file(folder.display(), detail));
            }
            return if parent.is_dir() { Ok(()) } else { Err(missing()) };
        }
        if !folder.is_dir() {
            return Err(ConvertError::file(folder.display(), "it is no folder"));
        }
        for output in &self.outputs {
            for name in [output.kind.config_name(), container.name_in(output)] {
                let path = folder.join(name);
                if existing == Existing::Refuse && path.symlink_metadata().is_ok() {
                    return Err(ConvertError::file(path.display(), files::EXISTS));
                }
            }
            let [own, other] = [container, container.other()].map(|container| container.name_in(output));
            for name in [other, &format!("{own}.index.json"), &format!("{other}.index.json")] {
                let other = folder.join(name);
                if other.symlink_metadata().is_ok() {
                    return Err(ConvertError::file(other.display(), files::BESIDE_WEIGHTS));
                }
            }
        }
        Ok(())
    }
}

/// A config and its weights in a folder.
struct Files<'a> {
    output: &'a Output,
    weights: &'a Weights,
    folder: &'a Path,
    container: Container,
    progress: &'a dyn Fn(usize),
}

impl Files<'_> {
    fn write(&self) -> Result<Copies, ConvertError> {
        let path = self.folder.join(self.container.name_in(self.output));
        let outgoing = outgoing(self.output, self.weights, self.container, self.progress);
        let copies = match self.container {
            Container::Safetensors => copy_safetensors(&path, outgoing, &metadata(self.output), Existing::Refuse)?,
            Container::Torch => write_torch_zip(&path, outgoing, Existing::Refuse).map(|()| Copies::default())?,
        };
        let path = self.folder.join(self.output.kind.config_name());
        let text = text_of(&self.output.config);
        let written = fs::File::create_new(&path).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
        written.map_err(|error| ConvertError::file(path.display(), error)).map(|()| copies)
    }

    /// Reads back what was written; of the tensors' bytes, those that were not read back already.
    fn prove(&self, copies: &Copies, proof: &mut Proof) -> Result<(), ConvertError> {
        let path = self.folder.join(self.container.name_in(self.output));
        let written = TensorFile::open(&path)?;
        let different = |what: String| ConvertError::file(path.display(), what);
        for carried in taken(self.output, self.container) {
            let Some(after) = written.get(&carried.to) else {
                return Err(different(format!("`{}` was written but is not there", carried.to)));
            };
            let is_copy = copies.has(after) && (after.dtype(), after.shape()) == (carried.dtype, &carried.shape[..]);
            let is_same = is_copy
                || carried.is_same(self.weights, after).map_err(|error| ConvertError::file(path.display(), error))?;
            if !is_same {
                return Err(different(format!("`{}` is not what was written", carried.to)));
            }
            (self.progress)(after.byte_len());
            match carried.copy_of(self.weights) {
                Some(_) => proof.identical += 1,
                None => proof.computed += 1,
            }
        }
        if self.container == Container::Safetensors {
            for (name, kept) in other_names(self.output) {
                let [other, first] = [&name, &kept].map(|name| written.get(name).map(|tensor| tensor.alias().name()));
                if other.is_none() || other != first {
                    return Err(different(format!("`{name}` is not tied to `{kept}`")));
                }
            }
        }
        let [there, planned] = [written.len(), self.output.tensors.len()];
        if there != planned {
            return Err(different(format!("it has {there} tensors, not {planned}")));
        }
        let path = self.folder.join(self.output.kind.config_name());
        if read_config(&path)? == self.output.config {
            Ok(())
        } else {
            Err(ConvertError::file(path.display(), "the config is not what was written"))
        }
    }
}

/// A config as the libraries write it: in ASCII, without a line end.
fn text_of(config: &Map) -> String {
    let mut text = String::new();
    for letter in to_json(&Value::Map(config.clone())).trim_end().chars() {
        match letter {
            '\n' | ' '..='~' => text.push(letter),
            _ => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    // Nothing fails that is written to a text.
                    let _ = write!(text, "\\u{unit:04x}");
                }
            }
        }
    }
    text
}

/// The tensors as the container takes them.
pub(super) fn outgoing<'a>(
    output: &'a Output,
    weights: &'a Weights,
    container: Container,
    progress: &'a dyn Fn(usize),
) -> Vec<Outgoing<'a>> {
    let mut ties = BTreeMap::new();
    let outgoing = |carried: &'a Carried| {
        let copied = carried.copy_of(weights).and_then(|name| weights.get(name));
        let outgoing = match copied {
            Some(tensor) => Outgoing::from(tensor).renamed(carried.to.as_str()).untied(),
            None => {
                let pieces = move || {
                    let pieces = carried.pieces(weights).map_err(io::Error::other)?;
                    Ok(Box::new(pieces.map(|piece| piece.map(Cow::Owned).map_err(io::Error::other))) as Pieces<'_>)
                };
                Outgoing::in_pieces(carried.to.as_str(), carried.dtype, carried.shape.as_slice(), pieces)
            }
        };
        let outgoing = outgoing.watched(progress);
        match &carried.tie {
            None => outgoing,
            Some(tie) => {
                let next = ties.len();
                outgoing.tied(*ties.entry(tie).or_insert(next))
            }
        }
    };
    taken(output, container).into_iter().map(outgoing).collect()
}

/// What stands in safetensors beside the tensors, other names of tied ones included.
pub(super) fn metadata(output: &Output) -> BTreeMap<String, String> {
    let mut metadata = output.metadata.clone();
    metadata.extend(other_names(output));
    metadata
}

/// The tensors that the container takes.
fn taken(output: &Output, container: Container) -> Vec<&Carried> {
    let mut seen = BTreeSet::new();
    let is_new = |carried: &&Carried| match &carried.tie {
        Some(tie) if container == Container::Safetensors => seen.insert(tie.clone()),
        _ => true,
    };
    output.tensors.iter().filter(is_new).collect()
}

/// The names of tied tensors that safetensors does not take, each with the one that it takes.
fn other_names(output: &Output) -> BTreeMap<String, String> {
    let mut first: BTreeMap<&str, &str> = BTreeMap::new();
    let mut others = BTreeMap::new();
    for carried in &output.tensors {
        let Some(tie) = &carried.tie else { continue };
        let kept = *first.entry(tie).or_insert(&carried.to);
        if kept != carried.to {
            others.insert(carried.to.clone(), kept.to_owned());
        }
    }
    others
}
