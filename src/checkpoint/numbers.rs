//! What the numbers in a file of weights are like, looked at once for all rules.

use std::cell::OnceCell;

use super::{CheckpointError, Weights};
use crate::tensors::{Statistics, Tensor, TensorError, TensorFile};

/// The numbers in a larger file are only looked at if that is asked for.
pub(crate) const FEW_BYTES: u64 = 64 << 20;

/// The statistics of the tensors of one file, made when they are first asked for. Rules ask for them one after the other, and
/// none of them can fail: what the system could not read is kept until the last has asked.
pub(crate) struct Numbers<'a> {
    file: Option<&'a TensorFile>,
    known: OnceCell<Vec<(Tensor<'a>, Statistics)>>,
    unreadable: OnceCell<TensorError>,
}

impl<'a> Numbers<'a> {
    /// Those of a file; of none, nothing is known.
    pub(crate) fn new(file: Option<&'a TensorFile>) -> Self {
        Self { file, known: OnceCell::new(), unreadable: OnceCell::new() }
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
            own.filter_map(|tensor| Some((tensor, self.kept(tensor.statistics())?))).collect()
        })
    }

    /// Of one tensor.
    pub(crate) fn of(&self, tensor: Tensor<'_>) -> Option<Statistics> {
        let alias = tensor.alias().name();
        let known = self.all();
        let at = known.binary_search_by(|(known, _)| known.name().cmp(alias)).ok()?;
        Some(known[at].1)
    }

    /// Whether two tensors have other types, shapes or bytes; not where this cannot be told.
    pub(crate) fn differ(&self, tensor: Tensor<'_>, other: Tensor<'_>) -> bool {
        self.kept(tensor.is_same(other)) == Some(false)
    }

    fn kept<T>(&self, read: Result<T, TensorError>) -> Option<T> {
        match read {
            Ok(read) => return Some(read),
            Err(error) if error.is_io() => _ = self.unreadable.set(error),
            // Numbers that no `f64` holds.
            Err(_) => {}
        }
        None
    }

    /// That all that was asked for could be read.
    ///
    /// # Errors
    /// What the system said, with the file and the tensor.
    pub(crate) fn finish(self) -> Result<(), CheckpointError> {
        self.unreadable.into_inner().map_or(Ok(()), |error| Err(CheckpointError::Tensors(error)))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::tensors::{Cause, Place};

    #[test]
    fn a_file_that_can_no_longer_be_read_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.safetensors");
        let header = br#"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
        let start = [&(header.len() as u64).to_le_bytes()[..], &header[..]].concat();
        fs::write(&path, [&start[..], &[0; 4]].concat()).expect("it can be written");
        let file = TensorFile::open(&path).expect("it is sound");
        let tensor = file.get("x").expect("it is there");
        assert!(Numbers::new(Some(&file)).finish().is_ok());
        fs::write(&path, &start).expect("it can be written");
        let (seen, compared) = (Numbers::new(Some(&file)), Numbers::new(Some(&file)));
        assert!(seen.all().is_empty() && !compared.differ(tensor, tensor));
        for numbers in [seen, compared] {
            let Err(CheckpointError::Tensors(error)) = numbers.finish() else { panic!("nothing is told") };
            assert_eq!(
                (error.file(), error.place()),
                (path.to_str().expect("a plain path"), &Place::Tensor("x".into()))
            );
            assert!(matches!(error.cause(), Cause::Io(_)), "{error}");
        }
    }
}
