//! `oracle` and `verify` on the command line: right outputs pass, wrong and missing ones do not, and what cannot be read
//! is said.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use adapter_spec::oracle::{Files, Group, kinds};
use adapter_spec::tensors::{Dtype, Existing, Outgoing, write_safetensors};
use ndarray::{ArrayD, Axis};
use tempfile::TempDir;

use crate::support::run;

/// A folder with copies of some golden cases.
fn cases(ids: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().expect("a scratch folder");
    for id in ids {
        let (method, name) = id.split_once('/').expect("method and id");
        for extension in ["json", "safetensors"] {
            let from = format!("fixtures/oracle/{method}/{name}.{extension}");
            fs::copy(from, folder.path().join(format!("{name}.{extension}"))).expect("the case is there");
        }
    }
    folder
}

/// Writes what the oracle computes for every case of a folder, changed by a factor.
fn write_outputs(cases: &Path, outputs: &Path, factor: f64) {
    write_some_outputs(cases, outputs, factor, |_| true);
}

/// Writes the outputs of some names.
fn write_some_outputs(cases: &Path, outputs: &Path, factor: f64, is_wanted: impl Fn(&str) -> bool) {
    for files in Files::below(cases).expect("there are cases") {
        let (case, arrays) = files.read().expect("the case can be read");
        let computed = kinds::run::<f64>(&case, &arrays).expect("the case can be run");
        let wanted = computed.into_iter().filter(|(name, _)| is_wanted(name));
        let arrays = wanted.map(|(name, array)| (format!("f64/{name}"), array * factor));
        write_arrays(&outputs.join(format!("{}.safetensors", case.id)), arrays);
    }
}

/// Writes arrays as all that an implementation computed.
fn write_arrays(path: &Path, arrays: impl IntoIterator<Item = (String, ArrayD<f64>)>) {
    let outgoing = arrays.into_iter().map(|(name, array)| {
        let bytes: Vec<u8> = array.iter().flat_map(|value| value.to_le_bytes()).collect();
        Outgoing::new(name, Dtype::F64, array.shape().to_vec(), move || Ok(Cow::Owned(bytes)))
    });
    write_safetensors(path, outgoing, &BTreeMap::new(), Existing::Overwrite).expect("it can be written");
}

const SOME: [&str; 2] = ["lora/lora-rank-beyond-size", "activation/activation-relu"];

