//! A linear layer of the model with updates of its weight.

use std::collections::BTreeMap;
use std::ops::Range;

use ndarray::{Array1, Array2, Array3, ArrayView3};

use super::composition::{self, Pass, Place, Setup, State};
use super::ia3::Ia3;
use super::linear::Linear;
use super::lora::Lora;
use super::mtl_lora::MtlLora;
use super::rows::{concatenate, mean, repeat, select, slice};
use super::vera::Vera;
use super::{MethodError, Scalar, States, dora};

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

/// A linear layer with updates by name (`methods/lora.py`, `LoRALinear`, adapters 1.3.0):
///
/// ```text
/// one adapter     y = x · Wᵀ + b + u(x)          LoRA, VeRA, MTL-LoRA; u has its α/r or gate
///                 y = (x · Wᵀ + b) ⊙ u           (IA)³
///                 y = dora(x · Wᵀ + b, u(x))     DoRA, DVoRA
/// Stack(a, b)     y = x · Wᵀ + b + u_b(u_a(x))
/// ```
///
/// In a [Stack](Setup::Stack) the second update takes the first one's in place of `x`, and only the last is added. Each
/// has applied its own factor: two adapters with `α/r = 2` make 4. (IA)³ multiplies the update below it by its vector.
#[derive(Debug, Clone, PartialEq)]
pub struct AdaptedLinear<T> {
    /// The model's own layer.
    pub base: Linear<T>,
    /// The updates by adapter.
    pub updates: BTreeMap<String, Update<T>>,
    /// Whether the model stores the weight as `[inputs, outputs]`. LoRA without DoRA computes the same either way. Of DoRA the
    /// library takes the row norms of the stored weight, which is the wrong way round, and adds `B·A` to it as it is; only a
    /// square weight lets it. Merging, it turns `B·A`, and scales the rows of what it stores.
    pub stored_transposed: bool,
}

impl<T: Scalar> AdaptedLinear<T> {
    /// A layer without updates.
    #[must_use]
    pub fn new(base: Linear<T>) -> Self {
        Self { base, updates: BTreeMap::new(), stored_transposed: false }
    }

    /// The layer's output for `x`, `[batch, sequence, k]`, with the updates that the setup names: the adapter that ran
    /// last decides whether the result is added (LoRA), multiplied ((IA)³) or normalised (DoRA), for all of the batch.
    ///
    /// # Errors
    /// If the setup cannot be used here, or the states do not fit.
    pub fn forward(&self, setup: Option<&Setup>, x: &States<T>, pass: &mut Pass) -> Result<Array3<T>, MethodError> {
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
                let weight = if self.stored_transposed { self.base.weight.t() } else { self.base.weight.view() };
                if weight.dim() != delta.dim() {
                    return Err(MethodError::undefined("DoRA cannot be used with a weight that is stored transposed"));
                }
                dora::forward(&state.output, &hidden, magnitude, weight, &delta)
            }
            (Update::Ia3(_), None) => state.output * &hidden,
            (_, None) => state.output + &hidden,
        })
    }
}

/// The weight of a layer with an update merged into it, and what leads back.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged<T> {
    /// The weight, `[d, k]`.
    pub weight: Array2<T>,
    /// DoRA's row norms of the weight before it was merged.
    norms: Option<Array1<T>>,
}

impl<T: Scalar> AdaptedLinear<T> {
    /// The weight with one update merged into it (`methods/lora.py`, `LoRALinear.merge_adapter`, adapters 1.3.0):
    /// `W + α/r · B·A`, or DoRA's [`merge`](dora::merge), or [(IA)³'s](Ia3::merge). The bias stays as it is.
    ///
    /// # Errors
    /// For an update that is not there, and one with a gate, whose size depends on the input.
    pub fn merge(&self, adapter: &str) -> Result<Merged<T>, MethodError> {
        let update = self.mergeable(adapter)?;
        let weight = &self.base.weight;
        let plain = |weight| Merged { weight, norms: None };
        Ok(match (update, update.magnitude()) {
            (_, Some((magnitude, delta))) => {
                let (weight, delta) = self.as_stored(weight, &delta);
                let norms = dora::row_norms((&weight + &delta).view());
                let merged = dora::merge(weight.view(), &delta, magnitude);
                Merged { weight: self.as_stored(&merged, &merged).0, norms: Some(norms) }
            }
            (Update::Ia3(ia3), None) => plain(ia3.merge(weight)),
            (_, None) => plain(weight + &update.scaled_delta()),
        })
    }

    /// The inverse of [`AdaptedLinear::merge`]: the weight as it was. The library's own `reset_adapter` computes it for
    /// DoRA too, and does not put it back.
    ///
    /// # Errors
    /// As [`AdaptedLinear::merge`].
    pub fn unmerge(&self, adapter: &str, merged: &Merged<T>) -> Result<Array2<T>, MethodError> {
        let update = self.mergeable(adapter)?;
        Ok(match (update, update.magnitude(), &merged.norms) {
            (_, Some((magnitude, delta)), Some(norms)) => {
                let (weight, delta) = self.as_stored(&merged.weight, &delta);
                let weight = dora::unmerge(weight.view(), &delta, magnitude, norms);
                self.as_stored(&weight, &weight).0
            }
            (Update::Ia3(ia3), ..) => ia3.unmerge(&merged.weight),
            _ => &merged.weight - &update.scaled_delta(),
        })
    }

    fn mergeable(&self, adapter: &str) -> Result<&Update<T>, MethodError> {
        let update = self.updates.get(adapter);
        let update = update.ok_or_else(|| MethodError::undefined(format!("there is no adapter `{adapter}` here")))?;
        if update.is_gated() {
            return Err(MethodError::undefined(
                "an update with a gate cannot be merged: the gate depends on the input",
            ));
        }
        Ok(update)
    }

    /// A weight and its change in the order in which the model stores them.
    fn as_stored(&self, weight: &Array2<T>, delta: &Array2<T>) -> (Array2<T>, Array2<T>) {
        if self.stored_transposed {
            (weight.t().to_owned(), delta.t().to_owned())
        } else {
            (weight.clone(), delta.clone())
        }
    }
}

/// The state between the updates of a layer.
#[derive(Debug, Clone)]
pub struct LinearState<T> {
    input: States<T>,
    hidden: Option<Array3<T>>,
    output: Array3<T>,
    last: Option<String>,
}

impl<T: Scalar> LinearState<T> {
    fn map(&self, operation: impl Fn(&Array3<T>) -> Array3<T>) -> Self {
        Self {
            input: operation(&self.input.to_owned()).into_shared(),
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
        self.map(|array| slice(array, &examples))
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
        let input = concatenate(&states.iter().map(|state| &state.input).collect::<Vec<_>>())?.into_shared();
        Ok(Self { input, output: join(|state| &state.output)?, hidden, last })
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
