use std::collections::BTreeMap;

use crate::dialects::adapterhub::checkpoint::subject::grouped;
use crate::dialects::adapterhub::checkpoint::{Subject, names};
use crate::dialects::adapterhub::slots::SlotMethod;
use crate::findings::{Report, rule};
use crate::tensors::{Statistics, Tensor};

rule! {
    /// Modules are as they were before training, or are multiplied by zeros.
    ///
    /// ## Why is this bad
    /// Most methods are initialised so that they change nothing: LoRA's matrix B and the up-projection of parallel
    /// adapters are zero, the vectors of (IA)³ are one. A module that is still in this state has no effect. The biases
    /// of other bottleneck adapters and of AdapterFusion start at zero and change with the first step of training; if
    /// all of a module's biases are zero, the rest of it is random. Usually the wrong model was saved, or the
    /// parameters were not passed to the optimiser (`train_adapter`). If another factor is zero, such as LoRA's A, one
    /// of Compacter's, or a learned `scaling`, there is no effect either. Where DoRA's magnitude is zero, the adapted layer
    /// gives zeros.
    ///
    /// Prefix tuning, prompt tuning, and ReFT without orthogonality start from random values, so for these it cannot be
    /// told.
    ///
    /// ## Example
    /// ```text
    /// bert.encoder.layer.0.attention.self.query.loras.a.lora_B    all zero
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    AdapterUntrained, Warning
}

/// What a module is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    /// It changes nothing, as in the beginning.
    Without,
    /// It changes nothing, since a factor is zero that is not in the beginning.
    Zero,
    /// It is as it began, and random.
    Initial,
    /// Its update is as it began, so that only the lengths that DoRA gives the weights can be others.
    Lengths,
    /// What is adapted is multiplied by zeros.
    Silent,
}

impl State {
    fn said(self) -> &'static str {
        match self {
            Self::Without => "as it was before training, so it has no effect",
            Self::Zero => "multiplied by zeros, so it has no effect",
            Self::Initial => "as it was before training, so it is random",
            Self::Lengths => "as it was before training but for the magnitude, so it changes lengths at most",
            Self::Silent => "multiplied by a magnitude of zeros, so the adapted layer gives zeros",
        }
    }
}

impl AdapterUntrained {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(comparison) = subject.comparison() else { return };
        let mut modules: Vec<(&str, SlotMethod, BTreeMap<&str, Statistics>)> = Vec::new();
        for (expected, found) in &comparison.pairs {
            let (Some(slot), Some(tensor)) = (&expected.slot, found.first()) else { continue };
            let Some((module, _)) = names::module(tensor.name()) else { continue };
            let Some(statistics) = subject.statistics_of(*tensor) else { continue };
            let statistics = as_beginning(slot.method, &slot.role, *tensor, statistics);
            match modules.last_mut() {
                Some((last, _, roles)) if *last == module => _ = roles.insert(&slot.role, statistics),
                _ => modules.push((module, slot.method, [(slot.role.as_str(), statistics)].into())),
            }
        }
        let mut untrained: BTreeMap<State, Vec<&str>> = BTreeMap::new();
        for (module, method, roles) in &modules {
            if let Some(state) = state(*method, roles) {
                untrained.entry(state).or_default().push(module);
            }
        }
        for (state, names) in untrained {
            for group in grouped(names) {
                let mut all = comparison.pairs.iter().flat_map(|(_, found)| found).map(|tensor| tensor.name());
                let first = all.find(|name| name.starts_with(group.first)).unwrap_or_default();
                report
                    .about_tensor(Self::INFO, first, format!("{} is {}", group.shown, state.said()))
                    .help("check that the adapter was trained (`train_adapter`) and saved from the trained model");
            }
        }
    }
}

