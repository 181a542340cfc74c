//! How far numbers are from one another.

use crate::tensors::Dtype;

/// The largest difference, absolute and relative to the largest magnitude in either, or of what either is computed of.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Measure {
    pub(super) absolute: f64,
    scale: f64,
}

impl Measure {
    pub(super) fn between(a: impl IntoIterator<Item = f64>, b: impl IntoIterator<Item = f64>) -> Self {
        let mut measure = Self::default();
        a.into_iter().zip(b).for_each(|(a, b)| measure.add(a, b));
        measure
    }

    pub(super) fn add(&mut self, a: f64, b: f64) {
        for number in [a, b] {
            if number.is_finite() {
                self.scale = self.scale.max(number.abs());
            }
        }
        let same = a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan());
        let difference = if same { 0.0 } else { (a - b).abs() };
        // Infinities of one sign subtract to NaN only if they are not the same, and so does NaN from anything.
        self.absolute = self.absolute.max(if difference.is_nan() { f64::INFINITY } else { difference });
    }

    /// What the numbers are sums of may be larger than they are, and so is what rounding makes of them.
    pub(super) fn computed_of(&mut self, magnitude: f64) {
        if magnitude.is_finite() {
            self.scale = self.scale.max(magnitude);
        }
    }

    pub(super) fn relative(self) -> f64 {
        if self.absolute == 0.0 { 0.0 } else { self.absolute / self.scale.max(f64::MIN_POSITIVE) }
    }

    pub(super) fn is_within(self, tolerance: f64) -> bool {
        self.relative() <= tolerance
    }

    pub(super) fn max(self, other: Self) -> Self {
        Self { absolute: self.absolute.max(other.absolute), scale: self.scale.max(other.scale) }
    }
}

/// The distance of a type's numbers from one another at 1.
pub(super) fn step(dtype: Dtype) -> f64 {
    match dtype {
        Dtype::F64 => f64::EPSILON,
        Dtype::F32 => f64::from(f32::EPSILON),
        Dtype::F16 => f64::from(half::f16::EPSILON),
        Dtype::Bf16 => f64::from(half::bf16::EPSILON),
        _ => 0.0,
    }
}
