//! Tensors by what they do, where other numbers can do the same.

use super::entering::{computing, enter, rounding, set, stored};
use super::half::{Half, member};
use super::intervention;
use super::low_rank::{self, DOWN, Factors, GATE, SHARES, TASK, UP};
use super::measure::{Measure, Step, step};
use super::outcome::{Compared, State, Tensor};
use super::unit::{BOTTLENECK, Unit};
use super::update::Update;
use crate::convert::RecipeError;
use crate::convert::eject::{FLAT, NETWORK, ejected_flat};
use crate::dialects::adapterhub::names::Container;
use crate::dialects::peft::names::Part;
use crate::tensors::Dtype;
use crate::value::{Map, Value};

/// Judges the tensors of a unit by what they do together, where they are not the same already.
pub(super) fn judge(
    unit: &Unit,
    a: Half<'_>,
    b: Half<'_>,
    tolerance: Option<f64>,
    tensors: &mut [Tensor],
) -> Result<(), RecipeError> {
    let is_decided = |tensors: &[Tensor]| tensors.iter().all(|tensor| tensor.state.is_same());
    match unit {
        // Same tensors with other factors are another update.
        Unit::Update(module) => update(module, a, b, tolerance, tensors),
        // The same network with another activation is another prefix.
        Unit::Prefix(location) if has_other_activation(location, a, b) || !is_decided(tensors) => {
            prefix(location, a, b, tolerance, tensors)
        }
        _ if is_decided(tensors) => Ok(()),
        Unit::Intervention(path) => intervention::judge(path, a, b, tolerance, tensors),
        Unit::Units(module) => units(module, a, b, tolerance, tensors),
        Unit::Prefix(_) | Unit::Alone(_) => Ok(()),
    }
}

fn update(
    module: &str,
    a: Half<'_>,
    b: Half<'_>,
    tolerance: Option<f64>,
    tensors: &mut [Tensor],
) -> Result<(), RecipeError> {
    let [(types_a, update_a), (types_b, update_b)] = match [a, b].map(|half| read_update(module, half)) {
        [Ok(a), Ok(b)] => [a, b],
        [Err(error), _] | [_, Err(error)] => return Err(error),
    };
    let types = || types_a.iter().chain(&types_b).copied();
    let allowed = tolerance.unwrap_or_else(|| rounding(types()));
    match (update_a, update_b) {
        (Some(one), Some(other)) => {
            let allowed = tolerance.unwrap_or_else(|| match (one.settings == other.settings, others(tensors)) {
                _ if one.settings.sharpness.is_some() || other.settings.sharpness.is_some() => {
                    allowed * one.steepness.max(other.steepness)
                }
                (true, 1) => computing(types()),
                (_, others) => stored(types(), others.max(1)),
            });
            // Rounding is all that may have happened to each number where more than one factor, or the scale, is another.
            let is_plain = one.settings.sharpness.or(other.settings.sharpness).is_none();
            let is_rounded = others(tensors) > 1 || one.settings != other.settings;
            let steps = match [types_a, types_b].map(Step::half) {
                [None, None] => None,
                steps => Some(steps.map(Step::or_finer)).filter(|_| tolerance.is_none() && is_plain && is_rounded),
            };
            enter_updates(&one, &other, allowed, steps, tensors);
        }
        // One that does nothing is as good as none.
        (Some(only), None) | (None, Some(only))
            if one_sided(tensors) && only.is_idle(allowed, is_open(module, a)? || is_open(module, b)?) =>
        {
            for tensor in tensors {
                (tensor.state, tensor.compared) = (State::Equivalent, Compared::Update);
            }
        }
        _ => {}
    }
    Ok(())
}

/// How many factors are not the same in both.
fn others(tensors: &[Tensor]) -> usize {
    tensors.iter().filter(|tensor| !is_of_gate(tensor) && !tensor.state.is_same()).count()
}

