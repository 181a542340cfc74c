//! Findings to text and data. Nothing is judged here, and nothing outside formats.

pub mod concise;
pub mod diagnostics;
#[cfg(feature = "oracle")]
pub mod diff;
#[cfg(feature = "cli")]
mod excerpt;
mod format;
#[cfg(feature = "cli")]
pub mod full;
#[cfg(feature = "cli")]
pub mod github;
#[cfg(feature = "cli")]
pub mod gitlab;
#[cfg(feature = "oracle")]
pub mod inspect;
pub mod json;
pub mod jsonl;
#[cfg(feature = "cli")]
pub mod junit;
#[cfg(feature = "cli")]
mod location;
#[cfg(feature = "oracle")]
pub mod oracle;
#[cfg(feature = "oracle")]
pub mod params;
#[cfg(feature = "cli")]
pub mod patch;
#[cfg(feature = "oracle")]
mod rows;
#[cfg(feature = "cli")]
pub mod sarif;
#[cfg(feature = "cli")]
pub mod statistics;

use std::borrow::Cow;
use std::fmt;
use std::ops::Add;

pub use format::{Format, Totals, write_all};

use crate::dialects::{FileKind, Recognised};
use crate::document::Document;
use crate::findings::{in_order, words::counted};
use crate::lint::{Finding, Linted, Severity};

/// A file that was judged, and everything that was found in it.
#[derive(Debug, Clone)]
pub struct FileReport {
    /// The path as it is shown.
    pub path: String,
    /// The text and its values.
    pub document: Document,
    /// What the file is.
    pub recognised: Recognised,
    /// What was found, by place.
    pub findings: Vec<Finding>,
    /// Whether the user means this very file, so that it is fixed even if it only seems to be what it is.
    pub meant: bool,
}

impl FileReport {
    /// The report on one file.
    #[must_use]
    pub fn new(path: impl Into<String>, document: Document, linted: Linted) -> Self {
        Self { path: path.into(), document, recognised: linted.recognised, findings: linted.findings, meant: false }
    }

    /// Adds what was found by looking at more than this file, and puts all in order again.
    pub fn add(&mut self, findings: impl IntoIterator<Item = Finding>) {
        self.findings.extend(findings);
        in_order(&mut self.findings);
    }

    /// How many findings weigh how much.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let count = |severity| self.findings.iter().filter(|finding| finding.severity == severity).count();
        Summary {
            files: 1,
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            notes: count(Severity::Note),
        }
    }

    /// Whether fixes of its findings are taken: it is known what the file is, or the user says so.
    #[must_use]
    pub fn is_mendable(&self) -> bool {
        self.recognised.is_mendable() || self.meant && self.recognised.is_judged()
    }

    /// What the file is, in words: `adapterhub adapter-config`.
    #[must_use]
    pub fn description(&self) -> String {
        let kind = self.recognised.kind.as_str();
        match self.recognised.dialect {
            Some(dialect) if self.recognised.kind == FileKind::Foreign => {
                format!("{} config, not checked", dialect.as_str())
            }
            Some(dialect) if self.recognised.certain => format!("{} {kind}", dialect.as_str()),
            Some(dialect) => format!("probably {} {kind}", dialect.as_str()),
            None => "not recognised".to_owned(),
        }
    }
}

/// How many findings there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Files that were judged.
    pub files: usize,
    /// Findings that are errors.
    pub errors: usize,
    /// Findings that are warnings.
    pub warnings: usize,
    /// Findings that are notes.
    pub notes: usize,
}

impl Summary {
    /// The sum over all files.
    #[must_use]
    pub fn of(files: &[FileReport]) -> Self {
        files.iter().map(FileReport::summary).fold(Self::default(), Self::add)
    }

    /// The findings in words, without the files: `2 errors, 1 warning`.
    #[must_use]
    pub fn problems(&self) -> String {
        let counts = [(self.errors, "error"), (self.warnings, "warning"), (self.notes, "note")];
        let words: Vec<_> = counts.iter().filter(|(n, _)| *n > 0).map(|(n, noun)| counted(*n, noun)).collect();
        if words.is_empty() { "no problems".to_owned() } else { words.join(", ") }
    }
}

impl Add for Summary {
    type Output = Self;

    fn add(self, more: Self) -> Self {
        Self {
            files: self.files + more.files,
            errors: self.errors + more.errors,
            warnings: self.warnings + more.warnings,
            notes: self.notes + more.notes,
        }
    }
}

/// `2 errors, 1 warning in 3 files`.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.problems(), counted(self.files, "file"))
    }
}

/// Text for one line of a terminal: control characters, which a key or a path may hold, are escaped.
#[must_use]
pub fn one_line(text: &str) -> Cow<'_, str> {
    let is_unsafe = |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut line = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_unsafe(c) {
            line.extend(c.escape_unicode());
        } else {
            line.push(c);
        }
    }
    Cow::Owned(line)
}
