//! A linear layer of the model with updates of its weight.

use std::collections::BTreeMap;
use std::ops::Range;

use ndarray::{Array2, Array3, ArrayView3, Axis, Slice};

use super::composition::{self, Pass, Place, Setup, State};
use super::ia3::Ia3;
use super::linear::Linear;
use super::lora::Lora;
use super::mtl_lora::MtlLora;
use super::rows::{concatenate, mean, repeat, select};
use super::vera::Vera;
use super::{MethodError, Scalar, dora};

/// An update of one weight, by any of the methods in LoRA's family.
#[derive(Debug, Clone, PartialEq)]
pub enum Update<T> {
    /// LoRA or DoRA.
    Lora(Lora<T>),
    /// VeRA or DVoRA.
    Vera(Vera<T>),
    /// MTL-LoRA, of one task.
    MtlLora(MtlLora<T>),
    /// (IA)³.
    Ia3(Ia3<T>),
}

impl<T: Scalar> Update<T> {
    fn forward(&self, hidden: Option<&Array3<T>>, input: ArrayView3<'_, T>) -> Array3<T> {
        let below = hidden.map_or(input, |hidden| hidden.view());
        match self {
            Self::Lora(lora) => lora.forward(below, input),
            Self::Vera(vera) => vera.forward(below, input),
            Self::MtlLora(mtl) => mtl.forward(below, input),
            Self::Ia3(ia3) => ia3.forward(hidden, input),
        }
    }

    /// The units that may enter it.
    fn accepts(&self, units: usize) -> bool {
        match self {
            Self::Lora(lora) => lora.architecture.inputs == units,
            Self::Vera(vera) => vera.architecture.0.inputs == units,
            Self::MtlLora(mtl) => mtl.architecture.lora.inputs == units,
            Self::Ia3(ia3) => ia3.architecture.outputs == units,
        }
    }

    /// The trained row lengths, and the update of the weight without its factor.
    fn magnitude(&self) -> Option<(&Array2<T>, Array2<T>)> {
        match self {
            Self::Lora(lora) => lora.magnitude.as_ref().map(|magnitude| (magnitude, lora.delta())),
            Self::Vera(vera) => vera.magnitude.as_ref().map(|magnitude| (magnitude, vera.delta().clone())),
            Self::MtlLora(_) | Self::Ia3(_) => None,
        }
    }

    fn is_gated(&self) -> bool {
        match self {
            Self::Lora(lora) => lora.gate.is_some(),
            Self::Vera(vera) => vera.gate.is_some(),
            Self::MtlLora(mtl) => mtl.architecture.lora.gates > 0,
            Self::Ia3(ia3) => ia3.gate.is_some(),
        }
    }

    /// The weight with the update merged into it (`methods/lora.py`, `LoRALinear.merge_adapter`, adapters 1.3.0):
    /// `W + α/r · B·A`, or DoRA's [`merge`](dora::merge), or [(IA)³'s](Ia3::merge). The bias stays as it is.
    ///
    /// # Errors
    /// For an update with a gate, whose size depends on the input.
    pub fn merge(&self, weight: &Array2<T>) -> Result<Array2<T>, MethodError> {
        if self.is_gated() {
            return Err(MethodError::undefined(
                "an update with a gate cannot be merged: the gate depends on the input",
            ));
        }
        Ok(match (self, self.magnitude()) {
            (_, Some((magnitude, delta))) => dora::merge(weight.view(), &delta, magnitude),
            (Self::Ia3(ia3), None) => ia3.merge(weight),
            (_, None) => weight + &self.scaled_delta(),
        })
    }

    /// The inverse of [`Update::merge`]. DoRA needs the weight's row norms from before: `norms` are those of `W + B·A`.
    ///
    /// # Errors
    /// For an update with a gate, and for DoRA without the norms.
    pub fn unmerge(&self, merged: &Array2<T>, norms: Option<&ndarray::Array1<T>>) -> Result<Array2<T>, MethodError> {
        if self.is_gated() {
            return Err(MethodError::undefined("an update with a gate was never merged"));
        }
        Ok(match (self, self.magnitude()) {
            (_, Some((magnitude, delta))) => {
                let norms = norms.ok_or_else(|| MethodError::undefined("DoRA's row norms are needed"))?;
                dora::unmerge(merged.view(), &delta, magnitude, norms)
            }
            (Self::Ia3(ia3), None) => ia3.unmerge(merged),
            (_, None) => merged - &self.scaled_delta(),
        })
    }

    /// `α/r · B·A`; zero for (IA)³, which adds nothing.
    fn scaled_delta(&self) -> Array2<T> {
        match self {
            Self::Lora(lora) => lora.delta() * T::of(lora.architecture.scaling()),
            Self::Vera(vera) => vera.delta() * T::of(vera.architecture.0.scaling()),
            Self::MtlLora(mtl) => mtl.delta() * T::of(mtl.architecture.lora.scaling()),
            Self::Ia3(ia3) => Array2::zeros((ia3.architecture.outputs, ia3.architecture.inputs)),
        }
    }
}

/// A linear layer with updates by name (`methods/lora.py`, `LoRALinear`, adapters 1.3.0).
#[derive(Debug, Clone, PartialEq)]
pub struct AdaptedLinear<T> {
    /// The model's own layer.
    pub base: Linear<T>,
    /// The updates by adapter.
    pub updates: BTreeMap<String, Update<T>>,
}

