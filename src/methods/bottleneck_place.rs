//! The place of bottleneck adapters behind a block of the model.

use std::collections::BTreeMap;
use std::ops::Range;

use ndarray::{Array3, Axis, stack};

use super::bottleneck::Bottleneck;
use super::composition::{self, Pass, Place, Setup, State, begin, nested, outputs};
use super::fusion::Fusion;
use super::layer_norm::LayerNorm;
use super::rows::{concatenate, match_batch, mean, repeat, select, slice, slice_along};
use super::{MethodError, Scalar, States, add};

/// All bottleneck adapters, and fusions of them, behind one block (`methods/bottleneck.py`, `BottleneckLayer`, 1.3.0).
///
/// Three things happen on the way through a setup:
///
/// - [`Bottleneck::before`] makes `x` and `r` of the state so far, which stands in the place of `h`, and of the block's
///   input `i`. A [Stack](Setup::Stack) does this for each of its adapters: with `original_ln_before` the second one
///   reads `LN(y + i)`, `y` being what the first one gave. Split, BatchSplit, Parallel, Average and MultiTask do it
///   once, by the keys of their first adapter, which has to be here; Fuse, by those of its last. All their children
///   begin with that `x` and `r`; a child that is a composition itself takes this `x` for its state so far, in the place
///   of `h`, and makes an `x` and `r` of its own.
/// - [`Bottleneck::forward`] is the adapter itself. A [fusion](Fusion) takes what its children have as [`After::up`]
///   and adds `r` itself.
/// - [`Bottleneck::after`] comes once at the end, by the keys of the adapter that ran last, with the block's own `h`.
///
/// [`After::up`]: super::bottleneck::After::up
#[derive(Debug, Clone, PartialEq)]
pub struct BottleneckPlace<T> {
    /// The adapters by name.
    pub adapters: BTreeMap<String, Bottleneck<T>>,
    /// The fusions by name.
    pub fusions: BTreeMap<String, Fusion<T>>,
}

impl<T> Default for BottleneckPlace<T> {
    fn default() -> Self {
        Self { adapters: BTreeMap::new(), fusions: BTreeMap::new() }
    }
}

impl<T: Scalar> BottleneckPlace<T> {
    /// The state behind the place, from the block's output and input, `[batch, sequence, d]`, and the layer norm that
    /// the model has here. Without adapters it is `LN(h + i)`, the model's own.
    ///
    /// # Errors
    /// If the setup cannot be used here, or the states do not fit.
    pub fn forward(
        &self,
        setup: Option<&Setup>,
        block_output: &States<T>,
        block_input: Option<&States<T>>,
        norm: Option<&LayerNorm<T>>,
        pass: &mut Pass,
    ) -> Result<Array3<T>, MethodError> {
        // A prefix or a LoRA under Parallel may have repeated one of the two.
        let block_input = block_input.map(|input| match_batch(input, block_output.dim().0));
        let block_output = match_batch(block_output, block_input.as_ref().map_or(0, |input| input.dim().0));
        let active = setup.filter(|setup| setup.adapters().iter().any(|adapter| self.has(adapter)));
        let Some(setup) = active else {
            let Some(input) = block_input else { return Ok(block_output.into_owned()) };
            let sum = add(&block_output, &input)?;
            return Ok(match norm {
                Some(norm) => norm.forward_into(sum),
                None => sum,
            });
        };
        let state = BottleneckState {
            hidden: block_output.clone(),
            residual: block_input.clone(),
            input: block_input,
            up: None,
            last: None,
        };
        let state = composition::compose(&Here { place: self, norm }, setup, state, pass)?;
        let last = state.last.as_ref().and_then(|last| self.adapters.get(last));
        let last = last.ok_or_else(|| MethodError::undefined("no adapter of the setup ran at this place"))?;
        last.after(state.hidden.into_owned(), &block_output, state.input.as_ref(), norm)
    }

    fn has(&self, adapter: &str) -> bool {
        self.adapters.contains_key(adapter)
    }

    fn adapter(&self, name: &str) -> Result<&Bottleneck<T>, MethodError> {
        self.adapters.get(name).ok_or_else(|| MethodError::undefined(format!("there is no adapter `{name}` here")))
    }
}

/// The state between the adapters of a place.
#[derive(Debug, Clone)]
struct BottleneckState<T> {
    /// The output so far.
    hidden: States<T>,
    /// The block's input.
    input: Option<States<T>>,
    /// The residual of the next adapter.
    residual: Option<States<T>>,
    /// The last up-projection, for AdapterFusion.
    up: Option<States<T>>,
    /// The last adapter that ran.
    last: Option<String>,
}

impl<T: Scalar> BottleneckState<T> {
    /// The same operation on every array.
    fn map(&self, operation: impl Fn(&States<T>) -> Array3<T>) -> Self {
        let operation = |states: &States<T>| operation(states).into_shared();
        Self {
            hidden: operation(&self.hidden),
            input: self.input.as_ref().map(&operation),
            residual: self.residual.as_ref().map(&operation),
            up: self.up.as_ref().map(&operation),
            last: self.last.clone(),
        }
    }
}

