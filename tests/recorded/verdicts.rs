//! Holds the linter to what the real library did with each recorded config: no error on what it runs faithfully, an
//! error at the guilty key on what it does not, a warning where a key had no effect. `VERDICTS=path` checks other
//! recordings of the same format; `VERBOSE=1` lists every disagreement.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use adapter_spec::dialects::adapterhub::config::Method;
use adapter_spec::dialects::adapterhub::presets::Preset;
use adapter_spec::document::{Document, Format, Node, pointer};
use adapter_spec::lint::{Finding, Options, Severity, lint};
use adapter_spec::models::Model;
use adapter_spec::python::equal;
use adapter_spec::value::Value;
use libtest_mimic::Failed;
use serde::Deserialize;

use crate::support::Exception;
use crate::{Said, Summary, Trial};

#[derive(Deserialize)]
struct Case {
    id: String,
    model: String,
    base: String,
    text: String,
    #[serde(default)]
    mutations: Vec<serde_json::Value>,
    #[serde(default)]
    guilty: Vec<String>,
    stage: String,
    exception: Option<Exception>,
    effect: Option<Vec<String>>,
}

/// How a case came out, the library's verdict first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Outcome {
    RunsAndNoError,
    RunsButError,
    /// At the guilty key or inside its value.
    FailsWithErrorAtTheKey,
    /// At the object or list that holds the guilty key.
    FailsWithErrorAroundTheKey,
    /// At the other key of the same conflict, the guilty one shown with it.
    FailsWithErrorAtItsCounterpart,
    /// The recording names no single key: the configuration fails unmutated too, or the whole text was changed.
    FailsWithErrorNoKeyRecorded,
    FailsWithErrorElsewhere,
    FailsButNoError,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

fn model(name: &str) -> Option<Model> {
    let path = root().join("record/models").join(format!("{name}.json"));
    let document = Document::read(fs::read(path).ok()?, Format::Json);
    Model::from_config(document.root.as_ref()?)
}

