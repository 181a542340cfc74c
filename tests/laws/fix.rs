//! Laws of fixes, over everything in the fixtures and over random changes of it: what was mended is gone, mending again
//! changes nothing, no text gets worse, and what no fix names stays as it is.

use std::fs;
use std::path::{Path, PathBuf};

use adapter_spec::dialects::Target;
use adapter_spec::dialects::adapterhub::release::Release;
use adapter_spec::document::{Document, Edit, Format, Span, edit};
use adapter_spec::fix::{Mended, Safety, mend_file};
use adapter_spec::lint::{Options, Severity, lint_all};
use proptest::prelude::*;

const BOTH: [Safety; 2] = [Safety::Safe, Safety::Unsafe];

fn format_of(name: &str) -> Format {
    if name.ends_with(".json") { Format::Json } else { Format::Yaml }
}

fn read(text: &str, name: &str) -> Document {
    Document::read(text.as_bytes().to_vec(), format_of(name))
}

fn mended(text: &str, name: &str, safety: Safety) -> Mended {
    mend_file(&read(text, name), name, format_of(name), &Options::default(), safety)
}

fn errors(document: &Document, name: &str) -> usize {
    let findings = lint_all(document, name, &Options::default()).findings;
    findings.iter().filter(|finding| finding.severity == Severity::Error).count()
}

/// Everything that holds of any text, or the first of it that does not; and whether anything was mended.
fn laws(text: &str, name: &str) -> Result<bool, String> {
    let before = read(text, name);
    if lint_all(&before, name, &Options::default()).findings.iter().all(|finding| finding.fix.is_none()) {
        return Ok(false);
    }
    let mut is_changed = false;
    for safety in BOTH {
        let mended = mended(text, name, safety);
        let after = mended.document.source.text();
        is_changed |= !mended.fixed.is_empty();
        if mended.fixed.is_empty() != (after == text) {
            return Err(format!("{} fixes, but the text says otherwise", mended.fixed.len()));
        }
        if before.is_readable() {
            if !mended.document.is_readable() {
                return Err(format!("it cannot be read any more: {after}"));
            }
            if errors(&mended.document, name) > errors(&before, name) {
                return Err(format!("it has more errors: {after}"));
            }
        }
        if after != text && !before.is_readable() && !mended.document.is_readable() {
            return Err(format!("it was changed, and cannot be read: {after}"));
        }
        if !mended.is_finished {
            continue;
        }
        let again = self::mended(after, name, safety);
        if again.document.source.text() != after {
            return Err(format!("a second run changes it again: {after} -> {}", again.document.source.text()));
        }
        // What is left is what was refused, or waits for the text to be readable.
        if mended.document.is_readable() {
            let linted = lint_all(&mended.document, name, &Options::default());
            let left =
                linted.findings.iter().filter(|finding| linted.recognised.is_mendable() && safety.takes(finding));
            if left.count() > mended.refused.len() {
                return Err(format!("not all was mended: {after}"));
            }
        }
    }
    Ok(is_changed)
}

/// Every text of the fixtures, with its name.
fn texts() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut texts = Vec::new();
    for folder in ["lint", "hub", "resolve"] {
        collect(&root.join(folder), &mut texts);
    }
    for file in jsonl(&root.join("verdicts")).into_iter().chain(jsonl(&root.join("sidefiles"))) {
        let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let name = match stem.as_str() {
            "whole" => "adapter_config.json".to_owned(),
            _ if file.starts_with(root.join("verdicts")) || stem == "config_adapters" => "config.json".to_owned(),
            _ => format!("{stem}.json"),
        };
        for line in fs::read_to_string(&file).expect("the recording is there").lines() {
            let case: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
            if let Some(text) = case["text"].as_str() {
                texts.push((name.clone(), text.to_owned()));
            }
        }
    }
    texts
}

fn jsonl(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    let mut paths: Vec<_> = entries.filter(|path| path.extension().is_some_and(|end| end == "jsonl")).collect();
    paths.sort();
    paths
}

