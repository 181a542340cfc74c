//! An adapter of PEFT into the weights of its base model, as `merge_and_unload` does it.
//!
//! Every weight is read, changed and written before the next one is, computed in double precision and rounded once to
//! the type that the base model has it in. (PEFT computes in the type of the adapter, or in single precision for half
//! ones on a processor, so that the last digit may differ.) Tensors that no part of the adapter changes are copied.
//!
//! Where the base weight is decomposed first (PiSSA, OLoRA, KaSA, OSF), PEFT does that in single precision. Of 72 adapters
//! of PiSSA, KaSA and OSF its weights were up to 7.2e-6 of the largest number in a tensor away from what PEFT itself computes
//! in double precision, and 23 of them more than 2e-6; the weights that are written here were within 5.7e-8, which is what
//! single precision can hold.
//!
//! - [`Adapter`]: a folder of PEFT, its tensors sorted by the modules that they belong to.
//! - [`Base`]: the files of the base model.
//! - [`merge`]: both together.

mod adapter;
mod base;
mod blocks;
mod config;
mod error;
mod layer;
mod loaded;
mod naming;
mod output;
mod parameters;
mod places;
mod shapes;
mod tied;

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use ndarray::ArrayD;

pub use adapter::Adapter;
pub(crate) use adapter::{refusal, rewrites, trained_tokens};
pub use base::Base;
pub use error::MergeError;

use self::naming::Naming;
use self::tied::Tied;
use crate::dialects::peft::updates::{Drawn, Place};
use crate::findings::words::counted;
use crate::methods::parameters::Parameters;
use crate::models::Tree;
use crate::ordered;
use crate::tensors::{Existing, Kind, Outgoing, Pieces, Tensor};

/// What wraps a module that has rows of trained tokens.
const TOKEN_ADAPTER: &str = ".token_adapter.";

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Merged {
    /// Modules whose weight was changed.
    pub changed: usize,
    /// Tensors that the adapter has whole, in the place of the base model's.
    pub replaced: usize,
    /// Tensors that the adapter has whole and the base model has not.
    pub added: Vec<String>,
    /// Tensors of the adapter's file that are no parameters of the model, by their names there: PEFT drops them, and so
    /// does the merge.
    pub dropped: Vec<String>,
    /// Tensors of the adapter's file with values that are not finite, which the merged weights then have, too.
    pub not_finite: Vec<String>,
    /// Modules that share another's weight, which was changed there.
    pub tied: Vec<String>,
    /// Embeddings that were changed in a model whose output layer is the same weight, or the other way round: both are
    /// changed, in PEFT too, though the adapter that is not merged leaves the other as it is.
    pub tied_embeddings: Vec<String>,
    /// The weight of an output layer that was the embedding's, and is one of its own now, since the adapter has one of the
    /// two whole. A `config.json` that is written says so (`tie_word_embeddings`); without one the model is loaded
    /// with the embedding at both places.
    pub separated: Option<String>,
    /// The class of the merged model (`architectures` of a `config.json` that is written), if the base model's config names
    /// another: a classifier's weights were added to a model of another kind.
    pub class: Option<String>,
    /// How many labels a `config.json` that is written has, if the base model's has another number.
    pub labels: Option<usize>,
}

impl fmt::Display for Merged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} changed, {} replaced", counted(self.changed, "module"), counted(self.replaced, "tensor"))
    }
}

/// Merges an adapter into a base model.
///
/// `target` is a file of safetensors if it is called so, and the base model is one file; else a folder, with the base
/// model's config and the same files of weights. `progress` is told how many bytes are written, of [`Base::bytes`].
///
/// # Errors
/// [`MergeError`]: nothing is written then.
pub fn merge(
    adapter: &Adapter,
    base: &Base,
    target: &Path,
    existing: Existing,
    progress: &dyn Fn(usize),
) -> Result<Merged, MergeError> {
    if let Some(reason) = adapter.refusal() {
        return Err(MergeError::refused(reason));
    }
    if let Some(reason) = adapter.refused_by_library(base.model().as_ref()) {
        return Err(MergeError::refused(reason));
    }
    if let Some(reason) = adapter.lost_layers(base) {
        return Err(MergeError::refused(reason));
    }
    let adapter = &loaded::as_loaded(adapter, base)?;
    let places = places::find(adapter, base)?;
    let drawn = Drawn::new(adapter.settings(), &places);
    let drawn = drawn.map_err(|error| MergeError::refused(error.to_string()))?;
    let parameters = parameters::find(adapter, base)?;
    shapes::check(adapter, &places::trees(adapter, base))?;
    let plan = Plan::new(adapter, base, Beside { places: &places, drawn: &drawn, parameters: &parameters })?;
    let written = output::write(&plan, target, existing, progress);
    match (plan.failure.into_inner(), written) {
        (Some(failure), _) => Err(failure),
        (None, written) => written.map(|()| plan.merged),
    }
}

