//! What the elements of a tensor are like, in one pass.

use super::dtype::Dtype;
use super::error::{Cause, TensorError};
use super::file::Tensor;
use half::{bf16, f16};

/// What the elements of a tensor are like. Those that are no finite numbers are counted, and left out of the rest.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Statistics {
    /// The least; `None` if there is none.
    pub min: Option<f64>,
    /// The greatest.
    pub max: Option<f64>,
    /// The mean.
    pub mean: Option<f64>,
    /// The square root of the sum of squares.
    pub norm: f64,
    /// How many are zero.
    pub zeros: u64,
    /// How many are not a number.
    pub nan: u64,
    /// How many are infinite.
    pub infinite: u64,
}

impl Statistics {
    /// Whether there are elements, and all are zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.zeros > 0 && self.min == Some(0.0) && self.max == Some(0.0) && self.nan + self.infinite == 0
    }
}

impl Tensor<'_> {
    /// Looks at every element.
    ///
    /// # Errors
    /// [`NotExact`](super::Cause::NotExact) for numbers that no `f64` holds, complex ones among them; and if the file
    /// cannot be read any more.
    pub fn statistics(self) -> Result<Statistics, TensorError> {
        let mut sums = Sums::default();
        let dtype = self.dtype();
        if !matches!(dtype, Dtype::F32 | Dtype::F16 | Dtype::Bf16) {
            self.to_f64_vec()?.into_iter().for_each(|value| sums.add(value));
            return Ok(sums.finish());
        }
        let read = self.pieces(|bytes| {
            match dtype {
                Dtype::F16 => bytes.chunks_exact(2).for_each(|b| sums.add(f16::from_le_bytes([b[0], b[1]]).into())),
                Dtype::Bf16 => bytes.chunks_exact(2).for_each(|b| sums.add(bf16::from_le_bytes([b[0], b[1]]).into())),
                _ => bytes.chunks_exact(4).for_each(|b| sums.add(f32::from_le_bytes([b[0], b[1], b[2], b[3]]).into())),
            }
            Ok(())
        });
        read.map_err(|error| self.error(Cause::Io(error)))?;
        Ok(sums.finish())
    }
}

/// What adds up.
struct Sums {
    min: f64,
    max: f64,
    sum: f64,
    squares: f64,
    finite: u64,
    zeros: u64,
    nan: u64,
    infinite: u64,
}

impl Default for Sums {
    fn default() -> Self {
        let (min, max) = (f64::INFINITY, f64::NEG_INFINITY);
        Self { min, max, sum: 0.0, squares: 0.0, finite: 0, zeros: 0, nan: 0, infinite: 0 }
    }
}

impl Sums {
    fn add(&mut self, value: f64) {
        if !value.is_finite() {
            if value.is_nan() {
                self.nan += 1
            } else {
                self.infinite += 1
            }
            return;
        }
        self.finite += 1;
        self.zeros += u64::from(value.abs() == 0.0);
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        self.sum += value;
        self.squares += value * value;
    }

    fn finish(self) -> Statistics {
        let some = |value: f64| (self.finite > 0).then_some(value);
        Statistics {
            min: some(self.min),
            max: some(self.max),
            mean: some(self.sum / self.finite as f64),
            norm: self.squares.sqrt(),
            zeros: self.zeros,
            nan: self.nan,
            infinite: self.infinite,
        }
    }
}

#[cfg(test)]
mod tests {
    use safetensors::tensor::{Dtype as Kind, TensorView};

    use super::*;
    use crate::tensors::TensorFile;

    fn statistics(kind: Kind, shape: &[usize], bytes: &[u8]) -> Statistics {
        let view = TensorView::new(kind, shape.to_vec(), bytes).expect("the bytes are those of the shape");
        let bytes = safetensors::serialize([("x", view)], None).expect("a tensor can be written");
        let file = TensorFile::from_bytes("x", bytes).expect("a sound file");
        file.get("x").expect("the tensor").statistics().expect("numbers")
    }

    #[test]
    fn what_is_not_finite_is_counted_apart() {
        let values = [3.0_f32, f32::NAN, -4.0, f32::INFINITY, 0.0, -0.0];
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let found = statistics(Kind::F32, &[6], &bytes);
        let (min, max, mean) = (Some(-4.0), Some(3.0), Some(-0.25));
        assert_eq!(found, Statistics { min, max, mean, norm: 5.0, zeros: 2, nan: 1, infinite: 1 });
        assert!(!found.is_zero());
    }

    #[test]
    fn zeros_of_every_kind_are_zero() {
        for (kind, size) in [(Kind::F32, 4), (Kind::F16, 2), (Kind::BF16, 2), (Kind::I64, 8), (Kind::F64, 8)] {
            assert!(statistics(kind, &[2, 3], &vec![0; 6 * size]).is_zero(), "{kind:?}");
        }
        assert!(!statistics(Kind::F32, &[0], &[]).is_zero());
    }
}
