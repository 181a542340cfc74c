use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::{FILE_NAME, Matches, SettingsError, SettingsFile};
use crate::dialects::{Targets, adapterhub, base_model, peft};
use crate::document::{Document, Node};
use crate::lint::{Finding, Levels, Linted, Options, lint};
use crate::models::{FindError, Model};

/// What the caller wants, whatever the files of settings say.
pub struct Wishes {
    /// What is wanted of rules; it goes after what the settings say.
    pub levels: Levels,
    /// The base model, in place of that of the settings.
    pub model: Option<Base>,
    /// The releases, in place of those of the settings for the same libraries.
    pub targets: Targets,
    /// Whether the numbers in large files of weights are looked at.
    pub all_numbers: bool,
}

/// Which base model files are judged against.
#[derive(Debug, Clone)]
pub enum Base {
    /// One for all.
    Model(Box<Model>),
    /// The one that each config names, where it is on this machine ([`Model::nearby`]).
    OfConfig,
}

impl Base {
    /// What stands for the base model that each config names.
    pub const OF_CONFIG: &str = "auto";

    /// The base model by its config's path or its name ([`Model::named`]), or that of each config.
    ///
    /// # Errors
    /// If there is none, or it cannot be used.
    pub fn named(text: &str) -> Result<Self, FindError> {
        if text == Self::OF_CONFIG {
            return Ok(Self::OfConfig);
        }
        Ok(Self::Model(Box::new(Model::named(text)?)))
    }
}

/// The base model that a config names and is judged without.
#[derive(Debug)]
pub struct Missing {
    /// Its name.
    pub name: String,
    /// Why it cannot be used; `None` if it is not on this machine.
    pub cause: Option<FindError>,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            None => write!(f, "`{}`, which is not on this machine", self.name),
            Some(cause) => write!(f, "`{}`: {cause}", self.name),
        }
    }
}

/// Where settings are looked for.
#[derive(Debug)]
pub enum Lookup {
    /// In the folders above each file.
    Nearest,
    /// Nowhere: these hold for all files.
    Only(Box<SettingsFile>),
    /// Nowhere.
    Nowhere,
}

/// The settings of all files of a run.
pub struct Project {
    wishes: Wishes,
    /// The one file that holds for all, if it was named.
    only: Option<Arc<SettingsFile>>,
    is_isolated: bool,
    with_baselines: bool,
    here: PathBuf,
    /// By path, as it is written: to take paths apart for each comparison takes long.
    folders: Mutex<HashMap<OsString, Option<Arc<SettingsFile>>>>,
    options: Mutex<HashMap<Key, Wanted>>,
}

/// The settings, if any, and the parts of them that hold.
type Key = (Option<PathBuf>, Matches);

/// What the linter is asked, and whether the base model is the one that each config names.
type Wanted = (Arc<Options>, bool);

/// What a file is judged with.
#[derive(Debug, Clone, Default)]
pub struct Judging {
    /// What the linter is asked.
    pub options: Arc<Options>,
    /// The settings that hold.
    pub settings: Option<Arc<SettingsFile>>,
    /// The file's path, seen from the folder of the settings, or else from the working folder.
    pub path: PathBuf,
    /// Whether the base model is the one that the config names.
    pub base_of_config: bool,
}

impl Judging {
    /// The findings that the project wants to hear of.
    #[must_use]
    pub fn wanted(&self, findings: Vec<Finding>) -> Vec<Finding> {
        match &self.settings {
            Some(settings) => settings.without_suppressed(&self.path, findings),
            None => findings,
        }
    }

    /// Whether the project wants to hear of a finding. Asking does not count as its occurring.
    #[must_use]
    pub fn wants(&self, finding: &Finding) -> bool {
        let is_silenced = |settings: &Arc<SettingsFile>| settings.silences(&self.path, finding);
        self.options.levels.wants(finding) && !self.settings.as_ref().is_some_and(is_silenced)
    }

    /// What a config is judged with: against the base model that it names, if that is wanted. Says which one is missing.
    #[must_use]
    pub fn of_config(mut self, config: Option<&Node>) -> (Self, Option<Missing>) {
        let named = config.filter(|_| self.base_of_config).and_then(base_model);
        let Some((name, revision)) = named else { return (self, None) };
        let model = match Model::nearby(name, revision) {
            Ok(Some(model)) => model,
            missing => return (self, Some(Missing { name: name.to_owned(), cause: missing.err() })),
        };
        self.options = Arc::new(Options { model: Some(model), ..Options::clone(&self.options) });
        (self, None)
    }

    /// What weights are judged with: against the base model that the config beside them names, if that is wanted. `read`
    /// gives a file beside them, by its name; one that cannot be read is told when the weights are judged with it. Says which
    /// model is missing.
    #[must_use]
    pub fn of_weights(self, name: &str, read: impl Fn(&str) -> Option<Document>) -> (Self, Option<Missing>) {
        if !self.base_of_config {
            return (self, None);
        }
        // A head may be saved beside its adapter, and without a config of its own.
        let config = adapterhub::Role::of_weights(name).map(adapterhub::Role::config_name);
        let config = config.into_iter().chain([peft::CONFIG_NAME]).find_map(read);
        self.of_config(config.and_then(|config| config.root).as_ref())
    }

    /// Judges a text as the project wants it.
    #[must_use]
    pub fn lint(&self, document: &Document, name: &str) -> Linted {
        let Linted { recognised, findings } = lint(document, name, &self.options);
        Linted { recognised, findings: self.wanted(findings) }
    }
}

