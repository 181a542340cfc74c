//! Adapters of PEFT judged for releases of vLLM, held against what its own code makes of them: `fixtures/serving/vllm.jsonl`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use adapter_spec::dialects::Target;
use adapter_spec::document::{Document, Format};
use adapter_spec::lint::{Finding, Options, Severity, lint, lint_weights};
use adapter_spec::models::Model;
use adapter_spec::tensors::{Dtype, Existing, Outgoing, write_safetensors};
use libtest_mimic::Failed;
use serde_json::Value;

use crate::{Said, Subject};

const RECORDED: &str = "fixtures/serving/vllm.jsonl";

pub(crate) fn trials() -> Subject {
    Said::by("vllm", run).into()
}

fn run(said: &Said) -> Result<(), Failed> {
    let text = fs::read_to_string(RECORDED)?;
    let lines: Vec<Value> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let (first, lines) = lines.split_first().ok_or("the releases")?;
    let all: Vec<&str> = first["releases"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    // Between two at which something changes all are alike, for the recording and for the rules: the first and the last do.
    let changes = |release: &str| lines.iter().any(|line| !line["outcomes"][release].is_null());
    let is_next = |at: usize| all.get(at + 1).is_none_or(|next| changes(next));
    let releases: Vec<&str> = (0..all.len()).filter(|at| changes(all[*at]) || is_next(*at)).map(|at| all[at]).collect();
    let model = Document::read(serde_json::to_vec(&first["model"])?, Format::Json);
    let model = model.root.as_ref().and_then(Model::from_config).ok_or("a base model")?;
    let mut wrong = Vec::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut cases = 0;
    for line in lines {
        let folder = tempfile::tempdir()?;
        write(line, folder.path())?;
        cases += 1;
        let (mut outcome, mut by_default) = (String::new(), String::new());
        for release in &releases {
            for (now, member) in [(&mut outcome, "outcomes"), (&mut by_default, "by_default")] {
                if let Some(new) = line[member][*release].as_str() {
                    new.clone_into(now);
                }
            }
            let findings = judge(folder.path(), release, &model)?;
            let errors: Vec<_> = findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
            // What PEFT cannot load may be served all the same.
            let own = || findings.iter().filter(|finding| finding.rule.code.starts_with("AL87"));
            let own_errors = || own().filter(|finding| finding.severity == Severity::Error);
            let is_served = outcome == "same";
            let is_right = match outcome.as_str() {
                // PEFT does not load it, so that nothing is lost.
                "alone" => true,
                "same" if by_default != "same" => own().next().is_some() && own_errors().next().is_none(),
                "same" => own_errors().next().is_none(),
                _ => !errors.is_empty(),
            };
            let words = [
                if is_served { "served" } else { "not served" },
                if errors.is_empty() { "no error" } else { "an error" },
            ];
            *counts.entry(words.join(", ")).or_default() += 1;
            if !is_right {
                let told: Vec<_> =
                    findings.iter().map(|finding| format!("{} {}", finding.rule.code, finding.message)).collect();
                wrong.push(format!("{} for {release}: {outcome}, by default {by_default}: {told:?}", line["case"]));
            }
        }
    }
    said.line(format!("{cases} adapters for {} releases of vLLM: {counts:?}", releases.len()));
    if wrong.is_empty() { Ok(()) } else { Err(format!("{} disagree:\n{}", wrong.len(), wrong.join("\n")).into()) }
}

/// The folder with tensors of the recorded names and shapes.
fn write(line: &Value, folder: &Path) -> Result<(), Failed> {
    fs::write(folder.join("adapter_config.json"), serde_json::to_vec(&line["config"])?)?;
    let mut tensors = Vec::new();
    for (name, shape) in line["tensors"].as_object().into_iter().flatten() {
        let sizes = shape.as_array().into_iter().flatten().filter_map(Value::as_u64);
        let shape: Vec<usize> = sizes.map(usize::try_from).collect::<Result<_, _>>()?;
        let bytes = 0.5_f32.to_le_bytes().repeat(shape.iter().product());
        tensors.push(Outgoing::new(name, Dtype::F32, shape, move || Ok(bytes.into())));
    }
    write_safetensors(folder.join("adapter_model.safetensors"), tensors, &BTreeMap::default(), Existing::Refuse)?;
    Ok(())
}

fn judge(folder: &Path, release: &str, model: &Model) -> Result<Vec<Finding>, Failed> {
    let target: Target = format!("vllm@{release}").parse().map_err(|error| format!("{error}"))?;
    let options = Options { targets: target.into(), model: Some(model.clone()), ..Options::default() };
    let name = "adapter_config.json";
    let document = Document::read(fs::read(folder.join(name))?, Format::Json);
    let mut findings = lint(&document, name, &options).findings;
    let weights = lint_weights(&folder.join("adapter_model.safetensors"), &options)?;
    findings.extend(weights.into_iter().flat_map(|linted| linted.findings));
    Ok(findings)
}