impl<T: Scalar> AdaptedLinear<T> {
    /// A layer without updates.
    #[must_use]
    pub fn new(base: Linear<T>) -> Self {
        Self { base, updates: BTreeMap::new() }
    }

    /// The layer's output for `x`, `[batch, sequence, k]`, with the updates that the setup names: the last of them
    /// decides whether its result is added (LoRA), multiplied ((IA)³) or normalised (DoRA). In a Stack the second
    /// update takes the first one's as its input, and only the last is added.
    ///
    /// # Errors
    /// If the setup cannot be used here, or the states do not fit.
    pub fn forward(&self, setup: Option<&Setup>, x: &Array3<T>, pass: &mut Pass) -> Result<Array3<T>, MethodError> {
        if x.dim().2 != self.base.weight.ncols() {
            let (found, expected) = (x.dim().2, self.base.weight.ncols());
            return Err(MethodError::input(format!("the states have {found} units, the layer takes {expected}")));
        }
        let output = self.base.forward(x);
        let active = setup.filter(|setup| setup.adapters().iter().any(|name| self.updates.contains_key(*name)));
        let Some(setup) = active else { return Ok(output) };
        let state = LinearState { input: x.clone(), hidden: None, output, last: None };
        let state = composition::compose(self, setup, state, pass)?;
        let nothing = || MethodError::undefined("no update of the setup ran at this layer");
        let last = state.last.as_ref().and_then(|last| self.updates.get(last)).ok_or_else(nothing)?;
        let hidden = state.hidden.ok_or_else(nothing)?;
        let fits = |a: usize, b: usize| a == b || b == 1;
        if !fits(state.output.dim().0, hidden.dim().0) || !fits(state.output.dim().1, hidden.dim().1) {
            return Err(MethodError::input("the updates of this layer do not fit its output"));
        }
        Ok(match (last, last.magnitude()) {
            (_, Some((magnitude, delta))) => {
                dora::forward(&state.output, &hidden, magnitude, self.base.weight.view(), &delta)
            }
            (Update::Ia3(_), None) => state.output * &hidden,
            (_, None) => state.output + &hidden,
        })
    }
}

/// The state between the updates of a layer.
#[derive(Debug, Clone)]
pub struct LinearState<T> {
    input: Array3<T>,
    hidden: Option<Array3<T>>,
    output: Array3<T>,
    last: Option<String>,
}

impl<T: Scalar> LinearState<T> {
    fn map(&self, operation: impl Fn(&Array3<T>) -> Array3<T>) -> Self {
        Self {
            input: operation(&self.input),
            hidden: self.hidden.as_ref().map(&operation),
            output: operation(&self.output),
            last: self.last.clone(),
        }
    }
}

impl<T: Scalar> State for LinearState<T> {
    fn batch(&self) -> usize {
        self.input.dim().0
    }

    fn slice(&self, examples: Range<usize>) -> Self {
        self.map(|array| array.slice_axis(Axis(0), Slice::from(examples.clone())).to_owned())
    }

    fn select(&self, examples: &[usize]) -> Self {
        self.map(|array| select(array, examples))
    }

    fn repeat(&self, times: usize) -> Self {
        self.map(|array| repeat(array, times))
    }

    fn concatenate(states: Vec<Self>) -> Result<Self, MethodError> {
        let join = |part: fn(&Self) -> &Array3<T>| concatenate(&states.iter().map(part).collect::<Vec<_>>());
        let first_ran = states.first().is_some_and(|state| state.hidden.is_some());
        let hidden = match states.iter().map(|state| state.hidden.as_ref()).collect::<Option<Vec<_>>>() {
            Some(hidden) if first_ran => Some(concatenate(&hidden)?),
            None if first_ran => return Err(MethodError::undefined("one part of the batch has no update here")),
            _ => None,
        };
        let last = states.last().and_then(|state| state.last.clone());
        Ok(Self { input: join(|state| &state.input)?, output: join(|state| &state.output)?, hidden, last })
    }

    fn mean(states: Vec<Self>, weights: &[f64]) -> Result<Self, MethodError> {
        let last = states.last().and_then(|state| state.last.clone());
        let hidden: Option<Vec<_>> = states.iter().map(|state| state.hidden.as_ref()).collect();
        let hidden = hidden.map(|hidden| mean(&hidden, weights)).transpose()?;
        let first = states.into_iter().next().ok_or_else(|| MethodError::undefined("there is nothing to average"))?;
        Ok(Self { hidden, last, ..first })
    }
}

impl<T: Scalar> Place for AdaptedLinear<T> {
    type State = LinearState<T>;

    const REPEATS_AGAIN: bool = true;

    fn has(&self, adapter: &str) -> bool {
        self.updates.contains_key(adapter)
    }

    fn single(&self, adapter: &str, state: Self::State) -> Result<Self::State, MethodError> {
        let update = self.updates.get(adapter);
        let update = update.ok_or_else(|| MethodError::undefined(format!("there is no adapter `{adapter}` here")))?;
        if let Some(hidden) = &state.hidden
            && !update.accepts(hidden.dim().2)
        {
            let detail = format!("`{adapter}` cannot take {} units from the update below it", hidden.dim().2);
            return Err(MethodError::undefined(detail));
        }
        let hidden = update.forward(state.hidden.as_ref(), state.input.view());
        Ok(LinearState { hidden: Some(hidden), last: Some(adapter.to_owned()), ..state })
    }
}
