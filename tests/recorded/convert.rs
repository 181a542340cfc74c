//! Saved adapters of every recorded release, written for every other: refused where the function cannot be kept, else
//! carried over bit by bit, and back. That the releases then compute what the one that saved them computed was recorded by
//! loading the results there (`fixtures/checkpoints/converted.json`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use adapter_spec::convert::{Change, Container, Options, Plan, Reft, Source, Target};
use adapter_spec::dialects::adapterhub::release::Release;
use adapter_spec::tensors::{Dtype, Existing};
use adapter_spec::value::{Map, Value as Written};
use libtest_mimic::Failed;
use serde_json::Value;

use crate::Trial;
use crate::support::read;
use crate::way_back::{comes_back, is_told};

const FOLDER: &str = "fixtures/checkpoints";

/// The releases that results were loaded by.
const TARGETS: [&str; 6] = [
    "adapter-transformers-1.1.1",
    "adapter-transformers-2.3.0",
    "adapter-transformers-3.2.1",
    "adapters-0.2.2",
    "adapters-1.0.1",
    "adapters-1.3.0",
];

/// Plain layers' tensors are multiplied by `alpha / r` or its inverse, and rounded to single precision: the function is
/// the same to that.
const RESCALED: f64 = 5e-7;
/// In double precision the outputs differ by the order of sums only.
const DOUBLE: f64 = 1e-12;
/// In single precision as well, where releases with other versions of PyTorch run other kernels.
const SINGLE: f64 = 1e-6;
/// In the release that saved it nothing is converted, and the outputs are the same to the bit; but for ReFT, whose
/// rotation the library computes anew as it loads it.
const UNCONVERTED: f64 = 3e-7;
/// Adapters with which the releases round more than `SINGLE` themselves: their own single precision is up to 2.8e-6 of the
/// output's scale from their own double precision (`fixtures/checkpoints/README.md`).
const ROUGH: [&str; 3] = ["/bart/lora_qkv_io", "/t5/lora_qkv_io", "/gpt2/lora_c_attn_rank"];
const ROUGH_SINGLE: f64 = 2.5e-6;

/// How far apart the outputs of two releases are at most, in single precision, relative to their scale.
pub(crate) fn single_precision(path: &str) -> f64 {
    if ROUGH.iter().any(|end| path.ends_with(end)) { ROUGH_SINGLE } else { SINGLE }
}

/// This head's layers get other numbers in other releases, and keep them on the way back: nothing tells that the base
/// model has no dropout.
const RENUMBERED: &str = "adapter-transformers-2.3.0/bert/head_no_dropout";

pub(crate) fn trials() -> Vec<Trial> {
    let recorded = read(Path::new(FOLDER).join("converted.json")).expect("the recording");
    let recorded: BTreeMap<String, Value> = serde_json::from_value(recorded).expect("cases by path");
    let mut cases = BTreeMap::<String, Vec<(String, Value)>>::new();
    for (path, case) in &recorded {
        let [target, model, name] = path.split('/').collect::<Vec<_>>()[..] else { panic!("{path} is no path") };
        let (release, name) = name.split_once("__").expect("a release and a case");
        cases.entry(format!("{release}/{model}/{name}")).or_default().push((target.to_owned(), case.clone()));
    }
    let mut trials: Vec<_> =
        cases.into_iter().map(|(path, results)| Trial::test(path.clone(), move || check(&path, &results))).collect();
    trials.push(Trial::test("enough results are compared in every release", {
        let recorded = recorded.clone();
        move || enough_is_compared(&recorded)
    }));
    trials.push(Trial::test("enough comes back whole", {
        let recorded = recorded.clone();
        move || enough_comes_back(&recorded)
    }));
    trials.push(Trial::test("what is refused is another function", move || refusals_are_true(&recorded)));
    trials.push(Trial::test("releases are those of the recorded table", releases_are_known));
    trials
}

