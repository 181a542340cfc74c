//! Several adapters at one place: Stack, Fuse, Split, BatchSplit, Parallel, Average and MultiTask.
//!
//! | method | blocks it takes part in |
//! |---|---|
//! | bottleneck adapters | all |
//! | LoRA and its kin | all but Fuse and Split |
//! | LoRA and its kin where query, key and value are one weight | none: one adapter alone |
//! | prefix tuning | all but Fuse, Split and Average |
//! | invertible adapters, prompts, ReFT | none: of any setup the first adapter runs, if it has a module here |

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use super::MethodError;

/// How adapters are composed (`composition.py`, 1.3.0).
#[derive(Debug, Clone, PartialEq)]
pub enum Setup {
    /// One adapter, by name.
    Single(String),
    /// One after the other: each child takes what the one before it gives (Pfeiffer et al. 2020, arXiv:2005.00052: a
    /// language adapter below a task adapter). An adapter that has no module here is passed over.
    Stack(Vec<Setup>),
    /// AdapterFusion over the children (arXiv:2005.00247). An adapter that has no module here is passed over.
    Fuse {
        /// What is fused.
        children: Vec<Setup>,
        /// The fusion's name. Without one it is called by the last adapters of its children, joined by commas:
        /// `Fuse(Stack(a, b), c)` is `b,c`.
        name: Option<String>,
    },
    /// Each child takes the next so many positions of the sequence; together they make up its length. Those of an
    /// adapter that has no module here are lost, and the result no longer fits the model.
    Split {
        /// What the parts go to.
        children: Vec<Setup>,
        /// Positions for each child.
        splits: Vec<usize>,
    },
    /// Each child takes the next so many examples of the batch; together they make it up. Those of an adapter that has
    /// no module here pass unchanged.
    BatchSplit {
        /// What the parts go to.
        children: Vec<Setup>,
        /// Examples for each child.
        batch_sizes: Vec<usize>,
    },
    /// Each child takes a copy of the whole input; the results stand one after the other in the batch (Rücklé et al.
    /// 2021, arXiv:2010.11918, section 3). The first place that a pass comes to makes the copies; at all later ones the
    /// batch is divided. Projections with LoRA stand side by side, so that each of them makes its own.
    Parallel(Vec<Setup>),
    /// All children take the same input; of their outputs the mean of the weighted ones is taken,
    ///
    /// ```text
    /// y = 1/N · Σ_i w_i · y_i
    /// ```
    ///
    /// so that weights which sum to 1 give an `N`-th of the average. An adapter that has no module here is passed over,
    /// its weight is not: if one output is left, it counts `1/N · Σ_i w_i` over all `N` weights; if there are more, the
    /// library stops. Bottleneck adapters are averaged with their residuals; of LoRA's kin the updates are averaged,
    /// not the layer's outputs.
    Average {
        /// What is averaged.
        children: Vec<Setup>,
        /// The weights `w`, one for each child. The library has divided them by their sum, unless told not to.
        weights: Vec<f64>,
    },
    /// Each child takes the examples whose task has its number, counted from 0. Those of an adapter that has no module
    /// here pass unchanged.
    MultiTask(Vec<Setup>),
}

impl Setup {
    /// A stack of adapters by name.
    pub fn stack<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Self {
        Self::Stack(names.into_iter().map(|name| Self::Single(name.into())).collect())
    }

    /// The blocks and adapters inside.
    #[must_use]
    pub fn children(&self) -> &[Self] {
        match self {
            Self::Single(_) => &[],
            Self::Stack(children) | Self::Parallel(children) | Self::MultiTask(children) => children,
            Self::Fuse { children, .. }
            | Self::Split { children, .. }
            | Self::BatchSplit { children, .. }
            | Self::Average { children, .. } => children,
        }
    }

    /// The name of the first adapter; `None` in an empty block.
    #[must_use]
    pub fn first(&self) -> Option<&str> {
        match self {
            Self::Single(name) => Some(name),
            block => block.children().first()?.first(),
        }
    }

    /// The name of the last adapter; `None` in an empty block.
    #[must_use]
    pub fn last(&self) -> Option<&str> {
        match self {
            Self::Single(name) => Some(name),
            block => block.children().last()?.last(),
        }
    }

