use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::{Deserialize, Serialize};

use super::SettingsError;
use crate::files::{self, AnyError};
use crate::lint::Finding;

/// Larger baselines are not read.
const MAX_BYTES: u64 = 64 << 20;

/// Findings of one rule at one value, which are known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The file, seen from the folder of the settings, with `/` between folders.
    pub path: String,
    /// The rule's code.
    pub code: String,
    /// The JSON pointer of the value.
    pub pointer: String,
    /// How many there are.
    pub count: usize,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u8,
    findings: Vec<Entry>,
}

/// Findings that a project lives with: they are not reported, new ones are.
#[derive(Debug, Default)]
pub struct Baseline {
    /// Where it was read.
    pub path: PathBuf,
    /// How often each may still occur; by path, code and pointer.
    left: BTreeMap<(String, String, String), AtomicUsize>,
}

impl Baseline {
    /// Reads a baseline.
    ///
    /// # Errors
    /// If it cannot be read or is no baseline.
    pub fn read(path: &Path) -> Result<Self, SettingsError> {
        let failed = |error| SettingsError::File { path: path.to_owned(), error };
        let unusable = |cause: AnyError| SettingsError::Baseline { path: path.to_owned(), cause };
        let text = files::read(path, MAX_BYTES).map_err(failed)?;
        let file: File = serde_json::from_slice(&text).map_err(|error| unusable(error.into()))?;
        if file.version != 1 {
            return Err(unusable(format!("unknown version {}", file.version).into()));
        }
        let mut left = BTreeMap::<_, AtomicUsize>::new();
        for entry in file.findings {
            let count = left.entry((entry.path, entry.code, entry.pointer)).or_default().get_mut();
            *count = count.saturating_add(entry.count);
        }
        Ok(Self { path: path.to_owned(), left })
    }

    /// Whether a finding in a file is known. Each entry serves as many findings as it counts.
    pub fn takes(&self, path: &str, finding: &Finding) -> bool {
        if self.left.is_empty() {
            return false;
        }
        let key = (path.to_owned(), finding.rule.code.to_owned(), finding.pointer.clone());
        let fewer = |count: usize| count.checked_sub(1);
        self.left.get(&key).is_some_and(|count| count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fewer).is_ok())
    }

    /// Whether a finding in a file is among those that it was made of.
    pub(super) fn knows(&self, path: &str, finding: &Finding) -> bool {
        let key = || (path.to_owned(), finding.rule.code.to_owned(), finding.pointer.clone());
        !self.left.is_empty() && self.left.contains_key(&key())
    }

    /// How many known findings were not taken.
    pub(super) fn stale(&self, is_judged: impl Fn(&str) -> bool) -> usize {
        let judged = self.left.iter().filter(|((_, code, _), _)| is_judged(code));
        judged.map(|(_, count)| count.load(Ordering::Relaxed)).sum()
    }

    /// The findings that it knows.
    pub fn entries(&self) -> impl Iterator<Item = Entry> {
        let known = self.left.iter().map(|((path, code, pointer), count)| Entry {
            path: path.clone(),
            code: code.clone(),
            pointer: pointer.clone(),
            count: count.load(Ordering::Relaxed),
        });
        known.filter(|entry| entry.count > 0)
    }

    /// Writes a baseline of these findings, as a whole or not at all, and says how many there are.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(path: &Path, findings: impl IntoIterator<Item = Entry>) -> io::Result<usize> {
        let mut counts = BTreeMap::<_, usize>::new();
        for entry in findings {
            *counts.entry((entry.path, entry.code, entry.pointer)).or_default() += entry.count;
        }
        let total = counts.values().sum();
        let entry = |((path, code, pointer), count)| Entry { path, code, pointer, count };
        let file = File { version: 1, findings: counts.into_iter().map(entry).collect() };
        let mut text = serde_json::to_string_pretty(&file)?;
        text.push('\n');
        files::replace(path, text.as_bytes())?;
        Ok(total)
    }
}