/// Of matrices with orthonormal rows, how far they are from their beginning: a diagonal.
fn as_beginning(method: SlotMethod, role: &str, tensor: Tensor<'_>, statistics: Statistics) -> Statistics {
    if method != SlotMethod::Reft || !role.ends_with("projection.original") {
        return statistics;
    }
    let (Ok(values), [rows, columns]) = (tensor.to_f64_vec(), tensor.shape()) else { return statistics };
    // A diagonal below one is another thing, see `directions-vanished`.
    let as_begun =
        |(at, value): (usize, &f64)| if at / columns == at % columns { value.abs() >= 1.0 } else { value.abs() == 0.0 };
    let is_diagonal = values.iter().enumerate().all(as_begun);
    if is_diagonal {
        Statistics { zeros: 1, min: Some(0.0), max: Some(0.0), ..Statistics::default() }
    } else if rows != columns && statistics.is_zero() {
        // It did not begin so, and `directions-vanished` tells what it is.
        Statistics::default()
    } else {
        statistics
    }
}

/// What the up-projection of a bottleneck is made of: itself, or the factors of its Kronecker products.
const UP: &[&str] = &["up.weight", "up.weight.left", "up.weight.right", "up.weight.rule"];

fn state(method: SlotMethod, roles: &BTreeMap<&str, Statistics>) -> Option<State> {
    let are_zero = |ends: &[&str]| {
        let mut meant = roles.iter().filter(|(role, _)| ends.iter().any(|end| role.ends_with(end))).peekable();
        meant.peek().is_some() && meant.all(|(_, statistics)| statistics.is_zero())
    };
    let any_zero = |all: &[&str]| all.iter().any(|role| roles.get(role).is_some_and(Statistics::is_zero));
    let is_one = |role| roles.get(role).is_some_and(|found| found.min == Some(1.0) && found.max == Some(1.0));
    let has_magnitude = roles.contains_key("magnitude");
    let is_nice = roles.keys().any(|role| role.starts_with("F."));
    let is_all_zero = roles.values().all(Statistics::is_zero);
    match method {
        _ if any_zero(&["magnitude"]) => Some(State::Silent),
        SlotMethod::Lora | SlotMethod::MtlLora if are_zero(&["A"]) && are_zero(&["B"]) && !has_magnitude => {
            Some(State::Zero)
        }
        SlotMethod::Lora | SlotMethod::MtlLora if has_magnitude && are_zero(&["B"]) => Some(State::Lengths),
        SlotMethod::Vera if has_magnitude && are_zero(&["scaling"]) => Some(State::Lengths),
        SlotMethod::Lora | SlotMethod::MtlLora if are_zero(&["B"]) => Some(State::Without),
        SlotMethod::Vera if are_zero(&["scaling"]) => Some(State::Without),
        SlotMethod::Ia3 if is_one("vector") => Some(State::Without),
        SlotMethod::Bottleneck if is_all_zero => Some(State::Zero),
        SlotMethod::Bottleneck if roles.contains_key("up.weight") && are_zero(&["up.weight", "up.bias"]) => {
            Some(State::Without)
        }
        SlotMethod::Bottleneck if are_zero(&["up.bias"]) && any_zero(UP) => Some(State::Zero),
        SlotMethod::Bottleneck if any_zero(&["scaling"]) => Some(State::Zero),
        // DoRA divides by the length of what is changed, and so changes it even if A is zero.
        SlotMethod::Lora | SlotMethod::MtlLora if !has_magnitude && any_zero(&["A", "task"]) => Some(State::Zero),
        SlotMethod::Vera if any_zero(&["A", "B", "D"]) => Some(State::Zero),
        SlotMethod::Bottleneck if are_zero(&["down.bias", "up.bias"]) => Some(State::Initial),
        // GLOW scales by the hidden states themselves, whatever the weights.
        SlotMethod::Invertible if is_all_zero => is_nice.then_some(State::Zero),
        SlotMethod::Invertible if are_zero(&[".bias"]) => Some(State::Initial),
        SlotMethod::Fusion if !is_all_zero && are_zero(&[".bias"]) => Some(State::Initial),
        SlotMethod::Reft if are_zero(&["projection.original"]) => Some(State::Initial),
        _ => None,
    }
}
