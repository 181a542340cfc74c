//! Representation fine-tuning: LoReFT, NoReFT and DiReFT.

use ndarray::{Array2, Array3, ArrayView3, Axis, Ix2, s};

use super::activation::{Activation, Function};
use super::linear::{Linear, product};
use super::orthogonal::orthogonal;
use super::parameters::{Parameter, Parameters, linear};
use super::{MethodError, Scalar};

/// What the interventions behind one layer consist of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Architecture {
    /// `d`, the model's hidden size.
    pub hidden: usize,
    /// `r`, the rank.
    pub rank: usize,
    /// How many positions at the beginning are changed.
    pub prefix: usize,
    /// How many positions at the end are changed.
    pub suffix: usize,
    /// Whether beginning and end share their parameters.
    pub tied: bool,
    /// Whether the rows of the projection are orthonormal (LoReFT).
    pub orthogonal: bool,
    /// Whether the projection of the state is subtracted (LoReFT and NoReFT, not DiReFT).
    pub subtract: bool,
    /// `f`, the activation on the learned source.
    pub activation: Function,
}

impl Architecture {
    /// The number of interventions: one for both ends, or one for each.
    #[must_use]
    pub fn units(&self) -> usize {
        if self.tied { 1 } else { 2 }
    }

    /// The parameters. An orthogonal projection is held as PyTorch's parametrisation has it: an `original` from which
    /// it is computed, and a fixed `base`.
    #[must_use]
    pub fn parameters(&self) -> Vec<Parameter> {
        let (d, r) = (("d", self.hidden), ("r", self.rank));
        let unit = |index: usize| {
            let mut unit: Vec<_> = linear("source", r, d, true).collect();
            if self.orthogonal {
                let n = if self.rank < self.hidden { d } else { r };
                unit.push(Parameter::trained("projection.original", &[r, d]));
                unit.push(Parameter::trained("projection.base", &[n, n]).buffer());
            } else {
                unit.push(Parameter::trained("projection.weight", &[r, d]));
            }
            unit.extend(self.activation.parameters().into_iter().map(|own| own.within("activation")));
            unit.into_iter().map(move |own| own.within(&index.to_string()))
        };
        (0..self.units()).flat_map(unit).collect()
    }
}

/// Interventions on the hidden states behind a layer (Wu et al. 2024, arXiv:2404.03592, section 3.2): at a few
/// positions, a state `h` is changed within a subspace of `r` dimensions,
///
/// ```text
/// LoReFT, NoReFT   h := h + (f(h · Wᵀ + b) - h · Rᵀ) · R          equation 3
/// DiReFT           h := h + f(h · Wᵀ + b) · R                     equation 4
/// ```
///
/// with `W` and `R` `[r, d]`, and `R · Rᵀ = I` in LoReFT, where `R` comes of its parameters by [`orthogonal`]. The
/// positions are the first `prefix` and the last `suffix` that are not padding, by [`Extent`]; a text that is too short
/// takes in positions of the padding, and where there are none the library stops. All are changed from the state as it
/// came, and where both ends meet the last one stands. Unless they are tied, the beginning has unit 0 and the end unit
/// 1, also where no position at the beginning is changed (`methods/reft.py`, `ReftModule`, adapters 1.3.0). Dropout is
/// the identity in evaluation.
///
/// **Where the sequence has fewer than `suffix` positions**, the library slips. It changes `p = min(prefix, sequence)`
/// and `s = min(suffix, sequence)` states, one list behind the other, and writes to the `s` positions at the end not
/// those from number `p` of the list on, but those from number `max(p + s - suffix, 0)` on: states of the beginning,
/// changed by its unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Reft<T> {
    /// What it consists of.
    pub architecture: Architecture,
    units: Vec<Unit<T>>,
}

/// One intervention.
#[derive(Debug, Clone, PartialEq)]
struct Unit<T> {
    source: Linear<T>,
    projection: Array2<T>,
    activation: Activation<T>,
}

/// Where the text of each example begins and ends, padding left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extent {
    /// The first position of each example.
    pub first: Vec<usize>,
    /// The position behind the last of each example.
    pub end: Vec<usize>,
}

impl Extent {
    /// All positions of every example.
    #[must_use]
    pub fn whole(batch: usize, sequence: usize) -> Self {
        Self { first: vec![0; batch], end: vec![sequence; batch] }
    }

    /// From an attention mask, `[batch, sequence]`: from the first 1 on, as many positions as there are ones.
    #[must_use]
    pub fn of_mask(mask: &Array2<i64>) -> Self {
        let greatest = |row: ndarray::ArrayView1<'_, i64>| {
            let most = row.iter().copied().max().unwrap_or_default();
            row.iter().position(|&value| value == most).unwrap_or_default()
        };
        let first: Vec<_> = mask.axis_iter(Axis(0)).map(greatest).collect();
        let ones = mask.axis_iter(Axis(0)).map(|row| row.iter().filter(|&&value| value == 1).count());
        let end = first.iter().zip(ones).map(|(first, ones)| first + ones).collect();
        Self { first, end }
    }
}

