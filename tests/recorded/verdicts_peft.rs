//! Holds the linter to what PEFT did with each recorded config: no error on what it runs faithfully, an error at the
//! guilty key on what it does not. `VERDICTS=path` checks other recordings of the same format; `VERBOSE=1` lists every
//! disagreement.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use adapter_spec::document::{Document, Format, Node, pointer};
use adapter_spec::lint::{Finding, Options, Severity, lint};
use adapter_spec::models::Model;
use libtest_mimic::Failed;
use serde::Deserialize;

use crate::support::Exception;
use crate::{Said, Summary, Trial};

#[derive(Deserialize)]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) model: String,
    base: String,
    pub(crate) text: String,
    #[serde(default)]
    guilty: Vec<String>,
    #[serde(default)]
    base_fails: bool,
    #[serde(default)]
    too_big: bool,
    stage: String,
    exception: Option<Exception>,
}

/// How a case came out, PEFT's verdict first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Outcome {
    RunsAndNoError,
    RunsButError,
    /// At a guilty key, inside its value, or where something is missing.
    FailsWithErrorAtTheKey,
    /// The other key of the same conflict, the guilty one shown with it.
    FailsWithErrorAtItsCounterpart,
    FailsWithErrorElsewhere,
    FailsButNoError,
    /// What decides is the base model, the machine, or a failure that is in the unmutated config, too.
    NotOfTheConfig(&'static str),
}

/// The base models of all recordings, by the name that the cases have for them.
pub(crate) fn all_models() -> BTreeMap<String, Model> {
    models().into_iter().chain(models_under("models_of_whole")).collect()
}

/// The base models, by the name that the cases have for them.
fn models() -> BTreeMap<String, Model> {
    models_under("models")
}

fn models_under(key: &str) -> BTreeMap<String, Model> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/verdicts_peft/provenance.json");
    let document = Document::read(fs::read(path).expect("the recording says what made it"), Format::Json);
    let models = document.root.as_ref().and_then(|root| root.get(key)).map(Node::members).unwrap_or_default();
    models.iter().filter_map(|member| Some((member.key.clone(), Model::from_config(&member.node)?))).collect()
}

/// Of so many failures of the committed recording nothing is said; README says so, too.
const MISSED: usize = 4;

fn recordings() -> Vec<PathBuf> {
    if let Some(path) = std::env::var_os("VERDICTS") {
        return vec![PathBuf::from(path)];
    }
    vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/verdicts_peft/seen.jsonl")]
}

/// What decides, where it is not the config alone.
fn depends_on(case: &Case) -> Option<&'static str> {
    let reasons = [
        // The model's modules: which there are, of what kind and of what width.
        ("NoMatchingPeftModuleError", "model"),
        ("not found in the base model", "model"),
        ("No modules were targeted", "model"),
        ("not supported", "model"),
        ("does not support target modules", "model"),
        ("Unsupported model type", "model"),
        ("Please specify `target_modules`", "model"),
        ("Unable to automatically", "model"),
        ("no layer types compatible", "model"),
        ("No layers types compatible", "model"),
        ("divisible", "model"),
        ("in_features", "model"),
        ("should be a factor of the", "model"),
        ("out of range", "model"),
        ("out of bounds", "model"),
        ("must match the", "model"),
        ("shapes cannot be multiplied", "model"),
        ("size of tensor", "model"),
        ("Could not locate the layers", "model"),
        ("adapter layers", "model"),
        ("is too large", "model"),
        ("total number of params", "model"),
        ("1 dimensional Parameter", "model"),
        ("No layer types compatible", "model"),
        ("cannot be applied to modules of type", "model"),
        ("`use_cache` must be False", "model"),
        // One variant alone, on a layer that has none.
        ("',)", "model"),
        ("not a plain torch.nn.Linear", "model"),
        ("which is not a valid target", "model"),
        ("ShadowCarrier", "model"),
        ("Shadow state", "model"),
        ("Number of heads in key and value", "model"),
        ("is invalid for input of size", "model"),
        ("Sizes of tensors must match", "model"),
        ("product of the input and output dimensions", "model"),
        ("dimensions of the", "model"),
        // Nothing that is installed or reachable where it was recorded.
        ("ModuleNotFoundError", "machine"),
        ("ImportError", "machine"),
        ("OSError", "machine"),
        ("Can't find", "machine"),
        ("TimeoutError", "machine"),
        ("HFValidationError", "machine"),
        // LLM-Adapters' one method more makes it that library's file.
        ("KeyError: 'BOTTLENECK'", "another library"),
    ];
    let exception = case.exception.as_ref()?;
    let told = |part: &str| {
        let whole = format!("{}: {}", exception.r#type, exception.message);
        exception.r#type == part || whole.contains(part)
    };
    reasons.iter().find(|(part, _)| told(part)).map(|(_, reason)| *reason)
}

/// Whether it was recorded for itself, on a model that all is known of, and not as a mutation of another.
fn is_whole(case: &Case) -> bool {
    case.base == "given"
}

fn within(inner: &str, outer: &str) -> bool {
    inner == outer || inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'))
}