impl<T: Scalar> State for BottleneckState<T> {
    fn batch(&self) -> usize {
        self.hidden.dim().0
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
        let last = states.last().and_then(|state| state.last.clone());
        let all = |part: fn(&Self) -> Option<&States<T>>| {
            states
                .iter()
                .map(part)
                .collect::<Option<Vec<_>>>()
                .map(|arrays| concatenate(&arrays))
                .transpose()
                .map(|joined| joined.map(Array3::into_shared))
        };
        Ok(Self {
            hidden: concatenate(&states.iter().map(|state| &state.hidden).collect::<Vec<_>>())?.into_shared(),
            input: all(|state| state.input.as_ref())?,
            residual: all(|state| state.residual.as_ref())?,
            up: all(|state| state.up.as_ref())?,
            last,
        })
    }

    fn mean(states: Vec<Self>, weights: &[f64]) -> Result<Self, MethodError> {
        let last = states.last().and_then(|state| state.last.clone());
        let hidden = mean(&states.iter().map(|state| &state.hidden).collect::<Vec<_>>(), weights)?.into_shared();
        let first = states.into_iter().next().ok_or_else(|| MethodError::undefined("there is nothing to average"))?;
        Ok(Self { hidden, last, ..first })
    }
}

/// The place, with the layer norm that the model has here.
struct Here<'a, T> {
    place: &'a BottleneckPlace<T>,
    norm: Option<&'a LayerNorm<T>>,
}

impl<T: Scalar> Place for Here<'_, T> {
    type State = BottleneckState<T>;

    fn has(&self, adapter: &str) -> bool {
        self.place.has(adapter)
    }

    fn before(&self, first: &str, state: Self::State) -> Result<Self::State, MethodError> {
        let before = self.place.adapter(first)?.before(&state.hidden, state.input.as_ref(), self.norm, false)?;
        Ok(BottleneckState { hidden: before.input, residual: Some(before.residual), ..state })
    }

    fn single(&self, adapter: &str, state: Self::State) -> Result<Self::State, MethodError> {
        let residual = state.residual.as_ref();
        let residual = residual.ok_or_else(|| MethodError::undefined("the adapter has no residual here"))?;
        let after = self.place.adapter(adapter)?.forward(&state.hidden, residual)?;
        Ok(BottleneckState { hidden: after.output, up: Some(after.up), last: Some(adapter.to_owned()), ..state })
    }

    fn fuse(
        &self,
        setup: &Setup,
        state: Self::State,
        pass: &mut Pass,
        depth: usize,
    ) -> Result<Self::State, MethodError> {
        let Setup::Fuse { children, name } = setup else { return Ok(state) };
        let name = Setup::fusion_name(children, name.as_deref());
        let fusion = self.place.fusions.get(&name);
        let fusion = fusion.ok_or_else(|| MethodError::undefined(format!("there is no fusion of `{name}` here")))?;
        // The last of the fused adapters decides which state enters them all.
        let last = setup.last().unwrap_or_default();
        let query_before_ln = fusion.architecture.query_before_ln;
        let before =
            self.place.adapter(last)?.before(&state.hidden, state.input.as_ref(), self.norm, query_before_ln)?;
        let state = BottleneckState { hidden: before.input, residual: Some(before.residual.clone()), ..state };
        let states = outputs(self, setup, children, &state, pass, depth)?;
        let ups: Option<Vec<_>> = states.iter().map(|state| state.up.as_ref().map(|up| up.view())).collect();
        let ups = ups.filter(|ups| !ups.is_empty());
        let ups = ups.ok_or_else(|| MethodError::undefined(format!("nothing is fused in {setup}")))?;
        let ups = stack(Axis(2), &ups).map_err(|_| MethodError::input("the fused outputs differ in shape"))?;
        let hidden = fusion.forward(&before.query, &ups, &before.residual, pass.call)?.into_shared();
        Ok(BottleneckState { hidden, last: Some(last.to_owned()), ..state })
    }

    fn split(
        &self,
        setup: &Setup,
        state: Self::State,
        pass: &mut Pass,
        depth: usize,
    ) -> Result<Self::State, MethodError> {
        let Setup::Split { children, splits } = setup else { return Ok(state) };
        let total = splits.iter().try_fold(0_usize, |sum, split| sum.checked_add(*split));
        if total != Some(state.hidden.dim().1) || splits.len() < children.len() {
            let detail = format!("Split of {splits:?} does not divide {} positions", state.hidden.dim().1);
            return Err(MethodError::input(detail));
        }
        let state = begin(self, setup, state)?;
        let (mut parts, mut last, mut start) = (Vec::new(), None, 0);
        for (child, size) in children.iter().zip(splits) {
            let positions = start..start + size;
            start += size;
            let part = state.map(|array| slice_along(array, 1, &positions));
            let part = BottleneckState { last: None, ..part };
            if matches!(child, Setup::Single(adapter) if !self.has(adapter)) {
                continue;
            }
            let part = nested(self, setup, child, part, pass, depth)?;
            last = part.last.clone().or(last);
            parts.push(part.hidden);
        }
        let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
        let hidden = ndarray::concatenate(Axis(1), &views);
        let hidden = hidden.map_err(|_| MethodError::input("the parts of the split differ in shape"))?.into_shared();
        Ok(BottleneckState { hidden, last, ..state })
    }
}
