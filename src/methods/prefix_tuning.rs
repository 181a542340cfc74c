//! Prefix tuning.

use std::collections::BTreeMap;
use std::ops::Range;

use ndarray::{Array1, Array2, Array3, Array4, Axis, Ix1, Ix2, Slice};

use super::activation::{Activation, Function};
use super::composition::{self, Pass, Place, Setup, State};
use super::gate::Gate;
use super::linear::Linear;
use super::parameters::{Parameter, Parameters, linear};
use super::rows::{concatenate, repeat, select, slice};
use super::{MethodError, Scalar, States};

/// What the prefixes of one kind of attention (self-, cross- or the encoder's) consist of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Architecture {
    /// `ℓ`, the number of positions.
    pub length: usize,
    /// `L`, the number of layers that get a prefix.
    pub layers: usize,
    /// `h`, the number of key and value heads.
    pub heads: usize,
    /// `e`, the width of one head.
    pub head_size: usize,
    /// `d`, the model's hidden size.
    pub hidden: usize,
    /// How the prefix is computed; none where it is a parameter itself.
    pub reparameterization: Option<Reparameterization>,
}

/// The small network that computes a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reparameterization {
    /// `m`, the width of its hidden layer.
    pub width: usize,
    /// `f`, its activation.
    pub activation: Function,
}

impl Architecture {
    /// The parameters.
    #[must_use]
    pub fn parameters(&self) -> Vec<Parameter> {
        // Sizes come from files; what does not fit is as large as it can be.
        let sizes = [2, self.layers, self.heads, self.head_size];
        let numbers = sizes.into_iter().fold(1_usize, usize::saturating_mul);
        match self.reparameterization {
            None => vec![Parameter::trained("flat", &[("ℓ·2L·h·e", self.length.saturating_mul(numbers))])],
            Some(network) => {
                let (d, m) = (("d", self.hidden), ("m", network.width));
                let mut parameters = vec![Parameter::trained("embedding", &[("ℓ", self.length), d])];
                parameters.extend(linear("down", m, d, true));
                let activation = network.activation.parameters();
                parameters.extend(activation.into_iter().map(|own| own.within("activation")));
                parameters.extend(linear("up", ("2L·h·e", numbers), m, true));
                parameters
            }
        }
    }
}

/// Trained keys and values before those of the input, in every layer's attention (Li and Liang 2021,
/// arXiv:2101.00190, equation 3 and section 4.3):
///
/// ```text
/// K := [P_K; K]    V := [P_V; V]          P = P′                                      flat
///                                         P = f(E · W_downᵀ + b) · W_upᵀ + b′          reparameterised
/// ```
///
/// `E` is `[ℓ, d]`. `P` is read as `[ℓ, L, 2, h, e]`: position, layer, keys and then values, head, unit. `L` counts the
/// layers that have a prefix: one that is left out takes no number (`methods/prefix_tuning.py`, `PrefixTuning`,
/// adapters 1.3.0).
#[derive(Debug, Clone, PartialEq)]
pub struct Prefix<T> {
    /// What it consists of.
    pub architecture: Architecture,
    /// `P`, `[ℓ, 2L·h·e]`.
    pub numbers: Array2<T>,
}

impl<T: Scalar> Prefix<T> {
    /// The prefixes with these parameters.
    ///
    /// # Errors
    /// If a parameter is missing or has another shape.
    pub fn new(architecture: Architecture, parameters: &Parameters<T>) -> Result<Self, MethodError> {
        parameters.check(&architecture.parameters())?;
        let numbers = match architecture.reparameterization {
            None => {
                let flat = parameters.take::<Ix1>("flat")?;
                let columns = architecture.layers * 2 * architecture.heads * architecture.head_size;
                flat.into_shape_with_order((architecture.length, columns))
                    .map_err(|_| MethodError::input("the flat prefix has another size"))?
            }
            Some(network) => {
                let activation = Activation::new(network.activation, &parameters.part("activation"))?;
                let hidden = Linear::take(parameters, "down")?.forward(&parameters.take::<Ix2>("embedding")?);
                Linear::take(parameters, "up")?.forward(&activation.forward(&hidden))
            }
        };
        Ok(Self { architecture, numbers })
    }

    /// The prefix as parameters of its own, which make the network needless (the library's `eject_prefix_tuning`):
    /// `ℓ · 2L · h · e` numbers, in the order of `P`. The library stops unless `h · e = d`.
    #[must_use]
    pub fn eject(&self) -> Array1<T> {
        self.numbers.iter().copied().collect()
    }

