//! The oracle against what the real library computed: every case in `fixtures/oracle`, in both precisions. Cases with wrong
//! outputs have to be rejected. `ORACLE=DIR cargo test --test recorded oracle` runs another folder of cases.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use adapter_spec::oracle::{Case, Files, Group, Verdict, judge};
use adapter_spec::schema::{self, Draft};
use libtest_mimic::Failed;
use serde_json::Value;

use crate::Trial;

const FOLDER: &str = "fixtures/oracle";

pub(crate) fn trials() -> Vec<Trial> {
    let folder = std::env::var_os("ORACLE").map_or_else(|| PathBuf::from(FOLDER), PathBuf::from);
    let cases = Files::below(&folder).expect("the folder of cases can be read");
    let mut trials: Vec<_> = cases
        .into_iter()
        .map(|files| {
            let name = name(&folder, &files.case);
            Trial::test(name, move || check(&files))
        })
        .collect();
    if folder == Path::new(FOLDER) {
        trials.push(Trial::test("the manifest lists the cases there are", manifest_is_complete));
        trials.push(Trial::test("every kind and method has cases to accept", every_method_has_cases));
    }
    trials
}

fn name(folder: &Path, case: &Path) -> String {
    case.strip_prefix(folder).unwrap_or(case).with_extension("").display().to_string()
}

fn check(files: &Files) -> Result<(), Failed> {
    let (case, arrays) = files.read().map_err(|error| error.to_string())?;
    agrees_with_the_schema(files)?;
    for (name, shape) in &case.shapes {
        let found = arrays.get(name).map(|tensor| tensor.shape().iter().map(|&size| size as u64).collect::<Vec<_>>());
        if found.as_ref() != Some(shape) {
            return Err(format!("`shapes` says {name} {shape:?}, the arrays have {found:?}").into());
        }
    }
    let all = Group { file: &arrays, prefix: "" };
    if let Some(unlisted) = all.names().find(|name| !case.shapes.contains_key(*name)) {
        return Err(format!("`shapes` does not list the array {unlisted}").into());
    }
    let judged = judge(&case, &arrays).map_err(|error| error.to_string())?;
    if judged.passed && is_near_enough(&case, judged.f64.map(|d| d.absolute), judged.f32.map(|d| d.relative)) {
        return Ok(());
    }
    Err(format!("{:?}: f64 {:?}, f32 {:?}, {:?}", case.verdict, judged.f64, judged.f32, judged.faults).into())
}

/// Some cases carry wider tolerances than the oracle needs: it is held to 1e-12 in double precision, and to 2e-6 of the
/// output's scale in single. Only xIELU, which the library computes in bfloat16, may be further off in single.
fn is_near_enough(case: &Case, double: Option<f64>, single: Option<f64>) -> bool {
    case.verdict == Verdict::Reject
        || case.id.starts_with("activation-xielu")
        || (double.is_some_and(|absolute| absolute <= 1e-12) && single.is_some_and(|relative| relative <= 2e-6))
}

fn agrees_with_the_schema(files: &Files) -> Result<(), Failed> {
    let schema = schema::schema("oracle-case", Draft::Draft202012).ok_or("there is no schema of cases")?;
    let validator = jsonschema::validator_for(&schema)?;
    let case: Value = serde_json::from_slice(&std::fs::read(&files.case)?)?;
    validator.validate(&case).map_err(|error| format!("{}: {error}", error.instance_path()).into())
}

fn manifest_is_complete() -> Result<(), Failed> {
    let manifest: Value = serde_json::from_slice(&std::fs::read(format!("{FOLDER}/manifest.json"))?)?;
    let listed = manifest["cases"].as_array().ok_or("the manifest has no cases")?;
    let mut paths = BTreeSet::new();
    for line in listed {
        let path = line["path"].as_str().ok_or("a line has no path")?;
        let (case, _) = Files { case: Path::new(FOLDER).join(path) }.read()?;
        let verdict = match case.verdict {
            Verdict::Accept => "accept",
            Verdict::Reject => "reject",
            Verdict::Refuse => "refuse",
        };
        let said = [&line["id"], &line["method"], &line["kind"], &line["verdict"]].map(Value::as_str);
        if said != [&case.id, &case.method, case.subject.kind(), verdict].map(Some) {
            return Err(format!("{path} is not what the manifest says: {line}").into());
        }
        if !paths.insert(path.to_owned()) {
            return Err(format!("{path} is listed twice").into());
        }
    }
    let there: BTreeSet<_> = Files::below(Path::new(FOLDER))?
        .iter()
        .map(|files| format!("{}.json", name(Path::new(FOLDER), &files.case)))
        .collect();
    if there == paths { Ok(()) } else { Err(format!("not listed: {:?}", there.difference(&paths)).into()) }
}

fn every_method_has_cases() -> Result<(), Failed> {
    let mut accepted = BTreeSet::new();
    let mut rejected = 0;
    for files in Files::below(Path::new(FOLDER))? {
        let (case, _) = files.read()?;
        match case.verdict {
            Verdict::Accept => accepted.extend([case.method, case.subject.kind().to_owned()]),
            Verdict::Reject => rejected += 1,
            Verdict::Refuse => {}
        }
    }
    const EXPECTED: [&str; 23] = [
        "activation",
        "averaging",
        "bottleneck",
        "bottleneck_layer",
        "compacter",
        "dora",
        "dvora",
        "encoder",
        "fusion",
        "ia3",
        "invertible",
        "lora",
        "lora_linear",
        "lora_merged_linear",
        "mtl-lora",
        "phm",
        "prefix-tuning",
        "prefix_tuning",
        "prompt-tuning",
        "prompt_tuning",
        "reft",
        "union",
        "vera",
    ];
    let missing: Vec<_> = EXPECTED.into_iter().filter(|name| !accepted.contains(*name)).collect();
    if missing.is_empty() && rejected > 0 { Ok(()) } else { Err(format!("{missing:?}, {rejected} wrong ones").into()) }
}
