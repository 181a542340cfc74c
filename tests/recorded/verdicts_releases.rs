//! Holds `--for` to what older releases did with recorded configs (`fixtures/verdicts_releases`): no error on what a release
//! runs, an error at the key that was changed on what it refuses. `VERBOSE=1` lists every disagreement, `VERDICTS=folder` takes other recordings of the
//! same format, `DOWNGRADED=folder` only writes what `--fix --for` makes of the carried adapters, for the recorder.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use adapter_spec::dialects::adapterhub::release::Release;
use adapter_spec::document::{Document, Format, Node, pointer};
use adapter_spec::fix::{Safety, mend_file};
use adapter_spec::lint::{Finding, Options, Severity, lint};
use adapter_spec::models::Model;
use libtest_mimic::Failed;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::{Said, Summary, Trial};

#[derive(Deserialize)]
struct Case {
    id: String,
    model: String,
    base: String,
    at: Vec<String>,
    text: String,
}

#[derive(Deserialize)]
struct Line {
    id: String,
    stage: String,
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    message: String,
    diff: Option<f64>,
}

/// An adapter that adapters 1.3.0 saved.
#[derive(Deserialize)]
struct Saved {
    id: String,
    stage: String,
    #[serde(default)]
    text: String,
}

/// An adapter of which an older release was given the mended config.
#[derive(Deserialize)]
struct Fixed {
    id: String,
    text: String,
    stage: String,
    #[serde(default)]
    r#type: String,
    diff: Option<f64>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Outcome {
    RunsInSilence,
    /// With an error at a key that was changed, inside its value, or around it, or that shows it beside its own place.
    FailsAsSaid,
    /// The release refuses the config as it was before, too, so that no key is the guilty one.
    FailsWithoutAKey,
    /// With errors at other keys only.
    FailsAsSaidElsewhere,
    RunsThoughAccused,
    FailsInSilence,
}

/// How far outputs may be apart, relative to the largest value: single precision, through a whole model.
const SAME: f64 = 1e-4;

fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

fn lines<T: DeserializeOwned>(path: &Path) -> Vec<T> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().map(|line| serde_json::from_str(line).expect("a line of the recording")).collect()
}

fn model(name: &str) -> Option<Model> {
    let path = fixtures().join("checkpoints/base").join(format!("{name}.json"));
    Model::from_config(Document::read(fs::read(path).ok()?, Format::Json).root.as_ref()?)
}

fn release(path: &Path) -> Release {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let (library, number) = stem.rsplit_once('-').expect("a recording is named after a release");
    format!("{library}@{number}").parse().expect("a known release")
}

fn judge(document: &Document, name: &str, model: &str, target: Release) -> Vec<Finding> {
    let options = Options { model: self::model(model), targets: target.into(), ..Options::default() };
    lint(document, name, &options).findings
}

fn document(text: &str) -> Document {
    Document::read(text.as_bytes().to_vec(), Format::Json)
}

fn told(findings: &[Finding]) -> String {
    let told = findings.iter().map(|f| format!("{} {} {}", f.rule.code, f.pointer, f.message));
    told.collect::<Vec<_>>().join(" | ")
}

fn has_error(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}

