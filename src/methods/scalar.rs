use std::iter::Sum;

use ndarray::NdFloat;

/// The numbers the oracle computes with: `f32` and `f64`.
pub trait Scalar: NdFloat + Sum + Default {
    /// The name in array files: `f32` or `f64`.
    const NAME: &'static str;

    /// The number of this type nearest to `value`.
    fn of(value: f64) -> Self;

    /// The same number as `f64`.
    fn wide(self) -> f64;

    /// The error function, `2/√π · ∫₀ˣ exp(-t²) dt`.
    fn erf(self) -> Self;
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

    fn erf(self) -> Self {
        libm::erff(self)
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

    fn erf(self) -> Self {
        libm::erf(self)
    }
}
