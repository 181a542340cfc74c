//! Findings as data, for programs, in the types of [`diagnostics`](super::diagnostics).

use std::io::{self, Write};

pub use super::diagnostics::{
    Counts, Diagnostic, Diagnostics, Edit, File, Fix, Output, Position, Range, Related, RuleCount, Severity,
    Statistics, schema,
};
use super::{FileReport, Format, Summary, Totals};
use crate::document::{self, Source, Span};
use crate::lint;

/// One JSON text: [`Diagnostics`].
pub struct Json;

/// How deep a file stands in the text.
const INDENT: &str = "\n    ";

impl Format for Json {
    fn head(&self, out: &mut dyn Write) -> io::Result<()> {
        write!(out, "{{\n  \"version\": {VERSION},\n  \"files\": [")
    }

    fn file(&self, file: &FileReport, out: &mut dyn Write) -> io::Result<()> {
        // A string in JSON has no line breaks of its own, so every line can be indented.
        let text = serde_json::to_string_pretty(&File::from(file))?;
        text.lines().try_for_each(|line| write!(out, "{INDENT}{line}"))
    }

    fn separator(&self) -> &'static str {
        ","
    }

    fn tail(&self, totals: &Totals, out: &mut dyn Write) -> io::Result<()> {
        let end = if totals.summary.files == 0 { "]" } else { "\n  ]" };
        let summary = serde_json::to_string_pretty(&Counts::from(totals.summary))?.replace('\n', "\n  ");
        let failures = serde_json::to_string_pretty(&totals.failures)?.replace('\n', "\n  ");
        writeln!(out, "{end},\n  \"summary\": {summary},\n  \"failures\": {failures}\n}}")
    }
}

/// The version of the format.
const VERSION: u32 = 1;

impl From<&[FileReport]> for Diagnostics {
    fn from(files: &[FileReport]) -> Self {
        let (summary, failures) = (Summary::of(files).into(), Vec::new());
        Self { version: VERSION, files: files.iter().map(File::from).collect(), summary, failures }
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
            related: finding
                .related
                .iter()
                .map(|related| Related { range: Range::new(related.span, source), message: related.label.clone() })
                .collect(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Document, Format as Language};
    use crate::lint::{Options, lint};
    use crate::report::write_all;

    #[test]
    fn the_pieces_make_the_whole() {
        let report = |path: &str, text: &[u8]| {
            let document = Document::read(text.to_vec(), Language::Json);
            let linted = lint(&document, path, &Options::default());
            FileReport::new(path, document, linted)
        };
        let files = [report("a\n.json", b"{'\xc3\xa4': 1,}"), report("b.json", br#"{"architecture": "lora"}"#)];
        for files in [&files[..], &files[..1], &[]] {
            let mut text = Vec::new();
            write_all(&Json, files, &mut text).expect("a vector can be written to");
            let whole = serde_json::to_string_pretty(&Diagnostics::from(files)).expect("it is JSON");
            assert_eq!(String::from_utf8(text).expect("it is UTF-8"), whole + "\n");
        }
    }
}