/// How near to the guilty key an error stands, if it does.
fn nearness(finding: &Finding, guilty: &[String], root: Option<&Node>) -> Option<Outcome> {
    if guilty.is_empty() || guilty.iter().any(String::is_empty) {
        return Some(Outcome::FailsWithErrorNoKeyRecorded);
    }
    let within = |inner: &str, outer: &str| {
        inner == outer || (!outer.is_empty() && inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/')))
    };
    let shows = |guilty: &str| {
        let Some((node, _)) = root.and_then(|root| pointer::find(root, guilty)) else { return false };
        finding.related.iter().any(|place| place.span.start <= node.span.start && node.span.end <= place.span.end)
    };
    // The old nested key stands for both keys of an invertible adapter, and wins over them.
    let stands_for = |guilty: &str| guilty.contains("/inv_adapter") && finding.pointer.contains("/invertible_adapter/");
    let nearness = |guilty: &String| {
        if within(&finding.pointer, guilty) {
            Some(Outcome::FailsWithErrorAtTheKey)
        } else if within(guilty, &finding.pointer) {
            Some(Outcome::FailsWithErrorAroundTheKey)
        } else {
            (shows(guilty) || stands_for(guilty)).then_some(Outcome::FailsWithErrorAtItsCounterpart)
        }
    };
    guilty.iter().filter_map(nearness).min()
}

fn outcome(case: &Case, findings: &[Finding], root: Option<&Node>) -> Outcome {
    let errors: Vec<_> = findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
    match (case.stage == "ok", errors.is_empty()) {
        (true, true) => Outcome::RunsAndNoError,
        (true, false) => Outcome::RunsButError,
        (false, true) => Outcome::FailsButNoError,
        (false, false) => {
            let nearest = errors.iter().filter_map(|error| nearness(error, &case.guilty, root)).min();
            nearest.unwrap_or(Outcome::FailsWithErrorElsewhere)
        }
    }
}

fn cases(path: &Path) -> Vec<Case> {
    let text = fs::read_to_string(path).expect("the recording is there");
    text.lines().map(|line| serde_json::from_str(line).expect("a case a line")).collect()
}

/// Models and architectures that already fail unmutated: there no mutated key is the guilty one.
fn failing_unmutated(paths: &[PathBuf]) -> BTreeSet<(String, String)> {
    let unmutated = |case: &Case| case.mutations.is_empty() && case.stage != "ok";
    paths.iter().flat_map(|path| cases(path)).filter(unmutated).map(|case| (case.model, case.base)).collect()
}

/// Failures that come from the recorder's eight tokens and not from the config: more positions than the sequence has.
/// Those that come from the weights that the config was saved with do not tell of the config either, nor does the
/// lack of the file around a config that only a loader of weights wants.
fn depends_on_more(case: &Case) -> bool {
    let causes = ["Function ScatterBackward0", "Error(s) in loading state_dict"];
    let bare_beside_weights =
        case.stage == "load" && case.guilty.iter().any(String::is_empty) && !case.text.contains("\"config\"");
    bare_beside_weights
        || case
            .exception
            .as_ref()
            .is_some_and(|exception| causes.iter().any(|cause| exception.message.starts_with(cause)))
}

/// Whether the mutations write nothing but what the key's default says already, or says in another spelling: there is
/// nothing to warn of.
fn only_says_the_default(case: &Case, model: Option<&Model>) -> bool {
    if case.guilty.iter().any(String::is_empty) {
        return true;
    }
    let config: serde_json::Value = serde_json::from_str(&case.text).unwrap_or_default();
    let config = config.get("config").filter(|config| config.is_object()).unwrap_or(&config);
    let architecture = config.get("architecture").and_then(serde_json::Value::as_str);
    let Some(method) = Method::of_architecture(architecture) else { return false };
    let fields = method.fields();
    case.mutations.iter().all(|mutation| {
        let pointer = mutation["pointer"].as_str().unwrap_or_default();
        let key = pointer.rsplit('/').next().unwrap_or_default();
        let preset = Preset::find(&case.base).and_then(|preset| preset.config().get(key).cloned());
        let default = fields.iter().find(|(name, _)| name == key).and_then(|(_, default)| default.clone());
        let value = Value::from(&mutation["value"]);
        let meant = preset.or(default);
        let same_in_other_words = match (key, &value) {
            // One factor under `default`, all layers by number, the letters in another order, the model's own type, a
            // probability too small to meet, capitals (which have a note of their own).
            ("reduction_factor", Value::Map(map)) => map.len() == 1 && map.get("default") == meant.as_ref(),
            ("layers", Value::List(layers)) => {
                let named = |layer: u64| layers.iter().any(|item| item.as_i64() == i64::try_from(layer).ok());
                model.and_then(|model| model.layers).is_some_and(|layers| (0..layers).all(named))
            }
            ("attn_matrices", Value::List(letters)) => meant.as_ref().and_then(Value::as_list).is_some_and(|meant| {
                letters.len() == meant.len() && letters.iter().all(|letter| meant.contains(letter))
            }),
            ("architecture", Value::Null) => true,
            ("dtype", Value::String(name)) => name == "float32" || name == "float",
            ("dropout" | "stochastic_depth", Value::Float(p)) => *p < 1e-6,
            ("non_linearity", Value::String(name)) => name.to_lowercase() != *name,
            _ => false,
        };
        mutation["op"] == "remove"
            || same_in_other_words
            || meant.is_some_and(|default| {
                equal(&default, &value) || (value == Value::Null && default == Value::Bool(false))
            })
    })
}

fn check(
    path: &Path,
    models: &BTreeMap<String, Model>,
    failing: &BTreeSet<(String, String)>,
    said: &Said,
) -> (BTreeMap<Outcome, usize>, Vec<String>) {
    let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = if file.starts_with("whole") { "adapter_config.json" } else { "config.json" };
    let mut table: BTreeMap<Outcome, usize> = BTreeMap::new();
    let (mut warned, mut silent) = (0, 0);
    let mut disagreements = Vec::new();
    for mut case in cases(path) {
        if depends_on_more(&case) {
            continue;
        }
        if failing.contains(&(case.model.clone(), case.base.clone())) {
            case.guilty.clear();
        }
        let options = Options { model: models.get(&case.model).cloned(), ..Options::default() };
        let document = Document::read(case.text.clone().into_bytes(), Format::Json);
        let findings = lint(&document, name, &options).findings;
        let outcome = outcome(&case, &findings, document.root.as_ref());
        *table.entry(outcome).or_default() += 1;
        let said = || {
            findings
                .iter()
                .map(|f| format!("{} {} {}", f.rule.code, f.pointer, f.message))
                .collect::<Vec<_>>()
                .join(" | ")
        };
        let did = case.exception.as_ref().map_or(String::new(), |e| format!("{}: {}", e.r#type, e.message));
        let disagrees =
            matches!(outcome, Outcome::RunsButError | Outcome::FailsWithErrorElsewhere | Outcome::FailsButNoError);
        if disagrees {
            disagreements.push(format!("{outcome:?} {} {} {did} <- {}", case.id, case.stage, said()));
        }
        let single = case.mutations.len() == 1;
        let without_effect = single && case.effect.as_ref().is_some_and(Vec::is_empty);
        if case.stage == "ok"
            && without_effect
            && !case.mutations.is_empty()
            && !only_says_the_default(&case, models.get(&case.model))
        {
            if findings.iter().any(|finding| {
                finding.severity >= Severity::Warning
                    && nearness(finding, &case.guilty, document.root.as_ref()).is_some()
            }) {
                warned += 1;
            } else {
                silent += 1;
                disagreements.push(format!("NoWarning {} <- {}", case.id, said()));
            }
        }
    }
    said.line(format!("{file}: {table:?}, without effect: {warned} warned, {silent} silent"));
    (table, disagreements)
}

pub(crate) fn trials() -> (Vec<Trial>, Summary) {
    Said::by("the linter agrees with the library", compare)
}

fn compare(said: &Said) -> Result<(), Failed> {
    let models: BTreeMap<_, _> = ["bert", "gpt2", "bart", "t5", "llama"]
        .into_iter()
        .map(|name| (name.to_owned(), model(name).unwrap_or_else(|| panic!("the config of {name} can be read"))))
        .collect();
    let paths: Vec<PathBuf> = match std::env::var_os("VERDICTS") {
        Some(path) => vec![path.into()],
        None => {
            let mut paths: Vec<_> = fs::read_dir(root().join("verdicts"))
                .expect("fixtures/verdicts is there")
                .filter_map(|entry| Some(entry.ok()?.path()))
                .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
                .collect();
            paths.sort();
            paths
        }
    };
    let mut baselines = paths.clone();
    baselines.push(root().join("verdicts/single.jsonl"));
    let failing = failing_unmutated(&baselines);
    let mut totals: BTreeMap<Outcome, usize> = BTreeMap::new();
    let mut disagreements = Vec::new();
    for path in &paths {
        let (table, more) = check(path, &models, &failing, said);
        for (outcome, cases) in table {
            *totals.entry(outcome).or_default() += cases;
        }
        disagreements.extend(more);
    }
    let total: usize = totals.values().sum();
    said.line(format!("{totals:?}"));
    said.line(format!("{total} cases, {} disagreements", disagreements.len()));
    let is_own = std::env::var_os("VERDICTS").is_none();
    assert!(!is_own || total > 7900, "recordings are missing");
    if std::env::var_os("VERBOSE").is_some() {
        disagreements.iter().for_each(|line| said.line(line));
    }
    if is_own && !disagreements.is_empty() {
        return Err(format!("{} disagreements; VERBOSE=1 lists them", disagreements.len()).into());
    }
    Ok(())
}