/// The update of a module on one side, and the types of its factors.
fn read_update(module: &str, half: Half<'_>) -> Result<(Vec<Dtype>, Option<Update>), RecipeError> {
    let index = half.index;
    let held = |leaf: &str| index.held(module, Container::Loras, leaf);
    let down = held(DOWN).or_else(|| index.part(module, Part::LoraA));
    let up = held(UP).or_else(|| index.part(module, Part::LoraB));
    let of_task = held(TASK).zip(held(SHARES)).map(|(task, shares)| [task, shares]);
    let settings = up.and_then(|up| index.scales.settings(&up.place));
    let (Some(up), Some(settings)) = (up, settings) else { return Ok((Vec::new(), None)) };
    let dtypes = [Some(up), down].into_iter().flatten().chain(of_task.into_iter().flatten());
    let dtypes = dtypes.map(|slot| slot.carried.dtype);
    let factors = Factors {
        down: down.map(|slot| &slot.carried),
        up: &up.carried,
        of_task: of_task.map(|slots| slots.map(|slot| &slot.carried)),
    };
    let read = low_rank::update(settings, &factors, half.weights)?;
    Ok((dtypes.collect(), read))
}

/// Enters how far two updates are from one another.
fn enter_updates(one: &Update, other: &Update, allowed: f64, steps: Option<[Step; 2]>, tensors: &mut [Tensor]) {
    // What a gate lets through is not computed: its tensors stand for themselves.
    let factors: Vec<_> = tensors.iter_mut().filter(|tensor| !is_of_gate(tensor)).collect();
    let same_tensors = factors.iter().all(|tensor| tensor.state.is_same());
    if same_tensors && one.settings == other.settings {
        return;
    }
    let measure = one.measure(other, steps);
    for tensor in factors {
        if one.settings.scales && other.settings.scales && tensor.slot.ends_with(".lora_A") {
            if !tensor.state.is_same() {
                tensor.state = State::Unused;
            }
            continue;
        }
        tensor.compared = Compared::Update;
        match measure {
            Some(measure) => set(tensor, measure, allowed, State::Equivalent),
            None => {
                tensor.state = State::Differs;
                (tensor.absolute, tensor.relative) = (None, None);
            }
        }
    }
}

fn is_of_gate(tensor: &Tensor) -> bool {
    GATE.iter().any(|leaf| tensor.slot.strip_suffix(leaf).is_some_and(|rest| rest.ends_with('.')))
}

/// Whether a gate multiplies by one, whatever it is given: its weight is zero, and so far open is one in double precision.
fn is_open(module: &str, half: Half<'_>) -> Result<bool, RecipeError> {
    const OPEN: f64 = 37.0;
    let values = |leaf: &str| {
        let slot = half.index.held(module, Container::Loras, leaf);
        slot.map(|slot| half.numbers(slot)).transpose()
    };
    let [weight, bias] = GATE;
    let (Some(weight), Some(bias)) = (values(weight)?, values(bias)?) else { return Ok(false) };
    Ok(weight.values.iter().all(|value| value.abs() <= 0.0) && bias.values.iter().all(|value| *value >= OPEN))
}

/// Whether only one of the two has any of the tensors.
fn one_sided(tensors: &[Tensor]) -> bool {
    tensors.iter().all(|tensor| tensor.a.is_none()) || tensors.iter().all(|tensor| tensor.b.is_none())
}

fn prefix(
    location: &str,
    a: Half<'_>,
    b: Half<'_>,
    tolerance: Option<f64>,
    tensors: &mut [Tensor],
) -> Result<(), RecipeError> {
    let numbers = |half: Half<'_>| {
        let find = |part: &str| half.index.prefix(&format!("{location}.{part}"));
        if let Some(flat) = find(FLAT) {
            return Ok(Some((half.numbers(flat)?.values, flat.carried.dtype)));
        }
        let parts: Option<Vec<_>> = NETWORK.iter().map(|part| Some(find(part)?.carried.recipe.clone())).collect();
        let (Some(parts), Some(first)) = (parts, find(NETWORK[0])) else { return Ok(None) };
        let Some(activation) = activation(&half.piece.file) else { return Ok(None) };
        // A network that cannot be followed is compared by its tensors.
        match ejected_flat(parts, activation, half.weights) {
            Ok(recipe) => Ok::<_, RecipeError>(Some((recipe.numbers(half.weights)?.values, first.carried.dtype))),
            Err(_) => Ok(None),
        }
    };
    let (Some((one, type_a)), Some((other, type_b))) = (numbers(a)?, numbers(b)?) else {
        // Nothing shows that another activation makes the same.
        if has_other_activation(location, a, b) {
            tensors.iter_mut().filter(|tensor| tensor.state.is_same()).for_each(|tensor| tensor.state = State::Differs);
        }
        return Ok(());
    };
    if one.len() == other.len() {
        let measure = Measure::between(one, other);
        enter(tensors, Compared::Prefix, measure, tolerance, [type_a, type_b]);
    }
    Ok(())
}