/// What follows from adapter and base model together.
#[derive(Clone, Copy)]
struct Beside<'a> {
    places: &'a [Place],
    drawn: &'a Drawn,
    /// The base model's name of the parameter that an adapted module stands for.
    parameters: &'a BTreeMap<String, String>,
}

/// What becomes of each tensor of the base model.
struct Plan<'a> {
    adapter: &'a Adapter,
    base: &'a Base,
    beside: Beside<'a>,
    /// The module of the adapter for each tensor of the base model that it changes.
    sites: BTreeMap<&'a str, &'a str>,
    /// The output layer that has the embedding's weight, and is adapted.
    output: Option<(&'static str, Tensor<'a>)>,
    /// Of tensors that share memory in a file of torch the one that is changed for all, by their alias.
    ties: BTreeMap<&'a str, &'a str>,
    /// The tensor of the adapter for each tensor of the base model that it replaces.
    whole: BTreeMap<&'a str, Tensor<'a>>,
    /// Tensors that are new, by their names in the base model.
    added: BTreeMap<String, Tensor<'a>>,
    naming: Naming,
    merged: Merged,
    /// What modules share, by the names of the tensors, as far as it has been asked for.
    shared: RefCell<BTreeMap<String, Arc<ArrayD<f64>>>>,
    /// Why a weight could not be changed while it was to be written.
    failure: RefCell<Option<MergeError>>,
}

impl<'a> Plan<'a> {
    fn new(adapter: &'a Adapter, base: &'a Base, beside: Beside<'a>) -> Result<Self, MergeError> {
        let trees = places::trees(adapter, base);
        let others: Vec<&str> = beside.places.iter().map(|place| place.module.as_str()).collect();
        let mut plan = Self {
            adapter,
            base,
            beside,
            sites: BTreeMap::new(),
            ties: BTreeMap::new(),
            output: tied::output(adapter, base, &trees, &others)?,
            whole: BTreeMap::new(),
            added: BTreeMap::new(),
            naming: Naming::Same,
            merged: Merged::default(),
            shared: RefCell::default(),
            failure: RefCell::new(None),
        };
        let is_tied_input = |module: &str| tied::is_input(base, &trees, module);
        let placed = plan.place_modules(&is_tied_input)?;
        plan.place_whole(&placed, &trees)?;
        plan.tie(tied::find(adapter, base, &trees, &others)?)?;
        plan.name();
        plan.sum_up(placed.len())?;
        if plan.merged.changed == 0 && plan.whole.is_empty() && plan.added.is_empty() {
            let reason = "no tensor of the adapter belongs to the base model, so nothing would change";
            return Err(MergeError::refused(match adapter.is_misnamed {
                true => {
                    format!("{reason}: the names are not those under which PEFT saves them; `--fix` gives them these")
                }
                false => reason.to_owned(),
            }));
        }
        Ok(plan)
    }

