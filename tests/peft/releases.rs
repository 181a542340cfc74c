//! What older releases of PEFT make of files, recorded by running them (`fixtures/releases/peft_downgrades.json`): the
//! findings of `--for peft@X` say the same, and a file that its fixes have mended is one that the release reads whole.

use std::collections::BTreeSet;

use adapter_spec::dialects::peft::PeftType;
use adapter_spec::dialects::peft::config::PeftMethod;
use adapter_spec::dialects::peft::releases::{self, Release, Unknown};
use adapter_spec::document::{Document, Format, Span};
use adapter_spec::fix::{Safety, mend_file};
use adapter_spec::lint::{Finding, Options, lint};
use serde_json::{Map, Value};

use crate::support::read;

fn judge(text: &str, release: Release) -> (Document, Vec<Finding>) {
    let options = Options { targets: release.into(), ..Options::default() };
    let document = Document::read(text.as_bytes().to_vec(), Format::Json);
    let findings = lint(&document, "adapter_config.json", &options).findings;
    (document, findings)
}

/// The keys at which these rules find something, and those that are shown beside.
fn keys_of((document, findings): &(Document, Vec<Finding>), codes: &[&str]) -> BTreeSet<String> {
    let of = findings.iter().filter(|finding| codes.contains(&finding.rule.code));
    let text = |span: Span| document.source.text()[span.start..span.end].trim_matches('"').to_owned();
    let keys = of.flat_map(|finding| {
        let shown = finding.related.iter().map(move |related| text(related.span));
        shown.chain([finding.pointer.trim_start_matches('/').to_owned()])
    });
    keys.collect()
}

fn matters(method: &PeftMethod, key: &str, value: &Value) -> bool {
    // No value of it is what releases without the key do.
    if (method.peft_type, key) == (PeftType::Oft, "use_cayley_neumann") {
        return true;
    }
    key != "peft_version" && method.key(key).is_some_and(|known| known.default_value() != *value)
}

#[test]
fn findings_say_what_older_releases_do() {
    let recorded = read("fixtures/releases/peft_downgrades.json");
    let files: Vec<&str> = recorded["files"].as_array().expect("files").iter().filter_map(Value::as_str).collect();
    let (mut refused, mut dropped_somewhere, mut mended) = (0, 0, 0);
    for (number, outcomes) in recorded["outcomes"].as_object().expect("outcomes by release") {
        let release = Release::named(number).expect("a recorded release");
        for (text, outcome) in files.iter().zip(outcomes.as_array().expect("a list")) {
            let file: Map<String, Value> = serde_json::from_str(text).expect("a config");
            let method = file["peft_type"].as_str().and_then(PeftMethod::named).expect("a method");
            let judged = judge(text, release);
            let (document, findings) = &judged;
            let at = format!("{release}: {text}\n{findings:#?}");
            match outcome {
                Value::Array(dropped) => {
                    let dropped: BTreeSet<String> =
                        dropped.iter().filter_map(Value::as_str).map(str::to_owned).collect();
                    assert!(keys_of(&judged, &["AL850", "AL853"]).is_empty(), "{at}");
                    let said = keys_of(&judged, &["AL851"]);
                    let meant = dropped.iter().filter(|key| matters(method, key, &file[*key])).cloned().collect();
                    assert_eq!(said, meant, "{at}");
                    if releases::unknown_key(release) == Unknown::Dropped {
                        let all = keys_of(&judged, &["AL851", "AL852", "AL277"]);
                        assert_eq!(all, dropped, "{at}");
                    }
                    dropped_somewhere += usize::from(!dropped.is_empty());
                }
                Value::String(error) if error == "KeyError" => {
                    assert!(!keys_of(&judged, &["AL853"]).is_empty(), "{at}");
                }
                // OFT was made anew in 0.14.0, and refuses files of before, which have no block size; so does the newest.
                Value::String(error) if error == "ValueError" => {
                    assert!(method.peft_type == PeftType::Oft && !file.contains_key("oft_block_size"), "{at}");
                }
                Value::String(error) => {
                    assert_eq!(error, "TypeError", "{at}");
                    let keys = keys_of(&judged, &["AL850"]);
                    assert!(!keys.is_empty(), "{at}");
                    refused += 1;
                    // What no release has and somebody gave a value may be another key, misspelt.
                    let is_meant =
                        |key: &str| releases::key(method.peft_type.name(), key).is_none() && key != "peft_version";
                    let lasting = keys.iter().any(|key| matters(method, key, &file[key]) || is_meant(key));
                    let options = Options { targets: release.into(), ..Options::default() };
                    let after = mend_file(document, "adapter_config.json", Format::Json, &options, Safety::Safe);
                    let left = judge(after.document.source.text(), release);
                    assert_eq!(keys_of(&left, &["AL850"]).is_empty(), !lasting, "{at}");
                    mended += usize::from(!lasting);
                }
                other => panic!("{other}"),
            }
        }
    }
    assert!(refused > 30 && dropped_somewhere > 100 && mended > 20, "{refused} {dropped_somewhere} {mended}");
}

