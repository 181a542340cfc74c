//! The tensors that a checkpoint should have by its config.

use std::collections::BTreeMap;
use std::fmt;

use super::names;
use super::sketch::sketch;
use crate::dialects::adapterhub::config::MemberConfig;
use crate::dialects::adapterhub::sites::Sites;
use crate::dialects::adapterhub::slots::{PlaceError, Placed, Slot, all_leave_out, place, slots};
use crate::models::Model;
use crate::ordered;

/// A tensor that should be there.
#[derive(Debug, Clone, PartialEq)]
pub struct Expected {
    /// The names under which it may be saved, the usual one first: the one that the library reads last, if a file has
    /// several.
    pub names: Vec<String>,
    /// Its sizes, as far as they are known.
    pub sizes: Vec<Option<usize>>,
    /// Its slot; none in heads. Sizes that are not known are guessed there.
    pub slot: Option<Slot>,
}

impl Expected {
    fn new(slot: Slot, sizes: Vec<Option<usize>>) -> Self {
        let names = std::iter::once(&slot.name).chain(&slot.aliases).chain(&slot.unsaved).cloned().collect();
        Self { names, sizes, slot: Some(slot) }
    }

    /// The usual name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.names.first().map_or("", String::as_str)
    }
}

/// Why nothing can be said about the tensors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unknown {
    /// The adapter cannot be placed in the model.
    Place(PlaceError),
    /// There is no base model to go by, and the config does not say enough of it.
    Model,
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Place(error) => error.fmt(f),
            Self::Model => f.write_str("the config does not say enough about the base model; it has to be named"),
        }
    }
}

impl std::error::Error for Unknown {}

/// The tensors of an adapter in a model, under the names of the class that the file was saved from. Without `model`
/// it is `saved` that counts, what the config says of its base model: sizes that nothing tells stay open then.
///
/// # Errors
/// [`Unknown`] if the library refuses, or the model is not known well enough.
pub fn expected(
    members: &[MemberConfig],
    adapter: &str,
    model: Option<&Model>,
    saved: Option<&Model>,
    found: &[&str],
) -> Result<Vec<Expected>, Unknown> {
    let place = |model: &Model| place(members, adapter, model).map_err(Unknown::Place);
    in_models(model, saved, found, |layer| all_leave_out(members, layer), place)
}

/// The tensors of modules in a model, or in two that are guessed, where the config has nothing for some layers.
pub(super) fn in_models(
    model: Option<&Model>,
    saved: Option<&Model>,
    found: &[&str],
    is_left_out: impl Fn(u64) -> bool,
    place: impl Fn(&Model) -> Result<Vec<Placed>, Unknown>,
) -> Result<Vec<Expected>, Unknown> {
    let in_model = |model: &Model| Ok(slots(&place(model)?, attribute(model, found)));
    if let Some(model) = model {
        let known = |slot: Slot| {
            let sizes = slot.shape.iter().map(|axis| Some(axis.size)).collect();
            Expected::new(slot, sizes)
        };
        return Ok(in_model(model)?.into_iter().map(known).collect());
    }
    let current: Vec<_> = found.iter().map(|name| names::current(name)).collect();
    let sketched = saved.and_then(|saved| sketch(saved, current.iter().map(AsRef::as_ref), is_left_out));
    let [one, other] = sketched.ok_or(Unknown::Model)?;
    let (one, other) = (in_model(&one)?, in_model(&other)?);
    if one.len() != other.len() {
        return Err(Unknown::Model);
    }
    Ok(one.into_iter().zip(other).map(|(one, other)| between(one, &other)).collect())
}

/// What two guesses agree in.
fn between(one: Slot, other: &Slot) -> Expected {
    let sizes = one.shape.iter().zip(&other.shape).map(|(a, b)| (a.size == b.size).then_some(a.size)).collect();
    Expected::new(one, sizes)
}

/// What stands before all names: the attribute of a class with heads, or nothing if a bare base model was saved.
fn attribute(model: &Model, found: &[&str]) -> &'static str {
    let attribute = Sites::of(&model.model_type).map_or("", |sites| sites.attribute);
    let is_within = |name: &str| name.strip_prefix(attribute).is_some_and(|rest| rest.starts_with('.'));
    if found.is_empty() || found.iter().any(|name| is_within(name)) { attribute } else { "" }
}

/// The numbers of the expected tensors, by all of their names.
#[must_use]
pub fn by_name(expected: &[Expected]) -> BTreeMap<&str, usize> {
    let all = expected.iter().enumerate();
    ordered::map(all.flat_map(|(number, expected)| expected.names.iter().map(move |name| (name.as_str(), number))))
}