fn release(label: &str) -> Release {
    let (library, number) = label.rsplit_once('-').expect("a library and a number");
    Release::named(&format!("{library} {number}")).expect("a known release")
}

/// As the recording was made: ReFT is what the case's name says, and the base model is known.
fn options(path: &str, target: Release) -> Result<Options, Failed> {
    let reft = match path.rsplit('/').next() {
        Some("direft") => Some(Reft::DiReft),
        Some("noreft") => Some(Reft::NoReft),
        _ => None,
    };
    let model = path.split('/').nth(1).and_then(|model| model.split('-').next()).ok_or("no model")?;
    let text = std::fs::read(Path::new(FOLDER).join(format!("base/{model}.json")))?;
    let document = adapter_spec::document::Document::read(text, adapter_spec::document::Format::Json);
    let model = document.root.as_ref().and_then(adapter_spec::models::Model::from_config);
    Ok(Options { reft, model, ..Options::to(Target::AdapterHub(target)) })
}

fn parts(path: &str) -> Result<Vec<PathBuf>, Failed> {
    let folder = Path::new(FOLDER).join(path);
    let case = read(folder.join("case.json"))?;
    let parts = ["adapters", "fusion"].into_iter().flat_map(|key| case[key].as_object().into_iter().flatten());
    Ok(parts.map(|(_, part)| folder.join(part.as_str().unwrap_or_default())).collect())
}

fn check(path: &str, results: &[(String, Value)]) -> Result<(), Failed> {
    if results.len() != TARGETS.len() {
        return Err(format!("{} results are recorded", results.len()).into());
    }
    let own = path.split('/').next().ok_or("no release")?;
    let (mut computed, mut lossy) = (BTreeMap::<&str, usize>::new(), BTreeSet::new());
    for part in parts(path)? {
        let source = Source::open(&part)?;
        for (target, result) in results {
            let plan = Plan::new(&source, &options(path, release(target))?)?;
            let is_refused = result.get("lossy").is_some();
            // A fusion is refused if one of its adapters is; not every part has to be.
            if plan.loses() && !is_refused {
                return Err(format!("{target}: {:?} was recorded as kept", plan.changes).into());
            }
            if plan.loses() {
                lossy.insert(target.as_str());
            }
            if is_refused {
                continue;
            }
            *computed.entry(target).or_default() += counts(&plan, &source).1;
            for container in plan.outputs.first().map_or(&[][..], |output| output.containers) {
                converts(path, &source, &plan, *container, [own, target]).map_err(|failed| {
                    Failed::from(format!("{}: {target}: {}", part.display(), failed.message().unwrap_or_default()))
                })?;
            }
        }
        renames(path, &source)?;
        casts(path, &source)?;
    }
    for (target, result) in results {
        if result.get("lossy").is_some() {
            if !lossy.contains(target.as_str()) {
                return Err(format!("{target}: it was recorded as refused: {result}").into());
            }
            continue;
        }
        let limit = if computed.get(target.as_str()).is_some_and(|computed| *computed > 0) { RESCALED } else { DOUBLE };
        let (single, double) = (result["f32"].as_f64(), result["f64"].as_f64());
        let only_single = double.is_none() && result.get("only_float32").is_some();
        let rounding = if target == own { UNCONVERTED } else { single_precision(path) };
        let is_same = single.is_some_and(|d| d <= rounding) && (only_single || double.is_some_and(|d| d <= limit));
        if !is_same {
            return Err(format!("{target} computes something else: {result}").into());
        }
    }
    Ok(())
}

