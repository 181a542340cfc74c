use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::Releases;
use crate::lint;

/// A project's settings for the linter: `adapter-lint.toml`. Options on the command line take precedence.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Settings {
    /// Report only these rules: codes (`AL203`), prefixes of codes (`AL2`) or names (`wrong-type`).
    #[schemars(with = "Vec<String>")]
    pub select: Vec<Spanned<String>>,
    /// Do not report these rules.
    #[schemars(with = "Vec<String>")]
    pub ignore: Vec<Spanned<String>>,
    /// Severities of rules, by code, prefix of codes or name; a longer prefix takes precedence over a shorter one.
    /// `warnings` and `notes` stand for all findings of that severity.
    #[schemars(with = "BTreeMap<String, Level>")]
    pub rules: BTreeMap<Spanned<String>, Level>,
    /// The base model: the path of its `config.json` (or of the folder that holds it), relative to the folder of this
    /// file, or the name of a well-known model. `auto`: the one that each config names, where it is on this machine.
    #[schemars(with = "Option<String>")]
    pub model: Option<Spanned<String>>,
    /// The release that files are checked for, such as `adapters@1.0.1`, or a list of one for AdapterHub's libraries and
    /// one for PEFT; by default the newest.
    #[serde(rename = "for")]
    #[schemars(with = "Option<Releases>")]
    pub releases: Option<Spanned<Releases>>,
    /// The file of known findings that are not reported, written by `--write-baseline`. Its path is relative to the
    /// folder of this file.
    pub baseline: Option<String>,
    /// Settings for some files. If several match a file, all apply, and later ones take precedence over earlier ones.
    pub paths: Vec<PathSettings>,
    /// Findings that are not reported, each with its reason.
    #[schemars(with = "Vec<Suppression>")]
    pub suppress: Vec<Spanned<Suppression>>,
}

/// Settings for the files that match a pattern.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PathSettings {
    /// A path pattern, relative to the folder of this file: `*` stands for any part of a name, `**` for any folders. A
    /// pattern that ends with `/` matches everything in the folder.
    #[schemars(with = "String")]
    pub path: Spanned<String>,
    /// Do not report these rules.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub ignore: Vec<Spanned<String>>,
    /// Severities of rules, by code, prefix of codes or name.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Level>")]
    pub rules: BTreeMap<Spanned<String>, Level>,
    /// The base model of these files.
    #[schemars(with = "Option<String>")]
    pub model: Option<Spanned<String>>,
    /// The release that these files are checked for, or a list of one for each library.
    #[serde(rename = "for")]
    #[schemars(with = "Option<Releases>")]
    pub releases: Option<Spanned<Releases>>,
}

/// Findings that are not reported. An entry that matches no finding is itself reported.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Suppression {
    /// The rule: a code or a name.
    #[schemars(with = "String")]
    pub code: Spanned<String>,
    /// A path pattern, as in `paths`; by default every file.
    #[schemars(with = "Option<String>")]
    pub path: Option<Spanned<String>>,
    /// The JSON pointer of the value at fault, such as `/config/scaling`, or of what contains it; by default any.
    #[schemars(with = "Option<String>")]
    pub pointer: Option<Spanned<String>>,
    /// Why the finding can be left as it is.
    #[schemars(with = "String", length(min = 1))]
    pub reason: Spanned<String>,
}

/// How much the findings of a rule weigh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Not reported.
    Allow,
    /// Worth knowing.
    Note,
    /// A warning.
    Warning,
    /// An error.
    Error,
}

impl Level {
    /// The severity; `None` for what is not reported.
    #[must_use]
    pub fn severity(self) -> Option<lint::Severity> {
        match self {
            Self::Allow => None,
            Self::Note => Some(lint::Severity::Note),
            Self::Warning => Some(lint::Severity::Warning),
            Self::Error => Some(lint::Severity::Error),
        }
    }
}
