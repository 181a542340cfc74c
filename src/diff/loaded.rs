//! Which of an adapter's tensors the library loads with its config, and whether these are all that the config asks for. What it
//! drops is no part of the adapter.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::convert::{Carried, Weights};
use crate::dialects::adapterhub::Role;
use crate::dialects::adapterhub::checkpoint::rules::fits;
use crate::dialects::adapterhub::checkpoint::{Expected, Saved, by_name, current};
use crate::dialects::adapterhub::names::Name;
use crate::dialects::adapterhub::release::Release;
use crate::dialects::peft::PeftType;
use crate::dialects::peft::checkpoint::{Without, lacks_shared, placed, torn_off};
use crate::dialects::peft::layout::Layout;
use crate::dialects::peft::taken::{Start, take_out_unnamed};
use crate::document::write::to_json;
use crate::document::{Document, Format};
use crate::findings::words::counted;
use crate::models::Model;
use crate::value::{Map, Value};

/// What the library makes of an adapter's tensors.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    /// Those that it drops.
    pub(super) dropped: BTreeSet<String>,
    /// Why it loads none, where one has other sizes than the config asks for.
    pub(super) misfit: Option<String>,
    /// Whether the others are what the config asks for.
    pub(super) asked: Asked,
    /// Whether that holds of the base model, and not only of the layers that the names tell.
    pub(super) knows_layers: bool,
    /// Whether it is known of every module to be saved whole that its tensors are there, or that the base model has none.
    pub(super) tells_saved: bool,
    /// What tensors of its own the library computes with, beside those that it loads: the adapter's function is not in the file.
    pub(super) unsettled: Option<String>,
    /// The layers that have a place for tensors.
    pub(super) layers: BTreeSet<u64>,
}

/// Whether the tensors that are loaded are those that the config asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Asked {
    /// All of them; or what is missing does nothing.
    All,
    /// Not all of them, for this reason.
    Not(String),
    /// That cannot be told.
    #[default]
    Untold,
}

impl Loaded {
    /// Where nothing but the tensors counts.
    pub(super) fn all() -> Self {
        Self { asked: Asked::All, knows_layers: true, tells_saved: true, ..Self::default() }
    }

    /// What is to be said of the tensors that are dropped.
    pub(super) fn told(&self, library: &str) -> Option<String> {
        let first = self.dropped.first()?;
        let count = counted(self.dropped.len(), "tensor");
        Some(format!(
            "{count}, such as `{first}`, left out of the comparison: the config does not ask for them, and {library} drops them"
        ))
    }

    /// Of an adapter as AdapterHub's newest release has it.
    pub(super) fn of_adapterhub(file: &Map, tensors: &[Carried], model: Option<&Model>) -> Self {
        let text = to_json(&Value::Map(file.clone()));
        let document = Document::read(text.into_bytes(), Format::Json);
        let config = Some((Role::Adapter.config_name(), &document));
        let names: Vec<&str> = tensors.iter().map(|carried| carried.to.as_str()).collect();
        let saved = Saved::of_names(Release::NEWEST, Role::Adapter, config, names, model);
        let Some(expected) = saved.tensors().filter(|_| saved.wrapper.is_none()) else { return Self::default() };
        let known = by_name(expected);
        let mut loaded = Self { asked: Asked::All, knows_layers: model.is_some(), ..Self::default() };
        let mut misshapen = None;
        let mut found = BTreeSet::new();
        for carried in tensors {
            let Some(number) = known.get(&*current(&carried.to)) else {
                loaded.dropped.insert(carried.to.clone());
                continue;
            };
            found.insert(*number);
            let sizes = &expected[*number].sizes;
            if !fits(sizes, &carried.shape) {
                misshapen = misshapen.or(Some(&carried.to));
            }
        }
        // What has none of the names that the config asks for is not called so, whatever the config is.
        if found.is_empty() && !expected.is_empty() {
            return Self::default();
        }
        loaded.layers = expected.iter().filter_map(|expected| expected.slot.as_ref()?.layer).collect();
        let mut missing = expected.iter().enumerate().filter(|(number, _)| !found.contains(number));
        loaded.misfit = misshapen.map(|name| format!("`{name}` has other sizes than the config asks for"));
        // What a place has together: with a part of it, the adapter does something, and with the rest what the library draws.
        let adapter = file.get("name").and_then(Value::as_str).unwrap_or_default();
        let place = |expected: &Expected| {
            let slot = expected.slot.as_ref()?;
            Name::parse(&slot.name, adapter).map(|(name, _)| (name.place.to_owned(), name.container))
        };
        let begun: BTreeSet<_> = found.iter().filter_map(|number| place(&expected[*number])).collect();
        let torn: Vec<_> = missing
            .clone()
            .filter(|(_, expected)| place(expected).is_some_and(|place| begun.contains(&place)))
            .collect();
        loaded.unsettled = torn.first().map(|(_, first)| unsettled(first.name(), torn.len()));
        if let Some((_, first)) = missing.next() {
            loaded.asked = lacking(first.name(), missing.count() + 1);
        }
        loaded
    }

