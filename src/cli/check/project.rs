//! What the project wants of the linter, and what the command line makes of it, file by file.

use std::collections::HashMap;
use std::path::{Path, PathBuf, absolute};
use std::sync::{Arc, Mutex, PoisonError};

use adapter_spec::dialects::adapterhub::release::Release;
use adapter_spec::lint::{Finding, Options};
use adapter_spec::models::Model;
use adapter_spec::settings::{self, Matches, SettingsFile};
use anyhow::{Context as _, anyhow};
use toml::Spanned;

use super::rules::RuleArgs;
use crate::cli::model;

/// Arguments about the settings of the project.
#[derive(clap::Args)]
#[command(next_help_heading = "Settings")]
pub(super) struct ProjectArgs {
    /// Take the settings from this file. Without it, the nearest `adapter-lint.toml` in the folders above a file holds
    /// for it.
    #[arg(long, value_name = "FILE", conflicts_with = "isolated")]
    config: Option<PathBuf>,
    /// Look for no settings.
    #[arg(long)]
    isolated: bool,
    /// Write all findings into the baseline, so that from now on only new ones are reported.
    #[arg(long, conflicts_with = "isolated")]
    pub(super) write_baseline: bool,
}

/// The settings of all files.
pub(super) struct Project {
    rules: RuleArgs,
    all_numbers: bool,
    model: Option<Model>,
    target: Option<Release>,
    /// The one file that holds for all, if it was named.
    only: Option<Arc<SettingsFile>>,
    isolated: bool,
    with_baselines: bool,
    here: PathBuf,
    folders: Mutex<HashMap<PathBuf, Option<Arc<SettingsFile>>>>,
    options: Mutex<HashMap<Key, Arc<Options>>>,
}

/// The settings, if any, and the parts of them that hold.
type Key = (Option<PathBuf>, Matches);

/// What a file is judged with.
pub(super) struct Judging {
    pub(super) options: Arc<Options>,
    pub(super) settings: Option<Arc<SettingsFile>>,
    /// The file's path, seen from the folder of the settings, or else from the working folder.
    pub(super) path: PathBuf,
}

impl Judging {
    /// The findings that the project wants to hear of.
    pub(super) fn wanted(&self, findings: Vec<Finding>) -> Vec<Finding> {
        match &self.settings {
            Some(settings) => settings.without_suppressed(&self.path, findings),
            None => findings,
        }
    }
}

impl Judging {
    /// Whether the project wants to hear of a finding. Asking does not count as its occurring.
    pub(super) fn wants(&self, finding: &Finding) -> bool {
        let is_silenced = |settings: &Arc<SettingsFile>| settings.silences(&self.path, finding);
        self.options.levels.wants(finding) && !self.settings.as_ref().is_some_and(is_silenced)
    }
}

impl Project {
    pub(super) fn new(
        args: &ProjectArgs,
        rules: RuleArgs,
        model: Option<&str>,
        target: Option<Release>,
        all_numbers: bool,
    ) -> anyhow::Result<Self> {
        let with_baselines = !args.write_baseline;
        let read = |path: &PathBuf| SettingsFile::read(&absolute(path)?, with_baselines).map_err(anyhow::Error::from);
        let project = Self {
            rules,
            all_numbers,
            model: model.map(model::find).transpose()?,
            target,
            only: args.config.as_ref().map(read).transpose()?.map(Arc::new),
            isolated: args.isolated,
            with_baselines,
            here: absolute(".")?,
            folders: Mutex::default(),
            options: Mutex::default(),
        };
        // What is wrong with the command line or the settings here is said before any file is looked at.
        project.of(&project.here.join("-"))?;
        Ok(project)
    }

    /// What a file is judged with.
    pub(super) fn of(&self, path: &Path) -> anyhow::Result<Judging> {
        let path = absolute(path).with_context(|| path.display().to_string())?;
        let settings = self.settings(path.parent().unwrap_or(&path))?;
        let folder = settings.as_ref().map_or(self.here.as_path(), |settings| settings.folder());
        let seen = path.strip_prefix(folder).unwrap_or(&path).to_owned();
        let matches = settings.as_ref().map(|settings| settings.matches(&seen)).unwrap_or_default();
        let options = self.options(settings.as_deref(), matches)?;
        Ok(Judging { options, settings, path: seen })
    }

    /// The settings that hold in a folder.
    fn settings(&self, folder: &Path) -> anyhow::Result<Option<Arc<SettingsFile>>> {
        if self.isolated || self.only.is_some() {
            return Ok(self.only.clone());
        }
        let mut known = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        let mut unknown = Vec::new();
        let mut found = None;
        for folder in folder.ancestors() {
            if let Some(settings) = known.get(folder) {
                found.clone_from(settings);
                break;
            }
            unknown.push(folder.to_owned());
            let path = folder.join(settings::FILE_NAME);
            if path.is_file() {
                found = Some(Arc::new(SettingsFile::read(&path, self.with_baselines)?));
                break;
            }
        }
        known.extend(unknown.into_iter().map(|folder| (folder, found.clone())));
        Ok(found)
    }

    fn options(&self, settings: Option<&SettingsFile>, matches: Matches) -> anyhow::Result<Arc<Options>> {
        let key = (settings.map(|settings| settings.path.clone()), matches);
        let mut known = self.options.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(options) = known.get(&key) {
            return Ok(Arc::clone(options));
        }
        let options = match settings {
            None => Options {
                model: self.model.clone(),
                target: self.target,
                levels: self.rules.levels()?,
                all_numbers: self.all_numbers,
            },
            Some(settings) => self.combined(settings, &key.1)?,
        };
        let options = Arc::new(options);
        known.insert(key, Arc::clone(&options));
        Ok(options)
    }

    /// What the settings say, and the command line after them.
    fn combined(&self, settings: &SettingsFile, matches: &Matches) -> anyhow::Result<Options> {
        let mut levels = settings.levels(matches, !self.rules.selects())?;
        self.rules.add_to(&mut levels)?;
        let [model, release] = settings.model_and_release(matches);
        let model = match (&self.model, model) {
            (Some(model), _) => Some(model.clone()),
            (None, Some(name)) => {
                let path = settings.folder().join(name.get_ref());
                let found = match path.to_str() {
                    Some(path) if Path::new(path).exists() => model::find(path),
                    _ => model::find(name.get_ref()),
                };
                Some(found.map_err(|error| at(settings, name, &error))?)
            }
            (None, None) => None,
        };
        let target = match (self.target, release) {
            (None, Some(name)) => {
                let found = name.get_ref().parse::<Release>().map_err(anyhow::Error::from);
                Some(found.map_err(|error| at(settings, name, &error))?)
            }
            (target, _) => target,
        };
        Ok(Options { model, target, levels, all_numbers: self.all_numbers })
    }

    /// All settings that held for a file, by path.
    pub(super) fn used(&self) -> Vec<Arc<SettingsFile>> {
        let known = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        let mut used: Vec<_> = known.values().flatten().chain(&self.only).cloned().collect();
        used.sort_by(|a, b| a.path.cmp(&b.path));
        used.dedup_by(|a, b| a.path == b.path);
        used
    }

    /// The working folder.
    pub(super) fn here(&self) -> &Path {
        &self.here
    }
}

/// An error with the place in the settings that it is about.
fn at(settings: &SettingsFile, name: &Spanned<String>, error: &anyhow::Error) -> anyhow::Error {
    let at = settings.source.position(name.span().start);
    anyhow!("{}:{}:{}: {error:#}", settings.path.display(), at.line, at.column)
}
