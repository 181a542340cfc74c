//! What a low-rank update adds to a weight, or multiplies outputs by: made block by block, as it is as large as the weight
//! itself, and on all processors, as an adapter has hundreds of them.

use std::num::NonZero;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayViewMut2, LinalgScalar, s};

use super::measure::{Measure, Step};
use super::mixed;

/// What computing in single precision makes of a sum, relative to the sum of its terms without their signs.
const COMPUTED: f64 = 8.0 * f32::EPSILON as f64;

/// So many elements are made at a time: few enough to stay in a processor's cache.
const BLOCK: usize = 1 << 19;

/// What the config says of an update.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Settings {
    /// Whether outputs are multiplied by B, and A does nothing; else B · A is added to the weight.
    pub(super) scales: bool,
    /// The factor; 1 where a gate stands in its place.
    pub(super) factor: f64,
    /// `τ` of MTL-LoRA, which has several B.
    pub(super) sharpness: Option<f64>,
    /// Whether an update of nothing but zeros, or of ones where it scales, is as good as none.
    pub(super) can_be_idle: bool,
    /// Whether a gate stands in the place of the factor.
    pub(super) is_gated: bool,
    /// Which of query, key and value B has rows for, where they are one matrix.
    pub(super) thirds: [bool; 3],
}

impl Settings {
    /// How many of query, key and value B has rows for.
    pub(super) fn present(&self) -> usize {
        self.thirds.into_iter().filter(|has| *has).count()
    }
}

/// A and B of one adapter at one place.
#[derive(Debug)]
pub(super) struct Update {
    pub(super) settings: Settings,
    /// How many times what rounding makes of the tensors it may have made of the update.
    pub(super) steepness: f64,
    factors: Factors<f64>,
}

#[derive(Debug)]
struct Factors<T> {
    /// `[outputs, rank]`; one column where A is not used.
    up: Array2<T>,
    /// `[groups * rank, inputs]`: in a merged projection each part has rows of A of its own. None where it is not used.
    down: Option<Array2<T>>,
}

/// Outputs one behind the other that are made of the same rows of A.
struct Run {
    outputs: usize,
    /// The first of them in B, and the first row of A; none where B has no rows for this third.
    from: Option<(usize, usize)>,
}

impl Update {
    /// Outputs are multiplied by these.
    pub(super) fn scaling(settings: Settings, factors: Vec<f64>) -> Option<Self> {
        let up = Array2::from_shape_vec((factors.len(), 1), factors).ok()?;
        Some(Self { settings, steepness: 1.0, factors: Factors { up, down: None } })
    }

    /// `up · down` is added to the weight; none if the two do not fit together.
    pub(super) fn adding(settings: Settings, steepness: f64, up: Array2<f64>, down: Array2<f64>) -> Option<Self> {
        let [rank, rows] = [up.ncols(), down.nrows()];
        let fits = rank > 0 && rows > 0 && rows.is_multiple_of(rank) && up.nrows().is_multiple_of(rows / rank);
        fits.then_some(Self { settings, steepness, factors: Factors { up, down: Some(down) } })
    }

    /// The sizes of the weight that is updated.
    fn size(&self) -> (usize, usize) {
        let outputs = self.factors.up.nrows();
        let outputs = match self.settings.present() {
            3 => outputs,
            present => 3 * (outputs / present),
        };
        (outputs, self.factors.down.as_ref().map_or(1, Array2::ncols))
    }

    /// What `output` is made of, and how many with it.
    fn run(&self, output: usize) -> Run {
        let outputs = self.size().0;
        let (row, left) = if self.settings.present() == 3 {
            (output, outputs - output)
        } else {
            let thirds = self.settings.thirds;
            let length = outputs / 3;
            let third = output / length;
            let left = (third + 1) * length - output;
            if !thirds[third] {
                return Run { outputs: left, from: None };
            }
            let absent = thirds[..third].iter().filter(|has| !**has).count();
            (output - absent * length, left)
        };
        let Some(down) = &self.factors.down else { return Run { outputs: left, from: Some((row, 0)) } };
        let (of_b, rank) = self.factors.up.dim();
        let of_group = of_b / (down.nrows() / rank);
        let group = row / of_group;
        Run { outputs: left.min((group + 1) * of_group - row), from: Some((row, group * rank)) }
    }

    /// The rows of some outputs, of `factors`, times `factor`; those that B has no rows for are `absent`.
    fn fill<T: LinalgScalar>(
        &self,
        outputs: Range<usize>,
        factors: &Factors<T>,
        [factor, absent]: [T; 2],
        mut into: ArrayViewMut2<'_, T>,
    ) {
        let mut output = outputs.start;
        while output < outputs.end {
            let run = self.run(output);
            let end = outputs.end.min(output + run.outputs);
            let mut into = into.slice_mut(s![output - outputs.start..end - outputs.start, ..]);
            match run.from {
                Some((row, first)) => {
                    let up = factors.up.slice(s![row..row + (end - output), ..]);
                    match &factors.down {
                        Some(down) => {
                            let down = down.slice(s![first..first + up.ncols(), ..]);
                            general_mat_mul(factor, &up, &down, T::zero(), &mut into);
                        }
                        None => into.assign(&up.mapv(|own| factor * own)),
                    }
                }
                None => into.fill(absent),
            }
            output = end;
        }
    }