#[test]
fn the_newest_release_needs_nothing_else() {
    let recorded = read("fixtures/peft/configs.json");
    for (peft_type, entry) in recorded["methods"].as_object().expect("methods") {
        let (_, findings) = judge(&entry["saved"].to_string(), Release::NEWEST);
        assert!(findings.iter().all(|finding| !finding.rule.code.starts_with("AL85")), "{peft_type}: {findings:#?}");
    }
}

#[test]
fn a_layer_beside_a_pattern_is_taken_for_none_by_some_releases() {
    let file = |layers: &str| {
        format!(
            r#"{{"peft_type": "LORA", "target_modules": ["query"], "layers_pattern": "layer", "layers_to_transform": {layers}}}"#
        )
    };
    let release = |number: &str| Release::named(number).expect("a release");
    let told = |text: &str, number: &str| keys_of(&judge(text, release(number)), &["AL856", "AL380"]);
    // When they were asked, 0.13.2 and 0.21.0 took it, and those between raised a `ValueError`.
    for (number, is_told) in
        [("0.13.2", false), ("0.14.0", true), ("0.19.1", true), ("0.20.0", true), ("0.21.0", false)]
    {
        for layers in ["0", "[]"] {
            assert_eq!(!told(&file(layers), number).is_empty(), is_told, "{number}: {layers}");
        }
        assert!(told(&file("[0]"), number).is_empty() && told(&file("1"), number).is_empty(), "{number}");
    }
    let (_, findings) = judge(&file("0"), release("0.19.1"));
    assert!(findings.iter().any(|finding| finding.fix.as_ref().is_some_and(|fix| fix.safe)), "{findings:#?}");
}

#[test]
fn the_keys_of_an_unknown_method_are_there() {
    for (number, file) in [
        ("0.9.0", r#"{"peft_type": "VERA", "r": 4, "target_modules": ["query"]}"#),
        ("0.4.0", r#"{"peft_type": "LOHA", "r": 4, "target_modules": ["query"]}"#),
        ("0.1.0", r#"{"peft_type": "LOHA", "r": 4, "target_modules": ["query"]}"#),
    ] {
        let (_, findings) = judge(file, Release::named(number).expect("a release"));
        let codes: Vec<_> = findings.iter().map(|finding| finding.rule.code).collect();
        assert_eq!(codes, ["AL853"], "{number}: {findings:#?}");
    }
}

#[test]
fn loading_is_what_the_recording_says() {
    let recorded = read("fixtures/releases/peft_keys.json");
    for (question, unknown) in [
        ("unknown key", releases::unknown_key as fn(Release) -> Unknown),
        ("unknown peft_type", releases::unknown_method),
    ] {
        let changes = recorded["loading"][question].as_array().expect("changes");
        for release in Release::all() {
            let since =
                |change: &&Value| change[0].as_str().and_then(Release::named).is_some_and(|since| since <= release);
            let text = changes.iter().rfind(since).and_then(|change| change[1].as_str()).expect("recorded");
            let expected = match text.split(':').next() {
                Some("AttributeError") => Unknown::NoLoader,
                Some("read") => Unknown::Ignored,
                Some("read, with a warning") => Unknown::Dropped,
                _ => Unknown::Refused,
            };
            assert_eq!(unknown(release), expected, "{release}: {question}");
        }
    }
}

#[test]
fn releases_are_written_with_an_at_sign() {
    assert_eq!("peft@0.11.1".parse(), Ok(Release::named("0.11.1").expect("a release")));
    assert_eq!("peft".parse(), Ok(Release::NEWEST));
    let error = "peft@0.11".parse::<Release>().map_err(|error| error.to_string());
    assert_eq!(error, Err("there is no release `peft@0.11`; did you mean peft@0.11.0, peft@0.11.1?".to_owned()));
    assert_eq!(Release::that_saved("0.18.2.dev0@abc").map(Release::number), Some("0.18.1"));
}
