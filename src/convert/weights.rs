use crate::tensors::{ShardedTensors, Tensor, TensorFile};

/// The tensors of a part of the source: one file, or several that an index holds together.
#[derive(Debug)]
pub enum Weights {
    /// One file.
    File(TensorFile),
    /// Several.
    Sharded(ShardedTensors),
}

impl Weights {
    /// The tensors, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = Tensor<'_>> {
        let (file, sharded) = match self {
            Self::File(file) => (Some(file.iter()), None),
            Self::Sharded(sharded) => (None, Some(sharded.iter())),
        };
        file.into_iter().flatten().chain(sharded.into_iter().flatten())
    }

    /// The tensor of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Tensor<'_>> {
        match self {
            Self::File(file) => file.get(name),
            Self::Sharded(sharded) => sharded.get(name),
        }
    }

    /// How many tensors there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::File(file) => file.len(),
            Self::Sharded(sharded) => sharded.len(),
        }
    }

    /// Whether there are no tensors.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
