//! What PEFT makes of a config on a model: which modules it adapts, which tensors it then saves, or why it refuses.
//!
//! A method's tensors stand in the file of its family; `fixtures/peft/expected.jsonl` has what PEFT itself saved.

mod auxiliary;
mod case;
mod kinds;
mod low_rank;
mod prefix;
mod prompts;
mod rotations;
mod select;
mod shared;
mod sparse;

use std::fmt;

use crate::models::Tree;
use crate::models::tree::{Kind, Module};
use crate::value::Map;

use case::Case;
pub use select::unmatched;
pub(crate) use select::{has_modules_to_save, heads};

/// The prefix of the names of the base model's modules.
pub(crate) const BASE: &str = "base_model.model.";

/// A tensor that PEFT saves.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Expected {
    /// Its name in the file.
    pub name: String,
    /// Its shape. A dimension that does not follow from config and model is `None`.
    pub shape: Vec<Option<u64>>,
}

/// What a config does to a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adapted {
    /// The modules that are adapted, in the order of the model.
    pub modules: Vec<String>,
    /// The tensors that are saved, by name. `None` where they depend on more than config and model.
    pub tensors: Option<Vec<Expected>>,
}

/// Why PEFT refuses to adapt a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// No `target_modules`, and PEFT has none for this type of model.
    NoDefault,
    /// No module matches `target_modules`.
    NothingMatched,
    /// Whatever matches is excluded, by `exclude_modules` or `modules_to_save`.
    AllExcluded,
    /// A module of a kind that the method cannot adapt.
    Unsupported {
        /// The module.
        module: String,
        /// Its kind.
        kind: Kind,
    },
    /// A size of a module does not go with a value of the config.
    Misfit {
        /// The module.
        module: String,
        /// The key.
        key: &'static str,
        /// What would have to hold.
        need: String,
    },
    /// A size of the model itself does not go with a value of the config.
    Unfit {
        /// The key.
        key: &'static str,
        /// What would have to hold.
        need: String,
    },
    /// The model's type is not one of the few that the method can adapt.
    ModelType,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDefault => write!(f, "PEFT has no `target_modules` of its own for this type of model"),
            Self::NothingMatched => write!(f, "no module of the model matches `target_modules`"),
            Self::AllExcluded => write!(f, "every module that could be adapted is excluded"),
            Self::Unsupported { module, kind } => {
                write!(f, "`{module}` is of the kind {kind}, which cannot be adapted")
            }
            Self::Misfit { module, need, .. } => write!(f, "at `{module}`, {need}"),
            Self::Unfit { need, .. } => write!(f, "{need}"),
            Self::ModelType => write!(f, "the method cannot adapt a model of this type"),
        }
    }
}

/// Why nothing is said of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Stop {
    /// Nothing is known about it.
    Unknown,
    /// PEFT refuses.
    Refused(Refusal),
}

/// The tensors at one module: the end of the name, and the shape.
type Rows = Result<Vec<(String, Vec<Option<u64>>)>, Stop>;

/// A row of a known shape.
fn row<const N: usize>(end: &str, shape: [u64; N]) -> (String, Vec<Option<u64>>) {
    (end.to_owned(), shape.into_iter().map(Some).collect())
}

/// What PEFT makes of a config on a model. `None` where that is not known: a method or a key that nothing is said about
/// here, a pattern that cannot be followed, or a value of another type than PEFT works with.
///
/// # Errors
/// If PEFT refuses to adapt the model.
pub fn expect(config: &Map, tree: &Tree) -> Option<Result<Adapted, Refusal>> {
    match adapted(&Case::new(config, tree)?) {
        Ok(adapted) => Some(Ok(adapted)),
        Err(Stop::Refused(refusal)) => Some(Err(refusal)),
        Err(Stop::Unknown) => None,
    }
}

fn adapted(case: &Case<'_>) -> Result<Adapted, Stop> {
    if let Some(tensors) = prompts::tensors(case)? {
        return Ok(Adapted { modules: Vec::new(), tensors: Some(tensors) });
    }
    let modules = select::modules(case)?;
    let mut refused = None;
    let mut tensors = Some(Vec::new());
    shared::check(case, &modules)?;
    for module in &modules {
        if !kinds::supports(case.method, module)? {
            let refusal = Refusal::Unsupported { module: module.name.clone(), kind: module.kind };
            return Err(refused.unwrap_or(Stop::Refused(refusal)));
        }
        match at(case, module, &modules) {
            Ok(rows) => {
                let rows = rows
                    .into_iter()
                    .map(|(end, shape)| Expected { name: format!("{BASE}{}.{end}", module.name), shape });
                tensors.iter_mut().for_each(|tensors: &mut Vec<_>| tensors.extend(rows.clone()));
            }
            Err(Stop::Unknown) => tensors = None,
            Err(stop) => {
                refused.get_or_insert(stop);
            }
        }
    }
    if let Some(stop) = refused {
        return Err(stop);
    }
    let tensors = match tensors {
        None => None,
        Some(mut tensors) => match shared::tensors(case, &modules).and_then(|rows| {
            tensors.extend(rows);
            auxiliary::tensors(case, &modules, &mut tensors)
        }) {
            Ok(()) => {
                tensors.sort();
                tensors.dedup();
                Some(tensors)
            }
            Err(Stop::Unknown) => None,
            Err(stop) => return Err(stop),
        },
    };
    Ok(Adapted { modules: modules.iter().map(|module| module.name.clone()).collect(), tensors })
}

/// The tensors at one module.
fn at(case: &Case<'_>, module: &Module, all: &[&Module]) -> Rows {
    match case.method {
        "LORA" | "ADALORA" | "LOHA" | "LOKR" | "HIRA" | "DEFT" | "DELORA" | "GRALORA" | "GLORA" | "PEANUT" | "POLY"
        | "LILY" | "OSF" => low_rank::at(case, module),
        "BOFT" | "OFT" | "HRA" | "ROAD" | "PSOFT" | "MISS" => rotations::at(case, module),
        "FOURIERFT" | "WAVEFT" | "C3A" | "SHIRA" | "SUPERTUNING" | "IA3" | "LN_TUNING" | "BEFT"
        | "TRAINABLE_TOKENS" => sparse::at(case, module, all),
        "VERA" | "PVERA" | "RANDLORA" | "FROD" | "VBLORA" | "UNILORA" | "TINYLORA" => shared::at(case, module, all),
        _ => Err(Stop::Unknown),
    }
}
