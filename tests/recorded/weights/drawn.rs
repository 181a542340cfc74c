//! Adapters, AdapterFusions and heads that were drawn at random and spoilt, held to what the library made of each.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use adapter_spec::checkpoint::{Container, parts};
use adapter_spec::dialects::adapterhub::checkpoint::{Saved, by_name, current};
use adapter_spec::inspect::Inspection;
use adapter_spec::models::Model;
use libtest_mimic::Failed;

use super::judged::{errors, findings};
use super::recording::{Step, Told, Verdict};
use super::steps::spoil;
use crate::Trial;

pub(super) fn trials(root: &Path) -> Vec<Trial> {
    let lines = fs::read_to_string(root.join("verdicts.jsonl")).expect("the recording can be read");
    let mut cases: BTreeMap<String, Vec<Verdict>> = BTreeMap::new();
    for line in lines.lines() {
        let verdict: Verdict = serde_json::from_str(line).expect("a line is a verdict");
        cases.entry(verdict.case.clone()).or_default().push(verdict);
    }
    let trials = cases.into_iter().flat_map(|(case, verdicts)| {
        let folder = root.join(&case);
        let told = fs::read(folder.join("case.json")).expect("every case is described");
        let told: Told = serde_json::from_slice(&told).expect("the description is as it should be");
        verdicts.into_iter().map(move |verdict| {
            let (folder, told) = (folder.clone(), told.clone());
            let flaw = verdict.flaw.as_deref().unwrap_or("as saved");
            Trial::test(format!("drawn: {case}: {flaw}"), move || judge(&folder, &told, &verdict))
        })
    });
    trials.collect()
}

/// Holds a case to its verdict: judged with the model that the library had, and without.
fn judge(from: &Path, told: &Told, verdict: &Verdict) -> Result<(), Failed> {
    let scratch = tempfile::tempdir()?;
    let (folder, role) = (scratch.path(), told.role());
    spoil(from, folder, role, &verdict.steps);
    let model = verdict.model(told);
    let with = findings(folder, role, Some(&model))?;
    let codes: BTreeSet<_> = with.iter().map(|finding| finding.rule.code).collect();
    let found = errors(&with);
    let has_error = !found.is_empty();
    if !verdict.loads {
        return if has_error { Ok(()) } else { Err(format!("refused: {}; found {codes:?}", verdict.error).into()) };
    }
    let compared = compare(folder, told, &model)?;
    // What the library leaves at random, it reports as missing, but for parameters that a bare model shares. Values that
    // are not finite need not reach the outputs of these inputs.
    let is_infinite = |step: &Step| matches!(step, Step::Fill { value, .. } if value.is_string());
    let is_infinite = verdict.finite == Some(false) || verdict.steps.iter().any(is_infinite);
    let lost = !compared.missing.is_empty() || !verdict.random.is_empty() || is_infinite;
    if lost && !has_error {
        return Err(format!("lost: missing {:?}, random {:?}; found {codes:?}", verdict.missing, verdict.random).into());
    }
    // Where the model does not run, the config is at fault, and other recordings hold the rules for that.
    let found: Vec<_> = if verdict.finite.is_some() { found } else { of_weights(&found) };
    let has_error = !found.is_empty();
    if !lost && has_error {
        return Err(format!("nothing is lost, but found {found:?}").into());
    }
    if !lost && verdict.steps.is_empty() {
        let without = findings(folder, role, None)?;
        let without = errors(&without);
        let without = if verdict.finite.is_some() { without } else { of_weights(&without) };
        if let Some(error) = without.first() {
            return Err(format!("without a model: {error}").into());
        }
    }
    hold_names(verdict, &compared)?;
    if !verdict.unexpected.is_empty() && with.iter().all(|finding| !finding.rule.code.starts_with("AL6")) {
        return Err(format!("unexpected {:?}; found {codes:?}", verdict.unexpected).into());
    }
    if verdict.steps.is_empty() {
        hold_inspection(folder, verdict, &model)?;
    }
    if verdict.same == Some(false) && verdict.unexpected.is_empty() && !lost && verdict.flaw.is_none() {
        return Err("it computes something else".into());
    }
    Ok(())
}

/// Errors in the weights, not in the config.
fn of_weights(errors: &[String]) -> Vec<String> {
    errors.iter().filter(|error| error.starts_with("AL5") || error.starts_with("AL6")).cloned().collect()
}