/// The result can be read, in either kind of file, and for its own release it is itself; back in the first release it is what it was.
fn converts(
    path: &str,
    source: &Source,
    plan: &Plan,
    container: Container,
    [own, target]: [&str; 2],
) -> Result<(), Failed> {
    let scratch = tempfile::tempdir()?;
    let first = scratch.path().join("first");
    let proof = plan.write(source, &first, container, Existing::Refuse, &|_| ())?;
    let (_, computed) = counts(plan, source);
    if proof.computed != computed || proof.identical == 0 && computed == 0 {
        return Err(format!("{proof:?} for a plan of {:?}", counts(plan, source)).into());
    }
    if plan.write(source, &first, container, Existing::Refuse, &|_| ()).is_ok() {
        return Err("an existing output was written over".into());
    }
    let there = Source::open(&first)?;
    let mut told = options(path, release(target))?;
    // What was DiReFT is a NoReFT now.
    told.reft = told.reft.map(|_| Reft::NoReft);
    let again = Plan::new(&there, &told)?;
    if again.loses() || !mapping(&again).is_empty() || counts(&again, &there).1 > 0 {
        return Err(format!("the result is not left alone: {:?}, {:?}", again.changes, mapping(&again)).into());
    }
    for (output, before) in again.outputs.iter().zip(&plan.outputs) {
        if output.config != before.config {
            return Err(format!("the result's config is not left alone: {:?}", output.config).into());
        }
    }
    let forth = options(path, release(target))?;
    is_told(source, plan, &first, &forth)?;
    // What is only planned is held as it is written.
    if container == Container::Safetensors {
        let [held, written] = [plan.held(source)?, there].map(|there| plan.way_back(source, &there, &forth));
        let what = |change: Option<Change>| change.map(|change| change.what);
        let (held, written) = (what(held?), what(written?));
        if held != written {
            return Err(format!("{held:?} is told of the plan, and {written:?} of what is written").into());
        }
    }
    if path == RENUMBERED {
        return Ok(());
    }
    let there = Source::open(&first)?;
    told.target = Target::AdapterHub(release(own));
    let back = Plan::new(&there, &told)?;
    if back.loses() {
        return Err(format!("it does not go back: {:?}", back.changes).into());
    }
    is_itself(source, &there, &back)
}

/// The tensors of the way back are the source's, byte for byte, but for those that are computed on one of the ways; and
/// so is the config, but for what a newer release drops as it has no effect.
fn is_itself(source: &Source, there: &Source, back: &Plan) -> Result<(), Failed> {
    for (output, part) in back.outputs.iter().zip(source.parts()) {
        let (here, there) = (&source.weights[part.weights], &there.weights[output.reads]);
        for carried in &output.tensors {
            let before = here.get(&carried.to).ok_or_else(|| format!("`{}` was not there before", carried.to))?;
            let is_rescaled = carried.to.ends_with(".lora_B") || carried.to.ends_with("learned_source.weight");
            // The factor of a release without `scaling`.
            let module = carried.to.split_once(".adapter_up.").map(|(module, _)| format!("{module}.scaling"));
            let is_folded = module.is_some_and(|factor| here.get(&factor).is_some());
            if !is_rescaled && !is_folded && before.bytes() != carried.bytes(there)? {
                return Err(format!("`{}` does not come back", carried.to).into());
            }
        }
        let came: BTreeSet<_> = output.tensors.iter().map(|carried| carried.to.clone()).collect();
        let went: BTreeSet<_> = here.iter().map(|tensor| tensor.name().to_owned()).collect();
        let gone = went
            .difference(&came)
            .filter(|name| !name.contains("invertible_adapters") && !name.ends_with(".scaling"))
            .count();
        if gone > 0 && !part.name.is_empty() {
            return Err(format!("of {} tensors {} came back", went.len(), came.len()).into());
        }
        let config = |file: &Map| file.get("config").and_then(Written::as_map).map(entries).unwrap_or_default();
        let (before, after) = (config(&part.file), config(&output.config));
        let other: Vec<_> = before.iter().filter(|(key, value)| after.get(*key) != Some(value)).collect();
        // Keys that the newest release changed as it read the file: a prefix that was ejected, an invertible adapter that
        // is not there, a factor that is in the tensors now.
        let known = [
            "flat",
            "alpha",
            "scaling",
            "inv_adapter",
            "inv_adapter_reduction_factor",
            "invertible_adapter",
            "dropout_prob",
        ];
        if let Some((key, value)) = other.iter().find(|(key, _)| !known.contains(&key.as_str())) {
            return Err(format!("`{key}` was {value:?} and is {:?}", after.get(*key)).into());
        }
    }
    Ok(())
}

