//! Which modules releases of PEFT find for `layers_to_transform` and `layers_pattern`, recorded by asking them
//! (`fixtures/peft/layers_releases.json`): AL862 tells where a release finds others than the newest, and nowhere else.

use adapter_spec::dialects::peft::releases::Release;
use adapter_spec::document::{Document, Format};
use adapter_spec::lint::{Finding, Options, Severity, lint};
use adapter_spec::models::Model;
use serde_json::{Value, json};

use crate::support::read;

/// What is told of a case for a release.
fn told(case: &Value, model: &Model, release: Release) -> Vec<Finding> {
    let mut config = json!({ "peft_type": "LORA", "r": 2, "auto_mapping": { "base_model_class": case["class"] } });
    for (key, value) in case["config"].as_object().expect("keys") {
        config[key] = value.clone();
    }
    let options = Options { targets: release.into(), model: Some(model.clone()), ..Options::default() };
    let document = Document::read(config.to_string().into_bytes(), Format::Json);
    lint(&document, "adapter_config.json", &options).findings
}

/// The first and the last of the releases in a row that find the same in all cases.
fn ends<'a>(releases: &[&'a str], cases: &[Value]) -> Vec<&'a str> {
    let is_alike = |one: &str, other: &str| cases.iter().all(|case| case["otherwise"][one] == case["otherwise"][other]);
    let rows = releases.chunk_by(|one, other| is_alike(one, other));
    let mut ends: Vec<_> = rows.flat_map(|row| [row[0], row[row.len() - 1]]).collect();
    ends.dedup();
    ends
}

#[test]
fn releases_that_find_other_layers_are_told_and_no_others() {
    let recorded = read("fixtures/peft/layers_releases.json");
    let cases = recorded["cases"].as_array().expect("cases");
    let releases: Vec<_> =
        recorded["releases"].as_array().expect("releases").iter().filter_map(Value::as_str).collect();
    let releases = ends(&releases, cases);
    let (mut wrong, mut differ) = (Vec::new(), 0);
    for case in cases {
        let newest = case["found"].as_array().expect("the newest reads all of them");
        // What the newest refuses is told without a release.
        if newest.is_empty() {
            continue;
        }
        let model = recorded["models"][case["class"].as_str().expect("a class")].to_string();
        let model = Document::read(model.into_bytes(), Format::Json).root;
        let model = model.as_ref().and_then(Model::from_config).expect("a model");
        for name in &releases {
            let release = Release::named(name).expect("a release");
            let otherwise = &case["otherwise"][name];
            let findings = told(case, &model, release);
            let of_layers = findings.iter().find(|finding| finding.rule.code == "AL862");
            let told = match otherwise {
                // The release refuses the config itself, of which other rules tell.
                Value::String(_) => findings.iter().map(|finding| finding.severity).max(),
                _ => of_layers.map(|finding| finding.severity),
            };
            let right = match otherwise {
                Value::Null => None,
                Value::Array(found) if !found.is_empty() => Some(Severity::Warning),
                _ => Some(Severity::Error),
            };
            differ += usize::from(right.is_some());
            if told != right {
                wrong.push(format!("{} {} {name}: {told:?}, not {right:?}", case["class"], case["config"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(differ > 1000, "only {differ} differ");
}
