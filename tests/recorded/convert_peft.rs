//! Adapters between AdapterHub and PEFT: refused where the two compute something else, else carried over, and back. That
//! the other library then computes the same was recorded by loading the results
//! (`fixtures/checkpoints/converted_peft.json`).

use std::collections::BTreeMap;
use std::path::Path;

use adapter_spec::convert::{Container, Options, Plan, Source, Target};
use adapter_spec::dialects::adapterhub::release::Release;
use adapter_spec::document::{Document, Format};
use adapter_spec::models::Model;
use adapter_spec::tensors::Existing;
use libtest_mimic::Failed;
use serde_json::Value;

use crate::Trial;
use crate::convert::{counts, mapping, single_precision};
use crate::support::read;
use crate::way_back::{comes_back, is_told};

const FOLDER: &str = "fixtures/checkpoints";

/// Why a case cannot be had in the other library: a word of each reason.
const REASONS: &[&str] = &[
    // LoRA
    "alpha / r out of DoRA's norm",
    "layer's bias by DoRA's magnitude",
    "does not support DoRA",
    "trained in full",
    "gives B a bias",
    "B has a bias",
    "a gate weights",
    "no place for it",
    // (IA)³
    "after an activation",
    // VeRA
    "off its diagonal",
    "not in the file",
    "no row magnitudes",
    // the others
    "counts the input's positions",
    "past keys and values",
    "after the embeddings",
    "no prompt tuning",
    "no such method",
    "such a prefix",
    "union of several",
    "differ in size",
    "as wide as all heads",
];

pub(crate) fn trials() -> Vec<Trial> {
    let recorded = read(Path::new(FOLDER).join("converted_peft.json")).expect("the recording");
    let cases = recorded["cases"].as_object().expect("cases by path").clone();
    let mut trials: Vec<_> = Vec::new();
    let (mut same, mut refused) = (0, 0);
    let converted = cases.iter().filter(|(_, case)| case.get("refused").is_none());
    let paths: Vec<String> = converted.map(|(path, _)| path.clone()).collect();
    for (path, case) in cases {
        if case.get("refused").is_some() {
            refused += 1
        } else {
            same += 1
        }
        trials.push(Trial::test(path.clone(), move || check(&path, &case)));
    }
    let older = read(Path::new(FOLDER).join("converted_peft_older.json")).expect("the recording");
    let older = older.as_object().expect("cases by path").clone();
    trials.extend(older.into_iter().map(|(path, case)| Trial::test(path.clone(), move || is_older(&path, &case))));
    trials.push(Trial::test("enough comes back whole", move || enough_comes_back(&paths)));
    trials.push(Trial::test("enough cases are compared", move || {
        if same >= 50 && refused >= 20 { Ok(()) } else { Err(format!("{same} converted, {refused} refused").into()) }
    }));
    trials
}

fn base(path: &str) -> Result<Model, Failed> {
    let model = path.split('/').nth(1).and_then(|model| model.split('-').next()).ok_or("no model")?;
    let text = std::fs::read(Path::new(FOLDER).join("base").join(format!("{model}.json")))?;
    let root = Document::read(text, Format::Json).root.ok_or("no config")?;
    Model::from_config(&root).ok_or_else(|| "no model".into())
}

/// How many adapters of PEFT, and how many of AdapterHub, are what they were to the byte when they are converted back. Others
/// have numbers that were multiplied.
fn enough_comes_back(paths: &[String]) -> Result<(), Failed> {
    let mut back = [Vec::new(), Vec::new()];
    for path in paths {
        let source = Source::open(&Path::new(FOLDER).join(path))?;
        let is_peft = path.starts_with("peft");
        let there = if is_peft { Target::AdapterHub(Release::NEWEST) } else { Target::Peft };
        if comes_back(&source, &Options { model: Some(base(path)?), ..Options::to(there) })? {
            back[usize::from(is_peft)].push(path);
        }
    }
    let [of_adapterhub, of_peft] = back.map(|paths| paths.len());
    if of_peft >= 25 && of_adapterhub >= 31 {
        return Ok(());
    }
    Err(format!("of {}, {of_peft} of PEFT and {of_adapterhub} of AdapterHub come back", paths.len()).into())
}