fn collect(folder: &Path, texts: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
        let path = entry.path();
        let name = path.to_string_lossy().into_owned();
        if path.is_dir() {
            collect(&path, texts);
        } else if [".json", ".yaml", ".yml"].iter().any(|end| name.ends_with(end))
            && let Ok(text) = fs::read_to_string(&path)
        {
            texts.push((name, text));
        }
    }
}

#[test]
fn every_fixture_is_mended_lawfully() {
    let texts = texts();
    assert!(texts.len() > 8000, "fixtures are missing: {}", texts.len());
    let mut changed = 0;
    let mut broken = Vec::new();
    for (name, text) in &texts {
        if text.len() > 20_000 {
            continue;
        }
        match laws(text, name) {
            Ok(is_changed) => changed += usize::from(is_changed),
            Err(law) => broken.push(format!("{name}: {law}")),
        }
    }
    assert!(changed > 800, "hardly anything was mended: {changed}");
    assert!(broken.is_empty(), "{}\n{}", broken.len(), broken[..broken.len().min(20)].join("\n"));
}

/// The function that a release takes an activation for; the text itself where all take it for the same.
fn function(name: &str, release: Release) -> String {
    let is_old = Some(release) < Release::named("adapter-transformers 3.0.0");
    match name {
        "gelu" if is_old => "approximate",
        "gelu" | "gelu_orig" | "gelu_python" => "exact",
        "gelu_new" | "gelu_accurate" | "gelu_pytorch_tanh" | "gelu_python_tanh" => "approximate",
        "silu" => "swish",
        "leaky_relu" => "leakyrelu",
        other => other,
    }
    .to_owned()
}

/// An adapter's config, and the release that it means its activation for. `version` is the file's.
fn with_activation(name: &str, version: Option<Option<&str>>) -> (String, Release) {
    let config = format!(
        "{{\"mh_adapter\": false, \"output_adapter\": true, \"reduction_factor\": 16, \"original_ln_before\": true, \
         \"original_ln_after\": true, \"residual_before_ln\": true, \"adapter_residual_before_ln\": false, \"ln_before\": \
         false, \"ln_after\": false, \"non_linearity\": \"{name}\"}}"
    );
    let Some(version) = version else { return (config, Release::NEWEST) };
    let written = version.map_or(String::new(), |version| format!(", \"version\": \"{version}\""));
    let saved = Release::that_saved(version).expect("a release");
    (format!("{{\"name\": \"a\", \"type\": \"text_task\", \"config\": {config}{written}}}"), saved)
}

/// Whatever a release calls an activation: what was meant in the file is what it computes of the mended one.
#[test]
fn fixes_for_a_release_keep_the_activation() {
    let names = [
        "gelu",
        "gelu_new",
        "gelu_orig",
        "gelu_python",
        "gelu_accurate",
        "gelu_pytorch_tanh",
        "gelu_python_tanh",
        "silu",
        "swish",
        "leakyrelu",
        "leaky_relu",
        "relu",
        "prelu",
        "mish",
    ];
    let versions = [None, Some(None), Some(Some("2.3.0")), Some(Some("3.2.1")), Some(Some("adapters.1.3.0"))];
    let mut changed = 0;
    for (name, version) in names.iter().flat_map(|name| versions.map(|version| (name, version))) {
        let (text, saved) = with_activation(name, version);
        for (release, safety) in Release::all().flat_map(|release| BOTH.map(|safety| (release, safety))) {
            let options = Options { targets: Target::AdapterHub(release).into(), ..Options::default() };
            let mend = |text: &str| {
                let mended = mend_file(&read(text, "a.json"), "adapter_config.json", Format::Json, &options, safety);
                mended.document.source.text().to_owned()
            };
            let after = mend(&text);
            let value: serde_json::Value = serde_json::from_str(&after).expect("JSON");
            let written = value.get("config").unwrap_or(&value)["non_linearity"].as_str().expect("a name").to_owned();
            let what = format!("{name} {version:?} for {release}, {safety:?}: {written}");
            if written != *name {
                changed += 1;
                assert_eq!(function(name, saved), function(&written, release), "{what}");
            }
            assert_eq!(mend(&after), after, "{what}: mended again");
        }
    }
    assert!(changed > 100, "hardly anything was mended: {changed}");
}

