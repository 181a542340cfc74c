//! ReFT's interventions by what they do: without an activation, `h + Rᵀ (W h + b - R h)` is `h + M h + v`, with
//! `M = Rᵀ (W - R)` and `v = Rᵀ b`.
//!
//! R and the learned source may be turned together, and a LoReFT may be written as a NoReFT, with the same M and v.

use ndarray::{Array1, Array2, Axis};

use super::entering::{enter, rounding, set};
use super::half::{Half, member};
use super::measure::Measure;
use super::outcome::{Compared, State, Tensor};
use super::side::Slot;
use crate::convert::RecipeError;
use crate::methods::orthogonal::orthogonal;
use crate::tensors::Dtype;
use crate::value::Value;

/// What stands behind the path of a weight that PyTorch parametrises.
const PARAMETRISATION: &str = ".parametrizations.weight.";

/// The tensors of one intervention, behind its path: learned source, and projection in either form.
const TENSORS: [&str; 5] = [
    ".learned_source.weight",
    ".learned_source.bias",
    ".projection.weight",
    ".projection.parametrizations.weight.original",
    ".projection.parametrizations.weight.0.base",
];

/// The path of the intervention that a tensor of ReFT is of.
pub(super) fn path(key: &str) -> Option<&str> {
    TENSORS.iter().find_map(|tensor| key.strip_suffix(tensor))
}

/// Judges the tensors of an intervention: the projection by itself, and where something is left, all together.
pub(super) fn judge(
    path: &str,
    a: Half<'_>,
    b: Half<'_>,
    tolerance: Option<f64>,
    tensors: &mut [Tensor],
) -> Result<(), RecipeError> {
    let projections = [projection(path, a)?, projection(path, b)?];
    let [Some((one, type_a)), Some((other, type_b))] = &projections else { return Ok(()) };
    let parametrised = format!("{path}.projection{PARAMETRISATION}");
    let is_parametrised = |tensor: &Tensor| tensor.slot.starts_with(&parametrised);
    let mut own: Vec<_> = tensors.iter_mut().filter(|tensor| is_parametrised(tensor)).collect();
    // A form that only one of them has leaves nothing to compare it with.
    let has_both = own.iter().all(|tensor| tensor.a.is_some() && tensor.b.is_some());
    if has_both && one.dim() == other.dim() && own.iter().any(|tensor| !tensor.state.is_same()) {
        let measure = Measure::between(one.iter().copied(), other.iter().copied());
        enter(own.drain(..), Compared::Projection, measure, tolerance, [*type_a, *type_b]);
    }
    if tensors.iter().all(|tensor| tensor.state.is_same()) {
        return Ok(());
    }
    let [one, other] = projections;
    let (Some((one, type_a)), Some((other, type_b))) = (affine(path, a, one)?, affine(path, b, other)?) else {
        return Ok(());
    };
    let allowed = tolerance.unwrap_or_else(|| rounding(type_a.into_iter().chain(type_b)));
    let Some([change, offset]) = one.measures(&other) else { return Ok(()) };
    // Where it is another function, the difference of each tensor as it stands says more.
    if change.is_within(allowed) && offset.is_within(allowed) {
        for tensor in tensors.iter_mut().filter(|tensor| !tensor.state.is_same()) {
            tensor.compared = Compared::Intervention;
            let measure = if tensor.slot.ends_with(".bias") { offset } else { change };
            set(tensor, measure, allowed, State::Equivalent);
        }
    }
    Ok(())
}

/// R, in whichever form it is held, and the type of its numbers.
fn projection(path: &str, half: Half<'_>) -> Result<Option<(Array2<f64>, Dtype)>, RecipeError> {
    let find = |leaf: &str| half.piece.slots.get(&format!("{path}.projection{leaf}"));
    if let Some(weight) = find(".weight") {
        return Ok(matrix(weight, half)?.map(|own| (own, weight.carried.dtype)));
    }
    let parametrised = |leaf: &str| find(&format!("{PARAMETRISATION}{leaf}"));
    let (Some(original), Some(base)) = (parametrised("original"), parametrised("0.base")) else { return Ok(None) };
    let (Some(own), Some(base)) = (matrix(original, half)?, matrix(base, half)?) else { return Ok(None) };
    let ((rows, columns), size) = (own.dim(), base.nrows());
    let fits = base.dim() == (size, size) && size == rows.max(columns);
    Ok(fits.then(|| (orthogonal(&own, &base), original.carried.dtype)))
}

fn matrix(slot: &Slot, half: Half<'_>) -> Result<Option<Array2<f64>>, RecipeError> {
    let numbers = half.numbers(slot)?;
    let [rows, columns] = numbers.shape[..] else { return Ok(None) };
    Ok(Array2::from_shape_vec((rows, columns), numbers.values).ok())
}

/// An intervention as an affine map.
struct Affine {
    /// R, `[r, d]`.
    projection: Array2<f64>,
    /// `W - R`, `[r, d]`.
    difference: Array2<f64>,
    /// `v`, `[d]`.
    offset: Array1<f64>,
}

/// The map of an intervention, with the types of its numbers; none if it is no affine map, or a number is not finite.
fn affine(
    path: &str,
    half: Half<'_>,
    projection: Option<(Array2<f64>, Dtype)>,
) -> Result<Option<(Affine, [Dtype; 3])>, RecipeError> {
    let Some((projection, dtype)) = projection.filter(|_| is_affine(half)) else { return Ok(None) };
    let find = |leaf: &str| half.piece.slots.get(&format!("{path}.learned_source.{leaf}"));
    let (Some(weight), Some(bias)) = (find("weight"), find("bias")) else { return Ok(None) };
    let Some(source) = matrix(weight, half)? else { return Ok(None) };
    let own_bias = Array1::from_vec(half.numbers(bias)?.values);
    // Without a number a projection may be of any width.
    if source.dim() != projection.dim() || own_bias.len() != projection.nrows() || projection.is_empty() {
        return Ok(None);
    }
    let map = Affine { difference: source - &projection, offset: projection.t().dot(&own_bias), projection };
    let mut numbers = map.projection.iter().chain(&map.difference).chain(&map.offset);
    let is_finite = numbers.all(|number| number.is_finite());
    Ok(is_finite.then_some((map, [dtype, weight.carried.dtype, bias.carried.dtype])))
}

/// Whether nothing but the projection is between state and change: no activation, and the projection is subtracted, as
/// it is in the form in which two are compared.
fn is_affine(half: Half<'_>) -> bool {
    member(&half.piece.file, "reft").is_some_and(|config| {
        let subtracts = config.get("subtract_projection").is_none_or(|value| *value == Value::Bool(true));
        subtracts && config.get("non_linearity") == Some(&Value::Null)
    })
}

impl Affine {
    /// How far M and v are from those of another, each held to its own magnitude; none if they are of other sizes, or
    /// not finite.
    fn measures(&self, other: &Self) -> Option<[Measure; 2]> {
        if self.offset.len() != other.offset.len() {
            return None;
        }
        let mut change = Measure::default();
        // Row by row: M is as large as a weight of the model.
        for number in 0..self.offset.len() {
            let [one, other] = [self, other].map(|map| map.projection.index_axis(Axis(1), number).dot(&map.difference));
            if !one.iter().chain(&other).all(|value| value.is_finite()) {
                return None;
            }
            one.iter().zip(&other).for_each(|(one, other)| change.add(*one, *other));
        }
        let offset = Measure::between(self.offset.iter().copied(), other.offset.iter().copied());
        Some([change, offset])
    }
}
