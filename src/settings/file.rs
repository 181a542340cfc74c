use std::path::{Path, PathBuf};

use serde::Deserialize as _;
use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::matching::Matching;
use super::releases::targets;
use super::{Baseline, Problem, Settings, SettingsError};
use crate::document::Source;
use crate::findings::nearest;
use crate::{files, lint, schema};

/// Larger files are not read.
const MAX_BYTES: u64 = 1 << 20;

/// An `adapter-lint.toml` that was read and understood.
#[derive(Debug)]
pub struct SettingsFile {
    /// Its path.
    pub path: PathBuf,
    /// Its text.
    pub source: Source,
    /// What it says.
    pub settings: Settings,
    /// The findings that are known.
    pub(super) baseline: Baseline,
    pub(super) matching: Matching,
}

impl SettingsFile {
    /// Reads a file, and the baseline that it names. `with_baseline` is false for who is about to write one.
    ///
    /// # Errors
    /// If it cannot be read, or says something that cannot be understood: everything that is wrong is told at once.
    pub fn read(path: &Path, with_baseline: bool) -> Result<Self, SettingsError> {
        let failed = |error| SettingsError::File { path: path.to_owned(), error };
        let text = files::read(path, MAX_BYTES).map_err(failed)?;
        let text = String::from_utf8(text)
            .map_err(|error| failed(std::io::Error::new(std::io::ErrorKind::InvalidData, error.utf8_error())))?;
        let mut file = Self::parse(path, text)?;
        if let Some(baseline) = file.settings.baseline.as_ref().filter(|_| with_baseline) {
            file.baseline = Baseline::read(&file.folder().join(baseline))?;
        }
        Ok(file)
    }

    /// Understands a text. Its baseline is not read.
    ///
    /// # Errors
    /// If it says something that cannot be understood.
    pub fn parse(path: &Path, text: String) -> Result<Self, SettingsError> {
        let source = Source::new(text);
        let failed = |problems| SettingsError::unusable(path, &source, problems);
        let table = DeTable::parse(source.text()).map_err(|error| failed(vec![problem(&error)]))?;
        let mut problems = Vec::new();
        if let Some(schema) = schema::loaded("adapter-lint") {
            unknown_keys(table.get_ref(), schema, schema, &mut problems);
        }
        if !problems.is_empty() {
            return Err(failed(problems));
        }
        let settings = Settings::deserialize(toml::Deserializer::from(table));
        let settings = settings.map_err(|error| failed(vec![problem(&error)]))?;
        check_rules(&settings, &mut problems);
        check_releases(&settings, &mut problems);
        let matching = Matching::new(&settings, &mut problems);
        if !problems.is_empty() {
            return Err(failed(problems));
        }
        Ok(Self { path: path.to_owned(), settings, matching, baseline: Baseline::default(), source })
    }

    /// The folder that its paths are seen from.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// Where a baseline is, or is to be.
    #[must_use]
    pub fn baseline_path(&self) -> PathBuf {
        self.folder().join(self.settings.baseline.as_deref().unwrap_or(super::BASELINE_NAME))
    }

    /// The text with the baseline named in it: keys of the whole file stand before all tables.
    #[must_use]
    pub fn with_baseline_named(&self) -> Option<String> {
        let is_named = self.settings.baseline.is_some();
        let text = self.source.text();
        // A byte order mark is one only where the file begins.
        let (mark, rest) = text.split_at(if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 });
        (!is_named).then(|| format!("{mark}baseline = \"{}\"\n{rest}", super::BASELINE_NAME))
    }
}

fn problem(error: &toml::de::Error) -> Problem {
    Problem::new(error.span().unwrap_or_default(), error.message())
}

/// Keys that the schema does not have, in all tables.
fn unknown_keys(table: &DeTable<'_>, schema: &Value, root: &Value, problems: &mut Vec<Problem>) {
    let schema = schema::resolve(root, schema);
    let Some(known) = schema.get("properties").and_then(Value::as_object) else { return };
    for (key, value) in table {
        let Some(property) = known.get(key.get_ref().as_ref()) else {
            let near = nearest(key.get_ref(), known.keys().map(String::as_str));
            let hint = near.map_or_else(
                || format!("; known are {}", known.keys().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")),
                |near| format!("; did you mean `{near}`?"),
            );
            problems.push(Problem::new(key.span(), format!("there is no setting `{}`{hint}", key.get_ref())));
            continue;
        };
        let property = schema::resolve(root, property);
        match value.get_ref() {
            DeValue::Table(table) => unknown_keys(table, &property, root, problems),
            DeValue::Array(items) => {
                let Some(of_items) = property.get("items") else { continue };
                for item in items.iter() {
                    if let DeValue::Table(table) = item.get_ref() {
                        unknown_keys(table, of_items, root, problems);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Whether the releases under every `for` are known, and of one library each.
fn check_releases(settings: &Settings, problems: &mut Vec<Problem>) {
    let of_paths = settings.paths.iter().filter_map(|paths| paths.releases.as_ref());
    for releases in settings.releases.iter().chain(of_paths) {
        if let Err((span, error)) = targets(releases) {
            problems.push(Problem::new(span, error.to_string()));
        }
    }
}

/// Whether all names of rules are known.
fn check_rules(settings: &Settings, problems: &mut Vec<Problem>) {
    let mut levels = lint::Levels::default();
    let mut check = |name: &Spanned<String>, result: Result<(), lint::UnknownRule>| {
        if let Err(error) = result {
            problems.push(Problem::new(name.span(), error.to_string()));
        }
    };
    let ignored = settings.paths.iter().flat_map(|paths| &paths.ignore);
    for name in settings.select.iter().chain(&settings.ignore).chain(ignored) {
        check(name, levels.ignore(name.get_ref()));
    }
    let rules = settings.paths.iter().flat_map(|paths| paths.rules.keys());
    for name in settings.rules.keys().chain(rules) {
        check(name, levels.set(name.get_ref(), None));
    }
    for suppression in &settings.suppress {
        let code = &suppression.get_ref().code;
        let known = lint::find_rule(code.get_ref()).map(|_| ());
        check(code, known.ok_or_else(|| lint::UnknownRule(code.get_ref().clone())));
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::SettingsFile;

    #[test]
    fn a_byte_order_mark_stays_first() {
        let path = Path::new("adapter-lint.toml");
        let settings = SettingsFile::parse(path, "\u{feff}ignore = []\n".to_owned()).expect("these are settings");
        let named = settings.with_baseline_named().expect("none is named yet");
        let again = SettingsFile::parse(path, named).expect("nothing else has changed");
        assert!(again.settings.baseline.is_some());
    }
}