#[test]
fn nothing_changes_but_what_a_fix_names() {
    let cases = [
        ("{\r\n\t\"architecture\": \"lora\",\r\n\t\"r\" : 8.0 ,\r\n\t\"alpha\":1e1\r\n}\r\n", "8.0", "8"),
        ("\u{feff}{\"architecture\":\"lora\",   \"r\":8}", "\u{feff}", ""),
        ("{\n    \"architecture\": \"lora\",\n    \"r\": \"8\"\n}", "\"8\"", "8"),
    ];
    for (text, old, new) in cases {
        assert_eq!(mended(text, "config.json", Safety::Safe).document.source.text(), text.replacen(old, new, 1));
    }
}

#[test]
fn bytes_outside_of_edits_stay() {
    for (name, text) in texts().into_iter().step_by(7).filter(|(_, text)| text.len() < 20_000) {
        for finding in lint_all(&read(&text, &name), &name, &Options::default()).findings {
            let Some(fix) = finding.fix else { continue };
            let after =
                edit::apply(&text, &fix.edits).unwrap_or_else(|| panic!("{name}: `{}` does not fit", fix.title));
            let mut undone: Vec<Edit> = Vec::new();
            let (mut edits, mut shift) = (fix.edits.clone(), 0_isize);
            edits.sort_by_key(|edit| edit.span);
            for edit in edits {
                let start = edit.span.start.checked_add_signed(shift).expect("it is in the text");
                let old = &text[edit.span.start..edit.span.end];
                undone.push(Edit::new(Span::new(start, start + edit.text.len()), old));
                shift += edit.text.len().cast_signed() - old.len().cast_signed();
            }
            assert_eq!(edit::apply(&after, &undone).as_deref(), Some(text.as_str()), "{name}: `{}`", fix.title);
        }
    }
}

#[test]
fn files_of_others_stay() {
    for text in [r#"{"fine_tune_type": "lora", "r": 8,}"#, r#"{"hello": 'world',}"#] {
        assert_eq!(mended(text, "x.json", Safety::Unsafe).document.source.text(), text);
    }
    let latin1 = Document::read(b"{\"architecture\": \"lora\", \"r\": \"8\", \"x\": \"\xe9\"}".to_vec(), Format::Json);
    let mended = mend_file(&latin1, "config.json", Format::Json, &Options::default(), Safety::Unsafe);
    assert!(mended.fixed.is_empty());
}

