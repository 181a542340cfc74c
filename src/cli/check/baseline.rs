//! `--write-baseline`: findings are kept in a file instead of being reported.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use adapter_spec::report::FileReport;
use adapter_spec::settings::{self, Baseline, Entry, Judging, Project, SettingsFile};
use anyhow::Context as _;

use crate::cli::talk;

/// What is to be written, by the settings that hold; `None` where there are none yet.
#[derive(Default)]
pub(super) struct Baselines(BTreeMap<Option<PathBuf>, Found>);

#[derive(Default)]
struct Found {
    settings: Option<Arc<SettingsFile>>,
    entries: Vec<Entry>,
    judged: BTreeSet<String>,
}

impl Baselines {
    /// Keeps what was found in a file.
    pub(super) fn keep(&mut self, file: &FileReport, judging: &Judging) {
        let path = settings::slashes(&judging.path);
        let found = self.0.entry(judging.settings.as_ref().map(|settings| settings.path.clone())).or_default();
        found.settings.clone_from(&judging.settings);
        found.judged.insert(path.clone());
        found.entries.extend(file.findings.iter().map(|finding| Entry {
            path: path.clone(),
            code: finding.rule.code.to_owned(),
            pointer: finding.pointer.clone(),
            count: 1,
        }));
    }

    /// Writes all baselines, and names them in the settings. Entries of files that were not judged stay.
    pub(super) fn write(self, project: &Project) -> anyhow::Result<()> {
        for found in self.0.into_values() {
            let folder = found.settings.as_ref().map_or(project.here(), |settings| settings.folder());
            let settings = found.settings.as_ref().map(|settings| settings.path.clone());
            let settings = settings.unwrap_or_else(|| folder.join(settings::FILE_NAME));
            let path = match &found.settings {
                Some(settings) => settings.baseline_path(),
                None => folder.join(settings::BASELINE_NAME),
            };
            let mut entries = found.entries;
            if path.exists() {
                let before = Baseline::read(&path)?;
                entries.extend(before.entries().filter(|entry| !found.judged.contains(&entry.path)));
            }
            let number = Baseline::write(&path, entries).with_context(|| path.display().to_string())?;
            let known = if number == 1 { "finding is" } else { "findings are" };
            talk(&format!("{}: {number} {known} known from now on", path.display()));
            let named = match &found.settings {
                Some(settings) => settings.with_baseline_named(),
                None => Some(format!("baseline = \"{}\"\n", settings::BASELINE_NAME)),
            };
            if let Some(text) = named {
                settings::write(&settings, &text).with_context(|| settings.display().to_string())?;
                talk(&format!("{}: now names the baseline", settings.display()));
            }
        }
        Ok(())
    }
}
