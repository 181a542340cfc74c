//! The format of the recording, as `fixtures/drawn_checkpoints/README.md` describes it.

use std::collections::BTreeMap;

use adapter_spec::dialects::adapterhub::checkpoint::Role;
use adapter_spec::models::Model;
use serde::Deserialize;
use serde_json::Value;

use super::judged::model;

/// What was saved.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Told {
    role: String,
    pub(super) model: Value,
}

impl Told {
    pub(super) fn role(&self) -> Role {
        Role::ALL.into_iter().find(|role| role.name() == self.role).expect("the role is a known one")
    }
}

/// What the library made of it, with a flaw or without.
#[derive(Debug, Deserialize)]
pub(super) struct Verdict {
    pub(super) case: String,
    pub(super) flaw: Option<String>,
    pub(super) steps: Vec<Step>,
    pub(super) loads: bool,
    #[serde(default)]
    pub(super) error: String,
    #[serde(default)]
    pub(super) missing: Vec<String>,
    #[serde(default)]
    pub(super) unexpected: Vec<String>,
    #[serde(default)]
    pub(super) parameters: u64,
    #[serde(default)]
    pub(super) random: Vec<String>,
    pub(super) same: Option<bool>,
    pub(super) finite: Option<bool>,
}

impl Verdict {
    /// The model that it was loaded into.
    pub(super) fn model(&self, told: &Told) -> Model {
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
pub(super) enum Step {
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
