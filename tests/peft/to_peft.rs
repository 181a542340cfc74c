//! From PEFT to PEFT: other kinds of files, and names that PEFT loads.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use adapter_spec::convert::{Container, Options, Plan, Source, Target};
use adapter_spec::dialects::peft::PeftType;
use adapter_spec::dialects::peft::repair::repair;
use adapter_spec::files::Existing;
use adapter_spec::tensors::{Dtype, Outgoing, TensorFile, write_safetensors};
use serde_json::Value;

const MERGES: &str = "fixtures/merges";

/// A case of `fixtures/peft/names.jsonl`.
struct Case {
    name: String,
    peft_type: String,
    in_model: Vec<String>,
    saved: Vec<String>,
}

fn cases() -> Vec<Case> {
    let text = fs::read_to_string("fixtures/peft/names.jsonl").expect("it is there");
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("it is JSON"));
    let names = |value: &Value| -> Vec<String> {
        let list = value.as_array().expect("a list of names");
        list.iter().map(|name| name.as_str().expect("a name").to_owned()).collect()
    };
    let case = |line: Value| {
        let text = |key: &str| line[key].as_str().expect("a text").to_owned();
        let (in_model, saved) = (names(&line["in_model"]), names(&line["saved"]));
        Case { name: text("case"), peft_type: text("peft_type"), in_model, saved }
    };
    lines.filter(|line| line.get("case").is_some()).map(case).collect()
}

fn repaired(case: &Case, names: &[String]) -> BTreeSet<String> {
    let names = repair(PeftType::named(&case.peft_type), names.iter().map(String::as_str));
    let names = names.unwrap_or_else(|error| panic!("{}: {error}", case.name));
    names.into_values().filter_map(|repaired| repaired.name).collect()
}

#[test]
fn names_in_a_model_become_those_that_are_saved() {
    let all = cases();
    assert!(all.len() > 50);
    for case in &all {
        let found = repaired(case, &case.in_model);
        // What the base model has itself, and what PEFT makes anew when it saves.
        let is_other = |name: &String| {
            let ends = [".base_layer.weight", ".shira_indices"];
            let is_bias = name.ends_with(".bias") && case.name == "lora-bias-all";
            is_bias || ends.iter().any(|end| name.ends_with(end)) || name.contains("_topk_")
        };
        let missing: Vec<_> = case.saved.iter().filter(|name| !found.contains(*name) && !is_other(name)).collect();
        assert!(missing.is_empty(), "{}: {missing:?} among {found:?}", case.name);
        assert!(!case.in_model.is_empty(), "{}", case.name);
    }
}

#[test]
fn saved_names_stay_and_come_back() {
    for case in &cases() {
        let saved: BTreeSet<_> = case.saved.iter().cloned().collect();
        let names = repair(PeftType::named(&case.peft_type), case.saved.iter().map(String::as_str))
            .expect("they are as they should be");
        assert!(names.values().all(|repaired| repaired.flaws.is_empty()), "{}: {names:?}", case.name);
        let spoilt: [fn(&str) -> String; 4] = [
            |name| format!("_orig_mod.{name}"),
            |name| format!("module.{name}"),
            |name| name.replace("base_model.model.", "base_model.model.base_model.model."),
            |name| name.replace(".self_attn.", "._fsdp_wrapped_module.self_attn."),
        ];
        for spoil in spoilt {
            let names: Vec<_> = case.saved.iter().map(|name| spoil(name)).collect();
            assert_eq!(repaired(case, &names), saved, "{}", case.name);
        }
        let names: Vec<_> = case.saved.iter().map(|name| name.replace("base_model.model.", "")).collect();
        assert_eq!(repaired(case, &names), saved, "{}", case.name);
    }
}

fn convert(source: &Path, target: &Path, container: Container, dtype: Option<Dtype>) {
    let source = Source::open(source).unwrap_or_else(|error| panic!("{}: {error}", source.display()));
    let plan = Plan::new(&source, &Options { dtype, ..Options::to(Target::Peft) }).expect("there is a plan");
    assert!(!plan.loses(), "{:?}", plan.changes);
    plan.write(&source, target, container, Existing::Refuse, &|_| ()).expect("it is written");
}

