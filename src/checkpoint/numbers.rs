//! What the numbers in a file of weights are like, looked at once for all rules.

use std::cell::OnceCell;

use super::Weights;
use crate::tensors::{Statistics, Tensor, TensorFile};

/// The numbers in a larger file are only looked at if that is asked for.
pub(crate) const FEW_BYTES: u64 = 64 << 20;

/// The statistics of the tensors of one file, made when they are first asked for.
pub(crate) struct Numbers<'a> {
    file: Option<&'a TensorFile>,
    known: OnceCell<Vec<(Tensor<'a>, Statistics)>>,
}

impl<'a> Numbers<'a> {
    /// Those of a file; of none, nothing is known.
    pub(crate) fn new(file: Option<&'a TensorFile>) -> Self {
        Self { file, known: OnceCell::new() }
    }

    /// Whether a file is small enough that its numbers are looked at unasked.
    pub(crate) fn are_few(weights: &Weights) -> bool {
        weights.bytes.is_some_and(|bytes| bytes <= FEW_BYTES)
    }

    /// Of every tensor, in the order of their names: those that share memory once, and without those that cannot be told.
    pub(crate) fn all(&self) -> &[(Tensor<'a>, Statistics)] {
        self.known.get_or_init(|| {
            let own = self.file.into_iter().flat_map(TensorFile::iter);
            let own = own.filter(|tensor| tensor.alias().name() == tensor.name());
            own.filter_map(|tensor| Some((tensor, tensor.statistics().ok()?))).collect()
        })
    }

    /// Of one tensor.
    pub(crate) fn of(&self, tensor: Tensor<'_>) -> Option<Statistics> {
        let alias = tensor.alias().name();
        let known = self.all();
        let at = known.binary_search_by(|(known, _)| known.name().cmp(alias)).ok()?;
        Some(known[at].1)
    }
}
