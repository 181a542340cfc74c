//! An adapter in the form in which two are compared: each tensor by its place.

use std::collections::{BTreeMap, BTreeSet};

use super::loaded::Loaded;
use crate::convert::adapterhub;
use crate::convert::adapterhub::scaling::{FACTOR, Factor};
use crate::convert::{Carried, ChangeKind, ConvertError, Holds, OutputKind, Plan, Source, Weights, refused};
use crate::dialects::adapterhub::Role;
use crate::dialects::adapterhub::names::{self, Container};
use crate::dialects::adapterhub::sites::Sites;
use crate::dialects::peft;
use crate::dialects::peft::PeftType;
use crate::dialects::peft::names::Owner;
use crate::dialects::peft::repair::{Repaired, repair};
use crate::findings::words::counted;
use crate::lint::unrepeatable;
use crate::models::Model;
use crate::ordered;
use crate::value::{Map, Value};

/// One of the two.
pub(super) struct Side {
    pub(super) pieces: BTreeMap<Role, Piece>,
    pub(super) weights: Vec<Weights>,
    /// What would be lost on the way to the common form.
    pub(super) losses: BTreeSet<String>,
    pub(super) release: String,
    /// Whether it is PEFT's, which has no heads in files of their own.
    pub(super) is_peft: bool,
    /// Why the library does not load it.
    pub(super) refusals: Vec<String>,
    /// Which numbers of its own the library computes with beside those of the files.
    pub(super) unsettled: Vec<String>,
    /// What is to be said of names under which PEFT does not find the tensors, and of tensors that are not loaded.
    pub(super) notes: Vec<String>,
}

/// An adapter, an AdapterFusion or a head.
pub(super) struct Piece {
    pub(super) name: String,
    /// The whole config file; AdapterHub's as the newest release has it.
    pub(super) file: Map,
    pub(super) slots: BTreeMap<String, Slot>,
    /// How many layers the base model has, where it is named.
    pub(super) layers: Option<u64>,
    /// The number of its weights.
    pub(super) reads: usize,
    /// Whether its up-projections are those of the file times the factor in the config.
    pub(super) has_factor_in: bool,
    /// What the library makes of the tensors. Those that it drops are not among the slots.
    pub(super) loaded: Loaded,
}

impl Piece {
    fn scaling(&self) -> Option<&Value> {
        self.file.get("config")?.as_map()?.get("scaling")
    }

    fn factor(&self) -> Option<Factor> {
        Factor::of(self.file.get("config")?.as_map()?)
    }

    /// Whether the factor can go into the up-projections, or there is none.
    fn takes_factor_in(&self) -> bool {
        self.factor().is_some() || self.scaling().is_none_or(|scaling| scaling.as_f64() == Some(1.0))
    }

    /// Multiplies the up-projections of bottlenecks by their factor, as is done for releases that have none.
    fn take_factor_in(&mut self) {
        self.has_factor_in = true;
        let Some(factor) = self.factor() else { return };
        let beside = ordered::map(self.slots.iter().map(|(key, slot)| (key.clone(), slot.carried.recipe.clone())));
        self.slots.retain(|key, slot| {
            let Place::Held { container: Container::Adapters, leaf, .. } = &slot.place else { return true };
            let sibling = |name: &str| beside.get(&format!("{}{name}", key.strip_suffix(leaf.as_str())?)).cloned();
            let up = (leaf.as_str(), slot.carried.recipe.clone(), slot.carried.shape.as_slice());
            if let Some(recipe) = factor.into(up, sibling) {
                slot.carried.recipe = recipe;
            }
            leaf != FACTOR
        });
    }
}

/// Where two bottlenecks have other factors, what these make of the up-projections is compared.
pub(super) fn level_factors(one: &mut Side, other: &mut Side) {
    let sides = [one, other];
    let pieces = sides.map(|side| side.pieces.get_mut(&Role::Adapter));
    let [Some(one), Some(other)] = pieces else { return };
    if one.scaling() != other.scaling() && one.takes_factor_in() && other.takes_factor_in() {
        one.take_factor_in();
        other.take_factor_in();
    }
}

/// A head beside an adapter that is held against one of PEFT has no counterpart there, whatever it is: that is told, and does
/// not distinguish the two.
pub(super) fn leave_heads_out(one: &mut Side, other: &mut Side) {
    let are_peft = [one.is_peft, other.is_peft];
    if are_peft[1] {
        one.leave_head_out();
    }
    if are_peft[0] {
        other.leave_head_out();
    }
}

/// A tensor at its place.
pub(super) struct Slot {
    pub(super) carried: Carried,
    pub(super) place: Place,
}

/// What a tensor is, as far as comparing goes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// AdapterHub's, of a container at a module.
    Held { module: String, container: Container, leaf: String },
    /// PEFT's, of a module.
    Part { module: String, part: peft::names::Part },
    /// Anything else, known by its name only.
    Other,
}