/// The names that a file lacks, and those that have no place, as they are in a bare base model.
struct Compared {
    missing: BTreeSet<String>,
    beside: BTreeSet<String>,
    /// Every name of a tensor of which one name is there.
    present: BTreeSet<String>,
    attribute: String,
}

fn compare(folder: &Path, told: &Told, model: &Model) -> Result<Compared, Failed> {
    let container = Container::open(folder)?;
    let all = parts(&container)?;
    let part = all.iter().find(|part| part.role == Some(told.role())).ok_or("nothing is found")?;
    let (name, config) = part.config.as_ref().ok_or("there is no config")?;
    let Some(Ok(file)) = part.weights.first().map(|weights| &weights.tensors) else { return Err("unreadable".into()) };
    let saved = Saved::read(told.role(), Some((name, config)), Some(file), Some(model));
    let expected = saved.tensors().ok_or_else(|| format!("the tensors are not known: {:?}", saved.expected))?;
    let attribute = adapter_spec::dialects::adapterhub::sites::Sites::of(&model.model_type)
        .map_or(String::new(), |sites| sites.attribute.to_owned());
    let places = by_name(expected);
    let found: Vec<_> = file.iter().map(|tensor| current(tensor.name())).collect();
    let there: BTreeSet<_> = found.iter().filter_map(|name| places.get(&**name).copied()).collect();
    let (mut missing, mut present) = (BTreeSet::new(), BTreeSet::new());
    for (number, tensor) in expected.iter().enumerate() {
        if there.contains(&number) {
            present.extend(tensor.names.iter().map(|name| bare(name, &attribute)));
        } else {
            missing.insert(bare(tensor.name(), &attribute));
        }
    }
    let beside = found.iter().filter(|name| !places.contains_key(&***name)).map(|name| bare(name, &attribute));
    Ok(Compared { missing, beside: beside.collect(), present, attribute })
}

fn bare(name: &str, attribute: &str) -> String {
    name.strip_prefix(attribute).and_then(|rest| rest.strip_prefix('.')).unwrap_or(name).to_owned()
}

fn hold_names(verdict: &Verdict, compared: &Compared) -> Result<(), Failed> {
    let of =
        |names: &[String]| -> BTreeSet<String> { names.iter().map(|name| bare(name, &compared.attribute)).collect() };
    // The library does not notice that shared parameters are missing from a bare base model.
    let is_noticed = |name: &&String| !name.starts_with("shared_parameters.");
    let missing = of(&verdict.missing);
    let missing: BTreeSet<_> = missing.difference(&compared.present).filter(is_noticed).cloned().collect();
    let ours: BTreeSet<_> = compared.missing.iter().filter(is_noticed).cloned().collect();
    // A tensor with several names is missing under all of them.
    let unknown: Vec<_> = missing.difference(&ours).collect();
    let unseen: Vec<_> = ours.difference(&missing).collect();
    if missing.is_empty() != ours.is_empty() || !unseen.is_empty() {
        return Err(format!("missing for the library alone {unknown:?}, for us alone {unseen:?}").into());
    }
    let unexpected = of(&verdict.unexpected);
    let strange: Vec<_> = unexpected.difference(&compared.beside).collect();
    if !strange.is_empty() {
        return Err(format!("unexpected for the library alone: {strange:?}").into());
    }
    Ok(())
}

/// Every tensor of a sound file has a place, and all parameters are counted.
fn hold_inspection(folder: &Path, verdict: &Verdict, model: &Model) -> Result<(), Failed> {
    let container = Container::open(folder)?;
    let inspection = Inspection::new("", &parts(&container)?, Some(model), true);
    let [part] = &inspection.parts[..] else { return Err("more than one part".into()) };
    let file = part.files.first().ok_or("no file")?;
    if let Some(tensor) = file.tensors.iter().find(|tensor| tensor.slot.is_none())
        && part.role.as_deref() != Some("head")
    {
        return Err(format!("`{}` has no place", tensor.name).into());
    }
    if verdict.random.is_empty() && verdict.missing.is_empty() && file.parameters != verdict.parameters {
        return Err(format!("{} parameters, not {}", file.parameters, verdict.parameters).into());
    }
    Ok(())
}
