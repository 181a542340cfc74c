//! Saved adapters of PEFT whose config was edited, or that lack tensors, held against what PEFT computed with them: every case
//! in `fixtures/edited`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use adapter_spec::diff::{Options, compare};
use adapter_spec::document::{Document, Format};
use adapter_spec::lint::{self, Severity, lint_weights};
use adapter_spec::models::Model;
use adapter_spec::tensors::{Existing, Outgoing, TensorFile, write_safetensors};
use libtest_mimic::Failed;
use serde_json::{Map, Value};

use crate::{Said, Subject};

const FOLDER: &str = "fixtures/edited";

/// How many pairs that compute the same are not called the same, with the base model and without it. Nobody is led astray by
/// these, but there should not be more of them.
const NEEDLESS: [usize; 2] = [48, 90];

pub(crate) fn trials() -> Subject {
    Said::by("what PEFT computes", run).into()
}

/// A case that was recorded.
struct Case {
    method: String,
    set: Map<String, Value>,
    without: Vec<String>,
    outcome: String,
}

impl Case {
    fn read(line: &str) -> Result<Self, Failed> {
        let line: Value = serde_json::from_str(line)?;
        let text = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
        let without = line["without"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
        Ok(Self {
            method: text("method"),
            set: line["set"].as_object().cloned().unwrap_or_default(),
            without: without.collect(),
            outcome: text("outcome"),
        })
    }

    fn source(&self) -> PathBuf {
        Path::new(FOLDER).join(&self.method)
    }

    /// The folder that PEFT loaded.
    fn write(&self, folder: &Path) -> Result<(), Failed> {
        let source = self.source();
        let mut config: Map<String, Value> = serde_json::from_slice(&fs::read(source.join("adapter_config.json"))?)?;
        config.extend(self.set.clone());
        fs::write(folder.join("adapter_config.json"), serde_json::to_vec(&config)?)?;
        let file = TensorFile::open(source.join("adapter_model.safetensors"))?;
        let left = file.iter().filter(|tensor| !self.without.iter().any(|name| name == tensor.name()));
        let left = left.map(Outgoing::from);
        write_safetensors(folder.join("adapter_model.safetensors"), left, file.metadata(), Existing::Refuse)?;
        Ok(())
    }
}

fn run(said: &Said) -> Result<(), Failed> {
    let text = fs::read_to_string(format!("{FOLDER}/model/config.json"))?;
    let document = Document::read(text.into_bytes(), Format::Json);
    let model = document.root.as_ref().and_then(Model::from_config).ok_or("a base model")?;
    let cases = fs::read_to_string(format!("{FOLDER}/cases.jsonl"))?;
    let cases: Vec<Case> = cases.lines().map(Case::read).collect::<Result<_, _>>()?;
    let scratch = tempfile::tempdir()?;
    let mut wrong = Vec::new();
    let mut needless: [Vec<String>; 2] = Default::default();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (number, case) in cases.iter().enumerate() {
        let folder = scratch.path().join(number.to_string());
        fs::create_dir(&folder)?;
        case.write(&folder)?;
        *counts.entry(&case.outcome).or_default() += 1;
        let name =
            format!("{}, {} without {:?}: {}", case.method, Value::from(case.set.clone()), case.without, case.outcome);
        let same = |a: &Path, model: Option<&Model>| {
            let options = Options { model: model.cloned(), ..Options::default() };
            compare(a, &folder, &options, &|_, _| ()).map(|compared| compared.same)
        };
        for (at, model) in [Some(&model), None].into_iter().enumerate() {
            match (same(&case.source(), model)?, case.outcome == "same") {
                (true, false) => wrong.push(format!("{name}, model {}", model.is_some())),
                (false, true) => needless[at].push(name.clone()),
                _ => {}
            }
        }
        // Where PEFT raises an error, or draws numbers, the linter has an error; and none where all is as it was saved.
        let options = lint::Options { model: Some(model.clone()), ..lint::Options::default() };
        let weights = lint_weights(&folder.join("adapter_model.safetensors"), &options)?.ok_or("weights are judged")?;
        let text = fs::read(folder.join("adapter_config.json"))?;
        let config = lint::lint(&Document::read(text, Format::Json), "adapter_config.json", &options);
        let findings = config.findings.iter().chain(&weights.findings);
        let errors: Vec<_> = findings
            .filter(|finding| finding.severity == Severity::Error)
            .map(|finding| format!("{}: {}", finding.rule.code, finding.message))
            .collect();
        // The names are those that PEFT saved.
        if errors.iter().any(|error| error.starts_with("AL650")) {
            wrong.push(format!("{name}: {errors:?}"));
        }
        match case.outcome.as_str() {
            "same" if case.without.is_empty() && !errors.is_empty() => wrong.push(format!("{name}: {errors:?}")),
            "same" | "differs" => {}
            _ if errors.is_empty() => wrong.push(format!("{name}, and no error")),
            _ => {}
        }
        // Two times itself, it is the same only if PEFT loads it, and makes the same of it each time.
        let is_settled = ["same", "differs"].contains(&case.outcome.as_str());
        if !is_settled && same(&folder, Some(&model))? {
            wrong.push(format!("{name}, twice itself"));
        }
    }
    let counts: Vec<_> = counts.iter().map(|(outcome, count)| format!("{count} {outcome}")).collect();
    let [with, without] = needless.each_ref().map(Vec::len);
    said.line(format!("{} edited adapters ({}): none called the same that is not,", cases.len(), counts.join(", ")));
    said.line(format!("  {with} that are the same not called so with the base model, {without} without it"));
    if !wrong.is_empty() {
        return Err(format!("called the same, though PEFT does not compute the same:\n{}", wrong.join("\n")).into());
    }
    if [with, without] != NEEDLESS {
        let all = needless.map(|all| all.join("\n")).join("\n\nwithout the base model:\n");
        return Err(format!("{with} and {without} not called the same, {NEEDLESS:?} expected:\n{all}").into());
    }
    Ok(())
}