/// The entries by key, as the order of keys does not count; members of unions by their number.
fn entries(map: &Map) -> BTreeMap<String, Written> {
    let sorted = |value: &Written| match value {
        Written::Map(map) => Written::Map(entries(map).into_iter().collect()),
        Written::List(items) => Written::List(
            items
                .iter()
                .map(|item| match item {
                    Written::Map(map) => Written::Map(entries(map).into_iter().collect()),
                    other => other.clone(),
                })
                .collect(),
        ),
        Written::String(text) => Written::String(text.to_lowercase()),
        other => other.clone(),
    };
    map.iter().map(|(key, value)| (key.to_owned(), sorted(value))).collect()
}

/// Another name and back is the same tensors.
fn renames(path: &str, source: &Source) -> Result<(), Failed> {
    let scratch = tempfile::tempdir()?;
    let other = scratch.path().join("other");
    let named =
        |name: &str| Ok::<_, Failed>(Options { name: Some(name.to_owned()), ..options(path, Release::NEWEST)? });
    let plan = Plan::new(source, &named("loras")?)?;
    plan.write(source, &other, Container::Torch, Existing::Refuse, &|_| ())?;
    let renamed = Source::open(&other)?;
    let tensors = || renamed.weights.iter().flat_map(|weights| weights.iter());
    if renamed.parts()[0].name != "loras" || tensors().any(|tensor| !tensor.name().contains(".loras.")) {
        return Err("a tensor keeps the old name".into());
    }
    let back = Plan::new(&renamed, &named(&source.parts()[0].name)?)?;
    let here = Plan::new(source, &options(path, Release::NEWEST)?)?;
    let names = |plan: &Plan| {
        let tensors = plan.outputs.iter().flat_map(|output| output.tensors.iter().map(|tensor| tensor.to.clone()));
        tensors.collect::<BTreeSet<_>>()
    };
    if names(&back) == names(&here) { Ok(()) } else { Err("another name and back gives other names".into()) }
}

/// To double precision and back is the same bytes; to half precision is rounding, and no loss.
fn casts(path: &str, source: &Source) -> Result<(), Failed> {
    let cast = |dtype| Ok::<_, Failed>(Options { dtype: Some(dtype), ..options(path, Release::NEWEST)? });
    let scratch = tempfile::tempdir()?;
    let wide = scratch.path().join("wide");
    Plan::new(source, &cast(Dtype::F64)?)?.write(source, &wide, Container::Safetensors, Existing::Refuse, &|_| ())?;
    let there = Source::open(&wide)?;
    let mut options = cast(Dtype::F32)?;
    options.reft = options.reft.map(|_| Reft::NoReft);
    let back = Plan::new(&there, &options)?;
    let plain = Plan::new(source, &self::options(path, Release::NEWEST)?)?;
    for (output, plain) in back.outputs.iter().zip(&plain.outputs) {
        let (weights, own) = (&there.weights[output.reads], &source.weights[plain.reads]);
        for carried in &output.tensors {
            let before = plain.tensors.iter().find(|before| before.to == carried.to).ok_or("another name")?;
            // What is computed was rounded once less.
            if before.copy_of(own).is_some() && before.bytes(own)? != carried.bytes(weights)? {
                return Err(format!("`{}` is not itself after double precision", carried.to).into());
            }
        }
    }
    let half = Plan::new(source, &cast(Dtype::F16)?)?;
    let beyond = |change: &&adapter_spec::convert::Change| change.loses() && change.what.contains("out of range");
    match half.changes.iter().find(beyond) {
        None => Ok(()),
        Some(change) => Err(format!("half precision: {}", change.what).into()),
    }
}

