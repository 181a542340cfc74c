//! What the program writes in each format: compared with what was seen to be right, and held to what readers of the
//! format expect.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use adapter_spec::document::{Document, Format};
use adapter_spec::lint::{Fix, Options, lint};
use adapter_spec::report::sarif::Sarif;
use adapter_spec::report::{FileReport, one_line, write_all};
use adapter_spec::schema;
use quick_xml::events::Event;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::run_in as run;

const FORMATS: [&str; 8] = ["full", "concise", "json", "jsonl", "sarif", "github", "gitlab", "junit"];

/// The files that every format is tried on, by name.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read =
        |path: &str| fs::read(root.join("fixtures/lint/AL601-tensor-missing/bad").join(path)).expect("a fixture");
    vec![
        ("adapters/org/card.yaml", b"type: text_task\ntask: sentiment\nmodel_typ: bert\n".to_vec()),
        ("bom.json", "\u{feff}{\"architecture\": \"lora\", \"😀\": 1, \"r\": 0,}".into()),
        ("control.json", b"{\"architecture\": \"lora\", \"<&]]>\\u0001\\u001b[31m\": 1, \"[a](b) {0}\": 2}".to_vec()),
        ("crlf.json", b"{\r\n\t\"architecture\": \"lora\",\r\n\t\"r\": 8,\r\n\t\"r\": 9,\r\n}\r\n".to_vec()),
        ("na\u{ef}ve 100%, a=b\u{1f600}.json", b"{\"architecture\": \"lora\", \"r\": 0}".to_vec()),
        ("peft/adapter_config.json", b"{\"peft_type\": \"LORA\", \"r\": 8}".to_vec()),
        ("right/adapter_config.json", b"{\"config\": {\"architecture\": \"lora\"}, \"name\": \"a\"}".to_vec()),
        ("weights/adapter_config.json", read("adapter_config.json")),
        ("weights/pytorch_adapter.bin", read("pytorch_adapter.bin")),
    ]
}

fn folder(files: &[(&str, Vec<u8>)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a scratch folder");
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("it is in the folder")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }
    folder
}

/// What is written of all files in a format.
fn written(format: &str) -> String {
    let files = files();
    let folder = folder(&files);
    // A name that would forge lines, elements or commands, where the system allows it.
    #[cfg(unix)]
    fs::write(folder.path().join("evil\n::error::x\u{1b}[31m<a>.json"), b"{\"architecture\": \"lora\", \"r\": 0}")
        .expect("a file");
    let (code, out, err) = run(folder.path(), &["gone.json", ".", "control.json", "--output-format", format]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("gone.json") && !err.contains("panicked"), "{err}");
    out
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("it is JSON")
}

#[cfg(unix)]
#[test]
fn every_format_is_as_it_was_seen() {
    let mut wrong = Vec::new();
    for format in FORMATS {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/commands/formats").join(format!("expected.{format}"));
        let text = written(format);
        if std::env::var_os("BLESS").is_some() {
            fs::write(&path, &text).expect("it can be written");
        } else if fs::read_to_string(&path).unwrap_or_default() != text {
            wrong.push(format!("{format}:\n{text}"));
        }
    }
    assert!(wrong.is_empty(), "not as expected (BLESS=1 accepts it): {}", wrong.join("\n"));
}

#[test]
fn every_format_is_the_same_on_any_number_of_threads() {
    let mut many: Vec<(String, Vec<u8>)> = Vec::new();
    for at in 0..8 {
        for (name, bytes) in files() {
            many.push((format!("{at}/{name}"), bytes));
        }
    }
    let many: Vec<_> = many.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
    let folder = folder(&many);
    for format in FORMATS {
        let one = run(folder.path(), &[".", "--jobs", "1", "--output-format", format]);
        let five = run(folder.path(), &[".", "--jobs", "5", "--output-format", format]);
        assert!(one == five, "{format} differs");
        assert!(one.1.len() > 1000, "{format}: {}", one.1);
    }
}

#[test]
fn lines_of_json_are_the_files_of_json() {
    let lines: Vec<Value> = written("jsonl").lines().map(json).collect();
    let whole = json(&written("json"));
    assert_eq!(whole["files"].as_array().expect("the files"), &lines);
    let validator = schema::validator("diagnostics");
    assert!(validator.is_valid(&whole));
    assert!(lines.iter().all(|line| validator.is_valid(line)));
    assert!(!validator.is_valid(&serde_json::json!({"path": "a"})));
    let related = lines.iter().flat_map(|file| file["diagnostics"].as_array()).flatten();
    let first = related.filter_map(|finding| finding["related"].as_array()).flatten().next();
    assert_eq!(first.expect("two keys are the same")["range"]["start"]["line"], 3);
    let last = lines.last().expect("a file");
    assert_eq!(last["kind"], "hub-adapter", "cards come last");
}

