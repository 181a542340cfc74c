//! What is found in a config and in the weights beside it.

use std::fs;
use std::path::{Path, PathBuf};

use adapter_spec::dialects::adapterhub::checkpoint::Role;
use adapter_spec::document::{Document, Format};
use adapter_spec::lint::{Finding, Options, Severity, lint, lint_weights};
use adapter_spec::models::Model;
use libtest_mimic::Failed;

/// The file of weights in a folder, if there is one.
pub(super) fn weights(folder: &Path, role: Role) -> Option<PathBuf> {
    role.weights_names().map(|name| folder.join(name)).into_iter().find(|path| path.exists())
}

/// Everything that is found in a config and in its weights.
pub(super) fn findings(folder: &Path, role: Role, model: Option<&Model>) -> Result<Vec<Finding>, Failed> {
    let options = Options { model: model.cloned(), ..Options::default() };
    let config = folder.join(role.config_name());
    let document = Document::read(fs::read(&config)?, Format::Json);
    let mut found = lint(&document, &config.display().to_string(), &options).findings;
    let weights = weights(folder, role).ok_or("there are no weights")?;
    found.extend(lint_weights(&weights, &options)?.ok_or("the weights are not judged")?.findings);
    Ok(found)
}

/// The messages of errors, with their codes.
pub(super) fn errors(findings: &[Finding]) -> Vec<String> {
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| format!("{} {}", finding.rule.code, finding.message)).collect()
}

/// A model by its `config.json`.
pub(super) fn model(config: impl Into<Vec<u8>>) -> Model {
    let document = Document::read(config.into(), Format::Json);
    document.root.as_ref().and_then(Model::from_config).expect("the model is one")
}
