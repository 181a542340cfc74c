//! What is wrong with the outputs of an implementation, each at its place.

use std::fmt;

use ndarray::ArrayD;

use super::Difference;
use super::case::Tolerance;
use super::compare::Bound;
use crate::methods::Scalar;
use crate::tensors::Dtype;

/// What is wrong with one output.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// Its name in a file of outputs, such as `f64/y`.
    pub output: String,
    /// What is wrong with it.
    pub kind: FaultKind,
}

/// What is wrong with an output.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum FaultKind {
    /// It was recorded, and is not there.
    Missing,
    /// The case has no such output, in neither precision. These it has.
    Unknown(Vec<String>),
    /// It has another shape.
    Shape {
        /// The shape that it has.
        computed: Vec<usize>,
        /// The shape that was recorded.
        recorded: Vec<usize>,
    },
    /// Its numbers are others.
    Differs(Differs),
}

/// Where an output differs most, and by how much.
#[derive(Debug, Clone, PartialEq)]
pub struct Differs {
    /// The place of the number that is farthest from what was recorded; the first of those that are not finite there alone.
    pub at: Vec<usize>,
    /// The number.
    pub computed: f64,
    /// What was recorded there.
    pub recorded: f64,
    /// How far all of the output is from what was recorded, at most.
    pub difference: Difference,
    /// What the case allows.
    pub bound: Bound,
    /// The type that it was stored in, if that holds fewer digits than the precision that it stands for.
    pub stored: Option<Dtype>,
}

impl Differs {
    /// What is beyond a tolerance; `None` if nothing is.
    pub(super) fn beyond<T: Scalar>(
        computed: &ArrayD<T>,
        recorded: &ArrayD<T>,
        tolerance: &Tolerance,
        stored: Option<Dtype>,
    ) -> Option<Self> {
        let difference = Difference::between(computed, recorded);
        let bound = difference.exceeds(tolerance)?;
        let mut farthest = (f64::NEG_INFINITY, Vec::new(), f64::NAN, f64::NAN);
        for ((at, &computed), &recorded) in computed.indexed_iter().zip(recorded) {
            let (computed, recorded) = (computed.wide(), recorded.wide());
            let apart = Difference::of(computed, recorded);
            if apart > farthest.0 {
                farthest = (apart, ndarray::Dimension::slice(&at).to_vec(), computed, recorded);
            }
        }
        let (_, at, computed, recorded) = farthest;
        let stored = stored.filter(|dtype| dtype.size() < size_of::<T>());
        Some(Self { at, computed, recorded, difference, bound, stored })
    }

    /// Whether it is no number where one was recorded, so that nothing was computed that could be compared.
    pub(super) fn is_no_number(&self) -> bool {
        !self.computed.is_finite() && self.recorded.is_finite()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let output = &self.output;
        match &self.kind {
            FaultKind::Missing => write!(f, "{output} is missing"),
            FaultKind::Unknown(known) => {
                write!(f, "{output}: the case has no such output, but {}", known.join(", "))
            }
            FaultKind::Shape { computed, recorded } => {
                write!(f, "{output} has the shape {computed:?}, recorded is {recorded:?}")
            }
            FaultKind::Differs(differs) => {
                write!(f, "{output}")?;
                if !differs.at.is_empty() {
                    write!(f, "{:?}", differs.at)?;
                }
                write!(f, " is {}, recorded {}: {}", differs.computed, differs.recorded, differs.extent())?;
                match differs.stored {
                    Some(dtype) => write!(f, " (it is stored as {})", dtype.name()),
                    None => Ok(()),
                }
            }
        }
    }
}

impl Differs {
    fn extent(&self) -> String {
        let Difference { absolute, relative } = self.difference;
        match self.bound {
            _ if absolute.is_infinite() => "not finite at the same places".to_owned(),
            Bound::Absolute(allowed) => format!("{absolute:.1e} apart, {allowed:e} allowed"),
            Bound::Relative(allowed) => format!("{relative:.1e} of the largest apart, {allowed:e} allowed"),
            Bound::Equality => format!("{absolute:.1e} apart, which has to be equal"),
        }
    }
}
