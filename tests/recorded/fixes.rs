//! Holds safe fixes to what the real library does with the text before and the text after: where both run, they are the
//! same to it, and no text that runs is mended into one that does not.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use adapter_spec::document::{Document, Format};
use adapter_spec::fix::{Safety, mend_file};
use adapter_spec::lint::Options;
use adapter_spec::models::Model;
use libtest_mimic::Failed;
use serde::Deserialize;
use sha1::{Digest as _, Sha1};

use crate::{Said, Summary, Trial};

#[derive(Deserialize)]
struct Recorded {
    id: String,
    sha1: String,
    before: String,
    after: String,
    effect: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    model: String,
    text: String,
}

fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

fn lines<T: for<'d> Deserialize<'d>>(file: &str) -> Vec<T> {
    let text = fs::read_to_string(fixtures().join(file)).expect("the recording is there");
    text.lines().map(|line| serde_json::from_str(line).expect("the recording can be read")).collect()
}

fn options(model: &str) -> Options {
    let path = fixtures().join("record/models").join(format!("{model}.json"));
    let document = Document::read(fs::read(path).expect("the model is there"), Format::Json);
    Options { model: document.root.as_ref().and_then(Model::from_config), ..Options::default() }
}

pub(crate) fn trials() -> (Vec<Trial>, Summary) {
    Said::by("safe fixes keep the meaning", compare)
}

fn compare(said: &Said) -> Result<(), Failed> {
    let families = ["single", "unknown", "pairs", "unions"];
    let cases = families.iter().flat_map(|family| lines::<Case>(&format!("verdicts/{family}.jsonl")));
    let cases: BTreeMap<_, _> = cases.map(|case| (case.id.clone(), case)).collect();
    let models: BTreeMap<_, _> = ["bert", "gpt2", "bart", "t5", "llama"].map(|name| (name, options(name))).into();
    let (mut same, mut runs, mut helped, mut wrong, mut stale) = (0, 0, 0, Vec::new(), Vec::new());
    let recorded = lines::<Recorded>("fixes/safe.jsonl");
    for line in &recorded {
        let case = &cases[&line.id];
        let document = Document::read(case.text.clone().into_bytes(), Format::Json);
        let options = &models[case.model.as_str()];
        let mended = mend_file(&document, "config.json", Format::Json, options, Safety::Safe);
        let sha1 = Sha1::digest(mended.document.source.text());
        if sha1.iter().map(|byte| format!("{byte:02x}")).collect::<String>() != line.sha1 {
            stale.push(line.id.clone());
            continue;
        }
        same += 1;
        match (line.before.as_str(), line.after.as_str()) {
            ("ok", "ok") if line.effect.as_ref().is_some_and(Vec::is_empty) => runs += 1,
            ("ok", _) => wrong.push(format!("{}: {} {:?}", line.id, line.after, line.effect)),
            (_, "ok") => helped += 1,
            _ => {}
        }
    }
    said.line(format!("{same} texts: {runs} ran and compute the same, {helped} failed and run now"));
    assert!(wrong.is_empty(), "the meaning changed:\n{}", wrong.join("\n"));
    assert!(
        stale.is_empty(),
        "fixes differ from the recorded ones; record again (fixtures/record/fixes.py):\n{}",
        stale.join("\n")
    );
    Ok(())
}
