//! SARIF 2.1.0, the format of static analysis that GitHub's code scanning and many editors read. The objects are those
//! of `serde-sarif`; only the outermost ones are written around them, so that results need not wait for each other.
//!
//! A result is a line. Columns count UTF-16 code units, which is what most readers assume.

use std::collections::BTreeMap;
use std::io::{self, Write};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;
use serde_sarif::sarif::{
    ArtifactChange, ArtifactContent, ArtifactLocation, Fix, Invocation, Location, LogicalLocation, Message,
    MultiformatMessageString, Notification, NotificationLevel, PhysicalLocation, PropertyBag, Region, Replacement,
    ReportingConfiguration, ReportingConfigurationLevel, ReportingDescriptor, Result, ResultLevel, Tool, ToolComponent,
};

use super::location::{named, slashed, told};
use super::{FileReport, Format, Totals};
use crate::document::{Source, Span};
use crate::lint::{self, Finding, RuleInfo, Severity};

/// A log of one run.
pub struct Sarif;

/// The schema of the standard.
pub const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// What a path keeps as it is in a URI.
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// Which results of two runs are the same is told by this.
const FINGERPRINT: &str = "adapterLint/v1";

impl Format for Sarif {
    fn head(&self, out: &mut dyn Write) -> io::Result<()> {
        let start = json!({"$schema": SCHEMA, "version": "2.1.0"}).to_string();
        let start = start.trim_end_matches('}');
        write!(out, r#"{start},"runs":[{{"columnKind":"utf16CodeUnits","results":["#)
    }

    fn file(&self, file: &FileReport, out: &mut dyn Write) -> io::Result<()> {
        for (index, (finding, name)) in named(file).enumerate() {
            out.write_all(if index == 0 { b"\n" } else { b",\n" })?;
            serde_json::to_writer(&mut *out, &result(file, finding, name))?;
        }
        Ok(())
    }

    fn separator(&self) -> &'static str {
        ","
    }

    fn tail(&self, totals: &Totals, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"\n],\"invocations\":[")?;
        serde_json::to_writer(&mut *out, &invocation(totals))?;
        out.write_all(b"],\"tool\":")?;
        serde_json::to_writer(&mut *out, &tool(totals))?;
        out.write_all(b"}]}\n")
    }
}

fn result(file: &FileReport, finding: &Finding, name: String) -> Result {
    let mut result = Result::builder()
        .rule_id(finding.rule.code)
        .level(match finding.severity {
            Severity::Error => ResultLevel::Error,
            Severity::Warning => ResultLevel::Warning,
            Severity::Note => ResultLevel::Note,
        })
        .message(message(&told(finding)))
        .locations(vec![location(file, finding)])
        .partial_fingerprints(BTreeMap::from([(FINGERPRINT.to_owned(), name)]))
        .build();
    let related = (1..).zip(&finding.related).map(|(id, related)| {
        let place = physical(file, Some(related.span));
        Location::builder().id(id).physical_location(place).message(message(&related.label)).build()
    });
    result.related_locations = (!finding.related.is_empty()).then(|| related.collect());
    // A fix of a file without a text has no regions to name.
    let fixes = finding.fix.as_ref().filter(|found| !found.edits.is_empty());
    result.fixes = fixes.map(|found| vec![fix(file, found)]);
    result
}

fn location(file: &FileReport, finding: &Finding) -> Location {
    // A file of weights has no text, so nothing in it has a region.
    let span = (!file.recognised.kind.is_weights()).then_some(finding.span);
    let mut location = Location::builder().physical_location(physical(file, span)).build();
    if !finding.pointer.is_empty() {
        let pointer = LogicalLocation::builder().fully_qualified_name(finding.pointer.as_str()).build();
        location.logical_locations = Some(vec![pointer]);
    }
    location
}

fn physical(file: &FileReport, span: Option<Span>) -> PhysicalLocation {
    let mut location = PhysicalLocation::builder().artifact_location(artifact(file)).build();
    location.region = span.map(|span| region(&file.document.source, span));
    location
}

fn artifact(file: &FileReport) -> ArtifactLocation {
    let path = slashed(&file.path);
    let encoded = utf8_percent_encode(&path, IN_PATH);
    let uri = match path.as_bytes() {
        [b'/', ..] => format!("file://{encoded}"),
        [drive, b':', b'/', ..] if cfg!(windows) => {
            format!("file:///{}:{}", *drive as char, utf8_percent_encode(&path[2..], IN_PATH))
        }
        _ => encoded.to_string(),
    };
    ArtifactLocation::builder().uri(uri).build()
}

