//! How far numbers are from one another.

use crate::tensors::Dtype;

/// The largest difference, absolute and relative to the largest magnitude in either, or of what either is computed of.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Measure {
    pub(super) absolute: f64,
    scale: f64,
    /// Whether some number is further from its like than rounding takes either, however large others are.
    beyond: bool,
}

/// So many are looked at side by side.
const LANES: usize = 8;

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

    /// [`Measure::add`] of many.
    pub(super) fn add_all(&mut self, a: &[f64], b: &[f64]) {
        // Maxima that do not wait for one another, so that a processor takes several at once.
        let [mut absolute, mut scale, mut odd] = [[0.0_f64; LANES]; 3];
        let (whole_a, whole_b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
        let rest = whole_a.remainder().iter().zip(whole_b.remainder());
        for (a, b) in whole_a.zip(whole_b) {
            for lane in 0..LANES {
                let difference = (a[lane] - b[lane]).abs();
                let largest = if a[lane].abs() > b[lane].abs() { a[lane].abs() } else { b[lane].abs() };
                absolute[lane] = if difference > absolute[lane] { difference } else { absolute[lane] };
                scale[lane] = if largest > scale[lane] { largest } else { scale[lane] };
                // Neither an infinity nor NaN times zero is zero.
                odd[lane] += difference * 0.0;
            }
        }
        if odd.iter().any(|odd| odd.is_nan()) {
            a.iter().zip(b).for_each(|(a, b)| self.add(*a, *b));
            return;
        }
        for lane in 0..LANES {
            *self = self.max(Self { absolute: absolute[lane], scale: scale[lane], beyond: false });
        }
        rest.for_each(|(a, b)| self.add(*a, *b));
    }

    /// Holds each of many to its like, and not to the largest: numbers of a type with steps of this size are rounded each by
    /// itself.
    pub(super) fn hold(&mut self, a: &[f64], b: &[f64], step: Step) {
        let is_near = |(a, b): (&f64, &f64)| {
            let difference = (a - b).abs();
            difference <= step.of(a.abs().max(b.abs())) || !difference.is_finite()
        };
        self.beyond |= !a.iter().zip(b).all(is_near);
    }

    /// Says that some number is further from its like than can be explained.
    pub(super) fn goes_beyond(&mut self) {
        self.beyond = true;
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
        self.relative() <= tolerance && !self.beyond
    }

    pub(super) fn max(self, other: Self) -> Self {
        Self {
            absolute: self.absolute.max(other.absolute),
            scale: self.scale.max(other.scale),
            beyond: self.beyond || other.beyond,
        }
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

/// How far the numbers of a type of half precision are from one another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Step {
    /// At 1.
    at_one: f64,
    /// The smallest number whose neighbours are nearer than those of larger ones; below it they are as far.
    least: f64,
}

impl Step {
    /// The coarser of the steps of some types, if one of them is of half precision.
    pub(super) fn half(dtypes: impl IntoIterator<Item = Dtype>) -> Option<Self> {
        let is_half = |dtype: &Dtype| matches!(dtype, Dtype::F16 | Dtype::Bf16);
        let steps = dtypes.into_iter().filter(is_half).map(|dtype| {
            let least = if dtype == Dtype::F16 { half::f16::MIN_POSITIVE } else { half::f16::ZERO };
            Self { at_one: step(dtype), least: f64::from(least) }
        });
        steps.reduce(|one, other| Self { at_one: one.at_one.max(other.at_one), least: one.least.max(other.least) })
    }

    /// This, or that of single precision.
    pub(super) fn or_finer(half: Option<Self>) -> Self {
        half.unwrap_or(Self { at_one: step(Dtype::F32), least: 0.0 })
    }

    /// At a number.
    pub(super) fn of(self, number: f64) -> f64 {
        self.at_one * number.max(self.least)
    }

    /// The number below which it is no smaller.
    pub(super) fn least(self) -> f64 {
        self.least
    }

    /// At 1.
    pub(super) fn at_one(self) -> f64 {
        self.at_one
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number() -> impl Strategy<Value = f64> {
        prop_oneof![8 => -1e3..1e3_f64, 1 => Just(0.0), 1 => proptest::num::f64::ANY]
    }

    proptest! {
        #[test]
        fn many_at_once_are_as_one_by_one(pairs in prop::collection::vec((number(), number()), 0..40), before in 0.0..1e3_f64) {
            let (a, b): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
            let mut at_once = Measure { absolute: before, scale: before, beyond: false };
            let mut one_by_one = at_once;
            at_once.add_all(&a, &b);
            a.iter().zip(&b).for_each(|(a, b)| one_by_one.add(*a, *b));
            prop_assert_eq!(at_once, one_by_one);
        }
    }
}
