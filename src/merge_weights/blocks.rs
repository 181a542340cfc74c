//! Weights that are changed some rows at a time, on all processors, so that memory does not grow with them.

use std::num::NonZero;
use std::ops::Range;
use std::thread;
use std::vec;

use ndarray::Array2;

use super::MergeError;
use crate::convert::rounded;
use crate::dialects::peft::updates::Boxed;
use crate::methods::MethodError;
use crate::methods::updates::{Block, Update};
use crate::tensors::{Dtype, Reader, Tensor};

/// So many numbers at a time: few enough to stay in a processor's cache.
const PIECE: usize = 1 << 17;

/// The bytes of a tensor, one piece after the other.
pub(super) type Pieces<'p> = Box<dyn Iterator<Item = Result<Vec<u8>, MergeError>> + 'p>;

/// Numbers as a file holds them.
pub(super) fn bytes(name: &str, numbers: &[f64], dtype: Dtype) -> Result<Vec<u8>, MergeError> {
    rounded(numbers, dtype).map_err(|detail| MergeError::file(name, detail))
}

/// The sizes of a tensor as a matrix: the kernel of a convolution lies flat behind the input's channel.
pub(super) fn size(tensor: Tensor<'_>) -> (usize, usize) {
    (tensor.shape().first().copied().unwrap_or(1), tensor.shape().iter().skip(1).product())
}

/// Whether an update needs no more of a weight of this size, `[out, in]`, than some rows as they are stored.
pub(super) fn serve(update: &dyn Update<f64>, of: (usize, usize), is_turned: bool) -> bool {
    let none = block(0..0, of, is_turned);
    update.merged_block(&none, Array2::zeros((none.rows.len(), none.columns.len()))).is_some()
}

/// Rows of a stored weight as a block of the map, `of` these sizes.
fn block(stored: Range<usize>, of: (usize, usize), is_turned: bool) -> Block {
    match is_turned {
        true => Block { rows: 0..of.0, columns: stored, of },
        false => Block { rows: stored, columns: 0..of.1, of },
    }
}

/// The bytes of a tensor in a type. In its own they stay as they are, integers too: what norms of batches count is saved with
/// them.
pub(super) fn replaced(tensor: Tensor<'_>, dtype: Dtype) -> Pieces<'_> {
    if tensor.dtype() == dtype {
        let bytes = tensor.bytes();
        let pieces = (0..bytes.len()).step_by(PIECE);
        return Box::new(pieces.map(move |start| Ok(bytes[start..bytes.len().min(start + PIECE)].to_vec())));
    }
    let count: usize = tensor.shape().iter().product();
    let reader = tensor.reader();
    let pieces = (0..count).step_by(PIECE).map(move |start| start..count.min(start + PIECE));
    Box::new(pieces.map(move |range| bytes(tensor.name(), &reader.numbers(range)?, dtype)))
}

/// The bytes of a weight with an update in it.
pub(super) struct Blocks<'p> {
    rows: Rows<'p>,
    /// The first row that is not asked for yet.
    next: usize,
    ready: vec::IntoIter<Result<Vec<u8>, MergeError>>,
}

/// How some rows are made.
struct Rows<'p> {
    module: &'p str,
    weight: Tensor<'p>,
    reader: Reader<'p>,
    update: Boxed<f64>,
    is_turned: bool,
    dtype: Dtype,
}

impl<'p> Blocks<'p> {
    /// For an update that [serves](serve).
    pub(super) fn new(module: &'p str, weight: Tensor<'p>, update: Boxed<f64>, is_turned: bool, dtype: Dtype) -> Self {
        let rows = Rows { module, weight, reader: weight.reader(), update, is_turned, dtype };
        Self { rows, next: 0, ready: Vec::new().into_iter() }
    }

    /// So many of the next rows at once as there are processors for.
    fn round(&mut self) -> Vec<Result<Vec<u8>, MergeError>> {
        let (count, width) = size(self.rows.weight);
        let step = (PIECE / width.max(1)).max(1);
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        let mut ranges: Vec<_> =
            (self.next..count).step_by(step).take(threads).map(|start| start..count.min(start + step)).collect();
        self.next = ranges.last().map_or(count, |range| range.end);
        let Some(last) = ranges.pop() else { return Vec::new() };
        let rows = &self.rows;
        thread::scope(|scope| {
            let others: Vec<_> = ranges.into_iter().map(|range| scope.spawn(|| rows.changed(range))).collect();
            let own = rows.changed(last);
            let others =
                others.into_iter().map(|other| other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            others.chain([own]).collect()
        })
    }
}

impl Iterator for Blocks<'_> {
    type Item = Result<Vec<u8>, MergeError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(rows) = self.ready.next() {
            return Some(rows);
        }
        self.ready = self.round().into_iter();
        self.ready.next()
    }
}

impl Rows<'_> {
    /// The bytes of some rows, as they are stored.
    fn changed(&self, stored: Range<usize>) -> Result<Vec<u8>, MergeError> {
        let failed = |error: MethodError| MergeError::update(self.module, error);
        let (count, width) = size(self.weight);
        let numbers = self.reader.numbers(stored.start * width..stored.end * width)?;
        let part = Array2::from_shape_vec((stored.len(), width), numbers);
        let part = part.map_err(|error| failed(MethodError::input(error.to_string())))?;
        let turned = |part: Array2<f64>| if self.is_turned { part.reversed_axes() } else { part };
        let of = if self.is_turned { (width, count) } else { (count, width) };
        let changed = self.update.merged_block(&block(stored, of, self.is_turned), turned(part));
        let changed = changed.unwrap_or_else(|| Err(MethodError::undefined("the change needs the whole weight")));
        let stored = turned(changed.map_err(failed)?);
        bytes(self.weight.name(), stored.as_standard_layout().as_slice().unwrap_or_default(), self.dtype)
    }
}