impl Side {
    fn leave_head_out(&mut self) {
        if !self.pieces.contains_key(&Role::Adapter) {
            return;
        }
        if let Some(head) = self.pieces.remove(&Role::Head) {
            let name = if head.name.is_empty() { String::new() } else { format!(" `{}`", head.name) };
            self.notes.push(format!("the head{name} is not compared: PEFT has no heads in files of their own"));
        }
    }

    /// Brings a source to the names and the meaning of AdapterHub's newest release.
    pub(super) fn of_source(source: Source, options: &crate::convert::Options) -> Result<Self, ConvertError> {
        let mut refusals = source.refusals(options.model.as_ref());
        let plan = Plan::new(&source, options)?;
        let release = match &source.holds {
            Holds::AdapterHub(parts) => parts.first().map(|part| part.release.to_string()).unwrap_or_default(),
            Holds::Peft(part) => peft_release(&part.file),
        };
        // What PEFT would drop, the plan has left out.
        let (mut notes, mut unsettled, mut unread) = (Vec::new(), Vec::new(), BTreeSet::new());
        if let Holds::Peft(part) = &source.holds {
            let names = source.weights.iter().flat_map(Weights::iter).map(|tensor| tensor.name());
            // Where it cannot be told which names are meant, the plan has failed, or they are taken as they are.
            let names = repair(PeftType::of(&part.file), names).unwrap_or_default();
            notes.extend(misnamed(&names));
            let loaded = Loaded::of_peft(&part.file, &meant(&names), &source.weights[0], options.model.as_ref());
            notes.extend(loaded.told("PEFT"));
            unsettled.extend(unrepeatable(&part.file));
            unsettled.extend(loaded.unsettled);
            unread = loaded.dropped;
        }
        let losses =
            plan.changes.iter().filter(|change| change.kind == ChangeKind::Loss && change.leaves_out.is_none());
        let losses = losses.map(|change| &change.what).filter(|what| !refusals.contains(what)).cloned().collect();
        let is_peft = matches!(source.holds, Holds::Peft(_));
        let mut pieces = BTreeMap::new();
        for output in plan.outputs {
            let OutputKind::AdapterHub(role) = output.kind else { continue };
            let text = |key: &str| output.config.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let (name, model_type) = (text("name"), text("model_type"));
            let loaded = match role {
                Role::Adapter => Loaded::of_adapterhub(&output.config, &output.tensors, options.model.as_ref()),
                Role::Fusion | Role::Head => Loaded::all(),
            };
            notes.extend(loaded.told("adapters"));
            if !is_peft {
                unsettled.extend(loaded.unsettled.clone());
            }
            refusals.extend(loaded.misfit.clone().map(refused::told));
            let mut slots = BTreeMap::new();
            let mut used = unread.clone();
            for carried in output.tensors {
                used.extend(carried.recipe.from().into_iter().map(str::to_owned));
                if loaded.dropped.contains(&carried.to) {
                    continue;
                }
                let (key, place) = held(&carried.to, &name, &model_type);
                // Layers have the prefixes of the whole model once more. These are one module, so that the tensor loaded
                // last counts: the model's own stand behind its layers.
                let is_again = names::Name::parse(&carried.to, &name)
                    .is_some_and(|(name, _)| name.container == Container::PooledPrefixes);
                if !(is_again && slots.contains_key(&key)) {
                    slots.insert(key, Slot { carried, place });
                }
            }
            let weights = &source.weights[output.reads];
            let own = |part: &&adapterhub::Part| part.weights == output.reads;
            let part = source.parts().iter().find(own);
            used.extend(output.idle);
            let mut foreign = Vec::new();
            for tensor in weights.iter().filter(|tensor| !used.contains(tensor.name())) {
                // A file without any of its own is compared as it is.
                if !slots.is_empty() && part.is_some_and(|part| is_of_another(part, tensor.name())) {
                    foreign.push(tensor.name());
                    continue;
                }
                // What releases save twice, or with an adapter of another name, has been told.
                if part.is_some_and(|part| adapterhub::namesake(part, tensor.name()).is_some()) {
                    continue;
                }
                let parsed = part.and_then(|part| names::Name::parse(tensor.name(), &part.name));
                if parsed.is_none_or(|(name, _)| name.container != Container::Invertible) {
                    let carried = Carried::same(tensor, tensor.name());
                    slots.entry(tensor.name().to_owned()).or_insert(Slot { carried, place: Place::Other });
                }
            }
            if let Some(first) = foreign.first() {
                let count = counted(foreign.len(), "tensor");
                notes.push(format!(
                    "{count}, such as `{first}`, left out of the comparison: of another adapter, for which adapters has no \
                     place here"
                ));
            }
            let (reads, layers) = (output.reads, options.model.as_ref().and_then(|model| model.layers));
            pieces
                .insert(role, Piece { name, file: output.config, slots, layers, reads, has_factor_in: false, loaded });
        }
        Ok(Self { pieces, weights: source.weights, losses, release, is_peft, refusals, unsettled, notes })
    }