#[test]
fn sarif_follows_the_standard() {
    let schema = fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/commands/formats/sarif-schema-2.1.0.json"),
    )
    .expect("the schema");
    let validator = jsonschema::validator_for(&json(&schema)).expect("a schema");
    let log = json(&written("sarif"));
    let empty = run(folder(&[]).path(), &[".", "--output-format", "sarif"]).1;
    for log in [&log, &json(&empty)] {
        let errors: Vec<_> =
            validator.iter_errors(log).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
    assert!(!validator.is_valid(&serde_json::json!({"version": "2.1.0"})));
    let run = &log["runs"][0];
    assert_eq!(run["columnKind"], "utf16CodeUnits");
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
    let results = run["results"].as_array().expect("results");
    let whole = json(&written("json"));
    let files = whole["files"].as_array().expect("files");
    let findings: Vec<_> = files.iter().flat_map(|file| file["diagnostics"].as_array()).flatten().collect();
    assert_eq!(results.len(), findings.len());
    let used: BTreeSet<_> = findings.iter().map(|finding| &finding["code"]).map(Value::to_string).collect();
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    assert_eq!(rules.iter().map(|rule| rule["id"].to_string()).collect::<BTreeSet<_>>(), used);
    for rule in rules {
        assert!(rule["help"]["markdown"].as_str().is_some_and(|text| text.contains("Why is this bad")), "{rule}");
        assert!(!rule["fullDescription"]["text"].as_str().expect("a description").contains('#'), "{rule}");
    }
    for (result, finding) in results.iter().zip(findings) {
        assert_eq!(result["ruleId"], finding["code"]);
        assert_eq!(result["fixes"].is_array(), finding["fix"].is_object());
        assert_eq!(result["relatedLocations"].is_array(), finding["related"].is_array());
    }
}

/// A reader that knows nothing but SARIF gets the same text from a fix.
#[test]
fn fixes_in_sarif_are_the_fixes() {
    let mut cases: Vec<(String, Vec<u8>)> = files().into_iter().map(|(name, bytes)| (name.to_owned(), bytes)).collect();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/lint");
    cases.extend(texts(&fixtures).into_iter().map(|path| {
        let bytes = fs::read(&path).expect("a fixture");
        (path.display().to_string(), bytes)
    }));
    let mut count = 0;
    for (name, bytes) in cases {
        let format = if name.ends_with(".json") { Format::Json } else { Format::Yaml };
        let document = Document::read(bytes, format);
        let linted = lint(&document, &name, &Options::default());
        let file = FileReport::new(name.clone(), document, linted);
        let mut log = Vec::new();
        write_all(&Sarif, std::slice::from_ref(&file), &mut log).expect("a vector can be written to");
        let log = json(&String::from_utf8(log).expect("it is UTF-8"));
        let results = log["runs"][0]["results"].as_array().expect("results").clone();
        let text = file.document.source.text();
        for (finding, result) in file.findings.iter().zip(results) {
            let Some(fix) = &finding.fix else { continue };
            let replacements = result["fixes"][0]["artifactChanges"][0]["replacements"].as_array().expect("some");
            assert_eq!(by_sarif(text, replacements), by_span(text, fix), "{name}: {}", fix.title);
            count += 1;
        }
    }
    assert!(count > 50, "{count} fixes");
}

fn by_span(text: &str, fix: &Fix) -> String {
    let edits = fix.edits.iter().map(|edit| (edit.span.start, edit.span.end, edit.text.clone()));
    edited(text, edits.collect())
}

fn by_sarif(text: &str, replacements: &[Value]) -> String {
    let edits = replacements.iter().map(|replacement| {
        let region = &replacement["deletedRegion"];
        let number = |key: &str| usize::try_from(region[key].as_u64().expect("a number")).expect("a small one");
        let inserted = replacement["insertedContent"]["text"].as_str().unwrap_or_default().to_owned();
        if region["byteOffset"].is_number() {
            return (number("byteOffset"), number("byteOffset") + number("byteLength"), inserted);
        }
        let start = offset(text, number("startLine"), number("startColumn"));
        (start, offset(text, number("endLine"), number("endColumn")), inserted)
    });
    edited(text, edits.collect())
}

/// The byte at a line and a column of UTF-16 code units, of which a byte-order mark is none.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let start = if line == 1 && text.starts_with('\u{feff}') { 3 } else { start };
    let mut units = 0;
    for (at, c) in text[start..].char_indices() {
        if units == column - 1 {
            return start + at;
        }
        units += c.len_utf16();
    }
    assert_eq!(units, column - 1, "a column within a character");
    text.len()
}

