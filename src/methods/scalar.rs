use std::iter::Sum;

use ndarray::{Array2, ArrayBase, Data, Ix2, NdFloat};

/// The numbers the oracle computes with: `f32` and `f64`.
pub trait Scalar: NdFloat + Sum + Default {
    /// The name in array files: `f32` or `f64`.
    const NAME: &'static str;

    /// The number of this type nearest to `value`.
    fn of(value: f64) -> Self;

    /// The same number as `f64`.
    fn wide(self) -> f64;

    /// The complementary error function, `1 - erf(x) = 2/√π · ∫ₓ^∞ exp(-t²) dt`.
    fn erfc(self) -> Self;

    /// The matrix product.
    ///
    /// # Panics
    /// If `a` has not as many columns as `b` has rows.
    fn product<S: Data<Elem = Self>, R: Data<Elem = Self>>(
        a: &ArrayBase<S, Ix2>,
        b: &ArrayBase<R, Ix2>,
    ) -> Array2<Self> {
        a.dot(b)
    }
}

impl Scalar for f32 {
    const NAME: &'static str = "f32";

    #[expect(clippy::cast_possible_truncation, reason = "rounding to single precision is what is asked for")]
    fn of(value: f64) -> Self {
        value as f32
    }

    fn wide(self) -> f64 {
        f64::from(self)
    }

    fn erfc(self) -> Self {
        libm::erfcf(self)
    }

    /// Small products are summed in double precision, where it costs nothing: in a tiny model, whose layer norms
    /// magnify what rounding leaves, each sum is then rounded once. Large ones are left to ndarray's kernels.
    fn product<S: Data<Elem = Self>, R: Data<Elem = Self>>(
        a: &ArrayBase<S, Ix2>,
        b: &ArrayBase<R, Ix2>,
    ) -> Array2<Self> {
        const SMALL: usize = 1 << 15;
        if a.len().saturating_mul(b.ncols()) > SMALL {
            return a.dot(b);
        }
        a.mapv(f64::from).dot(&b.mapv(f64::from)).mapv(Self::of)
    }
}

impl Scalar for f64 {
    const NAME: &'static str = "f64";

    fn of(value: f64) -> Self {
        value
    }

    fn wide(self) -> f64 {
        self
    }

    fn erfc(self) -> Self {
        libm::erfc(self)
    }
}
