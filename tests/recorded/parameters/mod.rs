//! The tensors of every config in every model type, against what was recorded from the library
//! (`fixtures/parameters`). One trial a file; `PARAMETERS=path` checks another folder of the same format.

mod recording;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use adapter_spec::dialects::adapterhub::load::{Kind, Loader, Names};
use adapter_spec::dialects::adapterhub::modules::members;
use adapter_spec::dialects::adapterhub::slots::{Slot, Totals, attribute, place, slots};
use adapter_spec::document::{Document, Format};
use adapter_spec::methods::parameters::Nature;
use adapter_spec::models::Model;
use serde_json::Value;

use self::recording::{Case, Recording, Tensor, WellKnown};
use crate::{Summary, Trial};

/// What was checked.
#[derive(Default)]
struct Counts {
    cases: usize,
    refused: usize,
    tensors: usize,
    names: usize,
    well_known: usize,
}

pub(crate) fn trials() -> (Vec<Trial>, Summary) {
    let counts = Arc::new(Mutex::new(Counts::default()));
    let recordings = recordings();
    assert!(std::env::var_os("PARAMETERS").is_some() || recordings.len() >= 47, "recordings are missing");
    let mut trials = Vec::new();
    for (name, text) in recordings {
        let counts = Arc::clone(&counts);
        trials.push(Trial::test(name.clone(), move || {
            let (checked, wrong) = if name == "well_known" { well_known(&text) } else { model(&name, &text) };
            let mut counts = counts.lock().expect("no trial panics while it counts");
            counts.cases += checked.cases;
            counts.refused += checked.refused;
            counts.tensors += checked.tensors;
            counts.names += checked.names;
            counts.well_known += checked.well_known;
            if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
        }));
    }
    let summary = move || {
        let counts = counts.lock().expect("no trial panics while it counts");
        format!(
            "{} cases ({} refused), {} tensors under {} names; {} counts of well-known models",
            counts.cases, counts.refused, counts.tensors, counts.names, counts.well_known
        )
    };
    (trials, Box::new(summary))
}

fn recordings() -> BTreeMap<String, String> {
    let own = || [env!("CARGO_MANIFEST_DIR"), "fixtures", "parameters"].iter().collect();
    let folder = std::env::var_os("PARAMETERS").map_or_else(own, PathBuf::from);
    let entries = std::fs::read_dir(folder).expect("the recordings are there");
    let files = entries.map(|entry| entry.expect("the folder can be read").path());
    let json = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let named = json.map(|path| {
        let text = std::fs::read_to_string(&path).expect("the recording can be read");
        (path.file_stem().expect("it has a name").to_string_lossy().into_owned(), text)
    });
    // The list of configs is no model's.
    named.filter(|(name, _)| name != "configs").collect()
}

fn read_model(config: &Value) -> Model {
    let mut config = config.clone();
    // The library has no interface for Gemma; it was given one by hand, with the module names of Gemma 2.
    if config["model_type"] == "gemma" {
        config["model_type"] = "gemma2".into();
    }
    let document = Document::read(config.to_string().into_bytes(), Format::Json);
    Model::from_config(&document.root.expect("a config")).expect("a model")
}

/// The tensors of a config for an adapter called `a`, or why there are none.
fn build(config: &str, model: &Model, attribute: &str) -> Result<Vec<Slot>, String> {
    let loader = Loader { kind: Kind::Adapter, names: Names::Library, ..Loader::default() };
    let loaded = loader.load_text(config, &[]).map_err(|error| error.to_string())?.ok_or("an empty spec")?;
    let members = members(&loaded).map_err(|error| error.to_string())?;
    place(&members, "a", model).map(|placed| slots(&placed, attribute)).map_err(|error| error.to_string())
}

fn model(name: &str, text: &str) -> (Counts, Vec<String>) {
    let recording: Recording = serde_json::from_str(text).expect("the recording has the format");
    let model = read_model(&recording.model_config);
    let with_heads = recording.class.ends_with("AdapterModel") || recording.class.ends_with("ForCausalLM");
    let attribute = if with_heads { attribute(&model).expect("the type is known") } else { "" };
    let mut counts = Counts::default();
    let mut wrong = Vec::new();
    for case in &recording.cases {
        counts.cases += 1;
        let built = build(&case.config, &model, attribute);
        let differences = match (&case.refused, built) {
            (Some(_), Err(_)) => {
                counts.refused += 1;
                Vec::new()
            }
            (Some(error), Ok(_)) => vec![format!("the library refuses: {error}")],
            (None, Err(error)) => vec![format!("the library takes it, we do not: {error}")],
            (None, Ok(slots)) => compare(case, &slots, &mut counts),
        };
        wrong.extend(differences.into_iter().map(|difference| format!("{name}/{}: {difference}", case.id)));
    }
    (counts, wrong)
}

