//! Tensors in several files, which an index (`*.index.json`) holds together.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::error::{Cause, Fault, TensorError};
use super::file::{Tensor, TensorFile};
use crate::files;

/// The longest index.
const MAX_INDEX: u64 = 64 << 20;

/// The most files of one index.
const MAX_SHARDS: usize = 1 << 12;

/// The files that an index names, open to be read as one.
#[derive(Debug)]
pub struct ShardedTensors {
    shards: Vec<TensorFile>,
    /// For each tensor its file.
    places: BTreeMap<String, usize>,
}

/// What an index says; its other keys are no concern of ours.
#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

impl ShardedTensors {
    /// Opens an index, and all files that it names beside itself.
    ///
    /// # Errors
    /// [`TensorError`] if a file cannot be read, lies in another folder, or lacks or has a tensor against the index.
    pub fn open(index: impl AsRef<Path>) -> Result<Self, TensorError> {
        let path = index.as_ref();
        let in_index = |fault: Fault| fault.in_file(&path.display().to_string());
        let Index { weight_map } = read(path).map_err(in_index)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut numbers = BTreeMap::new();
        let mut shards = Vec::new();
        let mut places = BTreeMap::new();
        for (name, file) in weight_map {
            let number = match numbers.get(&file) {
                Some(number) => *number,
                None => {
                    check(&file, shards.len()).map_err(|cause| in_index(cause.of_tensor(&*name)))?;
                    shards.push(TensorFile::open(folder.join(&file))?);
                    numbers.insert(file, shards.len() - 1);
                    shards.len() - 1
                }
            };
            if shards[number].get(&name).is_none() {
                let why = format!("the index says that it is in {}, but it is not", shards[number].name());
                return Err(in_index(Cause::malformed(why).of_tensor(name)));
            }
            places.insert(name, number);
        }
        for (number, shard) in shards.iter().enumerate() {
            if let Some(tensor) = shard.iter().find(|tensor| places.get(tensor.name()) != Some(&number)) {
                return Err(tensor.error(Cause::malformed("the index does not say that it is in this file")));
            }
        }
        Ok(Self { shards, places })
    }

    /// The files, in no order that matters.
    #[must_use]
    pub fn shards(&self) -> &[TensorFile] {
        &self.shards
    }

    /// The tensors of all files, sorted by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Tensor<'_>> {
        self.places.iter().map(|(name, number)| {
            self.shards[*number].get(name).expect("the file was seen to have the tensor when it was opened")
        })
    }

    /// The tensor of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Tensor<'_>> {
        self.shards[*self.places.get(name)?].get(name)
    }

    /// How many tensors there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are no tensors.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }
}

fn read(path: &Path) -> Result<Index, Fault> {
    let text = files::read(path, MAX_INDEX)?;
    serde_json::from_slice(&text)
        .map_err(|error| Cause::malformed(format!("the index is malformed: {error}")).of_file())
}

/// Whether a file of this name lies beside the index, on every system, and is not one too many.
fn check(file: &str, shards: usize) -> Result<(), Cause> {
    if matches!(file, "" | "." | "..") || file.contains(['/', '\\', ':', '\0']) {
        return Err(Cause::malformed(format!("its file `{file}` is not beside the index")));
    }
    if shards >= MAX_SHARDS {
        return Err(Cause::Limit { what: "files", bound: MAX_SHARDS as u64 });
    }
    Ok(())
}
