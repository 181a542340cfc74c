//! Weights beside a config that is open: judged when the config is opened or saved, as the linter judges them, if they
//! are small enough not to keep anyone waiting.

use std::path::{Path, PathBuf};

use gen_lsp_types::Diagnostic;

use super::client::Client;
use super::diagnostics;
use super::settings::Settings;
use crate::dialects::adapterhub::checkpoint::Role;
use crate::dialects::peft::{CONFIG_NAME, WEIGHTS_NAMES};
use crate::document::{Document, Format};
use crate::lint::{FEW_BYTES, lint_weights};

/// The files of weights that a config of this path belongs to, by name.
pub(super) fn beside(config: &Path) -> Vec<(&'static str, PathBuf)> {
    let name = config.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let role = Role::ALL.into_iter().find(|role| role.config_name() == name);
    let names = role.into_iter().flat_map(Role::weights_names);
    let names = names.chain(WEIGHTS_NAMES.into_iter().filter(|_| name == CONFIG_NAME));
    let files = names.map(|name| (name, config.with_file_name(name)));
    let is_small = |path: &Path| std::fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() <= FEW_BYTES);
    files.filter(|(_, path)| is_small(path)).collect()
}

/// What is wrong with a file of weights, at its first place: it has no text.
pub(super) fn judge(path: &Path, settings: &Settings, client: &Client) -> Vec<Diagnostic> {
    // What is wrong with the settings is told with the config that is open beside.
    let judging = settings.of(Some(path)).unwrap_or_default();
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    // So is what is wrong with the config, which only says here what the base model is.
    let (judging, _) = judging.of_weights(name, |name| Document::open(&path.with_file_name(name), Format::Json).ok());
    let linted = match lint_weights(path, &judging.options) {
        Ok(linted) => linted,
        Err(error) => return vec![diagnostics::of_failure(&error.to_string())],
    };
    let findings = judging.wanted(linted.map(|linted| linted.findings).unwrap_or_default());
    findings.iter().map(|finding| diagnostics::without_text(finding, client, settings)).collect()
}
