//! Holds the linter to what the real library did with each recorded file beside an adapter's config: no error on what
//! it runs faithfully, an error at the guilty place on what it does not. One trial a case, and a table a kind.
//!
//! A verdict is about a file together with weights, a folder and an input. What only those decide, such as weights of
//! another shape or an adapter that is not in the folder, no text can tell; [`beyond_the_text`] names these reasons, and
//! such a case may have an error or none. `SIDEFILES=path` checks other recordings; `VERBOSE=1` lists disagreements.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use adapter_spec::document::{Document, Format, pointer};
use adapter_spec::lint::{Finding, Options, Severity, lint};
use adapter_spec::models::Model;
use libtest_mimic::Failed;
use serde::Deserialize;

use crate::support::Exception;
use crate::{Summary, Trial};

#[derive(Deserialize)]
struct Case {
    id: String,
    kind: String,
    model: String,
    text: String,
    #[serde(default)]
    mutations: Vec<serde_json::Value>,
    #[serde(default)]
    guilty: Vec<String>,
    stage: String,
    exception: Option<Exception>,
    #[serde(default)]
    output: Option<String>,
    #[serde(default)]
    loaded: Option<serde_json::Value>,
    #[serde(default)]
    note: String,
}

/// Cases whose error stands at another key than the one that was changed, and why that is right.
const ELSEWHERE: [(&str, &str); 1] =
    [("config_adapters-093", "without `architecture` the config is a bottleneck adapter that lacks its keys")];

/// How a case came out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Outcome {
    /// It runs, and there is no error.
    RunsWithoutError,
    /// It runs as before, and yet there is an error.
    FalseError,
    /// It runs, but computes something else; there is an error.
    DiffersWithError,
    /// It fails, and an error stands at the guilty place.
    FailsWithError,
    /// It fails, and an error stands somewhere else.
    MissedPointer,
    /// It fails, and there is no error.
    MissedError,
    /// It fails for a reason that is not in the text.
    BeyondTheText,
}

/// Failures that weights, folder, input or model decide, by what the library says.
fn beyond_the_text(case: &Case) -> Option<&'static str> {
    let says = |text: &str| case.exception.as_ref().is_some_and(|exception| exception.message.contains(text));
    let reasons: &[(&[&str], &'static str)] = &[
        (&["size mismatch for", "Error(s) in loading state_dict"], "the weights have another shape"),
        (&["directory where AdapterFusion is saved", "directory where the head is saved"], "the folder lacks weights"),
        (&["from any source"], "the folder lacks an adapter"),
        (&["not equal to the sum of", "do not match the actual batch size"], "the input has another size"),
        (&["is not found in the", "but this value is not found", "Accessing this value"], "the model lacks a module"),
        (&["Please specify 'load_as'", "does not match current model class"], "the call loads it otherwise"),
        (&["Target size", "Expected input batch_size"], "the labels are of another kind"),
        (&["No adapter with name 'named' found"], "the model lacks an adapter"),
        (&["No adapter with name 'zzz' found"], "the model lacks an adapter"),
    ];
    let known = reasons.iter().find(|(texts, _)| texts.iter().any(|text| says(text))).map(|(_, reason)| *reason);
    known.or_else(|| by_kind(case))
}

/// The same for failures that have no words of their own.
fn by_kind(case: &Case) -> Option<&'static str> {
    if case.note == "converted" {
        return Some("the same text loads into its own class");
    }
    match (case.kind.as_str(), case.stage.as_str()) {
        ("adapter_setup", "forward") if exception_is(case, "AssertionError") => Some("the call gives no task ids"),
        ("adapter_setup", "forward") if case.note == "multitask" => Some("the input has other task ids"),
        ("adapter_interface", "add_adapter" | "forward") => Some("the methods tried are not those offered"),
        ("adapter_interface", "init") if !exception_is(case, "KeyError") && names_a_module(case) => {
            Some("the module is of another kind")
        }
        ("head_config", "loss") if case.text.contains("vocab_size") => Some("the model has another vocabulary"),
        ("head_config", "forward") if case.text.contains("num_choices") => Some("the input has other choices"),
        _ => None,
    }
}