fn edited(text: &str, mut edits: Vec<(usize, usize, String)>) -> String {
    edits.sort();
    let mut text = text.to_owned();
    for (start, end, inserted) in edits.into_iter().rev() {
        text.replace_range(start..end, &inserted);
    }
    text
}

fn texts(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(texts(&path));
        } else if ["json", "yaml", "yml"].iter().any(|end| path.extension().is_some_and(|extension| extension == *end))
        {
            found.push(path);
        }
    }
    found
}

#[test]
fn annotations_cannot_be_forged() {
    let text = written("github");
    let whole = json(&written("json"));
    let files = whole["files"].as_array().expect("files");
    let findings: Vec<_> = files
        .iter()
        .flat_map(|file| file["diagnostics"].as_array().expect("findings").iter().map(move |finding| (file, finding)))
        .collect();
    let lines: Vec<_> = text.split('\n').filter(|line| !line.is_empty()).collect();
    // What could not be looked at comes last, and is in no file.
    let (failed, lines) = lines.split_last().expect("there are lines");
    assert!(failed.starts_with("::error title=adapter-lint::gone.json: "), "{failed}");
    assert_eq!(lines.len(), findings.len());
    let plain = |text: &str| {
        text.replace("%2C", ",").replace("%3A", ":").replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%")
    };
    for (line, (file, finding)) in lines.iter().zip(findings) {
        let (command, message) = line[2..].split_once("::").expect("a message");
        let (command, properties) = command.split_once(' ').expect("properties");
        let expected =
            if finding["severity"] == "note" { "notice" } else { finding["severity"].as_str().expect("one") };
        assert_eq!(command, expected);
        let path = properties.split(',').find_map(|property| property.strip_prefix("file=")).expect("a file");
        let shown =
            |value: &Value| value.as_str().expect("a text").split('\n').map(one_line).collect::<Vec<_>>().join("\n");
        assert_eq!(plain(path), shown(&file["path"]).trim_start_matches("./"));
        assert!(plain(message).starts_with(&shown(&finding["message"])));
        assert!(!line.contains(char::is_control));
    }
}

#[test]
fn gitlab_tells_findings_apart() {
    let issues = json(&written("gitlab"));
    let issues = issues.as_array().expect("a list");
    let names: BTreeSet<_> = issues.iter().map(|issue| issue["fingerprint"].as_str().expect("a name")).collect();
    assert!(issues.len() > 10 && names.len() == issues.len());
    assert!(issues.iter().all(|issue| issue["location"]["lines"]["begin"].as_u64() >= Some(1)));
    let (_, empty, _) = run(folder(&[]).path(), &[".", "--output-format", "gitlab"]);
    assert_eq!(json(&empty), serde_json::json!([]));
}

#[test]
fn junit_is_xml_whose_counts_are_right() {
    let text = written("junit");
    assert!(
        text.chars()
            .all(|c| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..))
    );
    let mut reader = quick_xml::Reader::from_str(&text);
    let (mut open, mut suites, mut counted) = (Vec::new(), 0, [0_usize; 3]);
    let mut claimed = [0_usize; 3];
    loop {
        match reader.read_event().expect("it is XML") {
            Event::Eof => break,
            Event::Start(start) => {
                let name = start.name().as_ref().to_owned();
                count(&name, &start, &mut counted, &mut claimed);
                suites += usize::from(name == "testsuite");
                open.push(name);
            }
            Event::Empty(start) => count("testcase", &start, &mut counted, &mut claimed),
            Event::End(_) => {
                let closed = open.pop();
                if closed.as_deref() == Some("testsuite") {
                    assert_eq!(std::mem::take(&mut counted), std::mem::take(&mut claimed));
                }
            }
            _ => {}
        }
    }
    assert!(open.is_empty());
    let files = json(&written("json"))["files"].as_array().expect("files").len();
    assert_eq!(suites, files + 1, "the last suite says what could not be done");
}

fn count(name: &str, start: &quick_xml::events::BytesStart<'_>, counted: &mut [usize; 3], claimed: &mut [usize; 3]) {
    let kinds = ["testcase", "failure", "error"];
    if let Some(at) = kinds.iter().position(|kind| *kind == name) {
        counted[at] += 1;
    }
    if name == "testsuite" {
        for (at, key) in ["tests", "failures", "errors"].iter().enumerate() {
            let attribute = start.try_get_attribute(key).expect("attributes").expect("a count");
            claimed[at] = attribute.value.parse().expect("a number");
        }
    }
}
