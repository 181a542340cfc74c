//! The methods of PEFT against what the library computed: every case in `fixtures/oracle_peft`, in both precisions.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use adapter_spec::dialects::peft::{Does, PeftType};
use adapter_spec::oracle::{Files, Group, judge};
use adapter_spec::schema::{self, Draft};
use libtest_mimic::Failed;
use serde_json::Value;

use crate::Trial;

const FOLDER: &str = "fixtures/oracle_peft";

/// The methods that are no change of a layer's weight.
const BESIDE: [&str; 11] = [
    "adaption-prompt",
    "cartridge",
    "cpt",
    "lily",
    "multitask-prompt-tuning",
    "p-tuning",
    "poly",
    "prefix-tuning",
    "prompt-tuning",
    "shadow",
    "xlora",
];

pub(crate) fn trials() -> Vec<Trial> {
    let cases = Files::below(Path::new(FOLDER)).expect("the folder of cases can be read");
    let mut trials: Vec<_> = cases
        .into_iter()
        .map(|files| {
            let name = files.case.strip_prefix(FOLDER).unwrap_or(&files.case).with_extension("").display().to_string();
            Trial::test(name, move || check(&files))
        })
        .collect();
    trials.push(Trial::test("the manifest lists the cases there are", manifest_is_complete));
    trials.push(Trial::test("every method has cases", every_method_has_cases));
    trials
}

fn check(files: &Files) -> Result<(), Failed> {
    let (case, arrays) = files.read().map_err(|error| error.to_string())?;
    let schema = schema::schema("oracle-case", Draft::Draft202012).ok_or("there is no schema of cases")?;
    let text: Value = serde_json::from_slice(&std::fs::read(&files.case)?)?;
    jsonschema::validator_for(&schema)?
        .validate(&text)
        .map_err(|error| format!("{}: {error}", error.instance_path()))?;
    let all = Group { file: &arrays, prefix: "" };
    let listed: BTreeSet<&str> = case.shapes.keys().map(String::as_str).collect();
    if all.names().collect::<BTreeSet<_>>() != listed {
        return Err("`shapes` does not list the arrays".into());
    }
    let judged = judge(&case, &arrays).map_err(|error| error.to_string())?;
    if judged.passed {
        return Ok(());
    }
    Err(format!("f64 {:?}, f32 {:?}, {:?}", judged.f64, judged.f32, judged.faults).into())
}

fn manifest() -> Result<Vec<BTreeMap<String, String>>, Failed> {
    let manifest: Value = serde_json::from_slice(&std::fs::read(format!("{FOLDER}/manifest.json"))?)?;
    Ok(serde_json::from_value(manifest["cases"].clone())?)
}

fn manifest_is_complete() -> Result<(), Failed> {
    let listed: BTreeSet<_> = manifest()?.iter().map(|line| format!("{FOLDER}/{}", line["path"])).collect();
    let there: BTreeSet<_> =
        Files::below(Path::new(FOLDER))?.iter().map(|files| files.case.display().to_string()).collect();
    if listed == there { Ok(()) } else { Err(format!("{:?}", listed.symmetric_difference(&there)).into()) }
}

fn every_method_has_cases() -> Result<(), Failed> {
    let there: BTreeSet<String> = manifest()?.into_iter().filter_map(|mut line| line.remove("method")).collect();
    let updates = PeftType::ALL.iter().filter(|method| method.does() == Does::Update);
    let mut wanted: BTreeSet<String> = updates.map(|method| method.name().to_lowercase().replace('_', "-")).collect();
    wanted.extend(BESIDE.map(str::to_owned));
    if there == wanted { Ok(()) } else { Err(format!("{:?}", there.symmetric_difference(&wanted)).into()) }
}
