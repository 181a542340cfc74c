//! Saved adapters of every release, written for the newest: refused where the function cannot be kept, else carried over
//! bit by bit. That adapters 1.3.0 then computes what the old release computed was recorded by loading the results
//! (`fixtures/checkpoints/converted.json`).

use std::path::{Path, PathBuf};

use adapter_spec::convert::{Container, ConvertError, Options, Plan, Release, Source, Target};
use adapter_spec::tensors::Existing;
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;

const FOLDER: &str = "fixtures/checkpoints";

/// What cannot be had in the newest release, and a word of the reason.
const REFUSED: [(&str, &str); 8] = [
    ("adapter-transformers-1.1.1/bert/double_seq_bn_inv", "activation of its own"),
    ("adapter-transformers-2.3.0/t5/double_seq_bn", "each other's place"),
    ("adapter-transformers-3.2.1/bert/compacterpp", "not in the file"),
    ("adapter-transformers-3.2.1/gpt2/seq_bn_inv", "position embeddings"),
    ("adapters-1.0.1/bert/compacterpp", "not in the file"),
    ("adapters-1.0.1/llama/prefix_tuning", "as wide as all heads"),
    ("adapters-1.3.0/bert-BertModel/compacterpp", "not in the file"),
    ("adapters-1.3.0/bert-BertModel/vera", "not in the file"),
];

/// What 1.3.0 computes of a result is not what the old release computed, and why no converter can know.
const AMBIGUOUS: [&str; 2] = ["adapters-1.0.1/bert/direft", "adapters-1.3.0/bert/direft"];

/// The head of this case has other names for its tensors; heads are not converted.
const OTHER_HEAD: &str = "adapter-transformers-2.3.0/bert/head_no_dropout";

fn main() {
    let loaded = read(Path::new(FOLDER).join("loaded_by_adapters-1.3.0.json")).expect("the recording of 1.3.0");
    let paths = loaded["cases"].as_object().expect("cases by path").keys().cloned();
    let mut trials: Vec<_> = paths.map(|path| Trial::test(path.clone(), move || check(&path))).collect();
    trials.push(Trial::test("adapters 1.3.0 computes what the old releases computed", results_are_the_same));
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn read(path: PathBuf) -> Result<Value, Failed> {
    Ok(serde_json::from_slice(&std::fs::read(path)?)?)
}

fn newest(source: &Source, name: Option<&str>) -> Result<Plan, ConvertError> {
    let options = Options { name: name.map(str::to_owned), ..Options::to(Target::AdapterHub(Release::newest())) };
    Plan::new(source, &options)
}

fn check(path: &str) -> Result<(), Failed> {
    let folder = Path::new(FOLDER).join(path);
    let case = read(folder.join("case.json"))?;
    let parts = ["adapters", "fusion"].into_iter().flat_map(|key| case[key].as_object().into_iter().flatten());
    let refused = REFUSED.iter().find(|(case, _)| *case == path);
    for part in parts.map(|(_, folder)| folder.as_str().unwrap_or_default()) {
        let source = Source::open(&folder.join(part))?;
        let plan = newest(&source, None)?;
        let losses: Vec<_> = plan.changes.iter().filter(|change| change.loses).map(|change| &change.what).collect();
        match (refused, losses.as_slice()) {
            (None, []) => {}
            (Some((_, reason)), [loss]) if loss.contains(reason) => return Ok(()),
            (expected, found) => return Err(format!("expected {expected:?}, found {found:?}").into()),
        }
        for container in [Container::Safetensors, Container::Torch] {
            converts(&source, &plan, container)?;
        }
        renames(&source)?;
    }
    Ok(())
}

/// The result can be read, means what the plan says, and is left alone by another conversion.
fn converts(source: &Source, plan: &Plan, container: Container) -> Result<(), Failed> {
    let scratch = tempfile::tempdir()?;
    let first = scratch.path().join("first");
    let proof = plan.write(source, &first, container, Existing::Refuse, &|_| ())?;
    let (_, changed) = plan.counts(source);
    if proof.computed != changed || proof.identical == 0 {
        return Err(format!("{proof:?} for a plan of {:?}", plan.counts(source)).into());
    }
    if plan.write(source, &first, container, Existing::Refuse, &|_| ()).is_ok() {
        return Err("an existing output was written over".into());
    }
    let again = Source::open(&first)?;
    let plan = newest(&again, None)?;
    let is_idle = plan.changes.iter().all(|change| change.what.contains("DiReFT"));
    if !is_idle || !plan.mapping().is_empty() || plan.counts(&again).1 > 0 {
        return Err(format!("the result is not left alone: {:?}", plan.changes).into());
    }
    let second = scratch.path().join("second");
    plan.write(&again, &second, container, Existing::Refuse, &|_| ())?;
    for entry in std::fs::read_dir(&first)? {
        let name = entry?.file_name();
        if std::fs::read(first.join(&name))? != std::fs::read(second.join(&name))? {
            return Err(format!("a second conversion changes {}", name.display()).into());
        }
    }
    Ok(())
}

/// Another name and back is the same tensors.
fn renames(source: &Source) -> Result<(), Failed> {
    let scratch = tempfile::tempdir()?;
    let other = scratch.path().join("other");
    newest(source, Some("loras"))?.write(source, &other, Container::Torch, Existing::Refuse, &|_| ())?;
    let renamed = Source::open(&other)?;
    if renamed.parts()[0].name != "loras" || renamed.weights[0].iter().any(|tensor| !tensor.name().contains(".loras."))
    {
        return Err("a tensor keeps the old name".into());
    }
    let back = newest(&renamed, Some(&source.parts()[0].name))?;
    let here = newest(source, None)?;
    let names = |plan: &Plan| {
        plan.outputs[0].tensors.iter().map(|tensor| tensor.to.clone()).collect::<std::collections::BTreeSet<_>>()
    };
    if names(&back) == names(&here) { Ok(()) } else { Err("another name and back gives other names".into()) }
}

fn results_are_the_same() -> Result<(), Failed> {
    let recorded = read(Path::new(FOLDER).join("converted.json"))?;
    let cases = recorded["cases"].as_object().ok_or("cases by path")?;
    let mut same = 0;
    for (path, case) in cases {
        // The results stand under the name of the release that loads them.
        let (model, rest) = path.trim_start_matches("adapters-1.3.0/").split_once('/').ok_or("no model")?;
        let (release, name) = rest.split_once("__").ok_or("no release")?;
        let source = format!("{release}/{model}/{name}");
        let difference = |output: &str| case["differences"][output]["relative"].as_f64();
        let (single, double) = (difference("last_hidden_state"), difference("last_hidden_state_f64"));
        if AMBIGUOUS.contains(&source.as_str()) || source == OTHER_HEAD {
            continue;
        }
        if REFUSED.iter().any(|(case, _)| *case == source) {
            return Err(format!("{source} is refused, and has a result").into());
        }
        // Where tensors are computed anew they are rounded to their own precision.
        let limit = if source == "adapters-1.0.1/gpt2/lora_qkv_io" { 1e-7 } else { 1e-12 };
        if single.is_none_or(|d| d > 1e-5) || double.is_none_or(|d| d > limit) {
            return Err(format!("{source}: {single:?} in single, {double:?} in double precision").into());
        }
        same += 1;
    }
    if same >= 140 { Ok(()) } else { Err(format!("only {same} results were recorded").into()) }
}