    /// Of an adapter of PEFT: its tensors by the names that are meant, and as they are in the file.
    pub(super) fn of_peft(
        file: &Map,
        names: &BTreeMap<String, String>,
        weights: &Weights,
        model: Option<&Model>,
    ) -> Self {
        if let (Some(model), Weights::File(tensors)) = (model, weights)
            && let Some(placed) = placed(file, model, tensors)
        {
            let mut loaded = Self { asked: Asked::All, knows_layers: true, tells_saved: true, ..Self::default() };
            if let Some(first) = placed.missing.first() {
                match placed.without {
                    // That it is refused is told elsewhere.
                    Without::Base | Without::Refused(_) => {}
                    Without::Seeded => loaded.asked = lacking(first, placed.missing.len()),
                    Without::Drawn | Without::Torn => loaded.unsettled = Some(unsettled(first, placed.missing.len())),
                }
            }
            loaded.dropped = placed.unexpected.into_iter().collect();
            return loaded;
        }
        if names.is_empty() {
            return Self::default();
        }
        let all = names.iter().map(|(read, own)| (Cow::Borrowed(read.as_str()), own.as_str()));
        let mut layout = Layout::new(PeftType::of(file), all);
        let mut loaded = Self { tells_saved: has_saved(file, names), ..Self::default() };
        if let Some(out) = take_out_unnamed(file, &mut layout) {
            loaded.dropped = out.into_iter().collect();
            if Start::of(file) == Start::Nothing {
                loaded.asked = Asked::All;
            }
        }
        let taken = names.iter().filter(|(_, own)| !loaded.dropped.contains(*own)).map(|(read, _)| read.as_str());
        let torn = torn_off(taken, file);
        let shared = || match weights {
            Weights::File(tensors) => lacks_shared(tensors, file).filter(|(_, without)| *without == Without::Torn),
            Weights::Sharded(_) => None,
        };
        loaded.unsettled = match torn.first() {
            Some(first) => Some(unsettled(first, torn.len())),
            None => shared().map(|(name, _)| unsettled(&name, 1)),
        };
        loaded
    }
}

/// Whether all modules that are to be saved whole have tensors. PEFT passes over one that the base model does not have, and
/// raises an error for any other.
fn has_saved(config: &Map, names: &BTreeMap<String, String>) -> bool {
    let listed = config.get("modules_to_save").and_then(Value::as_list).unwrap_or_default();
    // Biases are also saved by `bias`.
    let is_of = |name: &String, module: &str| {
        !name.ends_with(".bias") && name.match_indices('.').any(|(at, _)| name[..at].ends_with(module))
    };
    listed.iter().filter_map(Value::as_str).all(|module| names.keys().any(|name| is_of(name, module)))
}

/// What is to be said where the library computes with numbers of its own beside those of the file.
fn unsettled(first: &str, count: usize) -> String {
    let count = counted(count, "tensor");
    format!("the file lacks {count}, such as `{first}`, in whose place the library computes with numbers of its own")
}

fn lacking(first: &str, count: usize) -> Asked {
    let count = counted(count, "tensor");
    Asked::Not(format!("the config asks for {count} more, such as `{first}`, of which the library makes some itself"))
}