/// The plan says what the recording says, and the recorded outputs bear it out.
fn check(path: &str, case: &Value) -> Result<(), Failed> {
    let source = Source::open(&Path::new(FOLDER).join(path))?;
    let is_peft = path.starts_with("peft");
    let there = if is_peft { Target::AdapterHub(Release::NEWEST) } else { Target::Peft };
    let options = Options { model: Some(base(path)?), ..Options::to(there) };
    let plan = Plan::new(&source, &options)?;
    let losses: Vec<_> =
        plan.changes.iter().filter(|change| change.loses()).map(|change| change.what.as_str()).collect();
    if case.get("refused").is_some() {
        if losses.is_empty() {
            return Err("it was refused, and is not any more".into());
        }
        for loss in losses {
            if !REASONS.iter().any(|reason| loss.contains(reason)) {
                return Err(format!("a reason that is not known: {loss}").into());
            }
        }
        // Forced all the same, the function is another one, where the result can be run at all.
        let forced = &case["forced"];
        return if forced["same"] == Value::Bool(true) {
            Err("it is the same when it is forced".into())
        } else {
            Ok(())
        };
    }
    if !losses.is_empty() {
        return Err(format!("it was converted, and is refused now: {losses:?}").into());
    }
    outputs(path, case, &plan)?;
    for container in [Container::Safetensors, Container::Torch] {
        let scratch = tempfile::tempdir()?;
        let folder = scratch.path().join("there");
        plan.write(&source, &folder, container, Existing::Refuse, &|_| ())?;
        is_told(&source, &plan, &folder, &options)?;
    }
    returns(path, &source, &plan, is_peft)
}

/// An adapter of PEFT for an older release of AdapterHub's libraries, by way of the newest.
fn is_older(path: &str, case: &Value) -> Result<(), Failed> {
    let [label, model, name] = path.split('/').collect::<Vec<_>>()[..] else { return Err("no path".into()) };
    let (peft, name) = name.split_once("__").ok_or("no case")?;
    let path = format!("{peft}/{model}/{name}");
    let (library, number) = label.rsplit_once('-').ok_or("no release")?;
    let release = Release::named(&format!("{library} {number}")).ok_or("no such release")?;
    let source = Source::open(&Path::new(FOLDER).join(&path))?;
    let plan = Plan::new(&source, &Options { model: Some(base(&path)?), ..Options::to(Target::AdapterHub(release)) })?;
    let is_refused = case.get("lossy").is_some() || case["converted"] == Value::Bool(false);
    if plan.loses() != is_refused {
        return Err(format!("recorded: {case}; now: {:?}", plan.changes).into());
    }
    if is_refused {
        return Ok(());
    }
    // What is multiplied is rounded once, to the precision of the file.
    let limit = if counts(&plan, &source).1 > 0 { 5e-7 } else { 1e-12 };
    let (single, double) = (case["f32"].as_f64(), case["f64"].as_f64());
    let only_single = double.is_none() && case.get("only_float32").is_some();
    if single.is_none_or(|d| d > single_precision(&path)) || !(only_single || double.is_some_and(|d| d <= limit)) {
        return Err(format!("{release} computes something else: {case}").into());
    }
    let scratch = tempfile::tempdir()?;
    let container = plan.container(None).map_err(|_| "no container")?;
    plan.write(&source, &scratch.path().join("there"), container, Existing::Refuse, &|_| ())?;
    // It says what it is for, and needs nothing more there.
    let there = Source::open(&scratch.path().join("there"))?;
    let again = Plan::new(&there, &Options { model: Some(base(&path)?), ..Options::to(Target::AdapterHub(release)) })?;
    if again.loses() || !mapping(&again).is_empty() || counts(&again, &there).1 > 0 {
        return Err(format!("the result is not left alone: {:?}, {:?}", again.changes, mapping(&again)).into());
    }
    Ok(())
}

