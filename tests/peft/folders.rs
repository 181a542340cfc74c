//! Folders of PEFT: those with flaws are held to what PEFT made of them (`fixtures/peft/folders.json`), and in what PEFT
//! itself saved nothing is found.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use adapter_spec::document::{Document, Format};
use adapter_spec::files::Existing;
use adapter_spec::fix::names::Renaming;
use adapter_spec::lint::{Finding, Options, Severity, lint_weights};
use adapter_spec::models::Model;
use adapter_spec::tensors::{
    Dtype, Outgoing, Tensor, TensorFile, safetensors_bytes, write_safetensors, write_torch_zip,
};
use serde_json::Value;

use crate::support::read;

const SAFETENSORS: &str = "adapter_model.safetensors";
const TORCH: &str = "adapter_model.bin";

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
    let recorded = read("fixtures/peft/folders.json");
    let usual = model(&recorded["model"]);
    let mut wrong = Vec::new();
    let cases = recorded["cases"].as_object().expect("cases");
    for (name, row) in cases {
        let folder = Path::new("fixtures/lint").join(name);
        let is_prompt = fs::read_to_string(folder.join("adapter_config.json"))
            .is_ok_and(|config| config.contains("\"num_virtual_tokens\""));
        // A config alone is judged by what lies beside it, in `fixtures/lint`.
        if ![SAFETENSORS, TORCH].iter().any(|name| folder.join(name).is_file()) {
            assert_eq!(row["loads"], false, "{name}");
            continue;
        }
        let own = folder.join("model.json");
        let own = if own.exists() { model(&read(own.display().to_string())) } else { usual.clone() };
        for model in [None, Some(own)] {
            let which = if model.is_some() { "on the model" } else { "alone" };
            let findings = judged(&folder, model.clone());
            let worst = findings.iter().map(|finding| finding.severity).max();
            let mut say = |what: &str| wrong.push(format!("{name} {which}: {what}: {:?}", told(&findings)));
            // What needs the model is not seen without it.
            let is_visible = model.is_some() || !folder.join("model.json").exists();
            let number = |key: &str| row[key].as_u64().unwrap_or(0);
            // With the embeddings PEFT saves copies that it drops again, beside what it reads.
            let has_copies = name == "AL651-adapter-name-in-peft-names/good-embeddings";
            // What the modules of VB-LoRA share PEFT calls missing at each of them.
            let is_missing = number("missing") > 0 && !name.starts_with("AL665");
            let is_flawed = is_missing || (number("unexpected") > 0 && !is_prompt && !has_copies);
            if row["loads"] == false && is_visible && worst != Some(Severity::Error) {
                say("PEFT refuses it");
            }
            if row["loads"] == true && row["effect"].is_null() && worst != Some(Severity::Error) {
                say("the outputs are not finite");
            }
            if is_flawed && is_visible && worst.is_none() {
                say("keys are missing, or dropped");
            }
            let is_told = findings.iter().any(|finding| finding.message.contains("random numbers"));
            if is_told && row["drawn"] != true {
                say("each load has the same numbers");
            }
            if row["drawn"] == true && is_visible && worst != Some(Severity::Error) {
                say("each load has other numbers");
            }
            if is_flawed && is_visible && row["effect"] == 0.0 && worst != Some(Severity::Error) {
                say("the base model is served");
            }
            if name.contains("/good") && !findings.is_empty() {
                say("it is good");
            }
            // What is beside the tensors that PEFT reads changes nothing.
            let reads_all = !is_flawed || name.contains("/bad-beside");
            let takes_all = row["loads"] == true && reads_all && row["effect"] != 0.0 && !row["effect"].is_null();
            if takes_all && worst == Some(Severity::Error) {
                say("PEFT takes all of it");
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases.len() > 60, "only {} cases", cases.len());
}

#[test]
fn a_prompt_behind_the_wrapper_is_found_in_some_models() {
    let folder = Path::new("fixtures/lint/AL650-peft-names-shifted/bad-prefix-behind");
    let alone = judged(folder, None);
    assert_eq!(told(&alone).len(), 1, "{alone:#?}");
    assert_eq!(alone[0].severity, Severity::Warning, "{alone:#?}");
    let on_model = judged(folder, Some(model(&read(folder.join("model.json").display().to_string()))));
    assert_eq!(on_model[0].severity, Severity::Error, "{on_model:#?}");
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
    for case in read("fixtures/merges/cases.json")["cases"].as_array().expect("cases") {
        let text = |key: &str| case[key].as_str().expect("a name").to_owned();
        cases.push((
            Path::new("fixtures/merges").join(text("case")),
            format!("fixtures/merges/{}/config.json", text("base")),
        ));
    }
    assert!(cases.len() > 90, "only {} folders", cases.len());
    let mut wrong = Vec::new();
    for (folder, base) in cases {
        // Their configs were changed afterwards, so that PEFT does not take all tensors.
        let is_edited = folder.components().any(|part| part.as_os_str().to_string_lossy().starts_with("edited-"));
        for model in [None, Some(model(&read(&base)))] {
            let has_model = model.is_some();
            let findings = judged(&folder, model);
            if is_edited {
                assert!(!has_model || !findings.is_empty(), "{}", folder.display());
            } else if !findings.is_empty() {
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
        write_folder(scratch.path(), &case["config"], &tensors);
        let base = base_of(&models, &case);
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

/// A folder with a config and tensors of ones.
fn write_folder(folder: &Path, config: &Value, tensors: &[(String, Vec<usize>)]) {
    let outgoing = tensors.iter().map(|(name, shape)| {
        let elements: usize = shape.iter().product();
        // Ones, in half precision but where PEFT takes single precision alone.
        let (dtype, one) = match name.ends_with("_topk_weights") {
            true => (Dtype::F32, &[0, 0, 0x80, 0x3f][..]),
            false => (Dtype::F16, &[0, 0x3c][..]),
        };
        Outgoing::new(name.as_str(), dtype, shape.clone(), move || Ok(one.repeat(elements).into()))
    });
    let bytes = safetensors_bytes(outgoing, &BTreeMap::new()).expect("it can be written");
    fs::write(folder.join("adapter_model.safetensors"), bytes).expect("a file");
    fs::write(folder.join("adapter_config.json"), config.to_string()).expect("a file");
}

/// The config of the model of a recorded case.
fn base_of(models: &Value, case: &Value) -> Value {
    let [mut base, class] = [0, 1].map(|at| models["models"][case["model"].as_str().expect("a model")][at].clone());
    base["architectures"] = Value::Array(vec![class]);
    base
}

#[test]
fn clusters_of_adamss_have_a_width_in_common_and_the_rows_of_the_weight() {
    let text = fs::read_to_string("fixtures/peft/expected.jsonl").expect("the recording is in the repository");
    let mut lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("it is JSON"));
    let models = lines.next().expect("models");
    let is_meant = |case: &Value| {
        let config = &case["config"];
        config["peft_type"] == "ADAMSS" && config["subspace_rank"] == 3 && case["tensors"].is_array()
    };
    let case = lines.find(is_meant).expect("a case");
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let base = base_of(&models, &case);
    // PEFT 0.21.2 raises a `RuntimeError` in the forward pass for the first two, and runs with the last.
    for (side, change, is_told) in [(0, -1_isize, true), (1, -1, true), (0, 1, false)] {
        let mut tensors: Vec<_> = case["tensors"].as_array().expect("tensors").iter().flat_map(tensors).collect();
        let (_, shape) = tensors.iter_mut().find(|(name, _)| name.ends_with("adamss_B.0")).expect("a cluster");
        shape[side] = shape[side].checked_add_signed(change).expect("a size");
        write_folder(scratch.path(), &case["config"], &tensors);
        let findings = judged(scratch.path(), Some(model(&base)));
        let found = findings.iter().any(|finding| finding.rule.name() == "peft-tensor-misshapen");
        assert_eq!(found, is_told, "{side} {change}: {:?}", told(&findings));
    }
}

/// A copy of a folder, its weights perhaps as a file of torch.
fn copied(folder: &Path, as_torch: bool) -> tempfile::TempDir {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let at = |name: &str| scratch.path().join(name);
    fs::copy(folder.join("adapter_config.json"), at("adapter_config.json")).expect("a config");
    if as_torch {
        let file = TensorFile::open(folder.join(SAFETENSORS)).expect("weights");
        write_torch_zip(at(TORCH), file.iter().map(Outgoing::from), Existing::Refuse).expect("a file");
    } else {
        fs::copy(folder.join(SAFETENSORS), at(SAFETENSORS)).expect("weights");
    }
    scratch
}

fn tensors_of(path: &Path) -> BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)> {
    let file = TensorFile::open(path).expect("weights");
    let row = |tensor: Tensor<'_>| (tensor.dtype(), tensor.shape().to_vec(), tensor.bytes().into_owned());
    file.iter().map(|tensor| (tensor.name().to_owned(), row(tensor))).collect()
}

#[test]
fn spoilt_names_become_those_that_peft_saved() {
    let shifted = ["bad", "bad-doubled", "bad-compiled", "bad-compiled-outside", "bad-parallel", "bad-fsdp"];
    let mut rows: Vec<_> =
        shifted.map(|case| ("AL650-peft-names-shifted", case, "AL650-peft-names-shifted/good")).into();
    rows.extend([
        ("AL650-peft-names-shifted", "bad-checkpointed", "AL650-peft-names-shifted/good"),
        ("AL650-peft-names-shifted", "bad-compiled-and-named", "AL650-peft-names-shifted/good"),
        ("AL650-peft-names-shifted", "bad-held", "AL650-peft-names-shifted/good"),
        ("AL650-peft-names-shifted", "bad-whole", "AL661-peft-tensor-unexpected/good"),
        ("AL651-adapter-name-in-peft-names", "bad", "AL651-adapter-name-in-peft-names/good"),
        ("AL651-adapter-name-in-peft-names", "bad-other", "AL651-adapter-name-in-peft-names/good"),
        ("AL651-adapter-name-in-peft-names", "bad-number", "AL651-adapter-name-in-peft-names/good"),
        // What PEFT saved before the names were changed to those of other programs.
        ("AL660-peft-tensor-missing", "bad-kohya", "AL650-peft-names-shifted/good"),
        ("AL660-peft-tensor-missing", "bad-kohya-bare", "AL650-peft-names-shifted/good"),
        ("AL660-peft-tensor-missing", "bad-without-weight", "AL650-peft-names-shifted/good"),
        ("AL651-adapter-name-in-peft-names", "bad-ia3", "AL651-adapter-name-in-peft-names/good-ia3"),
        ("AL651-adapter-name-in-peft-names", "bad-lokr", "AL651-adapter-name-in-peft-names/good-lokr"),
        ("AL651-adapter-name-in-peft-names", "bad-whole", "AL661-peft-tensor-unexpected/good"),
        ("AL651-adapter-name-in-peft-names", "bad-tokens", "AL651-adapter-name-in-peft-names/good-tokens"),
    ]);
    let model = model(&read("fixtures/peft/folders.json")["model"]);
    for (rule, case, saved) in rows {
        let folder = Path::new("fixtures/lint").join(rule).join(case);
        for as_torch in [false, true] {
            let scratch = copied(&folder, as_torch);
            let file = scratch.path().join(if as_torch { TORCH } else { SAFETENSORS });
            let metadata = TensorFile::open(&file).expect("weights").metadata().clone();
            for model in [None, Some(model.clone())] {
                let findings = judged(scratch.path(), model);
                assert!(findings.iter().any(|finding| finding.fix.is_some()), "{case}: {:?}", told(&findings));
            }
            let renaming = Renaming::plan(&file).expect("it can be told").expect("names are to be changed");
            renaming.write().expect("it is written");
            let saved = tensors_of(&Path::new("fixtures/lint").join(saved).join(SAFETENSORS));
            assert!(tensors_of(&file) == saved, "{case}");
            assert_eq!(*TensorFile::open(&file).expect("weights").metadata(), metadata, "{case}");
            for model in [None, Some(model.clone())] {
                let findings = judged(scratch.path(), model);
                assert!(findings.is_empty(), "{case}: {:?}", told(&findings));
            }
            assert!(Renaming::plan(&file).expect("it can be told").is_none(), "{case}");
            assert_eq!(fs::read_dir(scratch.path()).expect("a folder").count(), 2, "nothing is left beside it");
        }
    }
}

#[test]
fn another_programs_names_are_mended_where_nothing_else_is_another() {
    let model = model(&read("fixtures/peft/folders.json")["model"]);
    let rule = Path::new("fixtures/lint/AL660-peft-tensor-missing");
    for case in ["bad-kohya", "bad-kohya-bare", "bad-kohya-on-model", "bad-without-weight"] {
        for model in [None, Some(model.clone())] {
            let findings = judged(&rule.join(case), model);
            let fixes: Vec<_> = findings.iter().filter_map(|finding| finding.fix.as_ref()).collect();
            assert!(!fixes.is_empty() && fixes.iter().all(|fix| !fix.safe), "{case}: {:?}", told(&findings));
        }
    }
    // A scale of their own, matrices that lie otherwise, an end that nobody is known for, another method.
    for case in ["bad-kohya-scaled", "bad-mlx", "bad-weights", "bad-hada"] {
        for model in [None, Some(model.clone())] {
            let findings = judged(&rule.join(case), model);
            assert!(findings.iter().any(|finding| finding.severity == Severity::Error), "{case}");
            assert!(findings.iter().all(|finding| finding.fix.is_none()), "{case}: {:?}", told(&findings));
        }
        let renaming = Renaming::plan(&rule.join(case).join(SAFETENSORS));
        assert!(!matches!(renaming, Ok(Some(_))), "{case}");
    }
    // Matrices that do not fit the config are left, whatever they are called.
    let scratch = copied(&rule.join("bad-kohya"), false);
    let file = scratch.path().join("adapter_config.json");
    let config = fs::read_to_string(&file).expect("a config").replace("\"r\": 2", "\"r\": 3");
    fs::write(file, config).expect("a file");
    let findings = judged(scratch.path(), None);
    assert!(!findings.is_empty() && findings.iter().all(|finding| finding.fix.is_none()), "{:?}", told(&findings));
}

/// How names are spoilt: those of wrappers, and those of a model that is a part of another.
type Spoil = fn(&str) -> String;

#[test]
fn names_of_every_method_come_back() {
    let mut all = Vec::new();
    folders("fixtures/checkpoints/peft-0.21.2", &mut all);
    folders("fixtures/merges", &mut all);
    let spoils: [Spoil; 6] = [
        |name| format!("model.{name}"),
        |name| format!("base_model.{name}"),
        |name| format!("_orig_mod.{name}"),
        |name| format!("module.{name}"),
        |name| name.replacen("base_model.model.", "base_model.model.base_model.model.", 1),
        |name| name.replacen("base_model.model.", "base_model.model._orig_mod.", 1),
    ];
    let mut count = 0;
    for folder in all.iter().filter(|folder| folder.join(SAFETENSORS).is_file()) {
        let saved = TensorFile::open(folder.join(SAFETENSORS)).expect("weights");
        let has_modules = saved.iter().all(|tensor| tensor.name().starts_with("base_model.model."));
        for spoil in spoils.iter().filter(|_| has_modules && !saved.is_empty()) {
            let scratch = copied(folder, false);
            let file = scratch.path().join(SAFETENSORS);
            let spoilt = saved.iter().map(|tensor| Outgoing::from(tensor).renamed(spoil(tensor.name())));
            write_safetensors(&file, spoilt, saved.metadata(), Existing::Overwrite).expect("a file");
            let findings = judged(scratch.path(), None);
            assert!(findings.iter().any(|f| f.rule.code == "AL650" && f.fix.is_some()), "{folder:?}: {findings:#?}");
            Renaming::plan(&file).expect("it can be told").expect("names change").write().expect("it is written");
            assert!(
                fs::read(&file).expect("a file") == fs::read(folder.join(SAFETENSORS)).expect("a file"),
                "{folder:?}"
            );
            count += 1;
        }
    }
    assert!(count > 200, "only {count}");
}

#[test]
fn names_that_may_stand_for_two_things_stay() {
    let renamed = |rename: &dyn Fn(&str) -> String| {
        let scratch = copied(Path::new("fixtures/lint/AL650-peft-names-shifted/good"), false);
        let file = scratch.path().join(SAFETENSORS);
        let before = TensorFile::open(&file).expect("weights");
        let outgoing = before.iter().map(|tensor| Outgoing::from(tensor).renamed(rename(tensor.name())));
        let bytes = safetensors_bytes(outgoing, before.metadata()).expect("it can be written");
        drop(before);
        fs::write(&file, bytes).expect("a file");
        let findings = judged(scratch.path(), None);
        let plan = Renaming::plan(&file).map_err(|error| error.to_string());
        (findings, plan)
    };
    // Two adapters; a `model` that may be PEFT's; one tensor under two names of which one has the adapter's in it.
    let of_two: &dyn Fn(&str) -> String =
        &|name| name.replace(".weight", if name.contains("layers.1.") { ".one.weight" } else { ".two.weight" });
    let of_inner: &dyn Fn(&str) -> String = &|name| name.replacen("base_model.model.", "model.", 1);
    let of_one: &dyn Fn(&str) -> String = &|name| {
        if name.contains("layers.1.") { name.replace(".weight", ".default.weight") } else { name.to_owned() }
    };
    for (rename, why) in [
        (of_two, "belongs to the adapter `two`"),
        (of_inner, "it is unclear"),
        (of_one, "others of its kind have none"),
    ] {
        let (findings, plan) = renamed(rename);
        let error = plan.expect_err("it cannot be told");
        assert!(error.contains(why) || error.contains("belongs to the adapter `one`"), "{error}");
        assert!(!findings.is_empty() && findings.iter().all(|finding| finding.fix.is_none()), "{findings:#?}");
        let helps = findings.iter().filter_map(|finding| finding.help.as_deref());
        assert!(helps.into_iter().any(|help| help.contains(&error)), "{error}: {findings:#?}");
    }
}