#[test]
fn rules_that_are_not_wanted_are_not_mended() {
    let text = r#"{"architecture": "lora", "r": "8",}"#;
    let mut options = Options::default();
    options.levels.ignore("AL203").expect("the rule is known");
    let mended = mend_file(&read(text, "config.json"), "config.json", Format::Json, &options, Safety::Safe);
    assert_eq!(mended.document.source.text(), r#"{"architecture": "lora", "r": "8"}"#);
}

#[test]
fn thousands_of_fixes_are_taken_together() {
    let members: Vec<_> = (0..2000).map(|n| format!("'k{n}': [1,], // {n}")).collect();
    let text = format!(
        "{{'architecture': 'lora', 'r': '8', 'x': {{\n{}\n'z': 1}}}}",
        members.join(",\n").replace("],", "] ,")
    );
    let text = text.replace("// ", "/* ").replace(",\n'k", "*/,\n'k").replace("\n'z'", "*/,\n'z'");
    let mended = mended(&text, "config.json", Safety::Safe);
    assert!(mended.is_finished && mended.document.is_readable(), "{:?}", mended.document.problems.first());
    assert!(mended.fixed.len() > 4000, "{}", mended.fixed.len());
    let repeated = format!("{{\"architecture\": \"lora\", {}}}", vec!["\"r\": 8"; 3000].join(", "));
    assert_eq!(
        self::mended(&repeated, "config.json", Safety::Safe).document.source.text(),
        "{\"architecture\": \"lora\", \"r\": 8}"
    );
}

#[test]
fn the_work_is_bounded() {
    // Of missing commas twenty show at a time. What cannot be read when the work is over is left as it was.
    let text = format!("{{\"architecture\": \"lora\", \"x\": [{}]}}", vec!["1"; 9000].join(" "));
    let mended = mended(&text, "config.json", Safety::Safe);
    assert!(mended.fixed.is_empty() && mended.document.source.text() == text);
    assert_eq!(mended.refused.len(), 20);
}

#[test]
fn texts_are_left_alone_in_which_a_quote_is_lost() {
    for text in [
        r#"{"peft_type": "LORA, "r": 8, "target_modules": ["q_proj"]}"#,
        r#"{"peft_type": LORA", "r": 8, "target_modules": ["q_proj"]}"#,
        r#"{"peft_type": "LORA", r": 8, "target_modules": ["q_proj"]}"#,
        "{\n  \"peft_type\": \"LORA\",\n  \"lora_alpha: 16,\n  \"target_modules\": [\"q_proj\"]\n}",
        "{'peft_type': 'LORA', 'auto_mapping': 'it's', 'r': 8}",
        r#"{"peft_type": "LORA, "r": 8, "target_modules: ["q_proj"]}"#,
        r#"{"peft_type": “LORA”, "r": 8,}"#,
    ] {
        for safety in BOTH {
            let mended = mended(text, "adapter_config.json", safety);
            assert_eq!(mended.document.source.text(), text);
        }
    }
}

#[test]
fn comments_of_python_are_comments() {
    let text = "# of the first run\n{\n  \"r\": 8, # the rank\n  #\"alpha\": 16,\n  \"architecture\": \"lo#ra\"\n}\n";
    let expected = "{\n  \"r\": 8,\n  \"architecture\": \"lo#ra\"\n}\n";
    assert_eq!(mended(text, "config.json", Safety::Safe).document.source.text(), expected);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changed_texts_are_mended_lawfully(
        base in prop::sample::select(vec![
            "{\n  \"architecture\": \"lora\",\n  \"r\": \"8\",\n  \"attn_matrices\": \"qv\", // q and v\n  \"dropout\": 0\n}",
            "{'mh_adapter': 1, 'output_adapter': True, 'reduction_factor': {'default': '16'}, 'non_linearity': 'ReLU', 'scaling': 1,}",
            "{\"name\": \"a\", \"version\": \"adapters.1.0.1\", \"config\": {\"architecture\": \"lora\", \"r\": 8, \"alpha\": 16, \"r\": 8}}",
            "{\"architecture\": \"union\", \"configs\": [{\"architecture\": \"LoRA\", \"r\": 4.0}, {\"architecture\": \"bottleneck\"}]}",
            "{\"config\": {\"head_type\": \"Classification\", \"layers\": 2, \"activation_function\": \"Tanh\", \"num_labels\": 2}}",
        ]),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..4, "[\\[\\]{}:,'\"/* a0.é\\\\\n\t-]{0,3}"), 0..4),
    ) {
        let mut text = base.to_owned();
        for (at, length, with) in edits {
            let mut start = at.index(text.len() + 1);
            while !text.is_char_boundary(start) {
                start -= 1;
            }
            let mut end = (start + length).min(text.len());
            while !text.is_char_boundary(end) {
                end += 1;
            }
            text.replace_range(start..end, &with);
        }
        let law = laws(&text, "adapter_config.json");
        prop_assert!(law.is_ok(), "{text:?}: {law:?}");
    }
}
