//! Findings as data, for programs, in the types of [`diagnostics`](super::diagnostics).

use std::io::{self, Write};

pub use super::diagnostics::{Counts, Diagnostic, Diagnostics, Edit, File, Fix, Position, Range, Severity, schema};
use super::{FileReport, Summary};
use crate::document::{self, Source, Span};
use crate::lint;

/// Writes all files as one JSON text.
///
/// # Errors
/// If `out` cannot be written to.
pub fn write(out: &mut impl Write, files: &[FileReport]) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Diagnostics::from(files))?;
    writeln!(out)
}

impl From<&[FileReport]> for Diagnostics {
    fn from(files: &[FileReport]) -> Self {
        Self { version: 1, files: files.iter().map(File::from).collect(), summary: Summary::of(files).into() }
    }
}

impl From<&FileReport> for File {
    fn from(file: &FileReport) -> Self {
        let source = &file.document.source;
        Self {
            path: file.path.clone(),
            kind: file.recognised.kind.as_str().to_owned(),
            dialect: file.recognised.dialect.map(|dialect| dialect.as_str().to_owned()),
            diagnostics: file.findings.iter().map(|finding| Diagnostic::new(finding, source)).collect(),
        }
    }
}

impl Diagnostic {
    /// A finding in a text.
    #[must_use]
    pub fn new(finding: &lint::Finding, source: &Source) -> Self {
        Self {
            code: finding.rule.code.to_owned(),
            name: finding.rule.name(),
            severity: finding.severity.into(),
            message: finding.message.clone(),
            pointer: finding.pointer.clone(),
            range: Range::new(finding.span, source),
            help: finding.help.clone(),
            fix: finding.fix.as_ref().map(|fix| Fix {
                title: fix.title.clone(),
                safe: fix.safe,
                edits: fix
                    .edits
                    .iter()
                    .map(|edit| Edit { range: Range::new(edit.span, source), text: edit.text.clone() })
                    .collect(),
            }),
        }
    }
}

impl Range {
    /// A span in a text.
    #[must_use]
    pub fn new(span: Span, source: &Source) -> Self {
        Self { start: source.position(span.start).into(), end: source.position(span.end.max(span.start)).into() }
    }
}

impl From<document::Position> for Position {
    fn from(position: document::Position) -> Self {
        Self { line: position.line, column: position.column, offset: position.offset }
    }
}

impl From<lint::Severity> for Severity {
    fn from(severity: lint::Severity) -> Self {
        match severity {
            lint::Severity::Error => Self::Error,
            lint::Severity::Warning => Self::Warning,
            lint::Severity::Note => Self::Note,
        }
    }
}

impl From<Summary> for Counts {
    fn from(summary: Summary) -> Self {
        Self { files: summary.files, errors: summary.errors, warnings: summary.warnings, notes: summary.notes }
    }
}
