//! Between AdapterHub and PEFT, for the methods that both have: LoRA with DoRA, (IA)³, VeRA, prefix and prompt tuning.
//! What PEFT has is written for PEFT again under the names that it loads, whatever the method.
//!
//! What the two compute differently under one name is converted where it can be, and refused with the reason where not
//! (`fixtures/checkpoints/converted_peft.json`).

mod bias;
mod class;
mod error;
mod feed;
mod from;
mod origin;
mod place;
mod same;
mod source;
mod to;

pub use error::PeftError;
pub(super) use from::plan as from_peft;
pub(super) use place::{Place, Places};
pub(super) use same::plan as same;
pub(super) use source::open;
#[cfg(feature = "oracle")]
pub(crate) use source::raw;
pub use source::{NoModel, Part};
pub(super) use to::plan as to_peft;

use std::collections::BTreeMap;

use super::{Change, Output};
use crate::models::{Model, ModelType, Quirk};

/// The name that PEFT gives an adapter in a model, and that files do not have.
const NAME: &str = "default";

/// What a conversion is gathered in.
#[derive(Debug, Default)]
struct Made {
    output: Option<Output>,
    changes: Vec<Change>,
    /// The losses that are told once for several modules: where they are among the changes, and of what.
    shared: BTreeMap<String, (usize, Vec<String>)>,
}

impl Made {
    fn note(&mut self, what: impl Into<String>) {
        self.changes.push(Change::note(what));
    }

    fn loss(&mut self, what: impl Into<String>) {
        self.changes.push(Change::loss(what));
    }

    /// A loss that is told once for several names.
    fn losses(&mut self, names: &[&str], why: &str) {
        if !names.is_empty() {
            self.loss(of_several(names, why));
        }
    }

    /// A loss at one module, told together with those of other modules that have the same reason.
    fn loss_at(&mut self, module: &str, why: &str) {
        let next = self.changes.len();
        let (place, modules) = self.shared.entry(why.to_owned()).or_insert_with(|| (next, Vec::new()));
        modules.push(module.to_owned());
        let change = Change::loss(of_several(modules, why));
        match self.changes.get_mut(*place) {
            Some(told) => *told = change,
            None => self.changes.push(change),
        }
    }
}

/// What is said of several things in the name of the first.
fn of_several(names: &[impl AsRef<str>], why: &str) -> String {
    match names {
        [] => why.to_owned(),
        [only] => format!("`{}`: {why}", only.as_ref()),
        [first, rest @ ..] => format!("`{}` and {} more: {why}", first.as_ref(), rest.len()),
    }
}

/// The base model: as it is given, or a well-known one by its name.
fn model(given: Option<&Model>, name: Option<&str>) -> Option<Model> {
    given.cloned().or_else(|| Model::well_known(name.filter(|name| !name.is_empty())?))
}

/// Why a prefix is not the same function in both libraries, or cannot be had in PEFT.
fn prefix_differs(model_type: &str) -> String {
    if Quirk::CountsPast.is_of(model_type) {
        "PEFT counts the input's positions from the end of the prefix, adapters from 0: the values are the same, but the \
         function is not, unless position_ids are given by hand"
            .to_owned()
    } else {
        format!(
            "PEFT passes prefixes to a model as past keys and values: {model_type} takes none, or takes them in the decoder \
             only, while adapters has prefixes in other places"
        )
    }
}

/// Why no adapter of a model type computes the same in both libraries.
fn base_differs(model_type: &str) -> Option<&'static str> {
    Quirk::OwnAdapters.is_of(model_type).then_some(
        "adapters takes X-MOD's own language adapters out of the base model, PEFT runs them: without any other adapter, \
         the two already compute something else",
    )
}

/// Why a prompt is not the same function in both libraries.
const PROMPT_DIFFERS: &str = "adapters inserts the prompt after the embeddings, where positions and norm are already \
                              applied; PEFT inserts it before, so that it gets positions and shifts those of the input";

/// Why an adapter of a model type whose places are not known cannot be converted.
fn unknown_type(model_type: &str) -> PeftError {
    PeftError::base_model(match ModelType::of(model_type) {
        Some(_) => format!(
            "an adapter for a model of type `{model_type}`, which is made of two others, cannot be converted between \
             PEFT and adapters"
        ),
        None => format!("adapters does not know the model type `{model_type}`"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_of_one_reason_are_told_once() {
        let mut made = Made::default();
        made.loss_at("a", "too wide");
        made.loss("another");
        made.loss_at("b", "too wide");
        made.loss_at("c", "too long");
        let told: Vec<_> = made.changes.iter().map(|change| change.what.as_str()).collect();
        assert_eq!(told, ["`a` and 1 more: too wide", "another", "`c`: too long"]);
    }

    #[test]
    fn only_xmod_is_another_base_model() {
        assert!(base_differs("xmod").is_some());
        assert!(base_differs("roberta").is_none());
    }
}