fn folders() -> Vec<PathBuf> {
    let entries = fs::read_dir(MERGES).expect("it is there").map(|entry| entry.expect("an entry").path());
    entries.filter(|path| path.join("adapter_config.json").is_file()).collect()
}

#[test]
fn there_and_back_gives_the_bytes_back() {
    for folder in folders() {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let (there, back) = (scratch.path().join("there"), scratch.path().join("back"));
        convert(&folder, &there, Container::Torch, None);
        convert(&there, &back, Container::Safetensors, None);
        let file = |folder: &Path, name: &str| fs::read(folder.join(name)).expect("it is there");
        let weights = "adapter_model.safetensors";
        assert!(file(&folder, weights) == file(&back, weights), "{}", folder.display());
        let config = |folder: &Path| -> Value {
            serde_json::from_slice(&file(folder, "adapter_config.json")).expect("it is JSON")
        };
        assert_eq!(config(&folder), config(&back), "{}", folder.display());
        assert!(there.join("adapter_model.bin").is_file() && !there.join(weights).exists());
    }
}

#[test]
fn another_type_of_numbers_is_rounded_to() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let target = scratch.path().join("half");
    convert(Path::new("fixtures/merges/shira"), &target, Container::Safetensors, Some(Dtype::Bf16));
    let file = TensorFile::open(target.join("adapter_model.safetensors")).expect("it is there");
    let types: BTreeMap<bool, BTreeSet<Dtype>> = file.iter().fold(BTreeMap::new(), |mut types, tensor| {
        types.entry(tensor.name().ends_with("indices")).or_default().insert(tensor.dtype());
        types
    });
    assert_eq!(types[&false], BTreeSet::from([Dtype::Bf16]));
    assert!(!types[&true].contains(&Dtype::Bf16), "{types:?}");
}

/// A copy of an adapter's folder with other names of tensors.
fn renamed(folder: &Path, target: &Path, rename: impl Fn(&str) -> String) {
    fs::create_dir(target).expect("it is new");
    fs::copy(folder.join("adapter_config.json"), target.join("adapter_config.json")).expect("it is copied");
    let file = TensorFile::open(folder.join("adapter_model.safetensors")).expect("it is there");
    let tensors = file.iter().map(|tensor| Outgoing::from(tensor).renamed(rename(tensor.name())));
    let path = target.join("adapter_model.safetensors");
    write_safetensors(path, tensors, file.metadata(), Existing::Refuse).expect("it is written");
}

#[test]
fn names_are_repaired_in_files() {
    let folder = Path::new("fixtures/merges/lora-modules-to-save");
    let spoilt: [fn(&str) -> String; 3] = [
        |name| name.replace("base_model.model.", ""),
        |name| name.replace(".weight", ".default.weight").replace("lm_head.", "lm_head.modules_to_save."),
        |name| format!("_orig_mod.base_model.model.{name}"),
    ];
    for spoil in spoilt {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let (source, target) = (scratch.path().join("spoilt"), scratch.path().join("target"));
        renamed(folder, &source, spoil);
        convert(&source, &target, Container::Safetensors, None);
        let [expected, found] = [folder, &target].map(|folder| fs::read(folder.join("adapter_model.safetensors")));
        assert!(expected.expect("it is there") == found.expect("it is there"));
    }
}

#[test]
fn what_cannot_be_told_is_refused() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let source = scratch.path().join("spoilt");
    renamed(Path::new("fixtures/merges/lora"), &source, |name| {
        name.replace(".weight", if name.contains("layers.0") { ".one.weight" } else { ".two.weight" })
    });
    let source = Source::open(&source).expect("it is read");
    let error = Plan::new(&source, &Options::to(Target::Peft)).expect_err("there are two adapters in it");
    assert!(error.to_string().contains("to the adapter `one`"), "{error}");
}