    /// Keys and values of one layer, each `[h, ℓ, e]`. `layer` counts the layers that have a prefix.
    ///
    /// # Errors
    /// If there is no such layer.
    pub fn layer(&self, layer: usize) -> Result<(Array3<T>, Array3<T>), MethodError> {
        let Architecture { layers, length, heads, head_size, .. } = self.architecture;
        if layer >= layers {
            return Err(MethodError::input(format!("there are prefixes for {layers} layers, none for number {layer}")));
        }
        let part = |kind: usize| {
            Array3::from_shape_fn((heads, length, head_size), |(head, position, unit)| {
                self.numbers[(position, ((layer * 2 + kind) * heads + head) * head_size + unit)]
            })
        };
        Ok((part(0), part(1)))
    }
}

/// One adapter's prefix in one layer.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerPrefix<T> {
    /// Keys, `[h, ℓ, e]`.
    pub keys: Array3<T>,
    /// Values, `[h, ℓ, e]`.
    pub values: Array3<T>,
    /// A gate with one output for both, or two: the first weighs the keys, the last the values.
    pub gate: Option<Gate<T>>,
}

/// The prefixes of one layer's attention (`methods/prefix_tuning.py`, `PrefixTuningLayer`, 1.3.0). Each stands before
/// what is there already, so that in a [Stack](Setup::Stack) the last adapter's comes first. The mask grows by as many
/// columns, with [`Surroundings::added`] in them.
///
/// That is so under `attn_implementation="eager"`. Under `sdpa`, the default of transformers, the library is given another
/// mask or none in some models and computes something else (`fixtures/releases/attention.json`).
#[derive(Debug, Clone, PartialEq)]
pub struct PrefixPlace<T> {
    /// The prefixes by adapter.
    pub prefixes: BTreeMap<String, LayerPrefix<T>>,
    /// What the model brings along.
    pub surroundings: Surroundings,
}

/// What a prefix meets in a model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Surroundings {
    /// The number that fills up shorter prefixes where adapters with different ones share a batch: the library takes
    /// the model's `pad_token_id`.
    pub filling: f64,
    /// What is added to the scores of the prefix's positions where the attention has a mask: 0, but 1 in DistilBERT's
    /// fused attention, where the library takes the mask for one of ones and zeros.
    pub added: f64,
    /// What is added to the scores of positions that fill up shorter prefixes: 1, which hides nothing.
    pub filled: f64,
}

impl Default for Surroundings {
    fn default() -> Self {
        Self { filling: 0.0, added: 0.0, filled: 1.0 }
    }
}

impl<T> Default for PrefixPlace<T> {
    fn default() -> Self {
        Self { prefixes: BTreeMap::new(), surroundings: Surroundings::default() }
    }
}

/// What the attention of a layer works with.
#[derive(Debug, Clone, PartialEq)]
pub struct AttentionState<T> {
    /// Keys, `[batch, h, positions, e]`.
    pub keys: Array4<T>,
    /// Values, `[batch, h, positions, e]`.
    pub values: Array4<T>,
    /// The layer's input, `[batch, sequence, d]`, which gates read.
    pub input: States<T>,
    /// What is added to the scores, `[batch, 1, queries, positions]`.
    pub mask: Option<Array4<T>>,
}

impl<T: Scalar> PrefixPlace<T> {
    /// Keys, values and mask with the prefixes that the setup names before them.
    ///
    /// # Errors
    /// If the setup cannot be used here, or the states do not fit.
    pub fn forward(
        &self,
        setup: Option<&Setup>,
        state: AttentionState<T>,
        pass: &mut Pass,
    ) -> Result<AttentionState<T>, MethodError> {
        let active = setup.filter(|setup| setup.adapters().iter().any(|name| self.prefixes.contains_key(*name)));
        let Some(setup) = active else { return Ok(state) };
        let state = composition::compose(self, setup, InModel { state, surroundings: self.surroundings }, pass)?;
        Ok(state.state)
    }
}

/// A state that knows what the model brings along.
#[derive(Debug, Clone)]
pub struct InModel<T> {
    state: AttentionState<T>,
    surroundings: Surroundings,
}

impl<T: Scalar> InModel<T> {
    fn map(&self, wide: impl Fn(&Array4<T>) -> Array4<T>, input: impl Fn(&States<T>) -> Array3<T>) -> Self {
        let state = AttentionState {
            keys: wide(&self.state.keys),
            values: wide(&self.state.values),
            input: input(&self.state.input).into_shared(),
            mask: self.state.mask.as_ref().map(&wide),
        };
        Self { state, surroundings: self.surroundings }
    }