    /// The names of all adapters.
    #[must_use]
    pub fn adapters(&self) -> BTreeSet<&str> {
        match self {
            Self::Single(name) => BTreeSet::from([name.as_str()]),
            block => block.children().iter().flat_map(Self::adapters).collect(),
        }
    }

    /// How many copies of the input the block makes.
    #[must_use]
    pub fn parallel_channels(&self) -> usize {
        match self {
            Self::Single(_) => 1,
            Self::Parallel(children) => children.len(),
            block => block.children().iter().map(Self::parallel_channels).max().unwrap_or(1),
        }
    }

    /// The name of the fusion over these children: `name`, or the names of their last adapters.
    #[must_use]
    pub fn fusion_name(children: &[Self], name: Option<&str>) -> String {
        name.map_or_else(|| children.iter().filter_map(Self::last).collect::<Vec<_>>().join(","), str::to_owned)
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Single(_) => "an adapter",
            Self::Stack(_) => "Stack",
            Self::Fuse { .. } => "Fuse",
            Self::Split { .. } => "Split",
            Self::BatchSplit { .. } => "BatchSplit",
            Self::Parallel(_) => "Parallel",
            Self::Average { .. } => "Average",
            Self::MultiTask(_) => "MultiTask",
        }
    }

    /// Which blocks may stand directly inside which (`composition.py`, `ALLOWED_NESTINGS`, 1.3.0).
    fn may_hold(&self, child: &Self) -> bool {
        let kinds: &[&str] = match self {
            Self::Single(_) => &[],
            Self::Stack(_) => &["Fuse", "Split", "Parallel", "BatchSplit", "Average", "MultiTask"],
            Self::Fuse { .. } => &["Stack"],
            Self::Split { .. } => &["Split", "Stack", "BatchSplit", "Average"],
            Self::Parallel(_) => &["Stack", "BatchSplit", "Average"],
            Self::MultiTask(_) => &["Stack", "Average", "Fuse"],
            Self::BatchSplit { .. } | Self::Average { .. } => &["Stack", "Split", "BatchSplit", "Average"],
        };
        matches!(child, Self::Single(_)) || kinds.contains(&child.kind())
    }
}

impl fmt::Display for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Single(name) = self {
            return f.write_str(name);
        }
        write!(f, "{}[", self.kind())?;
        for (index, child) in self.children().iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            write!(f, "{comma}{child}")?;
        }
        f.write_str("]")
    }
}

/// What one forward pass remembers from place to place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pass {
    /// The batch size before a Parallel block repeated the input; `None` until one did.
    pub original_batch: Option<usize>,
    /// The task of each example, for MultiTask.
    pub task_ids: Option<Vec<usize>>,
    /// How often the model ran before, for the temperature of AdapterFusion.
    pub call: u32,
}

/// The state that goes through the adapters of one place.
pub trait State: Clone {
    /// The number of examples.
    fn batch(&self) -> usize;

    /// Some of the examples.
    #[must_use]
    fn slice(&self, examples: Range<usize>) -> Self;

    /// The examples in another order.
    #[must_use]
    fn select(&self, examples: &[usize]) -> Self;

    /// The whole batch, several times over.
    #[must_use]
    fn repeat(&self, times: usize) -> Self;

    /// Batches one behind the other. There is at least one.
    ///
    /// # Errors
    /// If they do not fit each other.
    fn concatenate(states: Vec<Self>) -> Result<Self, MethodError>;

    /// The weighted average of the outputs, as the library computes it: the mean of the weighted outputs, which
    /// divides by their number once more.
    ///
    /// # Errors
    /// If they do not fit each other, or the method cannot be averaged.
    fn mean(states: Vec<Self>, weights: &[f64]) -> Result<Self, MethodError>;
}

/// A place with several adapters of one method (`methods/adapter_layer_base.py`, `ComposableAdapterLayerBase`, 1.3.0).
pub trait Place: Sized {
    /// The state that goes through.
    type State: State;

    /// Whether a Parallel block may repeat an input that another place did not repeat yet, though some place before
    /// it did: so with LoRA, whose projections stand side by side.
    const REPEATS_AGAIN: bool = false;

    /// Whether the adapter has a module here.
    fn has(&self, adapter: &str) -> bool;

    /// What comes before the first adapter of a block.
    ///
    /// # Errors
    /// If the library stops here.
    fn before(&self, _first: &str, state: Self::State) -> Result<Self::State, MethodError> {
        Ok(state)
    }