impl<T: Scalar> Reft<T> {
    /// The interventions with these parameters.
    ///
    /// # Errors
    /// If a parameter is missing or has another shape.
    pub fn new(architecture: Architecture, parameters: &Parameters<T>) -> Result<Self, MethodError> {
        parameters.check(&architecture.parameters())?;
        let unit = |index: usize| {
            let own = parameters.part(&index.to_string());
            let projection = if architecture.orthogonal {
                orthogonal(&own.take::<Ix2>("projection.original")?, &own.take::<Ix2>("projection.base")?)
            } else {
                own.take::<Ix2>("projection.weight")?
            };
            let activation = Activation::new(architecture.activation, &own.part("activation"))?;
            Ok(Unit { source: Linear::take(&own, "source")?, projection, activation })
        };
        let units = (0..architecture.units()).map(unit).collect::<Result<_, MethodError>>()?;
        Ok(Self { architecture, units })
    }

    /// `R` of each intervention.
    pub fn projections(&self) -> impl Iterator<Item = &Array2<T>> {
        self.units.iter().map(|unit| &unit.projection)
    }

    /// The states with the interventions, `[batch, sequence, d]`.
    ///
    /// # Errors
    /// If a position lies outside the sequence, or the states are of another size.
    pub fn forward(&self, states: &Array3<T>, extent: &Extent) -> Result<Array3<T>, MethodError> {
        let (batch, sequence, hidden) = states.dim();
        if hidden != self.architecture.hidden {
            let expected = self.architecture.hidden;
            return Err(MethodError::input(format!("the states have {hidden} units, the interventions {expected}")));
        }
        let prefix = self.architecture.prefix.min(sequence);
        let suffix = self.architecture.suffix.min(sequence);
        let firsts = positions(&extent.first, batch, sequence, prefix, 0)?;
        let lasts = positions(&extent.end, batch, sequence, suffix, suffix)?;
        let gather = |positions: &Array2<usize>| {
            Array3::from_shape_fn((batch, positions.ncols(), hidden), |(example, at, unit)| {
                states[(example, positions[(example, at)], unit)]
            })
        };
        let (first, last) = (gather(&firsts), gather(&lasts));
        let changed = match self.units.as_slice() {
            [tied] => tied.forward(self.architecture.subtract, join(&first, &last)?.view()),
            units => {
                let [first, last] = [(&units[0], first), (&units[units.len() - 1], last)]
                    .map(|(unit, states)| unit.forward(self.architecture.subtract, states.view()));
                join(&first, &last)?
            }
        };
        let mut output = states.clone();
        let mut scatter = |positions: &Array2<usize>, from: usize| {
            for ((example, at), &position) in positions.indexed_iter() {
                let state = changed.slice(s![example, from + at, ..]);
                output.slice_mut(s![example, position, ..]).assign(&state);
            }
        };
        if self.architecture.prefix > 0 {
            scatter(&firsts, 0);
        }
        if self.architecture.suffix > 0 {
            // The library takes the last `suffix` of the changed states, which in a shorter sequence begin before
            // those of the suffix.
            scatter(&lasts, (prefix + suffix).saturating_sub(self.architecture.suffix));
        }
        Ok(output)
    }
}

impl<T: Scalar> Unit<T> {
    fn forward(&self, subtract: bool, states: ArrayView3<'_, T>) -> Array3<T> {
        let mut source = self.activation.forward(&self.source.forward(&states));
        if subtract {
            source = source - product(&states, &self.projection.t());
        }
        &states + &product(&source, &self.projection)
    }
}

fn join<T: Scalar>(first: &Array3<T>, last: &Array3<T>) -> Result<Array3<T>, MethodError> {
    ndarray::concatenate(Axis(1), &[first.view(), last.view()])
        .map_err(|_| MethodError::input("the states at both ends do not fit each other"))
}

/// The positions from `start - back` on, for each example.
fn positions(
    starts: &[usize],
    batch: usize,
    sequence: usize,
    count: usize,
    back: usize,
) -> Result<Array2<usize>, MethodError> {
    if count > 0 && starts.len() != batch && starts.len() != 1 {
        return Err(MethodError::input("the attention mask and the states are of different batches"));
    }
    let mut positions = Array2::zeros((batch, count));
    for ((example, at), position) in positions.indexed_iter_mut() {
        let start = starts[if starts.len() == 1 { 0 } else { example }];
        *position = (start + at).checked_sub(back).filter(|position| *position < sequence).ok_or_else(|| {
            MethodError::undefined(format!("example {example} has fewer positions than are to be changed"))
        })?;
    }
    Ok(positions)
}
