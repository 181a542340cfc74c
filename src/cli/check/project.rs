//! What the project wants of the linter, and what the command line makes of it.

use std::path::{PathBuf, absolute};

use adapter_spec::dialects::Targets;
use adapter_spec::settings::{Lookup, Project, SettingsFile, Wishes};

use super::rules::RuleArgs;
use crate::cli::model;

/// Arguments about the settings of the project.
#[derive(clap::Args)]
#[command(next_help_heading = "Settings")]
pub(super) struct ProjectArgs {
    /// Take the settings from this file. Without it, the nearest `adapter-lint.toml` in the folders above a file
    /// applies to it.
    #[arg(long, value_name = "FILE", conflicts_with = "isolated")]
    config: Option<PathBuf>,
    /// Ignore all settings files.
    #[arg(long)]
    isolated: bool,
    /// Write all findings into the baseline, so that from now on only new ones are reported.
    #[arg(long, conflicts_with = "isolated")]
    pub(super) write_baseline: bool,
}

impl ProjectArgs {
    /// The settings, with the wishes of the command line.
    ///
    /// # Errors
    /// What is wrong with the command line or the settings here is said before any file is looked at.
    pub(super) fn project(
        &self,
        rules: &RuleArgs,
        model: Option<&str>,
        targets: Targets,
        all_numbers: bool,
    ) -> anyhow::Result<Project> {
        let model = model.map(model::base).transpose()?;
        let wishes = Wishes { levels: rules.levels()?, model, targets, all_numbers };
        let with_baselines = !self.write_baseline;
        let lookup = match &self.config {
            Some(path) => Lookup::Only(Box::new(SettingsFile::read(&absolute(path)?, with_baselines)?)),
            None if self.isolated => Lookup::Nowhere,
            None => Lookup::Nearest,
        };
        let project = Project::new(wishes, lookup, with_baselines, absolute(".")?);
        project.of(&project.here().join("-"))?;
        Ok(project)
    }
}