    /// One adapter.
    ///
    /// # Errors
    /// If the state does not fit the adapter.
    fn single(&self, adapter: &str, state: Self::State) -> Result<Self::State, MethodError>;

    /// AdapterFusion of the children. Only bottleneck adapters have it.
    ///
    /// # Errors
    /// If the method has none, or the states do not fit.
    fn fuse(&self, setup: &Setup, _state: Self::State, _pass: &mut Pass, _: usize) -> Result<Self::State, MethodError> {
        Err(unsupported(setup))
    }

    /// The children on parts of the sequence. Only bottleneck adapters have it.
    ///
    /// # Errors
    /// If the method has none, or the states do not fit.
    fn split(
        &self,
        setup: &Setup,
        _state: Self::State,
        _pass: &mut Pass,
        _: usize,
    ) -> Result<Self::State, MethodError> {
        Err(unsupported(setup))
    }
}

fn unsupported(setup: &Setup) -> MethodError {
    MethodError::undefined(format!("this method has no {}", setup.kind()))
}

/// Sends a state through the adapters of a place that a setup names.
///
/// # Errors
/// If the setup is nested as the library does not allow it, or the state does not fit.
pub fn compose<P: Place>(place: &P, setup: &Setup, state: P::State, pass: &mut Pass) -> Result<P::State, MethodError> {
    match setup {
        Setup::Single(adapter) if place.has(adapter) => place.single(adapter, state),
        Setup::Single(adapter) => Err(MethodError::undefined(format!("there is no adapter `{adapter}` here"))),
        block => run(place, block, state, pass, 0),
    }
}

/// One block at a depth.
fn run<P: Place>(
    place: &P,
    setup: &Setup,
    state: P::State,
    pass: &mut Pass,
    depth: usize,
) -> Result<P::State, MethodError> {
    match setup {
        Setup::Single(adapter) => place.single(adapter, state),
        Setup::Stack(children) => {
            let mut state = state;
            for child in children {
                state = match child {
                    Setup::Single(adapter) if place.has(adapter) => {
                        place.single(adapter, place.before(adapter, state)?)?
                    }
                    Setup::Single(_) => state,
                    block => nested(place, setup, block, state, pass, depth)?,
                };
            }
            Ok(state)
        }
        Setup::Fuse { .. } | Setup::Split { .. } if !setup.adapters().iter().any(|adapter| place.has(adapter)) => {
            Ok(state)
        }
        Setup::Fuse { .. } => place.fuse(setup, state, pass, depth),
        Setup::Split { .. } => place.split(setup, state, pass, depth),
        Setup::BatchSplit { children, batch_sizes } => parts(place, setup, (children, batch_sizes), state, pass, depth),
        Setup::Parallel(children) => {
            let channels = children.len().max(1);
            let (state, size) = repeated(setup, state, P::REPEATS_AGAIN, pass, channels)?;
            let sizes = vec![size; children.len()];
            parts(place, setup, (children, &sizes), state, pass, depth)
        }
        Setup::MultiTask(children) => by_task(place, setup, children, state, pass, depth),
        Setup::Average { children, weights } => {
            let state = begin(place, setup, state)?;
            let states = outputs(place, setup, children, &state, pass, depth)?;
            average(&states, weights)
        }
    }
}

/// Each example to the child of its task: the batch in the order of the tasks, divided, and brought back.
fn by_task<P: Place>(
    place: &P,
    setup: &Setup,
    children: &[Setup],
    state: P::State,
    pass: &mut Pass,
    depth: usize,
) -> Result<P::State, MethodError> {
    let state = begin(place, setup, state)?;
    let tasks = pass.task_ids.clone();
    let tasks = tasks.ok_or_else(|| MethodError::input("MultiTask needs the task of each example"))?;
    if tasks.len() != state.batch() || tasks.iter().any(|task| *task >= children.len()) {
        return Err(MethodError::input("there is not one known task for each example"));
    }
    let mut order: Vec<usize> = (0..tasks.len()).collect();
    order.sort_by_key(|&example| tasks[example]);
    let count = |task| tasks.iter().filter(|&&other| other == task).count();
    let sizes: Vec<usize> = (0..children.len()).map(count).collect();
    let block = Setup::BatchSplit { children: children.to_vec(), batch_sizes: sizes };
    let state = run(place, &block, state.select(&order), pass, depth)?;
    let mut back = vec![0; order.len()];
    for (position, &example) in order.iter().enumerate() {
        back[example] = position;
    }
    Ok(state.select(&back))
}