fn exception_is(case: &Case, name: &str) -> bool {
    case.exception.as_ref().is_some_and(|exception| exception.r#type == name)
}

/// Whether all that was changed are paths of modules, to other paths.
fn names_a_module(case: &Case) -> bool {
    let is_path = |value: Option<&serde_json::Value>| {
        value.and_then(serde_json::Value::as_str).is_some_and(|path| path.split('.').all(|part| !part.is_empty()))
    };
    let is_method = |at: &str| at.contains("adapter_methods");
    !case.mutations.is_empty()
        && case
            .mutations
            .iter()
            .all(|mutation| is_path(mutation.get("value")) && !mutation["pointer"].as_str().is_some_and(is_method))
}

/// The model that a case's file was loaded into, as its own config tells.
fn model(class: &str) -> Option<Model> {
    let config = match class {
        name if name.starts_with("Bert") => {
            r#"{"model_type": "bert", "hidden_size": 32, "num_hidden_layers": 2,
            "num_attention_heads": 2, "intermediate_size": 48, "vocab_size": 60}"#
        }
        name if name.starts_with("Bart") => {
            r#"{"model_type": "bart", "d_model": 32, "encoder_layers": 2,
            "decoder_layers": 2, "encoder_attention_heads": 2, "encoder_ffn_dim": 48, "vocab_size": 60}"#
        }
        name if name.starts_with("T5") => {
            r#"{"model_type": "t5", "d_model": 32, "num_layers": 2, "num_heads": 2,
            "d_kv": 16, "d_ff": 48, "vocab_size": 60}"#
        }
        name if name.starts_with("GPT2") => {
            r#"{"model_type": "gpt2", "n_embd": 32, "n_layer": 2, "n_head": 2,
            "vocab_size": 60}"#
        }
        name if name.starts_with("ViT") => {
            r#"{"model_type": "vit", "hidden_size": 32, "num_hidden_layers": 2,
            "num_attention_heads": 2, "intermediate_size": 48}"#
        }
        name if name.starts_with("Llama") => {
            r#"{"model_type": "llama", "hidden_size": 32, "num_hidden_layers": 2,
            "num_attention_heads": 2, "num_key_value_heads": 2, "intermediate_size": 48, "vocab_size": 60}"#
        }
        name if name.starts_with("ModernBert") => {
            r#"{"model_type": "modernbert", "hidden_size": 32,
            "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48, "vocab_size": 60}"#
        }
        _ => return None,
    };
    Model::from_config(Document::read(config.as_bytes().to_vec(), Format::Json).root.as_ref()?)
}

/// Whether a finding stands at one of the guilty places, in it or around it, or points there as well.
fn at_guilty(finding: &Finding, case: &Case, document: &Document) -> bool {
    let within = |inner: &str, outer: &str| {
        inner == outer || inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'))
    };
    // The root holds everything, so it counts only for what stands right in it.
    let around = |guilty: &str| {
        within(guilty, &finding.pointer) && (!finding.pointer.is_empty() || guilty.matches('/').count() == 1)
    };
    case.guilty.is_empty()
        || case.guilty.iter().any(|guilty| {
            let parent = guilty.rsplit_once('/').map_or("", |(parent, _)| parent);
            let spans: Vec<_> = [guilty.as_str(), parent]
                .iter()
                .filter_map(|at| Some(pointer::find(document.root.as_ref()?, at)?.0.span))
                .collect();
            let related = || finding.related.iter().any(|related| spans.contains(&related.span));
            within(&finding.pointer, guilty) || around(guilty) || related()
        })
}

fn judge(case: &Case) -> (Outcome, bool, String) {
    let name = match case.kind.as_str() {
        "config_adapters" => "config.json".to_owned(),
        kind => format!("{kind}.json"),
    };
    let options = Options { model: model(&case.model), ..Options::default() };
    let document = Document::read(case.text.clone().into_bytes(), Format::Json);
    let findings = lint(&document, &name, &options).findings;
    let errors: Vec<_> = findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
    let outcome = match (case.stage.as_str(), errors.is_empty()) {
        ("ok", true) => Outcome::RunsWithoutError,
        ("ok", false) if case.output.as_deref() == Some("differs") => Outcome::DiffersWithError,
        // The same text fails when it is loaded into its own class.
        ("ok", false) if case.note == "converted" => Outcome::BeyondTheText,
        ("ok", false) => Outcome::FalseError,
        (_, false) if errors.iter().any(|error| at_guilty(error, case, &document)) => Outcome::FailsWithError,
        (_, false) if ELSEWHERE.iter().any(|(id, _)| *id == case.id) => Outcome::FailsWithError,
        _ if beyond_the_text(case).is_some() => Outcome::BeyondTheText,
        (_, false) => Outcome::MissedPointer,
        (_, true) => Outcome::MissedError,
    };
    let warned =
        findings.iter().any(|finding| finding.severity >= Severity::Warning && at_guilty(finding, case, &document));
    let said: Vec<_> = findings
        .iter()
        .map(|finding| format!("{} {} {}", finding.rule.code, finding.pointer, finding.message))
        .collect();
    (outcome, warned, said.join(" | "))
}

