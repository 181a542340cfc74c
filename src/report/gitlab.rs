//! GitLab's code quality reports: a JSON list in the manner of Code Climate.

use std::io::{self, Write};

use serde::Serialize;

use super::location::{named, slashed, told};
use super::{FileReport, Format, Totals};
use crate::lint::Severity;

/// A JSON list of issues.
pub struct Gitlab;

/// One finding.
#[derive(Serialize)]
struct Issue<'a> {
    r#type: &'static str,
    check_name: &'a str,
    description: String,
    categories: [&'static str; 1],
    severity: &'static str,
    /// The issue's name from one run to the next.
    fingerprint: String,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
    end: usize,
}

impl Format for Gitlab {
    fn head(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"[")
    }

    fn file(&self, file: &FileReport, out: &mut dyn Write) -> io::Result<()> {
        let path = slashed(&file.path);
        let line = |at| file.document.source.position(at).line;
        for (index, (finding, fingerprint)) in named(file).enumerate() {
            let begin = line(finding.span.start);
            let issue = Issue {
                r#type: "issue",
                check_name: &format!("{} {}", finding.rule.code, finding.rule.name()),
                description: told(finding),
                categories: ["Bug Risk"],
                severity: match finding.severity {
                    Severity::Error => "major",
                    Severity::Warning => "minor",
                    Severity::Note => "info",
                },
                fingerprint,
                location: Location { path: &path, lines: Lines { begin, end: line(finding.span.end).max(begin) } },
            };
            out.write_all(if index == 0 { b"\n" } else { b",\n" })?;
            serde_json::to_writer(&mut *out, &issue)?;
        }
        Ok(())
    }

    fn separator(&self) -> &'static str {
        ","
    }

    fn tail(&self, _: &Totals, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"\n]\n")
    }
}
