//! Annotations of GitHub: workflow commands, which a run of GitHub Actions takes from the output.

use std::io::{self, Write};

use super::location::{slashed, told};
use super::{FileReport, Format, Totals, one_line};
use crate::lint::Severity;

/// A workflow command a finding: `::error file=…,line=…,title=…::message`.
pub struct Github;

impl Format for Github {
    fn file(&self, file: &FileReport, out: &mut dyn Write) -> io::Result<()> {
        let source = &file.document.source;
        for finding in &file.findings {
            let command = match finding.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "notice",
            };
            write!(out, "::{command} file={}", property(&slashed(&file.path)))?;
            if !file.recognised.kind.is_weights() {
                let (start, end) = (source.position(finding.span.start), source.position(finding.span.end));
                write!(out, ",line={}", start.line)?;
                if end.line > start.line {
                    // Columns are refused beside two different lines.
                    write!(out, ",endLine={}", end.line)?;
                } else {
                    write!(out, ",col={},endColumn={}", start.column, end.column.max(start.column))?;
                }
            }
            let title = format!("{} {}", finding.rule.code, finding.rule.name());
            writeln!(out, ",title={}::{}", property(&title), data(&told(finding)))?;
        }
        Ok(())
    }

    fn tail(&self, totals: &Totals, out: &mut dyn Write) -> io::Result<()> {
        for failure in &totals.failures {
            writeln!(out, "::error title=adapter-lint::{}", data(failure))?;
        }
        Ok(())
    }
}

/// Text after the second `::`. What the log's terminal would act on is escaped.
fn data(text: &str) -> String {
    let parts = text.split('\n').map(|line| one_line(line).replace('%', "%25"));
    parts.collect::<Vec<_>>().join("%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