fn outputs(path: &str, case: &Value, plan: &Plan) -> Result<(), Failed> {
    let difference = |output: &str| case["loaded"]["differences"][output]["relative"].as_f64();
    // What is only moved is exact; what is multiplied is rounded to its own precision.
    let rounds = mapping(plan).iter().any(|(from, _)| from.contains('*') || from.contains("times"));
    let limit = if rounds { 1e-7 } else { 1e-12 };
    let (single, double) = (difference("last_hidden_state"), difference("last_hidden_state_f64"));
    if single.is_none_or(|d| d > single_precision(path)) || double.is_none_or(|d| d > limit) {
        return Err(format!("{single:?} in single, {double:?} in double precision").into());
    }
    for key in ["missing", "unexpected"] {
        if case["loaded"].get(key).is_some_and(|keys| keys.as_array().is_some_and(|keys| !keys.is_empty())) {
            return Err(format!("{key}: {}", case["loaded"][key]).into());
        }
    }
    Ok(())
}

/// The result is written, read back, and converted back: A's tensors return, where they were only moved.
fn returns(path: &str, source: &Source, plan: &Plan, is_peft: bool) -> Result<(), Failed> {
    let scratch = tempfile::tempdir()?;
    for (container, name) in [(Container::Safetensors, "safetensors"), (Container::Torch, "torch")] {
        plan.write(source, &scratch.path().join(name), container, Existing::Refuse, &|_| ())?;
    }
    let there = Source::open(&scratch.path().join("safetensors"))?;
    let name = source.parts().first().map(|part| part.name.clone());
    let back = if is_peft { Target::Peft } else { Target::AdapterHub(Release::NEWEST) };
    let options = Options { name, model: Some(base(path)?), ..Options::to(back) };
    let returned = Plan::new(&there, &options)?;
    if let Some(loss) = returned.changes.iter().find(|change| change.loses()) {
        return Err(format!("it does not come back: {}", loss.what).into());
    }
    returned.write(&there, &scratch.path().join("back"), Container::Safetensors, Existing::Refuse, &|_| ())?;
    let again = Source::open(&scratch.path().join("back"))?;
    // Where the way there changes numbers, or the way they are split, only the function comes back.
    if CHANGED.iter().any(|end| path.ends_with(end)) {
        return Ok(());
    }
    let (before, after) = (tensors(source), tensors(&again));
    let lost: Vec<_> =
        before.iter().filter(|(name, bytes)| after.get(*name) != Some(*bytes)).map(|(name, _)| name).collect();
    if lost.is_empty() { Ok(()) } else { Err(format!("not as they were: {lost:?} of {:?}", after.keys()).into()) }
}

/// Cases whose numbers are multiplied on the way (alpha, a factor of an older release), or split otherwise (the ranks of
/// GPT-2's merged projection, several ranks in a layer, factors that move to another layer).
const CHANGED: &[&str] = &[
    "/ia3_alpha",
    "/vera",
    "adapters-1.0.1/gpt2/lora_qkv_io",
    "gpt2/lora_c_attn",
    "gpt2/lora_c_attn_rank",
    "/lora_patterns",
    "peft-0.21.2/llama/lora_dora",
    "peft-0.21.2/llama/ia3",
    "peft-0.21.2/t5/ia3",
];

/// The tensors by name, without the attribute of a class.
fn tensors(source: &Source) -> BTreeMap<String, Vec<u8>> {
    let attributes = ["bert.", "roberta.", "distilbert.", "transformer.h.", "transformer.", "model."];
    let bare = |name: &str| {
        let rest = attributes.iter().find_map(|attribute| {
            let rest = name.strip_prefix(attribute)?;
            let starts = ["encoder.", "decoder.", "h.", "layers.", "transformer.layer.", "shared_parameters."];
            starts.iter().any(|start| rest.starts_with(start)).then_some(rest)
        });
        rest.unwrap_or(name).to_owned()
    };
    source.weights[0].iter().map(|tensor| (bare(tensor.name()), tensor.bytes().into_owned())).collect()
}
