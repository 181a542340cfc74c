//! Holds the linter to what the real library did with each recorded config: no error on what it runs faithfully, an
//! error at the guilty key on what it does not, a warning where a key had no effect. `VERDICTS=path` checks other
//! recordings of the same format; `VERBOSE=1` lists every disagreement.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use adapter_spec::document::{Document, Format};
use adapter_spec::lint::{Finding, Options, Severity, lint};
use adapter_spec::models::Model;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    id: String,
    model: String,
    text: String,
    #[serde(default)]
    mutations: Vec<serde_json::Value>,
    #[serde(default)]
    guilty: Vec<String>,
    stage: String,
    exception: Option<Exception>,
    effect: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Exception {
    r#type: String,
    message: String,
}

/// How a case came out, the library's verdict first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Outcome {
    RunsAndNoError,
    RunsButError,
    FailsWithErrorAtTheKey,
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

fn at_guilty(finding: &Finding, guilty: &[String]) -> bool {
    let within = |inner: &str, outer: &str| {
        inner == outer || (!outer.is_empty() && inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/')))
    };
    guilty.is_empty()
        || guilty.iter().any(|guilty| within(&finding.pointer, guilty) || within(guilty, &finding.pointer))
}

fn outcome(case: &Case, findings: &[Finding]) -> Outcome {
    let errors: Vec<_> = findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
    match (case.stage == "ok", errors.is_empty()) {
        (true, true) => Outcome::RunsAndNoError,
        (true, false) => Outcome::RunsButError,
        (false, true) => Outcome::FailsButNoError,
        (false, false) if errors.iter().any(|error| at_guilty(error, &case.guilty)) => Outcome::FailsWithErrorAtTheKey,
        (false, false) => Outcome::FailsWithErrorElsewhere,
    }
}

fn check(path: &Path, models: &BTreeMap<String, Model>) -> (usize, Vec<String>) {
    let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = if file.starts_with("whole") { "adapter_config.json" } else { "config.json" };
    let text = fs::read_to_string(path).expect("the recording is there");
    let mut table: BTreeMap<Outcome, usize> = BTreeMap::new();
    let (mut warned, mut silent) = (0, 0);
    let mut disagreements = Vec::new();
    let cases = text.lines().filter_map(|line| serde_json::from_str::<Case>(line).ok());
    for case in cases {
        let options = Options { model: models.get(&case.model).cloned(), ..Options::default() };
        let document = Document::read(case.text.clone().into_bytes(), Format::Json);
        let findings = lint(&document, name, &options).findings;
        let outcome = outcome(&case, &findings);
        *table.entry(outcome).or_default() += 1;
        let said = || {
            findings.iter().map(|f| format!("{} {} {}", f.rule.code, f.pointer, f.message)).collect::<Vec<_>>().join(" | ")
        };
        let did = case.exception.as_ref().map_or(String::new(), |e| format!("{}: {}", e.r#type, e.message));
        if !matches!(outcome, Outcome::RunsAndNoError | Outcome::FailsWithErrorAtTheKey) {
            disagreements.push(format!("{outcome:?} {} {} {did} <- {}", case.id, case.stage, said()));
        }
        let without_effect = case.effect.as_ref().is_some_and(Vec::is_empty);
        if case.stage == "ok" && without_effect && !case.mutations.is_empty() {
            if findings.iter().any(|finding| finding.severity >= Severity::Warning && at_guilty(finding, &case.guilty)) {
                warned += 1;
            } else {
                silent += 1;
                disagreements.push(format!("NoWarning {} <- {}", case.id, said()));
            }
        }
    }
    println!("{file}: {table:?}, without effect: {warned} warned, {silent} silent");
    (table.values().sum(), disagreements)
}

fn main() {
    let models: BTreeMap<_, _> = ["bert", "gpt2", "bart", "t5", "llama"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), model(name)?)))
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
    let mut total = 0;
    let mut disagreements = Vec::new();
    for path in &paths {
        let (cases, more) = check(path, &models);
        total += cases;
        disagreements.extend(more);
    }
    println!("{total} cases, {} disagreements", disagreements.len());
    if std::env::var_os("VERBOSE").is_some() {
        for line in &disagreements {
            println!("{line}");
        }
    }
    if !disagreements.is_empty() && std::env::var_os("VERDICTS").is_none() {
        std::process::exit(1);
    }
}
