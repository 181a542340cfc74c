//! Checkpoints with flaws, and others, held to what the library makes of them: `fixtures/releases/flawed_checkpoints.json`.
//! Where it refuses there is an error; the keys that it reports as missing or unexpected are those that are found.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use adapter_spec::checkpoint::{Container, parts};
use adapter_spec::dialects::adapterhub::checkpoint::{Role, Saved};
use adapter_spec::document::{Document, Format};
use adapter_spec::lint::{Finding, Options, Severity, lint_weights};
use adapter_spec::models::Model;
use libtest_mimic::Failed;
use serde_json::Value;

use crate::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let recorded = fs::read(root.join("releases/flawed_checkpoints.json")).expect("the recording is in the repository");
    let recorded: Value = serde_json::from_slice(&recorded).expect("the recording is JSON");
    let cases = recorded["cases"].as_object().expect("the cases are an object");
    let usual = model_of(recorded["model"].to_string().into_bytes()).expect("the model is one");
    let trial = |(name, told): (&String, &Value)| {
        let (folder, told, usual) = (root.join("lint").join(name), told.clone(), usual.clone());
        Trial::test(name.clone(), move || judge(&folder, &told, &usual))
    };
    cases.iter().map(trial).collect()
}

fn judge(folder: &Path, told: &Value, usual: &Model) -> Result<(), Failed> {
    let path = folder.join("model.json");
    let own = if path.exists() { model_of(fs::read(path)?) } else { None };
    // The linter has to do without, unless the case names a model.
    let options = Options { model: own.clone(), ..Options::default() };
    let mut findings: Vec<Finding> = Vec::new();
    // A config alone is judged by what lies beside it, in `lint_fixtures`.
    if weights(folder).is_empty() && told["loads"] == false {
        return Ok(());
    }
    for file in weights(folder) {
        findings.extend(lint_weights(&file, &options)?.ok_or("a file of weights is not judged")?.findings);
    }
    let codes: Vec<_> = findings.iter().map(|finding| finding.rule.code).collect();
    let has_error = findings.iter().any(|finding| finding.severity == Severity::Error);
    if told["loads"] == false {
        return if has_error {
            Ok(())
        } else {
            Err(format!("the library refuses it: {}; found: {codes:?}", told["error"]).into())
        };
    }
    if told["by_default"]["loads"] == false && !codes.contains(&"AL511") {
        return Err("it does not load by default".into());
    }
    if told["effect"] == 0.0 && findings.is_empty() {
        return Err("the adapter has no effect".into());
    }
    let keys = |member: &str| -> BTreeSet<String> {
        told[member].as_array().into_iter().flatten().filter_map(Value::as_str).map(bare).collect()
    };
    let (missing, unexpected) = compared(folder, own.as_ref().unwrap_or(usual))?;
    // The library does not notice that shared parameters are missing.
    let missing: BTreeSet<_> = missing.into_iter().filter(|name| !name.contains("shared_parameters.")).collect();
    // Which places have a fusion depends on adapters that are elsewhere, and without a config nothing is known.
    if (codes == ["AL605"] && missing.is_empty()) || codes == ["AL510"] {
        return Ok(());
    }
    if !missing.is_subset(&keys("missing")) || missing.is_empty() != keys("missing").is_empty() {
        return Err(format!("missing for the library: {:?}, for us: {missing:?}", keys("missing")).into());
    }
    // Names of the base model's own tensors are not known here, and what is no tensor has no place either.
    let expected = keys("unexpected");
    let strange: Vec<_> = expected.iter().filter(|name| name.contains(".a.") && !unexpected.contains(*name)).collect();
    if !strange.is_empty() || (!unexpected.is_empty() && expected.is_empty()) {
        return Err(format!("unexpected for the library: {expected:?}, for us: {unexpected:?}").into());
    }
    if !(missing.is_empty() && unexpected.is_empty()) && findings.is_empty() {
        return Err(format!("nothing is found; missing {missing:?}, unexpected {unexpected:?}").into());
    }
    Ok(())
}

/// The names that the weights lack, and those that have no place.
fn compared(folder: &Path, model: &Model) -> Result<(BTreeSet<String>, BTreeSet<String>), Failed> {
    let (mut missing, mut unexpected) = (BTreeSet::new(), BTreeSet::new());
    for part in parts(&Container::open(folder)?)? {
        let (Some(role), Some((name, config))) = (part.role, &part.config) else { continue };
        // The library takes the file of torch where there are two.
        let torch = part.weights.iter().find(|weights| weights.name.ends_with(".bin"));
        let Some(Ok(file)) = torch.or(part.weights.first()).map(|weights| &weights.tensors) else { continue };
        let saved = Saved::read(role, Some((name, config)), Some(file), Some(model));
        let expected = saved.tensors().ok_or("the tensors are not known")?;
        let is_there = |name: &String| file.iter().any(|tensor| current(tensor.name()) == *name);
        let lacking = expected.iter().filter(|tensor| !tensor.names.iter().any(is_there));
        missing.extend(lacking.filter_map(|tensor| tensor.names.first().map(|name| bare(name))));
        let known: BTreeSet<_> = expected.iter().flat_map(|tensor| &tensor.names).collect();
        unexpected.extend(
            file.iter()
                .map(|tensor| current(tensor.name()))
                .filter(|name| !known.contains(name))
                .map(|name| bare(&name)),
        );
    }
    Ok((missing, unexpected))
}

/// The names of 1.x as those of today.
fn current(name: &str) -> String {
    name.replace("layer_text_task_adapters", "adapters")
}

/// A name as a bare base model has it.
fn bare(name: &str) -> String {
    name.strip_prefix("bert.").unwrap_or(name).to_owned()
}

fn model_of(config: Vec<u8>) -> Option<Model> {
    Document::read(config, Format::Json).root.as_ref().and_then(Model::from_config)
}

fn weights(folder: &Path) -> Vec<PathBuf> {
    let names = Role::ALL.into_iter().flat_map(Role::weights_names);
    names.map(|name| folder.join(name)).filter(|path| path.exists()).collect()
}
