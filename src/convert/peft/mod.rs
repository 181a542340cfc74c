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
pub use source::Part;
pub(super) use source::open;
#[cfg(feature = "oracle")]
pub(crate) use source::raw;
pub(super) use to::plan as to_peft;

use super::{Change, Output};
use crate::models::{Model, ModelType};

/// The name that PEFT gives an adapter in a model, and that files do not have.
const NAME: &str = "default";

/// What a conversion is gathered in.
#[derive(Debug, Default)]
struct Made {
    output: Option<Output>,
    changes: Vec<Change>,
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
        if let [first, rest @ ..] = names {
            let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
            self.loss(format!("`{first}`{more}: {why}"));
        }
    }
}

/// The base model: as it is given, or a well-known one by its name.
fn model(given: Option<&Model>, name: Option<&str>) -> Option<Model> {
    given.cloned().or_else(|| Model::well_known(name.filter(|name| !name.is_empty())?))
}

/// Types whose attention takes keys and values from before the input, through which PEFT gives prefixes to a model. All
/// of them count the positions of the input from behind the prefix then.
const TAKES_PAST: [&str; 10] =
    ["bert", "bert-generation", "electra", "gpt2", "gptj", "llama", "mistral", "roberta", "xlm-roberta", "xmod"];

/// Why a prefix is not the same function in both libraries, or cannot be had in PEFT.
fn prefix_differs(model_type: &str) -> String {
    if TAKES_PAST.contains(&model_type) {
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