fn paths() -> Vec<PathBuf> {
    if let Some(path) = std::env::var_os("SIDEFILES") {
        return vec![path.into()];
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sidefiles");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .expect("fixtures/sidefiles is there")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .collect();
    paths.sort();
    paths
}

/// What came of the cases of a file.
#[derive(Default)]
struct Table {
    outcomes: BTreeMap<Outcome, usize>,
    warned: usize,
    silent: usize,
    /// What `VERBOSE` asks for.
    stories: Vec<String>,
}

pub(crate) fn trials() -> (Vec<Trial>, Summary) {
    let tables = Arc::new(Mutex::new(BTreeMap::<String, Table>::new()));
    let mut trials = Vec::new();
    for path in paths() {
        let text = fs::read_to_string(&path).expect("the recording is there");
        let file = path.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        for line in text.lines() {
            let case: Case = serde_json::from_str(line).expect("a recorded case is well formed");
            let (tables, file) = (Arc::clone(&tables), file.clone());
            let (id, kind) = (case.id.clone(), case.kind.clone());
            let run = move || {
                let judged = judge(&case);
                let mut tables = tables.lock().expect("no trial panics while it counts");
                hold(&case, judged, tables.entry(file).or_default()).map_err(Failed::from)
            };
            trials.push(Trial::test(id, run).with_kind(kind));
        }
    }
    let summary = move || {
        let tables = tables.lock().expect("no trial panics while it counts");
        tables.iter().map(shown).collect::<Vec<_>>().join("\n")
    };
    (trials, Box::new(summary))
}

/// Counts how a case came out; what is wrong, if it is not as it should be.
fn hold(case: &Case, judged: (Outcome, bool, String), table: &mut Table) -> Result<(), String> {
    let (outcome, has_warning, said) = judged;
    *table.outcomes.entry(outcome).or_default() += 1;
    let changed: Vec<_> = case.mutations.iter().map(ToString::to_string).collect();
    // An added key, or one whose value does not show in what was loaded, has no effect.
    let was_added = case.mutations.iter().all(|mutation| mutation["op"] == "add");
    let is_idle = case.stage == "ok" && case.output.as_deref() == Some("same") && case.loaded.is_none();
    if is_idle && was_added && !case.mutations.is_empty() {
        if has_warning {
            table.warned += 1;
        } else {
            table.silent += 1;
            table.stories.push(format!("Silent {} {changed:?}", case.id));
        }
    }
    let did = case.exception.as_ref().map_or(String::new(), |e| format!("{}: {}", e.r#type, e.message));
    let story = format!("{outcome:?} {} {} {did}\n  changed {}\n  said {said}", case.id, case.stage, changed.join(" "));
    let agrees = !matches!(outcome, Outcome::FalseError | Outcome::MissedError | Outcome::MissedPointer);
    if !agrees || matches!(outcome, Outcome::BeyondTheText | Outcome::DiffersWithError) {
        table.stories.push(story.clone());
    }
    if agrees { Ok(()) } else { Err(story) }
}

fn shown((file, table): (&String, &Table)) -> String {
    let stories = if std::env::var_os("VERBOSE").is_some() { &table.stories[..] } else { &[] };
    let total: usize = table.outcomes.values().sum();
    let (outcomes, warned, silent) = (&table.outcomes, table.warned, table.silent);
    let line = format!("{file}: {total} cases, {outcomes:?}, idle keys: {warned} warned, {silent} silent");
    stories.iter().cloned().chain([line]).collect::<Vec<_>>().join("\n")
}