    /// An adapter of PEFT as it is: any method, by the names of modules.
    pub(super) fn of_peft(file: Map, weights: Weights, model: Option<&Model>) -> Self {
        let mut slots = BTreeMap::new();
        // Where it cannot be told which names are meant, they are taken as they are.
        let (names, misnamed) = match repair(PeftType::of(&file), weights.iter().map(|tensor| tensor.name())) {
            Ok(names) => {
                let misnamed = misnamed(&names);
                (names, misnamed)
            }
            Err(why) => (BTreeMap::new(), Some(format!("the tensors are compared under the names of the file: {why}"))),
        };
        let loaded = Loaded::of_peft(&file, &meant(&names), &weights, model);
        let notes = misnamed.into_iter().chain(loaded.told("PEFT")).collect();
        for tensor in weights.iter().filter(|tensor| !loaded.dropped.contains(tensor.name())) {
            let key = match names.get(tensor.name()).map(|repaired| repaired.name.clone()) {
                Some(Some(name)) => name,
                Some(None) => continue,
                None => tensor.name().to_owned(),
            };
            let place = match peft::names::Name::parse(&key).owner {
                Owner::Part { module, part } => Place::Part { module: module.to_owned(), part },
                _ => Place::Other,
            };
            slots.entry(key).or_insert(Slot { carried: Carried::same(tensor, tensor.name()), place });
        }
        let release = peft_release(&file);
        let refusals = refused::of_peft(&file, &weights, model);
        let unsettled = unrepeatable(&file).into_iter().chain(loaded.unsettled.clone()).collect();
        let piece = Piece { name: String::new(), file, slots, layers: None, reads: 0, has_factor_in: false, loaded };
        let pieces = BTreeMap::from([(Role::Adapter, piece)]);
        Self {
            pieces,
            weights: vec![weights],
            losses: BTreeSet::new(),
            release,
            is_peft: true,
            refusals,
            unsettled,
            notes,
        }
    }
}

/// The names that are meant, each with the one in the file.
fn meant(names: &BTreeMap<&str, Repaired>) -> BTreeMap<String, String> {
    let names = names.iter().filter_map(|(own, repaired)| Some((repaired.name.clone()?, (*own).to_owned())));
    ordered::map(names)
}

/// What is to be said where tensors have other names than those under which PEFT finds them.
fn misnamed(names: &BTreeMap<&str, Repaired>) -> Option<String> {
    let is_other = |adapter: &String| adapter != peft::names::DEFAULT;
    let is_lost = |repaired: &Repaired| repaired.is_moved() || repaired.adapter.as_ref().is_some_and(is_other);
    let lost: Vec<_> = names.iter().filter(|(_, repaired)| is_lost(repaired)).map(|(name, _)| *name).collect();
    let (first, count) = (lost.first()?, counted(lost.len(), "tensor"));
    Some(format!(
        "{count} compared under the names that are meant, such as `{first}`: PEFT {} does not find them as they are",
        peft::RELEASE
    ))
}

fn peft_release(file: &Map) -> String {
    let version = file.get("peft_version").and_then(Value::as_str);
    version.map_or_else(|| "PEFT".to_owned(), |version| format!("PEFT {version}"))
}

/// Whether a tensor has the name of one of another adapter. The library has modules for this adapter only, and drops it.
fn is_of_another(part: &adapterhub::Part, tensor: &str) -> bool {
    let is_own = || names::Name::parse(tensor, &part.name).is_some();
    let is_of_adapter = |name: names::Name<'_>| !matches!(name.container, Container::Fusion | Container::Heads);
    let mut segments = tensor.split('.');
    part.role == Role::Adapter
        && !is_own()
        && segments.any(|other| names::Name::parse(tensor, other).is_some_and(|(name, _)| is_of_adapter(name)))
}

/// Where a tensor of an adapter is, with `*` for the adapter's name and without the attribute of a class with heads.
fn held(tensor: &str, adapter: &str, model_type: &str) -> (String, Place) {
    let Some((name, _)) = names::Name::parse(tensor, adapter) else { return (tensor.to_owned(), Place::Other) };
    let attribute = Sites::of(model_type).map_or("", |sites| sites.attribute);
    let module = match name.place.strip_prefix(attribute) {
        Some(rest) if rest.is_empty() || attribute.is_empty() => rest,
        Some(rest) => rest.strip_prefix('.').unwrap_or(name.place),
        None => name.place,
    };
    let (module, container) = match name.container {
        Container::PooledPrefixes => ("", Container::Prefixes),
        container => (module, container),
    };
    let canonical = names::Name { place: module, container, adapter: "*", leaf: name.leaf };
    let place = Place::Held { module: module.to_owned(), container, leaf: name.leaf.to_owned() };
    (canonical.to_string(), place)
}
