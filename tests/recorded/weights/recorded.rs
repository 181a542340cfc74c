//! The checkpoints that the releases saved. The truth is what adapters 1.3.0 made of them,
//! `loaded_by_adapters-1.3.0.json`: where it computes the same, nothing is wrong; where it refuses, or tensors are
//! missing, something is. Where it computes something else of the same tensors, the weights are not at fault.

use std::fs;
use std::path::{Path, PathBuf};

use adapter_spec::checkpoint::{Container, parts};
use adapter_spec::dialects::adapterhub::checkpoint::Role;
use adapter_spec::models::Model;
use libtest_mimic::Failed;
use serde_json::Value;

use super::judged::{errors, findings, model, weights};
use crate::Trial;

pub(super) fn trials(root: &Path) -> Vec<Trial> {
    let loaded = json(&root.join("loaded_by_adapters-1.3.0.json"));
    let libraries = folders(root).into_iter().filter(|folder| !folder.ends_with("base"));
    let cases: Vec<_> = libraries.flat_map(|library| folders(&library)).flat_map(|model| folders(&model)).collect();
    assert!(cases.len() >= 192, "only {} recorded checkpoints", cases.len());
    let trial = |folder: PathBuf| {
        let name = folder.strip_prefix(root).expect("it is below").display().to_string();
        let verdict = loaded["cases"].get(&name).cloned();
        let root = root.to_owned();
        Trial::test(format!("recorded: {name}"), move || judge(&root, &folder, verdict.as_ref()))
    };
    cases.into_iter().map(trial).collect()
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder can be read");
    let mut folders: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).filter(|it| it.is_dir()).collect();
    folders.sort();
    folders
}

fn judge(root: &Path, folder: &Path, verdict: Option<&Value>) -> Result<(), Failed> {
    let Some(verdict) = verdict else { return foreign(folder) };
    let case = json(&folder.join("case.json"));
    let model = base(root, &case)?;
    let says = |key: &str| verdict.get(key).is_some();
    let lost = says("refused") || case.get("not_saved").is_some() || (says("missing") && verdict["same"] == false);
    let with = all_errors(folder, Some(&model))?;
    let without = all_errors(folder, None)?;
    match (lost, with.is_empty()) {
        (true, true) => Err(format!("the library loses something, and no error is found: {verdict}").into()),
        (false, false) => Err(format!("nothing is lost, but found {with:?}").into()),
        (false, true) if !without.is_empty() => Err(format!("without the model, found {without:?}").into()),
        _ => Ok(()),
    }
}

/// The errors in everything that lies in a folder.
fn all_errors(folder: &Path, model: Option<&Model>) -> Result<Vec<String>, Failed> {
    let (mut found, mut seen) = (Vec::new(), 0);
    for folder in folders(folder).into_iter().chain([folder.to_owned()]) {
        for role in Role::ALL.into_iter().filter(|role| weights(&folder, *role).is_some()) {
            found.extend(errors(&findings(&folder, role, model)?));
            seen += 1;
        }
    }
    if seen == 0 { Err("there are no weights".into()) } else { Ok(found) }
}

/// Another library's checkpoint is named as what it is.
fn foreign(folder: &Path) -> Result<(), Failed> {
    let parts = parts(&Container::open(folder)?)?;
    let named: Vec<_> = parts.iter().filter_map(|part| part.recognised.dialect).map(|it| it.as_str()).collect();
    if named.contains(&"peft") { Ok(()) } else { Err(format!("taken for {named:?}").into()) }
}

/// The base model, with what the case changes in it.
fn base(root: &Path, case: &Value) -> Result<Model, Failed> {
    let name = case["model"].as_str().ok_or("the case names its model")?;
    let kind = name.split('-').next().unwrap_or(name);
    let mut config = json(&root.join("base").join(format!("{kind}.json")));
    let changes = case.get("config").and_then(Value::as_object).into_iter().flatten();
    changes.for_each(|(key, value)| config[key] = value.clone());
    Ok(model(config.to_string()))
}

fn json(path: &Path) -> Value {
    let text = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
