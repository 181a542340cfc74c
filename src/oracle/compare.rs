use ndarray::ArrayD;
use serde::Serialize;

use super::case::Tolerance;
use crate::methods::Scalar;

/// How two arrays differ.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Difference {
    /// The largest absolute difference; infinite where shapes differ, or where one has a NaN or an infinity and the
    /// other has not the same.
    pub absolute: f64,
    /// That, divided by the largest finite magnitude in the recorded array.
    pub relative: f64,
}

impl Difference {
    /// No difference.
    pub const NONE: Self = Self { absolute: 0.0, relative: 0.0 };
    /// As different as can be.
    pub const TOTAL: Self = Self { absolute: f64::INFINITY, relative: f64::INFINITY };

    /// Between what was computed and what was recorded.
    #[must_use]
    pub fn between<T: Scalar>(computed: &ArrayD<T>, recorded: &ArrayD<T>) -> Self {
        if computed.shape() != recorded.shape() {
            return Self::TOTAL;
        }
        let (mut absolute, mut scale) = (0.0_f64, 0.0_f64);
        for (&computed, &recorded) in computed.iter().zip(recorded) {
            let (computed, recorded) = (computed.wide(), recorded.wide());
            if recorded.is_finite() {
                scale = scale.max(recorded.abs());
            }
            let same = computed.to_bits() == recorded.to_bits() || (computed.is_nan() && recorded.is_nan());
            let difference = if same { 0.0 } else { (computed - recorded).abs() };
            // Infinities of one sign subtract to NaN, and so does NaN from anything.
            absolute = absolute.max(if difference.is_nan() { f64::INFINITY } else { difference });
        }
        let relative = if absolute == 0.0 { 0.0 } else { absolute / scale };
        Self { absolute, relative: if relative.is_nan() { f64::INFINITY } else { relative } }
    }

    /// The larger of two.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self { absolute: self.absolute.max(other.absolute), relative: self.relative.max(other.relative) }
    }

    /// Whether a tolerance lets it pass. One that names no bound lets only equality pass.
    #[must_use]
    pub fn within(self, tolerance: &Tolerance) -> bool {
        match (tolerance.absolute, tolerance.relative) {
            (None, None) => self.absolute == 0.0,
            (absolute, relative) => {
                absolute.is_none_or(|bound| self.absolute <= bound)
                    && relative.is_none_or(|bound| self.relative <= bound)
            }
        }
    }
}