#[test]
fn the_oracle_passes_right_cases_and_rejects_wrong_ones() {
    let wrong = fs::read_dir("fixtures/oracle/negative").expect("the folder").flatten().next().expect("a case");
    let wrong = wrong.path().file_stem().and_then(|stem| stem.to_str()).map(|id| format!("negative/{id}"));
    let folder = cases(&[SOME[0], SOME[1], &wrong.expect("a name")]);
    let folder = folder.path().to_str().expect("a path in UTF-8");
    let (code, out, err) = run(&["oracle", folder]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("lora-rank-beyond-size") && out.contains("pass") && out.contains("reject"), "{out}");
    assert_eq!(err, "3 cases: 3 passed (1 of them wrong outputs that were rejected), 0 failed\n");
    let (code, out, _) = run(&["oracle", folder, "--output-format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((code, &json["passed"], json["cases"].as_array().map(Vec::len)), (0, &true.into(), Some(3)));
}

#[test]
fn a_changed_case_fails() {
    let folder = cases(&SOME);
    let path = folder.path().join("lora-rank-beyond-size.json");
    let text = fs::read_to_string(&path).expect("the case");
    assert!(text.contains("\"alpha\": "));
    fs::write(&path, text.replace("\"alpha\": ", "\"alpha\": 1")).expect("it can be written");
    let (code, out, err) = run(&["oracle", folder.path().to_str().expect("UTF-8"), "--failed"]);
    assert_eq!(code, 1, "{out}{err}");
    assert!(out.contains("FAIL") && !out.contains("activation-relu"), "{out}");
}

#[test]
fn verify_takes_another_implementations_outputs() {
    let folder = cases(&SOME);
    let outputs = tempfile::tempdir().expect("a scratch folder");
    let paths = [folder.path(), outputs.path()].map(|path| path.to_str().expect("UTF-8").to_owned());
    let verify = |more: &[&str]| {
        let mut arguments = vec!["verify", &paths[0], "--outputs", &paths[1]];
        arguments.extend(more);
        run(&arguments)
    };
    let (code, out, err) = verify(&[]);
    assert_eq!(code, 1, "nothing was computed yet");
    assert!(out.contains("there is no") && err.contains("2 failed"), "{out}{err}");
    let (code, _, err) = verify(&["--partial"]);
    assert!(code == 2 && err.contains("no case has outputs there"), "{err}");
    write_outputs(folder.path(), outputs.path(), 1.0);
    let (code, out, err) = verify(&[]);
    assert_eq!(code, 0, "{out}{err}");
    let at = |name: &str| outputs.path().join(name);
    fs::rename(at("activation-relu.safetensors"), at("activation_relu.safetensors")).expect("it can be renamed");
    let (code, _, err) = verify(&["--partial"]);
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("/activation_relu.safetensors: no case is called so"), "{err}");
    fs::rename(at("activation_relu.safetensors"), at("activation-relu.safetensors")).expect("it can be renamed");
    write_outputs(folder.path(), outputs.path(), 1.0 + 1e-9);
    assert_eq!(verify(&[]).0, 1, "a billionth is too much in double precision");
    fs::write(outputs.path().join("activation-relu.safetensors"), "version https://git-lfs.github.com/spec/v1\n")
        .expect("it can be written");
    let (code, out, _) = verify(&["--failed"]);
    assert_eq!(code, 1);
    assert!(out.to_lowercase().contains("lfs"), "{out}");
}

#[test]
fn an_implementation_may_compute_some_outputs_only() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    for extension in ["json", "safetensors"] {
        let name = format!("peft-loha-alpha-below.{extension}");
        fs::copy(format!("fixtures/oracle_peft/loha/{name}"), folder.path().join(name)).expect("the case is there");
    }
    let outputs = tempfile::tempdir().expect("a scratch folder");
    let paths = [folder.path(), outputs.path()].map(|path| path.to_str().expect("UTF-8").to_owned());
    let verify = |more: &[&str]| run(&[&["verify", &paths[0], "--outputs", &paths[1]], more].concat());
    write_some_outputs(folder.path(), outputs.path(), 1.0, |name| name == "y");
    let (code, out, err) = verify(&[]);
    assert!(code == 1 && out.contains("f64/delta_weight is missing"), "{out}{err}");
    let (code, out, err) = verify(&["--partial"]);
    assert_eq!(code, 0, "{out}{err}");
    write_some_outputs(folder.path(), outputs.path(), 1.0 + 1e-6, |name| name == "y");
    let (code, out, _) = verify(&["--partial"]);
    assert_eq!(code, 1, "what is there has to be right");
    assert!(out.contains("f64/y[") && out.contains("recorded") && !out.contains("missing"), "{out}");
    write_some_outputs(folder.path(), outputs.path(), 1.0, |_| false);
    assert_eq!(verify(&["--partial"]).0, 1, "a file without outputs is no implementation");
}

#[test]
fn a_failure_says_where_and_why() {
    let id = "peft-loha-alpha-below";
    let case = Files { case: format!("fixtures/oracle_peft/loha/{id}.json").into() };
    let (_, arrays) = case.read().expect("the case can be read");
    let y = Group { file: &arrays, prefix: "output/f64/" }.real::<f64>("y").expect("numbers").expect("an output");
    let outputs = tempfile::tempdir().expect("a scratch folder");
    let why = |name: &str, array: &ArrayD<f64>| {
        write_arrays(&outputs.path().join(format!("{id}.safetensors")), [(name.to_owned(), array.clone())]);
        let case = case.case.to_str().expect("UTF-8");
        let (code, out, _) = run(&["verify", case, "--outputs", outputs.path().to_str().expect("UTF-8"), "--partial"]);
        (code, out.lines().nth(2).unwrap_or_default().trim().to_owned())
    };
    assert_eq!(why("f64/y", &y), (0, String::new()));
    let mut changed = y.clone();
    let place = changed.shape().iter().map(|size| size - 1).collect::<Vec<_>>();
    changed[&place[..]] += 0.5;
    let (code, said) = why("f64/y", &changed);
    assert!(code == 1 && said.starts_with(&format!("f64/y{place:?} is ")), "{said}");
    assert!(said.ends_with("5.0e-1 apart, 1e-12 allowed"), "{said}");
    changed[&place[..]] = f64::NAN;
    let (code, said) = why("f64/y", &changed);
    assert!(code == 1 && said.contains("is NaN, recorded"), "{said}");
    let (code, said) = why("f64/Y", &y);
    assert!(code == 1 && said.starts_with("f64/Y: the case has no such output, but "), "{said}");
    let (code, said) = why("f64/y", &y.clone().insert_axis(Axis(0)));
    assert!(code == 1 && said.contains("has the shape [1, "), "{said}");
}