fn enough_is_compared(recorded: &BTreeMap<String, Value>) -> Result<(), Failed> {
    let mut compared = BTreeMap::<&str, usize>::new();
    for (path, case) in recorded {
        let (target, _) = path.split_once('/').ok_or("no target")?;
        let is_compared = case.get("lossy").is_none() && case.get("f64").is_some();
        *compared.entry(target).or_default() += usize::from(is_compared);
    }
    let enough =
        [("adapter-transformers-1.1.1", 40), ("adapter-transformers-2.3.0", 55), ("adapter-transformers-3.2.1", 90)];
    let enough = enough.into_iter().chain([("adapters-0.2.2", 90), ("adapters-1.0.1", 95), ("adapters-1.3.0", 140)]);
    for (target, least) in enough {
        let count = compared.get(target).copied().unwrap_or_default();
        if count < least {
            return Err(format!("only {count} results were compared in {target}").into());
        }
    }
    Ok(())
}

/// Most conversions give the files again, to the byte, when they are converted back. Of those that do not, most have numbers
/// that were multiplied and rounded.
fn enough_comes_back(recorded: &BTreeMap<String, Value>) -> Result<(), Failed> {
    let (mut all, mut back) = (0, 0);
    for (key, _) in recorded.iter().filter(|(_, case)| case.get("lossy").is_none()) {
        let [target, model, name] = key.split('/').collect::<Vec<_>>()[..] else { return Err("no path".into()) };
        let (own, name) = name.split_once("__").ok_or("no case")?;
        if own == target {
            continue;
        }
        let path = format!("{own}/{model}/{name}");
        for part in parts(&path)? {
            all += 1;
            back += usize::from(comes_back(&Source::open(&part)?, &options(&path, release(target))?)?);
        }
    }
    if all - back <= 48 { Ok(()) } else { Err(format!("{back} of {all} come back").into()) }
}

/// Forced results of what is refused do not load, do not run, or compute something else.
fn refusals_are_true(recorded: &BTreeMap<String, Value>) -> Result<(), Failed> {
    let (mut shown, mut hidden) = (0, Vec::new());
    for (path, case) in recorded.iter().filter(|(_, case)| case.get("lossy").is_some()) {
        // The largest difference; none of another shape, or where nothing ran.
        let difference = if case.get("f64").is_some() { &case["f64"] } else { &case["f32"] };
        if difference.as_f64().is_none_or(|difference| difference > 1e-4) {
            shown += 1;
        } else {
            hidden.push(path.as_str());
        }
    }
    if shown < 200 || !hidden.is_empty() {
        return Err(format!("{shown} refusals are shown to be true; these compute the same: {hidden:#?}").into());
    }
    Ok(())
}

fn releases_are_known() -> Result<(), Failed> {
    let table = read(Path::new("fixtures/releases/keys.json"))?;
    let order: Vec<_> = table["order"].as_array().ok_or("no order")?.iter().filter_map(Value::as_str).collect();
    let known: Vec<_> = Release::all().map(|release| release.to_string()).collect();
    if known == order { Ok(()) } else { Err(format!("{known:?} are not {order:?}").into()) }
}

/// How many tensors are carried over bit by bit, and how many are computed anew.
pub(crate) fn counts(plan: &Plan, source: &Source) -> (usize, usize) {
    let tensors = plan.outputs.iter().flat_map(|output| output.tensors.iter().map(move |carried| (output, carried)));
    tensors.fold((0, 0), |(same, made), (output, carried)| match source.weights.get(output.reads) {
        Some(weights) if carried.copy_of(weights).is_some() => (same + 1, made),
        _ => (same, made + 1),
    })
}

/// What becomes of which tensors, from old to new: those that get another name, and those that are computed.
pub(crate) fn mapping(plan: &Plan) -> Vec<(String, &str)> {
    let tensors = plan.outputs.iter().flat_map(|output| &output.tensors);
    let tensors = tensors.map(|carried| (carried.recipe.to_string(), carried.to.as_str()));
    tensors.filter(|(from, to)| from != to).collect()
}
