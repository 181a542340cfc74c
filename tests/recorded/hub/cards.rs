//! Single cards: an error of structure exactly where the Hub's schema, or PyYAML, has one.

use std::collections::BTreeSet;

use adapter_spec::dialects::FileKind;
use adapter_spec::dialects::adapterhub::hub::AdapterCard;
use adapter_spec::lint::{Finding, Options, Severity, lint};
use libtest_mimic::Failed;
use serde::Deserialize;

use super::{ensure, read, yaml};
use crate::Trial;

#[derive(Deserialize)]
struct Case {
    id: String,
    kind: String,
    text: String,
    valid: Option<bool>,
    guilty: Vec<String>,
    line: Option<usize>,
    #[serde(default)]
    format_errors: Vec<String>,
}

/// The rules that turn breaches of the schema into findings; the document's own rules are `AL1…`.
const STRUCTURE: [&str; 7] = ["AL701", "AL702", "AL703", "AL704", "AL705", "AL706", "AL707"];

/// A quote that is closed too late, and a key without a space behind its colon: PyYAML says where the text goes on, our reader
/// where the flaw is.
const OTHER_LINE: [&str; 2] = ["adapter-yaml-unclosed-quote", "adapter-yaml-missing-colon-space"];

pub(super) fn trials() -> Vec<Trial> {
    let text = read("cases.jsonl");
    let cases: Vec<Case> =
        text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect();
    let trial = |case: Case| Trial::test(format!("card {}", case.id), move || judge(&case));
    cases.into_iter().map(trial).chain([Trial::test("a type must be text", type_must_be_text)]).collect()
}

/// The one key whose schema is narrower than the Hub's: it knows the two types. What is no text is an error of
/// structure all the same.
fn type_must_be_text() -> Result<(), Failed> {
    for (written, code) in
        [("1", "AL704"), ("no", "AL704"), ("~", "AL703"), ("[a]", "AL703"), ("''", "AL705"), ("a", "AL708")]
    {
        let document = yaml(&format!("type: {written}\ntask: nli\n"));
        let linted = lint(&document, "adapters/example-org/card.yaml", &Options::default());
        let codes: Vec<_> = linted.findings.iter().filter(|f| f.pointer == "/type").map(|f| f.rule.code).collect();
        ensure(codes == [code], || format!("type: {written} gives {codes:?}, not {code}"))?;
    }
    Ok(())
}

fn path_and_kind(kind: &str) -> (&'static str, FileKind) {
    match kind {
        "adapter" => ("adapters/example-org/card.yaml", FileKind::HubAdapter),
        "architecture" => ("architectures/pfeiffer.yaml", FileKind::HubArchitecture),
        "task" => ("tasks/text_task/nli.yaml", FileKind::HubTask),
        "subtask" => ("subtasks/text_task/nli_multinli.yaml", FileKind::HubSubtask),
        _ => ("adapter_types/text_task.yaml", FileKind::HubType),
    }
}

fn judge(case: &Case) -> Result<(), Failed> {
    let (path, kind) = path_and_kind(&case.kind);
    let document = yaml(&case.text);
    let linted = lint(&document, path, &Options::default());
    ensure(linted.recognised.kind == kind, || format!("recognised as {}", linted.recognised.kind.as_str()))?;
    let structure: Vec<&Finding> = linted.findings.iter().filter(|finding| is_structure(finding)).collect();
    let told = || structure.iter().map(|f| format!("{} {} {}", f.rule.code, f.pointer, f.message)).collect::<Vec<_>>();
    let formats = linted.findings.iter().filter(|f| matches!(f.rule.code, "AL717" | "AL718")).count();
    // The Hub's format checker takes anything with an `@` for an address; we want exactly one.
    let formats_fit = formats >= case.format_errors.len() && (formats == case.format_errors.len() || formats == 1);
    ensure(formats_fit, || format!("formats: {:?}, but {formats} findings", case.format_errors))?;
    ensure(structure.is_empty() == (case.valid != Some(false)), || {
        format!("valid: {:?}, but {:?}", case.valid, told())
    })?;
    // Our type of `type` knows the two that the index is built for; the Hub's schema takes any text.
    let has_type = linted.findings.iter().all(|finding| finding.rule.code != "AL708");
    if case.valid == Some(true) && kind == FileKind::HubAdapter && has_type {
        let parsed = document.root.as_ref().map(|root| serde_json::from_value::<AdapterCard>(root.to_json()));
        ensure(matches!(parsed, Some(Ok(_))), || format!("valid, but not parsed: {parsed:?}"))?;
    }
    for finding in &linted.findings {
        mends(case, path, finding)?;
    }
    if case.guilty.is_empty() {
        let lines: Vec<_> = structure.iter().map(|f| document.source.position(f.span.start).line).collect();
        let fits = case.line.is_none_or(|line| lines.contains(&line)) || OTHER_LINE.contains(&case.id.as_str());
        return ensure(fits, || format!("line {:?}, but {:?} at {lines:?}", case.line, told()));
    }
    let ours: BTreeSet<&str> = structure.iter().map(|finding| hub_pointer(finding)).collect();
    let hubs: BTreeSet<&str> = case.guilty.iter().map(String::as_str).collect();
    ensure(ours == hubs, || format!("guilty are {hubs:?}, but {:?}", told()))
}

/// A fix removes its finding and leaves the text readable.
fn mends(case: &Case, path: &str, finding: &Finding) -> Result<(), Failed> {
    let Some(fix) = &finding.fix else { return Ok(()) };
    let mut text = yaml(&case.text).source.text().to_owned();
    for edit in fix.edits.iter().rev() {
        text.replace_range(edit.span.start..edit.span.end, &edit.text);
    }
    let linted = lint(&yaml(&text), path, &Options::default());
    let is_left =
        linted.findings.iter().any(|left| left.rule.code == finding.rule.code && left.pointer == finding.pointer);
    ensure(!is_left && yaml(&text).is_readable(), || format!("{} is still there in\n{text}", finding.rule.code))
}

fn is_structure(finding: &Finding) -> bool {
    let code = finding.rule.code;
    finding.severity == Severity::Error && (code.starts_with("AL1") || STRUCTURE.contains(&code))
}

/// A finding's pointer as the Hub's schema has it: a missing version or address is told of the file as a whole there.
fn hub_pointer(finding: &Finding) -> &str {
    let is_missing = finding.rule.code == "AL701" && finding.pointer.starts_with("/files/");
    match finding.pointer.rsplit_once('/') {
        Some((file, _)) if is_missing => file,
        _ => &finding.pointer,
    }
}