fn outcome(case: &Case, findings: &[Finding], root: Option<&Node>) -> Outcome {
    let errors: Vec<_> = findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
    if case.stage == "ok" {
        return if errors.is_empty() { Outcome::RunsAndNoError } else { Outcome::RunsButError };
    }
    let removed = |guilty: &str| root.is_some_and(|root| pointer::find(root, guilty).is_none());
    let at_key = |error: &&&Finding| {
        case.guilty.iter().any(|guilty| within(&error.pointer, guilty) || error.pointer.is_empty() && removed(guilty))
    };
    if errors.iter().any(|error| at_key(&error)) {
        return Outcome::FailsWithErrorAtTheKey;
    }
    if case.base_fails || case.too_big {
        return Outcome::NotOfTheConfig("unmutated");
    }
    if let Some(reason) = depends_on(case).filter(|_| !is_whole(case)) {
        return Outcome::NotOfTheConfig(reason);
    }
    let shows = |error: &Finding| {
        case.guilty.iter().any(|guilty| {
            let place = root.and_then(|root| pointer::find(root, guilty));
            place.is_some_and(|(node, _)| {
                error.related.iter().any(|r| r.span.start <= node.span.start && node.span.end <= r.span.end)
                    || removed(guilty)
            })
        }) || case.guilty.iter().any(|guilty| removed(guilty))
    };
    match errors.is_empty() {
        true => Outcome::FailsButNoError,
        false if case.guilty.is_empty() || errors.iter().any(|error| shows(error)) => {
            Outcome::FailsWithErrorAtItsCounterpart
        }
        false => Outcome::FailsWithErrorElsewhere,
    }
}

fn check(path: &Path, models: &BTreeMap<String, Model>) -> (BTreeMap<Outcome, usize>, Vec<String>) {
    let text = fs::read_to_string(path).expect("the recording is there");
    let (mut table, mut disagreements) = (BTreeMap::new(), Vec::new());
    for line in text.lines() {
        let case: Case = serde_json::from_str(line).expect("a case a line");
        let document = Document::read(case.text.clone().into_bytes(), Format::Json);
        let options = Options { model: models.get(&case.model).cloned(), ..Options::default() };
        let findings = lint(&document, "adapter_config.json", &options).findings;
        let outcome = outcome(&case, &findings, document.root.as_ref());
        *table.entry(outcome).or_default() += 1;
        if matches!(outcome, Outcome::RunsButError | Outcome::FailsWithErrorElsewhere | Outcome::FailsButNoError) {
            let said: Vec<_> = findings
                .iter()
                .filter(|finding| finding.severity == Severity::Error || outcome != Outcome::RunsButError)
                .map(|f| format!("{} {} {}", f.rule.code, f.pointer, f.message))
                .collect();
            let did = case.exception.as_ref().map_or(String::new(), |e| format!("{}: {}", e.r#type, e.message));
            disagreements.push(format!("{outcome:?} {} {} {did} <- {}", case.id, case.stage, said.join(" | ")));
        }
    }
    (table, disagreements)
}

pub(crate) fn trials() -> (Vec<Trial>, Summary) {
    let (mut trials, summary) = Said::by("verdicts agree with PEFT", compare);
    trials.push(Trial::test("whole configs get an error where PEFT fails, and nowhere else", whole));
    (trials, summary)
}

/// Each has one odd value, which the error has to be at, or to show beside another.
fn whole() -> Result<(), Failed> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/verdicts_peft/whole.jsonl");
    let (table, disagreements) = check(&path, &all_models());
    let count = |wanted: Outcome| table.get(&wanted).copied().unwrap_or_default();
    let at_the_key = [Outcome::FailsWithErrorAtTheKey, Outcome::FailsWithErrorAtItsCounterpart];
    let (ran, found) = (count(Outcome::RunsAndNoError), at_the_key.map(count).iter().sum::<usize>());
    assert!(ran > 40 && found > 40, "{table:#?}");
    assert_eq!(ran + found, table.values().sum::<usize>(), "{table:#?}\n{disagreements:#?}");
    Ok(())
}

fn compare(said: &Said) -> Result<(), Failed> {
    let verbose = std::env::var_os("VERBOSE").is_some();
    let models = models();
    assert_eq!(models.len(), 4, "the base models of the recording can be read");
    for path in recordings() {
        let (table, disagreements) = check(&path, &models);
        said.line(format!("{}: {table:#?}", path.display()));
        if verbose {
            disagreements.iter().for_each(|line| said.line(line));
        }
        let count = |wanted: Outcome| table.get(&wanted).copied().unwrap_or_default();
        let false_errors: Vec<_> = disagreements.iter().filter(|line| line.starts_with("RunsButError")).collect();
        assert!(count(Outcome::RunsAndNoError) > 500, "{} holds too few configs that run", path.display());
        assert!(false_errors.is_empty(), "PEFT takes these:\n{false_errors:#?}");
        let missed = count(Outcome::FailsButNoError) + count(Outcome::FailsWithErrorElsewhere);
        // Of another recording as many as there are, for whoever reads the table.
        let is_own = std::env::var_os("VERDICTS").is_none();
        assert!(!is_own || missed == MISSED, "of {missed} failures nothing is said:\n{disagreements:#?}");
    }
    Ok(())
}