#[test]
fn wrong_outputs_are_neither_to_be_met_nor_to_be_missed_by_nonsense() {
    let name = "peft-lora-rslora-wrong-as-lora";
    let case = Files { case: format!("fixtures/oracle_peft/negative/{name}.json").into() };
    let (read, arrays) = case.read().expect("the case can be read");
    let recorded = Group { file: &arrays, prefix: "output/f64/" };
    let outputs = tempfile::tempdir().expect("a scratch folder");
    let verify = |change: &dyn Fn(f64) -> f64| {
        let arrays = recorded.names().map(|name| {
            let array = recorded.real::<f64>(name).expect("numbers").expect("an output");
            (format!("f64/{name}"), array.mapv(change))
        });
        write_arrays(&outputs.path().join(format!("{name}.safetensors")), arrays);
        let case = case.case.to_str().expect("UTF-8");
        run(&["verify", case, "--outputs", outputs.path().to_str().expect("UTF-8")])
    };
    let (code, out, _) = verify(&|value| value * 2.0);
    assert!(code == 0 && out.contains("reject"), "{out}");
    let (code, out, _) = verify(&|_| f64::NAN);
    assert!(code == 1 && out.contains("is NaN"), "{out}");
    let (code, out, _) = verify(&|value| value);
    let flaw = read.flaw.expect("it is said what is wrong");
    assert!(code == 1 && out.contains(&format!("wrong on purpose: {flaw}")), "{out}");
}

#[test]
fn what_cannot_be_read_is_said() {
    let (code, _, err) = run(&["oracle", "no-such-folder"]);
    assert_eq!(code, 2);
    assert!(err.contains("no-such-folder"), "{err}");
    let empty = tempfile::tempdir().expect("a scratch folder");
    let (code, _, err) = run(&["oracle", empty.path().to_str().expect("UTF-8")]);
    assert_eq!(code, 2);
    assert!(err.contains("there is no case in it"), "{err}");
    let folder = cases(&SOME);
    for (text, expected) in [
        ("{", "EOF"),
        ("[]", "invalid type"),
        (r#"{"format": "adapter-spec/oracle/v9"}"#, "missing field"),
        (&format!("{{\"settings\": {}", "[".repeat(100_000)), "recursion limit"),
    ] {
        fs::write(folder.path().join("activation-relu.json"), text).expect("it can be written");
        let (code, out, err) = run(&["oracle", folder.path().to_str().expect("UTF-8")]);
        assert_eq!(code, 1, "{out}{err}");
        assert!(out.contains("activation-relu.json") && out.contains(expected), "{expected}: {out}");
    }
}

#[test]
fn arrays_that_do_not_fit_the_case_are_named() {
    let folder = cases(&SOME[..1]);
    let path = folder.path().join("lora-rank-beyond-size.json");
    let text = fs::read_to_string(&path).expect("the case");
    for (from, to, expected) in [
        ("\"r\": 10", "\"r\": 9", "should have the shape"),
        ("\"in_features\": 6", "\"in_features\": 7", "should be 8 × 7"),
        ("\"kind\": \"lora_linear\"", "\"kind\": \"no such kind\"", "unknown variant"),
        ("\"composition_mode\": \"add\"", "\"composition_mode\": \"scale\"", "has to be 1"),
    ] {
        assert!(text.contains(from), "{from}");
        fs::write(&path, text.replace(from, to)).expect("it can be written");
        let (code, out, _) = run(&["oracle", folder.path().to_str().expect("UTF-8")]);
        assert_eq!(code, 1);
        assert!(out.contains(expected), "{expected}: {out}");
    }
}