/// A tensor by all its saved names, or by the unsaved ones if it has no others.
type Tensors = BTreeMap<BTreeSet<String>, Tensor>;

fn compare(case: &Case, slots: &[Slot], counts: &mut Counts) -> Vec<String> {
    let all: Vec<_> = slots.iter().flat_map(tensors).collect();
    let count = all.len();
    let ours: Tensors = all.into_iter().collect();
    let theirs = case.tensors();
    counts.tensors += theirs.len();
    counts.names += theirs.keys().map(BTreeSet::len).sum::<usize>();
    let mut wrong = Vec::new();
    if ours.len() != count {
        wrong.push("two of our tensors have the same names".to_owned());
    }
    for (names, tensor) in &theirs {
        match ours.get(names) {
            Some(own) if own == tensor => {}
            Some(own) => wrong.push(format!("{names:?} is {tensor:?}, not {own:?}")),
            None => wrong.push(format!("{names:?} is missing: {tensor:?}")),
        }
    }
    wrong
        .extend(ours.keys().filter(|names| !theirs.contains_key(*names)).map(|names| format!("{names:?} is too much")));
    let totals = Totals::of(slots);
    if [totals.parameters; 2] != [case.parameters, case.distinct_parameters] {
        wrong.push(format!(
            "{} parameters, {} distinct ones, not {}",
            case.parameters, case.distinct_parameters, totals.parameters
        ));
    }
    let per_layer = |(layer, count): (&Option<u64>, &u64)| (layer.map_or(-1, |layer| layer as i64), *count);
    let per_layer: BTreeMap<_, _> = totals.per_layer.iter().map(per_layer).collect();
    if per_layer != case.per_layer() {
        wrong.push(format!("by layer {:?}, not {per_layer:?}", case.per_layer()));
    }
    wrong
}

/// The tensor of a slot. One without elements shares no memory that could be seen, so the recording takes each of its
/// names for a tensor.
fn tensors(slot: &Slot) -> Vec<(BTreeSet<String>, Tensor)> {
    let names: BTreeSet<_> = std::iter::once(&slot.name).chain(&slot.aliases).cloned().collect();
    let tensor = Tensor {
        shape: slot.shape.iter().map(|axis| axis.size).collect(),
        dtype: slot.dtype.name().to_owned(),
        buffer: slot.nature == Nature::Buffer,
        trained: slot.nature == Nature::Trained,
        saved: slot.saved,
        unsaved: slot.unsaved.iter().cloned().collect(),
    };
    if slot.elements() > 0 {
        return vec![(names, tensor)];
    }
    let unsaved = tensor.unsaved.iter().map(|name| (name.clone(), false));
    let names = names.into_iter().map(|name| (name, slot.saved)).chain(unsaved);
    let alone = |(name, saved)| (BTreeSet::from([name]), Tensor { saved, unsaved: BTreeSet::new(), ..tensor.clone() });
    names.map(alone).collect()
}

fn well_known(text: &str) -> (Counts, Vec<String>) {
    let recording: WellKnown = serde_json::from_str(text).expect("the recording has the format");
    let mut counts = Counts::default();
    let mut wrong = Vec::new();
    for recorded in &recording.models {
        let model = read_model(&recorded.model_config);
        let known = Model::well_known(&recorded.name).map(|known| Model { parameters: None, ..known });
        assert_eq!(known.as_ref(), Some(&model), "{}", recorded.name);
        for case in &recorded.cases {
            counts.well_known += 1;
            let count = build(&case.config, &model, "x").map(|slots| Totals::of(&slots).parameters);
            let agrees = match (&case.refused, &count) {
                (Some(_), Err(_)) => true,
                (None, Ok(count)) => *count == case.parameters && *count == case.distinct_parameters,
                _ => false,
            };
            if !agrees {
                let (name, id, refused) = (&recorded.name, &case.id, &case.refused);
                wrong.push(format!("{name}/{id}: {} parameters, {refused:?}, not {count:?}", case.parameters));
            }
        }
    }
    (counts, wrong)
}
