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
            absolute = absolute.max(Self::of(computed, recorded));
        }
        let relative = if absolute == 0.0 { 0.0 } else { absolute / scale };
        Self { absolute, relative: if relative.is_nan() { f64::INFINITY } else { relative } }
    }

    /// How far two numbers are apart.
    pub(super) fn of(computed: f64, recorded: f64) -> f64 {
        let same = computed.to_bits() == recorded.to_bits() || (computed.is_nan() && recorded.is_nan());
        let difference = if same { 0.0 } else { (computed - recorded).abs() };
        // Infinities of one sign subtract to NaN, and so does NaN from anything.
        if difference.is_nan() { f64::INFINITY } else { difference }
    }

    /// The larger of two.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self { absolute: self.absolute.max(other.absolute), relative: self.relative.max(other.relative) }
    }

    /// Whether a tolerance lets it pass. One that names no bound lets only equality pass.
    #[must_use]
    pub fn within(self, tolerance: &Tolerance) -> bool {
        self.exceeds(tolerance).is_none()
    }

    /// The first bound of a tolerance that it is beyond, if there is one.
    #[must_use]
    pub fn exceeds(self, tolerance: &Tolerance) -> Option<Bound> {
        let (absolute, relative) = (tolerance.absolute, tolerance.relative);
        if absolute.is_none() && relative.is_none() {
            return (self.absolute != 0.0).then_some(Bound::Equality);
        }
        let is_exceeded = |found: f64| move |bound: &f64| found.is_nan() || found > *bound;
        let absolute = absolute.filter(is_exceeded(self.absolute)).map(Bound::Absolute);
        absolute.or_else(|| relative.filter(is_exceeded(self.relative)).map(Bound::Relative))
    }
}

/// What a tolerance allows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// So large a difference.
    Absolute(f64),
    /// So large a difference, divided by the largest finite magnitude in the recorded array.
    Relative(f64),
    /// None.
    Equality,
}
