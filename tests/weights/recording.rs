//! The format of the recording, as `fixtures/drawn_checkpoints/README.md` describes it.

use std::collections::BTreeMap;

use adapter_spec::dialects::adapterhub::checkpoint::Role;
use adapter_spec::models::Model;
use serde::Deserialize;
use serde_json::Value;

use crate::judged::model;

/// What was saved.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Told {
    role: String,
    pub(crate) model: Value,
}

impl Told {
    pub(crate) fn role(&self) -> Role {
        Role::ALL.into_iter().find(|role| role.name() == self.role).expect("the role is a known one")
    }
}

/// What the library made of it, with a flaw or without.
#[derive(Debug, Deserialize)]
pub(crate) struct Verdict {
    pub(crate) case: String,
    pub(crate) flaw: Option<String>,
    pub(crate) steps: Vec<Step>,
    pub(crate) loads: bool,
    #[serde(default)]
    pub(crate) error: String,
    #[serde(default)]
    pub(crate) missing: Vec<String>,
    #[serde(default)]
    pub(crate) unexpected: Vec<String>,
    #[serde(default)]
    pub(crate) parameters: u64,
    #[serde(default)]
    pub(crate) random: Vec<String>,
    pub(crate) same: Option<bool>,
    pub(crate) finite: Option<bool>,
}

impl Verdict {
    /// The model that it was loaded into.
    pub(crate) fn model(&self, told: &Told) -> Model {
        let other = self.steps.iter().find_map(|step| match step {
            Step::Model { model } => Some(model),
            _ => None,
        });
        model(other.unwrap_or(&told.model).to_string())
    }
}

/// A step of a flaw.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "do", rename_all = "lowercase")]
pub(crate) enum Step {
    Drop { names: Vec<String> },
    Rename { names: BTreeMap<String, String> },
    Copy { names: BTreeMap<String, String> },
    Transpose { names: Vec<String> },
    Cut { names: Vec<String>, axis: usize },
    Reshape { names: Vec<String>, shape: Vec<usize> },
    Fill { names: Vec<String>, value: Value, first: bool },
    Cast { names: Vec<String>, dtype: String },
    Add { name: String, shape: Vec<usize> },
    Config { path: Vec<String>, value: Value },
    Truncate { bytes: usize },
    Model { model: Value },
}