/// Whether networks compute the prefix on both sides, with activations of other names.
fn has_other_activation(location: &str, a: Half<'_>, b: Half<'_>) -> bool {
    let has_network = |half: Half<'_>| half.index.prefix(&format!("{location}.{FLAT}")).is_none();
    has_network(a) && has_network(b) && activation(&a.piece.file) != activation(&b.piece.file)
}

/// The activation of prefix tuning in a config.
fn activation(file: &Map) -> Option<&str> {
    member(file, "prefix_tuning")?.get("non_linearity").and_then(Value::as_str)
}

/// A bottleneck's units, each with its row, bias and column, in an order that does not depend on the one they stand in.
struct Units {
    sorted: Vec<Vec<f64>>,
    inputs: usize,
    outputs: usize,
    dtype: Dtype,
}

impl Units {
    fn read(module: &str, half: Half<'_>) -> Result<Option<Self>, RecipeError> {
        let find = |leaf: &str| half.index.held(module, Container::Adapters, leaf);
        let [Some(down), Some(bias), Some(up)] = BOTTLENECK.map(find) else { return Ok(None) };
        let dtype = down.carried.dtype;
        let (down, bias, up) = (half.numbers(down)?, half.numbers(bias)?, half.numbers(up)?);
        let (&[units, inputs], &[outputs, columns]) = (down.shape.as_slice(), up.shape.as_slice()) else {
            return Ok(None);
        };
        if columns != units || bias.values.len() != units {
            return Ok(None);
        }
        let unit = |number: usize| {
            let column = (0..outputs).map(|row| up.values[row * columns + number]);
            let row = down.values[number * inputs..(number + 1) * inputs].iter().copied();
            row.chain([bias.values[number]]).chain(column).collect::<Vec<f64>>()
        };
        let mut sorted: Vec<_> = (0..units).map(unit).collect();
        sorted.sort_unstable_by(|one, other| {
            let mut orders = one.iter().zip(other).map(|(one, other)| one.total_cmp(other));
            orders.find(|order| order.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
        });
        Ok(Some(Self { sorted, inputs, outputs, dtype }))
    }

    fn sizes(&self) -> [usize; 3] {
        [self.sorted.len(), self.inputs, self.outputs]
    }
}

/// A bottleneck whose units stand in another order computes the same.
fn units(
    module: &str,
    a: Half<'_>,
    b: Half<'_>,
    tolerance: Option<f64>,
    tensors: &mut [Tensor],
) -> Result<(), RecipeError> {
    let (Some(one), Some(other)) = (Units::read(module, a)?, Units::read(module, b)?) else { return Ok(()) };
    if one.sizes() != other.sizes() {
        return Ok(());
    }
    // Each kind of numbers is held to its own magnitude.
    let Units { inputs, outputs, .. } = one;
    let measures = [0..inputs, inputs..inputs + 1, inputs + 1..inputs + 1 + outputs].map(|range| {
        one.sorted
            .iter()
            .zip(&other.sorted)
            .map(|(one, other)| {
                let [one, other] = [one, other].map(|unit| unit[range.clone()].iter().copied());
                Measure::between(one, other)
            })
            .fold(Measure::default(), Measure::max)
    });
    let allowed = tolerance.unwrap_or_else(|| step(one.dtype).max(step(other.dtype)));
    // Where sorting does not make them the same, the difference of each tensor as it stands says more.
    if measures.iter().all(|measure| measure.is_within(allowed)) {
        for (tensor, leaf) in tensors.iter_mut().flat_map(|tensor| {
            let leaf = BOTTLENECK.iter().position(|leaf| tensor.slot.ends_with(leaf));
            leaf.map(|leaf| (tensor, leaf))
        }) {
            tensor.compared = Compared::Units;
            set(tensor, measures[leaf], allowed, State::Equivalent);
        }
    }
    Ok(())
}