impl Project {
    /// The settings below the working folder `here`, an absolute path. Baselines are read unless they are about to be
    /// written.
    #[must_use]
    pub fn new(wishes: Wishes, lookup: Lookup, with_baselines: bool, here: PathBuf) -> Self {
        let (only, is_isolated) = match lookup {
            Lookup::Nearest => (None, false),
            Lookup::Only(settings) => (Some(Arc::from(settings)), false),
            Lookup::Nowhere => (None, true),
        };
        let (folders, options) = (Mutex::default(), Mutex::default());
        Self { wishes, only, is_isolated, with_baselines, here, folders, options }
    }

    /// What a file is judged with.
    ///
    /// # Errors
    /// If the settings that hold for it cannot be used.
    pub fn of(&self, path: &Path) -> Result<Judging, SettingsError> {
        // `std::path::absolute` would ask the system for the working folder anew, for each file.
        let given = path;
        let path = self.here.join(given);
        // What settings name has no `.` in it. To take every path apart takes long.
        let is_plain = !path.as_os_str().as_encoded_bytes().windows(2).any(|pair| matches!(pair, b"./" | b"//"));
        let path = if is_plain { path } else { path.components().collect() };
        let settings = self.settings(path.parent().unwrap_or(&path))?;
        let seen = match &settings {
            None if is_plain && given.is_relative() => given,
            None => path.strip_prefix(&self.here).unwrap_or(&path),
            Some(settings) => path.strip_prefix(settings.folder()).unwrap_or(&path),
        };
        let seen = seen.to_owned();
        let matches = settings.as_ref().map(|settings| settings.matches(&seen)).unwrap_or_default();
        let (options, base_of_config) = self.options(settings.as_deref(), matches)?;
        Ok(Judging { options, settings, path: seen, base_of_config })
    }

    /// The settings that hold in a folder.
    fn settings(&self, folder: &Path) -> Result<Option<Arc<SettingsFile>>, SettingsError> {
        if self.is_isolated || self.only.is_some() {
            return Ok(self.only.clone());
        }
        let mut known = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        let mut unknown = Vec::new();
        let mut found = None;
        for folder in folder.ancestors() {
            if let Some(settings) = known.get(folder.as_os_str()) {
                found.clone_from(settings);
                break;
            }
            unknown.push(folder.as_os_str().to_owned());
            let path = folder.join(FILE_NAME);
            if path.is_file() {
                found = Some(Arc::new(SettingsFile::read(&path, self.with_baselines)?));
                break;
            }
        }
        known.extend(unknown.into_iter().map(|folder| (folder, found.clone())));
        Ok(found)
    }

    fn options(&self, settings: Option<&SettingsFile>, matches: Matches) -> Result<Wanted, SettingsError> {
        let key = (settings.map(|settings| settings.path.clone()), matches);
        let mut known = self.options.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(wanted) = known.get(&key) {
            return Ok(wanted.clone());
        }
        let Wishes { levels, model, targets, all_numbers, .. } = &self.wishes;
        let (options, base) = match settings {
            None => {
                let options =
                    Options { model: None, targets: *targets, levels: levels.clone(), all_numbers: *all_numbers };
                (options, model.clone())
            }
            Some(settings) => self.combined(settings, &key.1)?,
        };
        let (model, base_of_config) = match base {
            Some(Base::Model(model)) => (Some(*model), false),
            Some(Base::OfConfig) => (None, true),
            None => (None, false),
        };
        let wanted = (Arc::new(Options { model, ..options }), base_of_config);
        known.insert(key, wanted.clone());
        Ok(wanted)
    }

    /// What the settings say, and the wishes after them.
    fn combined(&self, settings: &SettingsFile, matches: &Matches) -> Result<(Options, Option<Base>), SettingsError> {
        let wishes = &self.wishes;
        let mut levels = settings.levels(matches, !wishes.levels.selects_some()).unwrap_or_default();
        levels.append(&wishes.levels);
        let model = match (&wishes.model, settings.model(matches)) {
            (Some(model), _) => Some(model.clone()),
            (None, Some(name)) => {
                let path = settings.folder().join(name.get_ref());
                let found = match path.to_str() {
                    Some(path) if Path::new(path).exists() => Base::named(path),
                    _ => Base::named(name.get_ref()),
                };
                Some(found.map_err(|error| unusable(settings, name.span(), error.to_string()))?)
            }
            (None, None) => None,
        };
        let named = settings.targets(matches).map_err(|(span, error)| unusable(settings, span, error.to_string()))?;
        let targets = wishes.targets.or(named);
        Ok((Options { model: None, targets, levels, all_numbers: wishes.all_numbers }, model))
    }

    /// Forgets the settings that were read, which may have changed on the disk.
    pub fn refresh(&self) {
        self.folders.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.options.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// All settings that held for a file, by path.
    #[must_use]
    pub fn used(&self) -> Vec<Arc<SettingsFile>> {
        let known = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        let mut used: Vec<_> = known.values().flatten().chain(&self.only).cloned().collect();
        used.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        used.dedup_by(|a, b| a.path == b.path);
        used
    }

    /// The working folder.
    #[must_use]
    pub fn here(&self) -> &Path {
        &self.here
    }
}

/// An error with the place in the settings that it is about.
fn unusable(settings: &SettingsFile, span: Range<usize>, what: String) -> SettingsError {
    SettingsError::unusable(&settings.path, &settings.source, vec![super::Problem::new(span, what)])
}