/// A region of text. A byte-order mark does not count, so what begins with it begins after it.
fn region(source: &Source, span: Span) -> Region {
    let place = |at: usize| {
        let at = if has_mark(source) { at.max(MARK) } else { at };
        let line = source.position(at).line;
        let mark = usize::from(line == 1 && has_mark(source));
        (number(line), number(source.utf16_column(at) - mark))
    };
    let (start, end) = (place(span.start), place(span.end.max(span.start)));
    Region::builder().start_line(start.0).start_column(start.1).end_line(end.0).end_column(end.1).build()
}

/// The length of a byte-order mark.
const MARK: usize = '\u{feff}'.len_utf8();

fn has_mark(source: &Source) -> bool {
    source.text().starts_with('\u{feff}')
}

fn number(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn fix(file: &FileReport, fix: &lint::Fix) -> Fix {
    let source = &file.document.source;
    let replacements: Vec<_> = fix.edits.iter().map(|edit| replacement(source, edit)).collect();
    let change = ArtifactChange::builder().artifact_location(artifact(file)).replacements(replacements).build();
    let properties = BTreeMap::from([("safe".to_owned(), json!(fix.safe))]);
    Fix::builder()
        .description(message(&fix.title))
        .artifact_changes(vec![change])
        .properties(PropertyBag::builder().additional_properties(properties).build())
        .build()
}

fn replacement(source: &Source, edit: &lint::Edit) -> Replacement {
    // Only bytes can take away what does not count as text.
    let is_mark = has_mark(source) && edit.span == Span::new(0, MARK);
    let deleted = if is_mark {
        Region::builder().byte_offset(0).byte_length(number(MARK)).build()
    } else {
        region(source, edit.span)
    };
    let mut replacement = Replacement::builder().deleted_region(deleted).build();
    if !edit.text.is_empty() {
        replacement.inserted_content = Some(ArtifactContent::builder().text(edit.text.as_str()).build());
    }
    replacement
}

fn invocation(totals: &Totals) -> Invocation {
    let failures = totals.failures.iter().map(|failure| {
        Notification::builder().level(json!(NotificationLevel::Error)).message(message(failure)).build()
    });
    let mut invocation = Invocation::builder().execution_successful(totals.failures.is_empty()).build();
    invocation.tool_execution_notifications = (!totals.failures.is_empty()).then(|| failures.collect());
    invocation
}

/// The program, with the rules that found something.
fn tool(totals: &Totals) -> Tool {
    let rules: Vec<_> = totals.rules.values().map(|(rule, _)| descriptor(rule)).collect();
    let version = env!("CARGO_PKG_VERSION");
    ToolComponent::builder().name("adapter-lint").version(version).semantic_version(version).rules(rules).build().into()
}

fn descriptor(rule: &RuleInfo) -> ReportingDescriptor {
    let manual = rule.manual();
    let level = match rule.severity {
        Severity::Error => ReportingConfigurationLevel::Error,
        Severity::Warning => ReportingConfigurationLevel::Warning,
        Severity::Note => ReportingConfigurationLevel::Note,
    };
    ReportingDescriptor::builder()
        .id(rule.code)
        .name(rule.name())
        .short_description(text(rule.summary()))
        .full_description(text(&prose(&manual)))
        .help(MultiformatMessageString::builder().text(manual.as_str()).markdown(manual.as_str()).build())
        .default_configuration(ReportingConfiguration::builder().level(json!(level)).build())
        .build()
}

/// What is wrong and why it is bad: the manual up to its example, without headings.
fn prose(manual: &str) -> String {
    let lines = manual.lines().take_while(|line| *line != "## Example").filter(|line| !line.starts_with('#'));
    lines.map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

fn text(text: &str) -> MultiformatMessageString {
    MultiformatMessageString::builder().text(text).build()
}

/// A message. Braces are doubled, as single ones stand for arguments; brackets are escaped where they would be a link.
fn message(text: &str) -> Message {
    let text = text.replace('{', "{{").replace('}', "}}");
    let is_link = text.contains("](");
    let text = if is_link { text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]") } else { text };
    Message::builder().text(text).build()
}
