//! Every file of `fixtures/lint`: the server says what the linter says, and its actions do what the linter's fixes do.

use std::fs;
use std::path::{Path, PathBuf};

use adapter_spec::document::{Document, Format};
use adapter_spec::lint::{Options, lint};
use serde_json::{Value, json};

use super::editor::{Editor, apply, position};

/// A text and what it is called.
pub(crate) struct Sample {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

impl Sample {
    pub(crate) fn uri(&self) -> String {
        format!("file://{}", self.path.display())
    }

    pub(crate) fn format(&self) -> Format {
        let ending = self.path.extension().and_then(|ending| ending.to_str());
        if matches!(ending, Some("yaml" | "yml")) { Format::Yaml } else { Format::Json }
    }

    pub(crate) fn language(&self) -> &'static str {
        if self.format() == Format::Yaml { "yaml" } else { "json" }
    }
}

/// The texts of all fixtures that an editor could have open: those that are text.
pub(crate) fn all() -> Vec<Sample> {
    let mut found = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/lint"), &mut found);
    assert!(found.len() > 400, "only {} fixtures", found.len());
    found
}

fn collect(folder: &Path, found: &mut Vec<Sample>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, found);
            continue;
        }
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let is_text = name.ends_with(".json") || name.ends_with(".yaml") || name.ends_with(".yml");
        if !is_text || name == "expected.json" {
            continue;
        }
        // Editors decode UTF-16 and take away byte-order marks before a server sees the text.
        let text = fs::read(&path).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        if let Some(text) = text.filter(|text| !text.contains('\0') && !text.starts_with('\u{feff}')) {
            found.push(Sample { path, text });
        }
    }
}

#[test]
fn the_server_says_what_the_linter_says() {
    let mut editor = Editor::new(&Value::Null);
    let (mut judged, mut fixes) = (0, 0);
    for sample in all() {
        let uri = sample.uri();
        editor.open(&uri, sample.language(), &sample.text);
        let told = editor.diagnostics(&uri, 1);
        let document = Document::read(sample.text.clone().into_bytes(), sample.format());
        let linted = lint(&document, &sample.path.display().to_string(), &Options::default());
        let findings = if linted.recognised.certain { linted.findings } else { Vec::new() };
        let expected: Vec<Value> = findings
            .iter()
            .map(|finding| {
                let range = json!({
                    "start": position(&sample.text, finding.span.start), "end": position(&sample.text, finding.span.end)
                });
                json!([finding.rule.code, range])
            })
            .collect();
        let found: Vec<Value> = told.iter().map(|one| json!([one["code"], one["range"]])).collect();
        assert_eq!(found, expected, "{}", sample.path.display());
        judged += usize::from(!found.is_empty());
        for (finding, diagnostic) in findings.iter().zip(&told) {
            let Some(fix) = &finding.fix else { continue };
            let params = json!({
                "textDocument": {"uri": uri}, "range": diagnostic["range"],
                "context": {"diagnostics": [diagnostic], "only": ["quickfix"]}
            });
            let actions = editor.request("textDocument/codeAction", &params).expect("an answer");
            let actions = actions.as_array().expect("a list");
            let of_this = |action: &&Value| action["title"] == fix.title && action["diagnostics"][0] == *diagnostic;
            let action = actions.iter().find(of_this).unwrap_or_else(|| panic!("{uri}: no action {}", fix.title));
            assert_eq!(action["isPreferred"] == true, fix.safe);
            let edits = action["edit"]["documentChanges"][0]["edits"].as_array().expect("edits");
            let mut wanted = sample.text.clone();
            let mut of_fix = fix.edits.clone();
            of_fix.sort_by_key(|edit| edit.span);
            for edit in of_fix.iter().rev() {
                wanted.replace_range(edit.span.start..edit.span.end, &edit.text);
            }
            assert_eq!(apply(&sample.text, edits), wanted, "{uri}: {}", fix.title);
            fixes += 1;
        }
        editor.close(&uri);
    }
    assert!(judged > 150 && fixes > 40, "{judged} files with findings, {fixes} fixes");
    assert_eq!(editor.leave(), (Some(0), String::new()));
}