    /// Shorter prefixes are filled up at the front. The library fills the mask with 1 (0 in DistilBERT), which hides
    /// nothing, as the mask is added to the scores: the positions take part in the attention.
    fn fill(mut self, positions: usize) -> Self {
        let missing = positions - self.state.keys.dim().2;
        let Surroundings { filling, filled, .. } = self.surroundings;
        if missing == 0 {
            return self;
        }
        let front = |array: &Array4<T>, axis: usize, missing: usize, value: f64| {
            let mut shape = array.raw_dim();
            shape[axis] += missing;
            let mut wider = Array4::from_elem(shape, T::of(value));
            wider.slice_axis_mut(Axis(axis), Slice::from(missing..)).assign(array);
            wider
        };
        self.state.keys = front(&self.state.keys, 2, missing, filling);
        self.state.values = front(&self.state.values, 2, missing, filling);
        self.state.mask = self.state.mask.map(|mask| {
            let missing = positions.saturating_sub(mask.dim().3);
            front(&mask, 3, missing, filled)
        });
        self
    }
}

impl<T: Scalar> State for InModel<T> {
    fn batch(&self) -> usize {
        self.state.keys.dim().0
    }

    fn slice(&self, examples: Range<usize>) -> Self {
        self.map(|array| slice(array, &examples), |array| slice(array, &examples))
    }

    fn select(&self, examples: &[usize]) -> Self {
        self.map(|array| select(array, examples), |array| select(array, examples))
    }

    fn repeat(&self, times: usize) -> Self {
        self.map(|array| repeat(array, times), |array| repeat(array, times))
    }

    fn concatenate(states: Vec<Self>) -> Result<Self, MethodError> {
        let longest = states.iter().map(|state| state.state.keys.dim().2).max().unwrap_or(0);
        let surroundings = states.first().map(|state| state.surroundings).unwrap_or_default();
        let states: Vec<_> = states.into_iter().map(|state| state.fill(longest).state).collect();
        let join =
            |part: fn(&AttentionState<T>) -> &Array4<T>| concatenate(&states.iter().map(part).collect::<Vec<_>>());
        let masks: Option<Vec<_>> = states.iter().map(|state| state.mask.as_ref()).collect();
        let state = AttentionState {
            keys: join(|state| &state.keys)?,
            values: join(|state| &state.values)?,
            input: concatenate(&states.iter().map(|state| &state.input).collect::<Vec<_>>())?.into_shared(),
            mask: masks.map(|masks| concatenate(&masks)).transpose()?,
        };
        Ok(Self { state, surroundings })
    }

    fn mean(_: Vec<Self>, _: &[f64]) -> Result<Self, MethodError> {
        Err(MethodError::undefined("prefixes cannot be averaged in a composition"))
    }
}

impl<T: Scalar> Place for PrefixPlace<T> {
    type State = InModel<T>;

    fn has(&self, adapter: &str) -> bool {
        self.prefixes.contains_key(adapter)
    }

    fn single(&self, adapter: &str, state: Self::State) -> Result<Self::State, MethodError> {
        let prefix = self.prefixes.get(adapter);
        let prefix = prefix.ok_or_else(|| MethodError::undefined(format!("there is no prefix `{adapter}` here")))?;
        let InModel { state, surroundings } = state;
        let (batch, heads, _, head_size) = state.keys.dim();
        if (prefix.keys.dim().0, prefix.keys.dim().2) != (heads, head_size) {
            return Err(MethodError::input("the prefix has other heads than the attention"));
        }
        let gates = prefix.gate.as_ref().map(|gate| gate.forward(state.input.view()));
        if gates.as_ref().is_some_and(|gates| gates.nrows() != batch) {
            return Err(MethodError::input("the prefix's gates and the keys are of different batches"));
        }
        let before = |own: &Array4<T>, prefix: &Array3<T>, last: bool| {
            let mut whole = prefix
                .view()
                .insert_axis(Axis(0))
                .broadcast((batch, heads, prefix.dim().1, head_size))
                .expect("an axis of length 1 can be repeated")
                .to_owned();
            if let Some(gates) = &gates {
                let gate = gates.column(if last { gates.ncols() - 1 } else { 0 }).to_owned();
                whole *= &gate.insert_axis(Axis(1)).insert_axis(Axis(2)).insert_axis(Axis(3));
            }
            ndarray::concatenate(Axis(2), &[whole.view(), own.view()])
                .map_err(|_| MethodError::input("the prefix does not fit the attention"))
        };
        let keys = before(&state.keys, &prefix.keys, false)?;
        let values = before(&state.values, &prefix.values, true)?;
        let mask = state.mask.map(|mask| before_mask(&mask, prefix.keys.dim().1, 3, surroundings.added));
        Ok(InModel { state: AttentionState { keys, values, input: state.input, mask }, surroundings })
    }
}

/// A mask with so many more positions in front along an axis, and this added to their scores.
pub(crate) fn before_mask<T: Scalar>(mask: &Array4<T>, positions: usize, axis: usize, added: f64) -> Array4<T> {
    let mut shape = mask.raw_dim();
    shape[axis] += positions;
    let mut wider = Array4::from_elem(shape, T::of(added));
    wider.slice_axis_mut(Axis(axis), Slice::from(positions..)).assign(mask);
    wider
}