    fn rows(&self, outputs: Range<usize>) -> Array2<f64> {
        let mut rows = Array2::zeros((outputs.len(), self.size().1));
        let factor = self.settings.factor;
        // Where it scales, the library fills up with ones before the factor is applied.
        let absent = if self.settings.scales { factor } else { 0.0 };
        self.fill(outputs, &self.factors, [factor, absent], rows.view_mut());
        rows
    }

    /// A and B without their signs; none where nothing is added up. Their product tells how much rounding may have made of
    /// the sums, for which few digits do. Numbers below the least that a type rounds by itself are as far off as this.
    #[expect(clippy::cast_possible_truncation, reason = "few digits do")]
    fn without_signs(&self, step: Option<Step>) -> Option<Factors<f32>> {
        let least = step.map_or(0.0, Step::least);
        let plain = |matrix: &Array2<f64>| matrix.mapv(|number| number.abs().max(least) as f32);
        Some(Factors { up: plain(&self.factors.up), down: Some(plain(self.factors.down.as_ref()?)) })
    }

    /// The sums of some rows, were no term negative.
    #[expect(clippy::cast_possible_truncation, reason = "few digits do")]
    fn magnitudes(&self, outputs: Range<usize>, without_signs: &Factors<f32>) -> Vec<f32> {
        let mut rows = Array2::zeros((outputs.len(), self.size().1));
        self.fill(outputs, without_signs, [self.settings.factor.abs() as f32, 0.0], rows.view_mut());
        rows.into_raw_vec_and_offset().0
    }

    /// How many rows are made at a time.
    fn step(&self) -> usize {
        (BLOCK / self.size().1.max(1)).max(1)
    }

    /// How far two updates are from one another; none if they are not of the same weight. Of factors of half precision,
    /// `steps` has each number held to what rounding both of them explains.
    pub(super) fn measure(&self, other: &Self, steps: Option<[Step; 2]>) -> Option<Measure> {
        if self.size() != other.size() || self.settings.scales != other.settings.scales {
            return None;
        }
        let without_signs = [0, 1].map(|at| [self, other][at].without_signs(steps.map(|steps| steps[at])));
        let mut whole = of_blocks(self.size().0, self.step(), |outputs| {
            let mut measure = Measure::default();
            let magnitudes = [(self, &without_signs[0]), (other, &without_signs[1])]
                .map(|(update, factors)| Some(update.magnitudes(outputs.clone(), factors.as_ref()?)));
            for magnitudes in magnitudes.iter().flatten() {
                measure.computed_of(largest(magnitudes));
            }
            let [own, others] = [self, other].map(|update| update.rows(outputs.clone()).into_raw_vec_and_offset().0);
            measure.add_all(&own, &others);
            if let (Some(steps), [Some(one), Some(two)]) = (steps, &magnitudes)
                && !are_near([&own, &others], [one, two], steps)
            {
                measure.goes_beyond();
            }
            measure
        });
        if steps.is_some_and(|steps| !self.can_be_mixed(other, steps)) {
            whole.goes_beyond();
        }
        Some(whole)
    }

    /// Whether the factors of two updates can be mixtures of one another; yes where A has other rows for some outputs.
    fn can_be_mixed(&self, other: &Self, [one, two]: [Step; 2]) -> bool {
        match (self.mixable(one), other.mixable(two)) {
            (Some(own), Some(others)) if self.settings.thirds == other.settings.thirds => mixed::can_be(own, others),
            _ => true,
        }
    }

    fn mixable(&self, step: Step) -> Option<mixed::Factors<'_>> {
        let Factors { up, down } = &self.factors;
        let down = down.as_ref().filter(|down| down.nrows() == up.ncols())?;
        Some(mixed::Factors { down, up, step })
    }

    /// Whether it does nothing, or no more than rounding explains where it is a factor; `is_open` says whether a gate lets
    /// everything through.
    pub(super) fn is_idle(&self, allowed: f64, is_open: bool) -> bool {
        let (neutral, allowed) = if self.settings.scales { (1.0, allowed) } else { (0.0, 0.0) };
        let (outputs, step) = (self.size().0, self.step());
        self.settings.can_be_idle
            && (!self.settings.scales || !self.settings.is_gated || is_open)
            && (0..outputs).step_by(step).all(|start| {
                let rows = self.rows(start..outputs.min(start + step));
                rows.iter().all(|value| (value - neutral).abs() <= allowed)
            })
    }
}