/// Whether an error stands at one of the keys, inside or around it, or shows it.
fn is_placed(findings: &[Finding], at: &[String], root: Option<&Node>) -> bool {
    let within = |inner: &str, outer: &str| {
        inner == outer || (!outer.is_empty() && inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/')))
    };
    let shows = |finding: &Finding, key: &str| {
        let Some((node, _)) = root.and_then(|root| pointer::find(root, key)) else { return false };
        finding.related.iter().any(|place| place.span.start <= node.span.start && node.span.end <= place.span.end)
    };
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
    // What is not there can only be asked of the object that it would be in.
    let lacks = |finding: &Finding, key: &str| {
        let is_there = root.and_then(|root| pointer::find(root, key)).is_some();
        !is_there && key.rsplit_once('/').is_some_and(|(object, _)| finding.pointer == object)
    };
    let near = |finding: &Finding, key: &str| {
        let pointer = &finding.pointer;
        within(pointer, key) || within(key, pointer) || shows(finding, key) || lacks(finding, key)
    };
    errors.into_iter().any(|finding| at.iter().any(|key| near(finding, key)))
}

/// What the recorder and not the config decided: it had no weights for the file or those of another config, weights that lack
/// what the release does not save, no memory, too few models, no torchvision, or a model with too few positions.
fn is_undecided(line: &Line) -> bool {
    let is_file = line.id.starts_with("file/");
    ["weights", "recorder", "crash"].contains(&line.stage.as_str())
        || line.r#type == "TimeoutError"
        || line.message.contains("alloc")
        || line.message.contains("torchvision")
        || line.message.starts_with("The size of tensor a")
        || (is_file && (line.stage == "compare" || line.message.starts_with("Error(s) in loading state_dict")))
}

/// Outcomes of the configs, and what disagrees.
fn configs(folder: &Path, path: &Path) -> (BTreeMap<Outcome, usize>, Vec<String>) {
    let target = release(path);
    let cases: BTreeMap<_, _> =
        lines::<Case>(&folder.join("cases.jsonl")).into_iter().map(|case| (case.id.clone(), case)).collect();
    let (mut table, mut wrong) = (BTreeMap::new(), Vec::new());
    let decided: Vec<_> = lines::<Line>(path).into_iter().filter(|line| !is_undecided(line)).collect();
    let base = |case: &Case| (case.id.split('/').next().map(str::to_owned), case.model.clone(), case.base.clone());
    let refused = decided.iter().filter(|line| line.stage != "ok").filter_map(|line| cases.get(&line.id));
    let refused: BTreeSet<_> = refused.filter(|case| case.at.is_empty()).map(base).collect();
    for line in decided {
        let Some(case) = cases.get(&line.id) else { panic!("{} is no case", line.id) };
        let name = if line.id.starts_with("file/") { "adapter_config.json" } else { "config.json" };
        let document = document(&case.text);
        let findings = judge(&document, name, &case.model, target);
        let outcome = match (line.stage == "ok", has_error(&findings)) {
            (true, false) => Outcome::RunsInSilence,
            (false, true) if case.at.is_empty() || refused.contains(&base(case)) => Outcome::FailsWithoutAKey,
            (false, true) if is_placed(&findings, &case.at, document.root.as_ref()) => Outcome::FailsAsSaid,
            (false, true) => Outcome::FailsAsSaidElsewhere,
            (true, true) => Outcome::RunsThoughAccused,
            (false, false) => Outcome::FailsInSilence,
        };
        *table.entry(outcome).or_default() += 1;
        if matches!(outcome, Outcome::RunsThoughAccused | Outcome::FailsInSilence | Outcome::FailsAsSaidElsewhere) {
            let (base, at) = (&case.base, case.at.join(" "));
            wrong.push(format!(
                "{outcome:?} {target} {} ({base} {at}) {} {}: {} <- {}",
                line.id,
                line.stage,
                line.r#type,
                line.message,
                told(&findings)
            ));
        }
    }
    (table, wrong)
}

/// Adapters of the newest release in an older one: what is refused has an error, what computes something else is told of.
fn carried(folder: &Path, path: &Path) -> (BTreeMap<&'static str, usize>, Vec<String>) {
    let target = release(path);
    let saved = lines::<Saved>(&folder.join("carried-adapters-1.3.0/saved.jsonl"));
    let texts: BTreeMap<_, _> = saved.into_iter().filter(|saved| saved.stage == "ok").map(|s| (s.id, s.text)).collect();
    let (mut table, mut wrong) = (BTreeMap::new(), Vec::new());
    for line in lines::<Line>(path).into_iter().filter(|line| !is_undecided(line)) {
        let text = &texts[&line.id];
        let findings =
            judge(&document(text), "adapter_config.json", line.id.split('/').nth(1).unwrap_or_default(), target);
        let is_told = findings.iter().any(|f| f.rule.code.starts_with("AL80") && f.fix.is_none());
        let is_same = line.diff.is_some_and(|diff| diff <= SAME);
        let (outcome, is_right) = match (line.stage.as_str(), is_same) {
            ("ok", true) => ("same", !has_error(&findings)),
            ("ok", false) => ("other function", is_told),
            _ => ("refused", has_error(&findings) || is_told),
        };
        *table.entry(outcome).or_default() += 1;
        if !is_right {
            let (kind, message) = (&line.r#type, &line.message);
            wrong.push(format!(
                "{outcome} {target} {} {kind}: {message} {:?} <- {}",
                line.id,
                line.diff,
                told(&findings)
            ));
        }
    }
    (table, wrong)
}

/// A config as `--fix --for` leaves it; `None` if it stays as it is, or if anything is left that the release does not do.
fn downgraded(text: &str, model: &str, target: Release) -> Option<String> {
    let options = Options { model: self::model(model), targets: target.into(), ..Options::default() };
    let document = Document::read(text.as_bytes().to_vec(), Format::Json);
    let mended = mend_file(&document, "adapter_config.json", Format::Json, &options, Safety::Safe).document;
    let findings = lint(&mended, "adapter_config.json", &options).findings;
    let is_fit = !has_error(&findings) && !findings.iter().any(|f| f.rule.code.starts_with("AL8"));
    let mended = mended.source.text().to_owned();
    (is_fit && mended != text).then_some(mended)
}

/// The downgraded configs of all adapters, in the format that the recorder takes.
fn write_downgraded(folder: &Path, target: Release) -> String {
    let saved = lines::<Saved>(&folder.join("carried-adapters-1.3.0/saved.jsonl"));
    let rows = saved.iter().filter(|saved| saved.stage == "ok").filter_map(|saved| {
        let text = downgraded(&saved.text, saved.id.split('/').nth(1).unwrap_or_default(), target)?;
        Some(serde_json::json!({"id": saved.id, "text": text}).to_string() + "\n")
    });
    rows.collect()
}

/// What a release computed with the configs that `--fix --for` made for it: the same, and they are what it makes today.
fn fixed(folder: &Path, path: &Path) -> (usize, Vec<String>) {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let target = release(Path::new(name.trim_start_matches("fixed-")));
    let saved = lines::<Saved>(&folder.join("carried-adapters-1.3.0/saved.jsonl"));
    let texts: BTreeMap<_, _> = saved.into_iter().map(|saved| (saved.id, saved.text)).collect();
    let mut recorded = lines::<Fixed>(path);
    // The machine was too slow, which says nothing of the config.
    recorded.retain(|line| line.r#type != "TimeoutError");
    let wrong = recorded.iter().filter_map(|line| {
        let model = line.id.split('/').nth(1).unwrap_or_default();
        let today = downgraded(&texts[&line.id], model, target);
        let is_same = line.stage == "ok" && line.diff.is_some_and(|diff| diff <= SAME);
        let is_current = today.as_ref() == Some(&line.text);
        (!is_same || !is_current)
            .then(|| format!("fixed {target} {} {} {:?} <- {today:?}", line.id, line.stage, line.diff))
    });
    let wrong = wrong.collect();
    (recorded.len(), wrong)
}

fn recordings(folder: &Path, start: &str) -> BTreeSet<PathBuf> {
    let entries = fs::read_dir(folder).expect("the recordings are there").filter_map(|entry| Some(entry.ok()?.path()));
    entries.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(start))).collect()
}

pub(crate) fn trials() -> (Vec<Trial>, Summary) {
    match std::env::var_os("DOWNGRADED") {
        Some(out) => Said::by("downgraded configs are written", move |_| write_all(Path::new(&out))),
        None => Said::by("the linter agrees with the releases", compare),
    }
}

fn folder() -> PathBuf {
    std::env::var_os("VERDICTS").map_or_else(|| fixtures().join("verdicts_releases"), PathBuf::from)
}

/// Writes the downgraded configs for each release into a folder.
fn write_all(out: &Path) -> Result<(), Failed> {
    let folder = folder();
    for path in recordings(&folder.join("carried-adapters-1.3.0"), "adapter") {
        let name = path.file_name().unwrap_or_default();
        fs::write(out.join(name), write_downgraded(&folder, release(&path)))?;
    }
    Ok(())
}

fn compare(said: &Said) -> Result<(), Failed> {
    let folder = folder();
    let carriers = folder.join("carried-adapters-1.3.0");
    let mut wrong = Vec::new();
    for path in recordings(&folder, "adapter") {
        let (table, more) = configs(&folder, &path);
        said.line(format!("{}: {table:?}", release(&path)));
        wrong.extend(more);
    }
    for path in recordings(&carriers, "adapter") {
        let (table, more) = carried(&folder, &path);
        said.line(format!("adapters 1.3.0 in {}: {table:?}, {} not told", release(&path), more.len()));
        wrong.extend(more);
    }
    for path in recordings(&carriers, "fixed-adapter") {
        let (count, more) = fixed(&folder, &path);
        said.line(format!("{}: {count} mended configs, {} not the same", path.display(), more.len()));
        wrong.extend(more);
    }
    said.line(format!("{} disagreements", wrong.len()));
    if std::env::var_os("VERBOSE").is_some() {
        wrong.iter().for_each(|line| said.line(line));
    }
    if !wrong.is_empty() && std::env::var_os("VERDICTS").is_none() {
        return Err(format!("{} disagreements; VERBOSE=1 lists them", wrong.len()).into());
    }
    Ok(())
}
