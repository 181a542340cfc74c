use std::ops::Range;

use ndarray::{Array2, ArrayBase, ArrayView1, ArrayView2, Data, Ix1, Ix2, s};

use crate::methods::{MethodError, Scalar};

/// A block of a weight: some of its rows, and of these some columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Outputs.
    pub rows: Range<usize>,
    /// Inputs.
    pub columns: Range<usize>,
    /// The sizes of the whole weight, `[out, in]`.
    pub of: (usize, usize),
}

impl Block {
    /// All of a weight of these sizes.
    #[must_use]
    pub fn whole(of: (usize, usize)) -> Self {
        Self { rows: 0..of.0, columns: 0..of.1, of }
    }

    /// All of a weight.
    pub(super) fn all<T>(weight: &Array2<T>) -> Self {
        Self::whole(weight.dim())
    }

    /// Whether the block has its rows from end to end.
    pub(super) fn has_whole_rows(&self) -> bool {
        self.columns == (0..self.of.1)
    }

    /// The block's share of `b · a`, for a product as large as the weight.
    pub(super) fn product<T: Scalar>(&self, b: &Array2<T>, a: &Array2<T>) -> Result<Array2<T>, MethodError> {
        self.meets("a product", (b.nrows(), a.ncols()))?;
        super::matrix::dot(&b.slice(s![self.rows.clone(), ..]), &a.slice(s![.., self.columns.clone()]))
    }

    /// The block's share of a matrix as large as the weight.
    pub(super) fn share<'a, T, S: Data<Elem = T>>(
        &self,
        matrix: &'a ArrayBase<S, Ix2>,
    ) -> Result<ArrayView2<'a, T>, MethodError> {
        self.meets("a matrix", matrix.dim())?;
        Ok(matrix.slice(s![self.rows.clone(), self.columns.clone()]))
    }

    /// The numbers of a vector, one for each output, that belong to the block's rows.
    pub(super) fn of_rows<'a, T, S: Data<Elem = T>>(
        &self,
        vector: &'a ArrayBase<S, Ix1>,
    ) -> Result<ArrayView1<'a, T>, MethodError> {
        self.meets("numbers for outputs", (vector.len(), self.of.1))?;
        Ok(vector.slice(s![self.rows.clone()]))
    }

    fn meets(&self, what: &str, size: (usize, usize)) -> Result<(), MethodError> {
        if size == self.of {
            return Ok(());
        }
        Err(MethodError::input(format!("{what} of the shape {size:?} for a weight of {:?}", self.of)))
    }

    /// Whether a part of the weight is as large as the block.
    pub(super) fn fits<T>(&self, part: &Array2<T>) -> Result<(), MethodError> {
        if part.dim() == (self.rows.len(), self.columns.len()) {
            return Ok(());
        }
        Err(MethodError::input(format!("a part of the shape {:?} for {self:?}", part.dim())))
    }
}