    /// Finds the weight of every module that the adapter changes. Gives the modules that have one of their own; others must
    /// share one of those.
    fn place_modules(&mut self, is_tied_input: &dyn Fn(&str) -> bool) -> Result<BTreeSet<&'a str>, MergeError> {
        let (adapter, beside) = (self.adapter, self.beside);
        let mut lost = Vec::new();
        let modules: BTreeSet<&str> =
            adapter.modules().chain(beside.places.iter().map(|place| place.module.as_str())).collect();
        for module in modules {
            let name = beside.parameters.get(module).cloned().unwrap_or_else(|| format!("{module}.weight"));
            match self.weight(module, &name) {
                Some(weight) => self.site(module, weight)?,
                None => lost.push(module),
            }
        }
        let placed: BTreeSet<&str> = self.sites.values().copied().collect();
        let mut unplaced = Vec::new();
        for module in lost {
            let mut shared = placed.iter().map(|other| adapter.is_same(module, other));
            // The first that has the same tensors, or cannot be read.
            let is_shared = shared.find(|same| !matches!(same, Ok(false))).unwrap_or(Ok(false))?;
            if is_shared { &mut self.merged.tied } else { &mut unplaced }.push(module.to_owned());
        }
        if !unplaced.is_empty() {
            return Err(MergeError::Unplaced { modules: unplaced });
        }
        let embeddings = placed.iter().copied().filter(|module| adapter.is_embedding(module) && is_tied_input(module));
        let embeddings = embeddings.chain(self.output.map(|(module, _)| module));
        self.merged.tied_embeddings = embeddings.map(str::to_owned).collect();
        Ok(placed)
    }

    /// Puts what the adapter has whole in the place of the base model's tensors, or beside them.
    fn place_whole(&mut self, placed: &BTreeSet<&str>, trees: &[Tree]) -> Result<(), MergeError> {
        self.merged.dropped = self.adapter.strays().map(str::to_owned).collect();
        let is_adapted = |name: &str| name.strip_suffix(".weight").is_some_and(|module| placed.contains(module));
        for (name, tensor) in self.adapter.whole() {
            match self.base.find(name) {
                Some(own) if own.shape() != tensor.shape() => {
                    let (shape, own) = (tensor.shape(), own.shape());
                    return Err(MergeError::refused(format!(
                        "`{name}` has the shape {shape:?}, but {own:?} in the base model"
                    )));
                }
                Some(own) => {
                    self.ties.entry(own.alias().name()).or_insert(own.name());
                    self.whole.insert(own.name(), tensor);
                }
                None if name.contains(TOKEN_ADAPTER) => {
                    return Err(MergeError::refused(format!(
                        "`{name}`: a module that is saved in full also has rows of trained tokens, from which PEFT makes no \
                         model without an adapter"
                    )));
                }
                // The base weight of a module that is adapted.
                None if is_adapted(name) => {}
                None if self.is_parameter(name, trees) => _ = self.added.insert(name.to_owned(), tensor),
                None => self.merged.dropped.push(tensor.name().to_owned()),
            }
        }
        Ok(())
    }

    /// Whether the model that PEFT makes has a parameter of this name, though the base model's files lack it: one of
    /// another class than they were saved from, or of a module that is saved in full. A module whose other parameters are
    /// in the files has no more than those.
    fn is_parameter(&self, name: &str, trees: &[Tree]) -> bool {
        let Some((module, parameter)) = name.rsplit_once('.') else { return false };
        let is_in = |tree: &Tree| tree.module(module).is_some_and(|module| module.parameter(parameter).is_some());
        self.adapter.saves_whole(module)
            || match trees {
                [] => self.base.find(&format!("{module}.weight")).is_none(),
                trees => trees.iter().any(is_in),
            }
    }

    /// Does justice to an embedding and an output layer that are one weight in the base model.
    fn tie(&mut self, tied: Tied<'a>) -> Result<(), MergeError> {
        match tied {
            Tied::Untouched => {}
            Tied::Together { names, before, after } => {
                self.added.retain(|name, _| !names.contains(name));
                self.whole.entry(before.name()).or_insert(after);
            }
            Tied::Separate { .. } if self.output.is_some() => {
                return Err(MergeError::refused(
                    "embedding and output layer share one weight, but the adapter saves the full embedding and \
                             changes the output layer",
                ));
            }
            Tied::Separate { name, weight } => {
                // Each of the two names in a file of torch stands for itself from now on.
                let alias = self.base.find(&name).map(|own| own.alias().name());
                self.ties.retain(|of, site| Some(*of) != alias || self.sites.contains_key(site));
                if self.base.find(&name).is_none() {
                    self.added.entry(name.clone()).or_insert(weight);
                }
                self.merged.separated = Some(name);
            }
        }
        Ok(())
    }

    /// Finds out what all tensors are to be called.
    fn name(&mut self) {
        let (sites, parameters) = (&self.sites, self.beside.parameters);
        let own = |module: &str| parameters.get(module).cloned().unwrap_or_else(|| format!("{module}.weight"));
        let places = sites.iter().map(|(name, module)| (*name, own(module)));
        // Names that only files have tell nothing of the class, and are read beside today's.
        let is_former = |name: &str, own: &str| self.base.former_names(own).any(|former| former == name);
        self.naming = Naming::of(places.filter(|(name, own)| !is_former(name, own)));
        let added = std::mem::take(&mut self.added);
        self.added = ordered::map(added.into_iter().map(|(name, tensor)| (self.naming.of_added(&name), tensor)));
        self.merged.separated = self.merged.separated.take().map(|name| self.naming.of_added(&name));
    }

    /// What a tensor of the base model is to be called.
    fn new_name<'t>(&self, tensor: Tensor<'t>) -> Cow<'t, str> {
        self.naming.of_base(tensor.name(), &self.added)
    }

    /// Says what is done, of so many modules that are changed.
    fn sum_up(&mut self, changed: usize) -> Result<(), MergeError> {
        let new = self.added.keys().filter(|name| self.merged.separated.as_ref() != Some(*name));
        self.merged.added = new.cloned().collect();
        let added = self.merged.added.iter().filter_map(|name| Some((name.as_str(), *self.added.get(name)?)));
        self.merged.not_finite = self.adapter.not_finite()?;
        (self.merged.class, self.merged.labels) = config::head(self.adapter, self.base, added);
        self.merged.changed = changed;
        self.merged.replaced = self.whole.len();
        Ok(())
    }

    /// The weight of a module, whose own name for it this is.
    fn weight(&self, module: &str, name: &str) -> Option<Tensor<'a>> {
        let shared = || self.output.and_then(|(output, weight)| (output == module).then_some(weight));
        self.base.find(name).or_else(shared)
    }

    /// A module and its weight, and its bias if the method changes that.
    fn site(&mut self, module: &'a str, weight: Tensor<'a>) -> Result<(), MergeError> {
        if weight.dtype().kind() != Kind::Float {
            let (name, dtype) = (weight.name(), weight.dtype());
            return Err(MergeError::refused(format!("`{name}` has type {dtype}: it is a quantised weight")));
        }
        let other = self.sites.insert(weight.name(), module);
        let tied =
            self.ties.insert(weight.alias().name(), weight.name()).and_then(|name| self.sites.get(name).copied());
        let in_the_way = match (other, tied) {
            (Some(other), _) => Some(other),
            // Rows of tokens may be trained for both.
            (None, Some(other)) if !self.adapter.is_same(module, other)? => Some(other),
            (None, _) => None,
        };
        if let Some(other) = in_the_way {
            return Err(MergeError::refused(format!("`{module}` and `{other}` share one weight, `{}`", weight.name())));
        }
        if self.adapter.changes_bias(module)
            && let Some(bias) = self.base.find(&format!("{module}.bias"))
        {
            self.sites.insert(bias.name(), module);
        }
        Ok(())
    }

    /// The tensors that a module's update is made from.
    fn own_tensors(&self, module: &str) -> Result<Parameters<f64>, MergeError> {
        let mut tensors = Parameters::new();
        for (role, tensor) in self.adapter.tensors(module) {
            if self.adapter.is_shared(tensor) {
                tensors.insert(role, self.shared_tensor(tensor)?);
            } else {
                tensors.insert(role, layer::array(tensor)?);
            }
        }
        Ok(tensors)
    }

    /// A tensor that modules share, which may be larger than all else of them: made once, for all.
    fn shared_tensor(&self, tensor: Tensor<'_>) -> Result<Arc<ArrayD<f64>>, MergeError> {
        if let Some(made) = self.shared.borrow().get(tensor.name()) {
            return Ok(Arc::clone(made));
        }
        let made = Arc::new(layer::array(tensor)?);
        self.shared.borrow_mut().insert(tensor.name().to_owned(), Arc::clone(&made));
        Ok(made)
    }

    /// A tensor of the base model as it is written.
    fn outgoing<'p>(&'p self, tensor: Tensor<'p>) -> Outgoing<'p> {
        // Names that share memory in a file of torch share what becomes of it.
        let is_changed = |name: &&str| self.sites.contains_key(*name) || self.whole.contains_key(*name);
        let own = Some(tensor.name()).filter(is_changed);
        let name = own.or_else(|| self.ties.get(tensor.alias().name()).copied());
        let new_name = self.new_name(tensor);
        let Some(name) = name else { return Outgoing::from(tensor).untied().renamed(new_name) };
        let pieces = move || -> io::Result<Pieces<'p>> {
            let pieces = layer::changed(self, name, tensor).map_err(|failure| self.told(failure))?;
            Ok(Box::new(pieces.map(|piece| piece.map(Cow::Owned).map_err(|failure| self.told(failure)))))
        };
        Outgoing::in_pieces(tensor.name(), tensor.dtype(), tensor.shape(), pieces).renamed(new_name)
    }

    /// Keeps a failure for whoever asked for the merge, and gives what the writer is to hear of it.
    fn told(&self, failure: MergeError) -> io::Error {
        let error = io::Error::other(failure.to_string());
        *self.failure.borrow_mut() = Some(failure);
        error
    }
}
