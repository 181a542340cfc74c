//! Folders of PEFT: those with flaws are held to what PEFT made of them (`fixtures/peft/folders.json`), and in what PEFT
//! itself saved nothing is found.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use adapter_spec::document::{Document, Format};
use adapter_spec::lint::{Finding, Options, Severity, lint_weights};
use adapter_spec::models::Model;
use adapter_spec::tensors::{Dtype, Outgoing, safetensors_bytes};
use serde_json::Value;

fn json(path: impl AsRef<Path>) -> Value {
    let bytes = fs::read(&path).expect("the recording is in the repository");
    serde_json::from_slice(&bytes).expect("the recording is JSON")
}

fn model(config: &Value) -> Model {
    let root = Document::read(config.to_string().into_bytes(), Format::Json).root;
    root.as_ref().and_then(Model::from_config).expect("the model is one")
}

fn judged(folder: &Path, model: Option<Model>) -> Vec<Finding> {
    let options = Options { model, ..Options::default() };
    let files = ["adapter_model.safetensors", "adapter_model.bin"].map(|name| folder.join(name));
    let files = files.iter().filter(|file| file.is_file());
    let judge = |file: &PathBuf| lint_weights(file, &options).expect("it can be read").expect("its name is known");
    files.flat_map(|file| judge(file).findings).collect()
}

fn told(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|finding| format!("{} {}", finding.rule.code, finding.message)).collect()
}

#[test]
fn folders_with_flaws_are_judged_as_peft_takes_them() {
    let recorded = json("fixtures/peft/folders.json");
    let usual = model(&recorded["model"]);
    let mut wrong = Vec::new();
    let cases = recorded["cases"].as_object().expect("cases");
    for (name, row) in cases {
        let folder = Path::new("fixtures/lint").join(name);
        let is_prompt = fs::read_to_string(folder.join("adapter_config.json"))
            .is_ok_and(|config| config.contains("\"num_virtual_tokens\""));
        for model in [None, Some(usual.clone())] {
            let which = if model.is_some() { "on the model" } else { "alone" };
            let findings = judged(&folder, model.clone());
            let worst = findings.iter().map(|finding| finding.severity).max();
            let mut say = |what: &str| wrong.push(format!("{name} {which}: {what}: {:?}", told(&findings)));
            // What needs the model is not seen without it.
            let is_visible = model.is_some() || !folder.join("model.json").exists();
            let number = |key: &str| row[key].as_u64().unwrap_or(0);
            let is_flawed = number("missing") > 0 || (number("unexpected") > 0 && !is_prompt);
            if row["loads"] == false && is_visible && worst != Some(Severity::Error) {
                say("PEFT refuses it");
            }
            if row["loads"] == true && row["effect"].is_null() && worst != Some(Severity::Error) {
                say("the outputs are not finite");
            }
            if is_flawed && is_visible && worst.is_none() {
                say("keys are missing, or dropped");
            }
            if is_flawed && is_visible && row["effect"] == 0.0 && worst != Some(Severity::Error) {
                say("the base model is served");
            }
            if name.contains("/good") && !findings.is_empty() {
                say("it is good");
            }
            let drops_nothing = row["loads"] == true && !is_flawed && row["effect"] != 0.0 && !row["effect"].is_null();
            if drops_nothing && worst == Some(Severity::Error) {
                say("PEFT takes all of it");
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases.len() > 60, "only {} cases", cases.len());
}

fn folders(root: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(root).expect("the folder is in the repository") {
        let path = entry.expect("it can be read").path();
        if path.is_dir() {
            folders(&path.to_string_lossy(), found);
        } else if path.file_name().is_some_and(|name| name == "adapter_config.json") {
            found.extend(path.parent().map(Path::to_owned));
        }
    }
}

#[test]
fn in_what_peft_saved_nothing_is_found() {
    let mut cases = Vec::new();
    let mut all = Vec::new();
    folders("fixtures/checkpoints/peft-0.21.2", &mut all);
    for folder in all {
        let base =
            folder.components().nth(3).expect("the folder of a model").as_os_str().to_string_lossy().into_owned();
        cases.push((folder, format!("fixtures/checkpoints/base/{base}.json")));
    }
    for case in json("fixtures/merges/cases.json")["cases"].as_array().expect("cases") {
        let text = |key: &str| case[key].as_str().expect("a name").to_owned();
        cases.push((
            Path::new("fixtures/merges").join(text("case")),
            format!("fixtures/merges/{}/config.json", text("base")),
        ));
    }
    assert!(cases.len() > 90, "only {} folders", cases.len());
    let mut wrong = Vec::new();
    for (folder, base) in cases {
        for model in [None, Some(model(&json(&base)))] {
            let findings = judged(&folder, model);
            if !findings.is_empty() {
                wrong.push(format!("{}: {:?}", folder.display(), told(&findings)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Names in which `{}` stands for several numbers, with the shape.
fn tensors(row: &Value) -> Vec<(String, Vec<usize>)> {
    let sizes = row[1].as_array().expect("a shape").iter().map(|size| size.as_u64().expect("a size"));
    let shape: Vec<usize> = sizes.map(|size| usize::try_from(size).expect("it is small")).collect();
    let template = row[0].as_str().expect("a name");
    match row.get(2).and_then(Value::as_array) {
        None => vec![(template.to_owned(), shape)],
        Some(numbers) => {
            numbers.iter().map(|number| (template.replacen("{}", &number.to_string(), 1), shape.clone())).collect()
        }
    }
}

#[test]
fn in_the_tensors_that_peft_saves_nothing_is_found() {
    let text = fs::read_to_string("fixtures/peft/expected.jsonl").expect("the recording is in the repository");
    let mut lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("it is JSON"));
    let models = lines.next().expect("models");
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let (mut wrong, mut count) = (Vec::new(), 0);
    for case in lines.filter(|case| case["tensors"].is_array()) {
        let tensors: Vec<_> = case["tensors"].as_array().expect("tensors").iter().flat_map(tensors).collect();
        if tensors.is_empty() {
            continue;
        }
        count += 1;
        let outgoing = tensors.iter().map(|(name, shape)| {
            let elements: usize = shape.iter().product();
            Outgoing::new(name.as_str(), Dtype::F16, shape.clone(), move || Ok([0, 0x3c].repeat(elements).into()))
        });
        let bytes = safetensors_bytes(outgoing, &BTreeMap::new()).expect("it can be written");
        fs::write(scratch.path().join("adapter_model.safetensors"), bytes).expect("a file");
        fs::write(scratch.path().join("adapter_config.json"), case["config"].to_string()).expect("a file");
        let [sizes, class] = [0, 1].map(|at| models["models"][case["model"].as_str().expect("a model")][at].clone());
        let mut base = sizes;
        base["architectures"] = Value::Array(vec![class]);
        for model in [None, Some(model(&base))] {
            let which = if model.is_some() { "on the model" } else { "alone" };
            let mut findings = judged(scratch.path(), model);
            // The recording has entries that no module of the model is named by.
            let is_nobody = |finding: &Finding| finding.rule.code == "AL655" && finding.message.contains("`nope`");
            findings.retain(|finding| !is_nobody(finding));
            if !findings.is_empty() {
                wrong.push(format!("{} {} {which}: {:?}", case["model"], case["config"], told(&findings)));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
    assert!(count > 1000, "only {count} cases");
}
