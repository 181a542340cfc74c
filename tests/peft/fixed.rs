//! Adapters of PEFT 0.21.2 whose config `--fix --for peft@X` mended, loaded by that release
//! (`fixtures/releases/peft_fixed.json`): the fixes are still those that were loaded, and where nothing is left to tell of
//! the release computes what the newest does.

use adapter_spec::dialects::peft::releases::Release;
use adapter_spec::document::{Document, Format};
use adapter_spec::fix::{Safety, mend_file};
use adapter_spec::lint::{Finding, Options, Severity, lint};
use serde_json::{Map, Value};

use crate::support::read;

/// What keeps a release from an adapter that is no matter of its config: since when it is gone, and what it is.
const OTHER_REASONS: &[(&str, &str, &str)] = &[
    ("lora-bias", "0.7.0", "biases were not saved under `base_layer`"),
    ("prefix-tuning", "0.14.0", "past keys are given as tuples, which transformers takes no longer"),
];

fn mended(text: &str, release: Release) -> (Value, Vec<Finding>) {
    let options = Options { targets: release.into(), ..Options::default() };
    let document = Document::read(text.as_bytes().to_vec(), Format::Json);
    let mended = mend_file(&document, "adapter_config.json", Format::Json, &options, Safety::Safe).document;
    let findings = lint(&mended, "adapter_config.json", &options).findings;
    (serde_json::from_str(mended.source.text()).expect("it is JSON"), findings)
}

/// The text that was loaded.
fn loaded(text: &str, row: &Value) -> Value {
    let mut file: Map<String, Value> = serde_json::from_str(text).expect("a config");
    let removed = row["removed"].as_array().expect("keys");
    file.retain(|key, _| !removed.iter().any(|removed| removed == key));
    file.extend(row["changed"].as_object().expect("keys").clone());
    Value::Object(file)
}

#[test]
fn mended_configs_are_loaded_by_the_release_they_are_for() {
    let recorded = read("fixtures/releases/peft_fixed.json");
    let (mut wrong, mut same, mut other, mut refused) = (Vec::new(), 0, 0, 0);
    for (number, rows) in recorded["fixed"].as_object().expect("releases") {
        let release = Release::named(number).expect("a release");
        for row in rows.as_array().expect("a list") {
            let [name, outcome] = ["adapter", "outcome"].map(|key| row[key].as_str().expect("a text"));
            let text = recorded["adapters"][name].as_str().expect("a config");
            let (file, findings) = mended(text, release);
            let about = |finding: &&Finding| finding.rule.code.starts_with("AL85");
            let left: Vec<_> = findings.iter().filter(about).collect();
            let worst = left.iter().map(|finding| finding.severity).max();
            let codes: Vec<_> = left.iter().map(|finding| finding.rule.code).collect();
            let mut say = |what: &str| wrong.push(format!("{release} {name}: {what}: {outcome}, {codes:?}"));
            if file != loaded(text, row) {
                say("the fix is another than the one that was loaded");
            }
            let is_excused = OTHER_REASONS.iter().any(|(adapter, gone, _)| {
                name.starts_with(adapter) && Release::named(gone).is_some_and(|gone| release < gone)
            });
            match outcome {
                "same" => {
                    same += 1;
                    if worst == Some(Severity::Error) {
                        say("it is refused by us alone");
                    }
                }
                "other" => {
                    other += 1;
                    if worst < Some(Severity::Warning) && !is_excused {
                        say("nothing is told");
                    }
                }
                _ => {
                    refused += 1;
                    if worst != Some(Severity::Error) && !is_excused {
                        say("no error is told");
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
    assert!(same > 300 && other > 10 && refused > 100, "{same} the same, {other} other, {refused} refused");
}