/// The mean of states. An adapter that is not here leaves its weight behind. PyTorch lets a single state meet all weights,
/// and a single weight all states.
fn average<S: State>(states: &[S], weights: &[f64]) -> Result<S, MethodError> {
    match (states, weights) {
        ([one], weights) => S::mean(vec![one.clone(); weights.len()], weights),
        (states, [one]) => S::mean(states.to_vec(), &vec![*one; states.len()]),
        (states, weights) if states.len() == weights.len() => S::mean(states.to_vec(), weights),
        _ => Err(MethodError::undefined("Average has not one weight for each adapter that is here")),
    }
}

/// The states behind the children that have a module here, each from the same state.
pub(crate) fn outputs<P: Place>(
    place: &P,
    parent: &Setup,
    children: &[Setup],
    state: &P::State,
    pass: &mut Pass,
    depth: usize,
) -> Result<Vec<P::State>, MethodError> {
    let mut states = Vec::new();
    for child in children {
        match child {
            Setup::Single(adapter) if !place.has(adapter) => {}
            child => states.push(nested(place, parent, child, state.clone(), pass, depth)?),
        }
    }
    Ok(states)
}

/// A child of a block.
pub(crate) fn nested<P: Place>(
    place: &P,
    parent: &Setup,
    child: &Setup,
    state: P::State,
    pass: &mut Pass,
    depth: usize,
) -> Result<P::State, MethodError> {
    let is_block = !matches!(child, Setup::Single(_));
    if is_block && matches!(parent, Setup::Stack(_)) && depth >= 1 {
        return Err(MethodError::undefined(format!("the setup is too deep: {} at level {depth}", child.kind())));
    }
    if !parent.may_hold(child) {
        return Err(MethodError::undefined(format!("{} cannot stand inside {}", child.kind(), parent.kind())));
    }
    run(place, child, state, pass, depth + 1)
}

/// What comes before the first adapter of a block.
pub(crate) fn begin<P: Place>(place: &P, setup: &Setup, state: P::State) -> Result<P::State, MethodError> {
    match setup.first() {
        Some(first) => place.before(first, state),
        None => Err(MethodError::undefined(format!("{} is empty", setup.kind()))),
    }
}

/// Parts of the batch, each to its child. A child that has no module here passes its part on.
fn parts<P: Place>(
    place: &P,
    setup: &Setup,
    (children, sizes): (&[Setup], &[usize]),
    state: P::State,
    pass: &mut Pass,
    depth: usize,
) -> Result<P::State, MethodError> {
    let total = sizes.iter().try_fold(0_usize, |sum, size| sum.checked_add(*size));
    if total != Some(state.batch()) || sizes.len() < children.len() {
        let detail = format!("{} of {sizes:?} examples does not divide a batch of {}", setup.kind(), state.batch());
        return Err(MethodError::input(detail));
    }
    let state = begin(place, setup, state)?;
    let mut states = Vec::new();
    let mut start = 0;
    for (child, size) in children.iter().zip(sizes) {
        let part = state.slice(start..start + size);
        start += size;
        states.push(match child {
            Setup::Single(adapter) if !place.has(adapter) => part,
            child => nested(place, setup, child, part, pass, depth)?,
        });
    }
    P::State::concatenate(states)
}

/// The input of a Parallel block, repeated for its channels, and the batch size of one channel.
fn repeated<S: State>(
    setup: &Setup,
    state: S,
    again: bool,
    pass: &mut Pass,
    channels: usize,
) -> Result<(S, usize), MethodError> {
    let batch = state.batch();
    match pass.original_batch {
        None => {
            pass.original_batch = Some(batch);
            Ok((state.repeat(channels), batch))
        }
        Some(original) if again && original == batch => Ok((state.repeat(channels), batch)),
        Some(_) if batch.is_multiple_of(channels) => Ok((state, batch / channels)),
        Some(_) => {
            let detail = format!("a batch of {batch} examples cannot be divided among {setup}");
            Err(MethodError::input(detail))
        }
    }
}
