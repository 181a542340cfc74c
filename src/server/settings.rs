use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::dialects::Targets;
use crate::files::AnyError;
use crate::findings::near;
use crate::lint::{Levels, RuleInfo, UnknownRule};
use crate::settings::{Base, Judging, Level, Lookup, Project, Releases, SettingsError, Wishes};

/// What the client's user has set.
pub(super) struct Settings {
    project: Project,
    rules_page: Option<String>,
}

impl Settings {
    /// What is so before the client has said anything.
    pub(super) fn silent() -> Self {
        Self::new(Levels::default(), None, Targets::default(), None)
    }

    fn new(levels: Levels, model: Option<Base>, targets: Targets, root: Option<&Path>) -> Self {
        let wishes = Wishes { levels, model, targets, all_numbers: false };
        let here = root.map_or_else(|| PathBuf::from("/"), Path::to_owned);
        Self { project: Project::new(wishes, Lookup::Nearest, true, here), rules_page: None }
    }

    /// What a file is judged with: what the `adapter-lint.toml` above it says, and the client's settings after that.
    /// Texts that are on no disk have the client's alone, as if they were in the workspace's folder.
    ///
    /// # Errors
    /// If the settings above the file cannot be used.
    pub(super) fn of(&self, path: Option<&Path>) -> Result<Judging, SettingsError> {
        self.project.of(path.unwrap_or(&self.project.here().join("-")))
    }

    /// Forgets the files of settings that were read, as they may have changed.
    pub(super) fn refresh(&self) {
        self.project.refresh();
    }

    /// Where a rule's manual is on the web, if the user has said where the page of all rules is.
    pub(super) fn page_of(&self, rule: &RuleInfo) -> Option<String> {
        self.rules_page.as_ref().map(|page| format!("{page}#{}", rule.code))
    }

    /// Reads `initializationOptions`, or the settings of the workspace. A path of a model is one from `root`. Keys that nobody
    /// knows take nothing away from the others, and are told beside them.
    ///
    /// # Errors
    /// What is wrong with them.
    pub(super) fn read(value: &Value, root: Option<&Path>) -> Result<(Self, Option<String>), AnyError> {
        // Clients that keep the settings of all servers in one object send it whole.
        let value = value.get("adapter-lint").unwrap_or(value);
        let written = match value {
            Value::Null => Written::default(),
            value => serde_json::from_value(value.clone())?,
        };
        let mut wanted_model = None;
        if let Some(model) = written.model.as_deref().filter(|model| !model.is_empty()) {
            let below = root.map(|root| root.join(model)).filter(|path| path.exists());
            let model = below.as_deref().and_then(Path::to_str).unwrap_or(model);
            wanted_model = Some(Base::named(model)?);
        }
        let mut levels = Levels::default();
        written.levels(&mut levels)?;
        let targets = written.releases.as_ref().map_or_else(|| Ok(Targets::default()), Releases::targets)?;
        let unknown = written.unknown();
        Ok((Self { rules_page: written.rules_page, ..Self::new(levels, wanted_model, targets, root) }, unknown))
    }
}

/// The settings as they are written, with the keys and words of `adapter-lint.toml`.
#[derive(Default, Deserialize)]
struct Written {
    /// The base model.
    model: Option<String>,
    /// The release that files are judged for, or one of each library.
    #[serde(rename = "for")]
    releases: Option<Releases<String>>,
    /// The only rules that are wanted.
    #[serde(default)]
    select: Vec<String>,
    /// Rules that are not wanted.
    #[serde(default)]
    ignore: Vec<String>,
    /// How much the findings of rules weigh.
    #[serde(default)]
    rules: BTreeMap<String, Level>,
    /// The URL of `docs/rules.md`, wherever the user has it. The codes of diagnostics lead there.
    #[serde(rename = "rulesPage")]
    rules_page: Option<String>,
    /// What there is besides.
    #[serde(flatten)]
    others: BTreeMap<String, IgnoredAny>,
}

/// The keys of [`Written`].
const KEYS: [&str; 6] = ["model", "for", "select", "ignore", "rules", "rulesPage"];

impl Written {
    fn unknown(&self) -> Option<String> {
        let told = |key: &String| match near(key, KEYS.map(str::to_owned)).as_slice() {
            [] => format!("there is no `{key}`; there are {}", KEYS.join(", ")),
            [near, ..] => format!("there is no `{key}`; did you mean `{near}`?"),
        };
        let told: Vec<_> = self.others.keys().map(told).collect();
        (!told.is_empty()).then(|| told.join("; "))
    }

    fn levels(&self, levels: &mut Levels) -> Result<(), UnknownRule> {
        self.select.iter().try_for_each(|rule| levels.select(rule))?;
        self.ignore.iter().try_for_each(|rule| levels.ignore(rule))?;
        self.rules.iter().try_for_each(|(rule, level)| levels.set(rule, level.severity()))
    }
}