fn largest(numbers: &[f32]) -> f64 {
    f64::from(numbers.iter().fold(0.0_f32, |largest, number| if *number > largest { *number } else { largest }))
}

/// Whether all numbers are as near to their like as sums of products are of which either factor was rounded, on either side
/// by half a step; and computing adds what it does to the largest of them.
fn are_near([own, others]: [&[f64]; 2], [one, two]: [&[f32]; 2], [own_step, other_step]: [Step; 2]) -> bool {
    let computed = COMPUTED * largest(one).max(largest(two));
    let pairs = own.iter().zip(others).zip(one.iter().zip(two));
    pairs.into_iter().all(|((own, others), (one, two))| {
        let rounded = own_step.at_one() * f64::from(*one) + other_step.at_one() * f64::from(*two);
        let difference = (own - others).abs();
        difference <= rounded + computed || !difference.is_finite()
    })
}

/// The largest of what is measured of blocks of so many rows.
fn of_blocks(rows: usize, step: usize, measure: impl Fn(Range<usize>) -> Measure + Sync) -> Measure {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut largest = Measure::default();
        loop {
            let start = next.fetch_add(1, Ordering::Relaxed) * step;
            if start >= rows {
                return largest;
            }
            largest = largest.max(measure(start..rows.min(start + step)));
        }
    };
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(rows.div_ceil(step));
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let own = work();
        others.into_iter().fold(own, |largest, other| match other.join() {
            Ok(other) => largest.max(other),
            Err(panic) => std::panic::resume_unwind(panic),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn numbers(count: usize) -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(-2.0..2.0_f64, count)
    }

    /// Which thirds B has rows for, rows and columns of a third, rank, and whether each third has an A of its own.
    fn sizes() -> impl Strategy<Value = ([bool; 3], usize, usize, usize, bool)> {
        let thirds = any::<[bool; 3]>().prop_filter("none is there", |thirds| thirds.contains(&true));
        (thirds, 1..5_usize, 1..5_usize, 1..4_usize, any::<bool>())
    }

    fn update() -> impl Strategy<Value = (Update, Array2<f64>)> {
        let drawn = (sizes(), -2.0..2.0_f64).prop_flat_map(|(sizes, factor)| {
            let (thirds, length, inputs, rank, is_merged) = sizes;
            let present = thirds.iter().filter(|has| **has).count();
            let groups = if is_merged { present } else { 1 };
            let (b, a) = (numbers(present * length * rank), numbers(groups * rank * inputs));
            (Just((sizes, factor, present, groups)), b, a)
        });
        drawn.prop_map(|((sizes, factor, present, groups), b, a)| {
            let (thirds, length, inputs, rank, _) = sizes;
            let up = Array2::from_shape_vec((present * length, rank), b).expect("as many as drawn");
            let down = Array2::from_shape_vec((groups * rank, inputs), a).expect("as many as drawn");
            let mut whole = Array2::zeros((3 * length, inputs));
            let rows = (0..3 * length).filter(|output| thirds[output / length]);
            for (row, output) in rows.enumerate() {
                let group = row / (present * length / groups);
                for (input, rank_row) in (0..inputs).flat_map(|input| (0..rank).map(move |at| (input, at))) {
                    whole[[output, input]] += factor * up[[row, rank_row]] * down[[group * rank + rank_row, input]];
                }
            }
            let settings =
                Settings { scales: false, factor, sharpness: None, can_be_idle: true, is_gated: false, thirds };
            (Update::adding(settings, 1.0, up, down).expect("they fit"), whole)
        })
    }

    proptest! {
        #[test]
        fn any_block_of_rows_is_the_product((update, whole) in update(), start in 0..12_usize, length in 0..12_usize) {
            let start = start.min(whole.nrows());
            let end = whole.nrows().min(start + length);
            let rows = update.rows(start..end);
            let expected = whole.slice(s![start..end, ..]);
            prop_assert_eq!(rows.dim(), expected.dim());
            prop_assert!(rows.iter().zip(expected).all(|(own, other)| (own - other).abs() < 1e-12));
        }

        #[test]
        fn an_update_measured_against_none_is_its_largest_number((update, whole) in update()) {
            let zeros = Update { factors: Factors { up: &update.factors.up * 0.0, down: update.factors.down.clone() }, ..update };
            let measure = update.measure(&zeros, None).expect("one size");
            let largest = whole.fold(0.0_f64, |largest, number| largest.max(number.abs()));
            prop_assert!((measure.absolute - largest).abs() < 1e-12);
            prop_assert!(measure.relative() <= 1.0 + 1e-6);
            prop_assert!(zeros.is_idle(0.0, false));
            prop_assert_eq!(update.is_idle(0.0, false), largest == 0.0);
        }
    }
}
