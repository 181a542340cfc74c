//! Holds `--for peft@X` to what older releases did with the configs of `fixtures/verdicts_peft`: no error on what a release
//! runs. `VERBOSE=1` lists every disagreement.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use adapter_spec::dialects::Target;
use adapter_spec::document::{Document, Format};
use adapter_spec::lint::{Options, Severity, lint};
use libtest_mimic::Failed;
use serde::Deserialize;

use crate::verdicts_peft::{Case, all_models};
use crate::{Said, Summary, Trial};

/// What older releases do with the same configs: `ok`, or the stage and type of the first failure.
#[derive(Deserialize)]
struct Releases {
    seen: BTreeMap<String, Vec<Option<String>>>,
    whole: BTreeMap<String, Vec<Option<String>>>,
}

pub(crate) fn trials() -> (Vec<Trial>, Summary) {
    Said::by("older releases of PEFT take what gets no error", compare)
}

/// For each release: no error on what it runs, and one on what it fails as the newest does.
fn compare(said: &Said) -> Result<(), Failed> {
    let verbose = std::env::var_os("VERBOSE").is_some();
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/verdicts_peft");
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect("the recording is there");
    let models = all_models();
    let text = read("seen.jsonl") + &read("whole.jsonl");
    let cases: Vec<Case> = text.lines().map(|line| serde_json::from_str(line).expect("a case a line")).collect();
    let recorded: Releases = serde_json::from_str(&read("releases.json")).expect("the recording has its form");
    assert_eq!(recorded.seen.len(), 6, "six releases were recorded");
    let mut false_errors = Vec::new();
    for ((release, seen), whole) in recorded.seen.iter().zip(recorded.whole.values()) {
        let outcomes: Vec<_> = seen.iter().chain(whole).collect();
        assert_eq!(outcomes.len(), cases.len(), "an outcome a case");
        let mut table: BTreeMap<_, usize> = BTreeMap::new();
        let mut disagreements = Vec::new();
        for (case, did) in cases.iter().zip(&outcomes).filter_map(|(case, did)| Some((case, did.as_deref()?))) {
            let document = Document::read(case.text.clone().into_bytes(), Format::Json);
            let target: Target = format!("peft@{release}").parse().expect("the release is known");
            let options =
                Options { model: models.get(&case.model).cloned(), targets: target.into(), ..Options::default() };
            let findings = lint(&document, "adapter_config.json", &options).findings;
            let errors: Vec<_> = findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
            let outcome = match (did == "ok", errors.is_empty()) {
                (true, true) => "runs, no error",
                (true, false) => "runs, but an error",
                (false, true) => "fails, but no error",
                (false, false) => "fails, an error",
            };
            *table.entry(outcome).or_default() += 1;
            if outcome.contains("but") {
                let said: Vec<_> =
                    errors.iter().map(|f| format!("{} {} {}", f.rule.code, f.pointer, f.message)).collect();
                disagreements.push(format!("{release} {outcome}: {} {did} <- {}", case.id, said.join(" | ")));
            }
        }
        said.line(format!("{release}: {table:?}"));
        if verbose {
            disagreements.iter().for_each(|line| said.line(line));
        }
        assert!(table.get("runs, no error").is_some_and(|count| *count > 500), "{release}: {table:?}");
        let count = |outcome: &str| table.get(outcome).copied().unwrap_or_default();
        // What is missed is prefixes and adaption prompts that this transformers fails, and what the machine lacks.
        let (missed, found) = (count("fails, but no error"), count("fails, an error"));
        assert!(
            missed * 9 <= found,
            "{release}: {missed} failures were missed, {found} were found:\n{disagreements:#?}"
        );
        false_errors.extend(disagreements.into_iter().filter(|line| line.contains("runs, but")));
    }
    assert!(false_errors.is_empty(), "these are taken:\n{false_errors:#?}");
    Ok(())
}
