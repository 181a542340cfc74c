//! One trial for each folder of `fixtures/lint`: every file in it is judged, and the three formats are compared with
//! `expected.txt`, `expected.concise` and `expected.json`. `BLESS=1` writes them anew.
//!
//! A folder is named `<code>-<name>`. A case is a file or folder in it: one whose name starts with `bad` must have a
//! finding of this code, one that starts with `good` must have none, and no error of any other rule that looks at more
//! than the text. A folder is also judged as a repository of the Hub. A `model.json` is the base model of the case that it lies in, or of all, and a
//! `release.txt` the release that it is judged for. Only
//! findings of this code are shown, so that a new rule leaves the other folders as they are; the rules of the text are
//! shown together, since they share one reader.
//!
//! A file of weights in a case is judged with the config beside it, as it lies on the disk, and a config with the names of the
//! files beside it.
//!
//! Every fix that a finding offers is applied, to weights in a copy: the finding must be gone then, and nothing worse be
//! there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use adapter_spec::dialects::adapterhub::checkpoint::Role;
use adapter_spec::dialects::adapterhub::hub::{Card, check_repository};
use adapter_spec::dialects::peft::WEIGHTS_NAMES;
use adapter_spec::dialects::{Target, Targets};
use adapter_spec::document::{Document, Format};
use adapter_spec::fix::names::Renaming;
use adapter_spec::lint::{Finding, Fix, Levels, Linted, Options, Severity, lint_among, lint_weights};
use adapter_spec::models::Model;
use adapter_spec::report::concise::Concise;
use adapter_spec::report::full::Full;
use adapter_spec::report::json::Json;
use adapter_spec::report::{FileReport, write_all};
use libtest_mimic::Failed;

use crate::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/lint");
    children(&root)
        .into_iter()
        .filter(|folder| folder.is_dir())
        .map(|folder| Trial::test(shown(&folder, &root), move || run(&folder)))
        .collect()
}

fn run(folder: &Path) -> Result<(), Failed> {
    let code = folder.file_name().and_then(|name| name.to_str()).and_then(|name| name.split('-').next());
    let code = code.ok_or("the folder has no code")?;
    let levels = levels(code)?;
    let mut reports = Vec::new();
    for case in children(folder).iter().filter(|path| is_input(path)) {
        let name = shown(case, folder);
        let files = judged(case, folder)?;
        let is_found = files.iter().any(|file| file.findings.iter().any(|finding| finding.rule.code == code));
        let worst = files.iter().flat_map(|file| &file.findings).map(|finding| finding.severity).max();
        if name.starts_with("bad") && !is_found {
            return Err(format!("{name}: {code} is not found").into());
        }
        if name.starts_with("good") && (is_found || (!code.starts_with("AL1") && worst == Some(Severity::Error))) {
            let told: Vec<_> = files.iter().flat_map(|file| file.findings.iter().map(told)).collect();
            return Err(format!("{name} is not good: {told:#?}").into());
        }
        for mut file in files {
            for finding in &file.findings {
                fix(finding, &file, case, folder)?;
            }
            file.findings = levels.apply(file.findings);
            reports.push(file);
        }
    }
    if reports.is_empty() {
        return Err("there is no input".into());
    }
    let mut texts = [Vec::new(), Vec::new(), Vec::new()];
    let [frames, lines, data] = &mut texts;
    write_all(&Full::new(false), &reports, frames)?;
    write_all(&Concise, &reports, lines)?;
    write_all(&Json, &reports, data)?;
    for (name, text) in ["expected.txt", "expected.concise", "expected.json"].iter().zip(texts) {
        compare(&folder.join(name), &String::from_utf8(text)?)?;
    }
    Ok(())
}

/// Shows findings of this code alone, or of all rules of the text.
fn levels(code: &str) -> Result<Levels, Failed> {
    let mut levels = Levels::default();
    levels.select(if code.starts_with("AL1") { "AL1" } else { code })?;
    for other in ["AL117", "AL118"].iter().filter(|other| **other != code) {
        levels.ignore(other)?;
    }
    Ok(levels)
}

/// The files of a case with all that was found in them.
fn judged(case: &Path, folder: &Path) -> Result<Vec<FileReport>, Failed> {
    let options = options(case, folder)?;
    let mut reports = judge(texts(case, folder)?, folder, &options);
    for file in inputs(case).iter().filter(|path| is_weights(path)) {
        let linted = lint_weights(file, &options)?.ok_or("the name is not one of weights")?;
        reports.push(FileReport::new(shown(file, folder), Document::without_text(), linted));
    }
    Ok(reports)
}

/// The files of a case that have a text.
fn texts(case: &Path, folder: &Path) -> Result<BTreeMap<String, Vec<u8>>, Failed> {
    let files = inputs(case).into_iter().filter(|path| !is_weights(path));
    files.map(|file| Ok((shown(&file, folder), fs::read(&file)?))).collect()
}

fn is_weights(path: &Path) -> bool {
    path.file_name()
        .and_then(|name| name.to_str())
        .is_some_and(|name| Role::of_weights(name).is_some() || WEIGHTS_NAMES.contains(&name))
}

fn judge(texts: BTreeMap<String, Vec<u8>>, folder: &Path, options: &Options) -> Vec<FileReport> {
    let mut reports: Vec<_> = texts
        .into_iter()
        .map(|(name, text)| {
            let format = if name.ends_with(".json") { Format::Json } else { Format::Yaml };
            let document = Document::read(text, format);
            let files = || Some(beside(&folder.join(&name)));
            let mut linted = lint_among(&document, &name, &files, options);
            // Nobody but a repository's rules looks at a file of another ending.
            linted.findings.retain(|_| [".json", ".yaml", ".yml"].iter().any(|ending| name.ends_with(ending)));
            FileReport::new(name, document, linted)
        })
        .collect();
    let cards: Vec<_> = reports.iter().map(|file| Card { path: &file.path, document: &file.document }).collect();
    for (at, finding) in check_repository(&cards) {
        reports[at].add([finding]);
    }
    reports
}

/// The names of the files in the folder of one.
fn beside(file: &Path) -> Vec<String> {
    let folder = file.parent().expect("a case lies in a folder");
    let files = children(folder).into_iter().filter(|path| path.is_file());
    files.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect()
}

fn options(case: &Path, folder: &Path) -> Result<Options, Failed> {
    let beside = |name: &str| [case, folder].map(|folder| folder.join(name)).into_iter().find(|path| path.exists());
    let release = beside("release.txt").map(fs::read_to_string).transpose()?;
    let target = release.map(|release| release.parse::<Target>()).transpose();
    let targets = target.map_err(|error| format!("release.txt: {error}"))?.map(Targets::from).unwrap_or_default();
    let Some(model) = beside("model.json") else { return Ok(Options { targets, ..Options::default() }) };
    let root = Document::read(fs::read(model)?, Format::Json).root;
    Ok(Options { model: root.and_then(|root| Model::from_config(&root)), targets, ..Options::default() })
}

/// Applies the fix of a finding and judges the case anew.
fn fix(finding: &Finding, file: &FileReport, case: &Path, folder: &Path) -> Result<(), Failed> {
    let Some(fix) = &finding.fix else { return Ok(()) };
    if file.recognised.kind.is_weights() {
        return rename(finding, &folder.join(&file.path), case, folder);
    }
    let mut texts = texts(case, folder)?;
    let before = judge(texts.clone(), folder, &options(case, folder)?);
    texts.insert(file.path.clone(), apply(fix, file.document.source.text()).into_bytes());
    let after = judge(texts, folder, &options(case, folder)?);
    let count = |files: &[FileReport], code: &str| {
        files.iter().flat_map(|file| &file.findings).filter(|finding| finding.rule.code == code).count()
    };
    let code = finding.rule.code;
    if count(&after, code) >= count(&before, code) {
        return Err(format!("{}: `{}` leaves {code}", file.path, fix.title).into());
    }
    let all = after.iter().flat_map(|file| &file.findings);
    for new in all.filter(|new| new.severity == Severity::Error) {
        if count(&after, new.rule.code) > count(&before, new.rule.code) {
            return Err(format!("{}: `{}` brings {}", file.path, fix.title, told(new)).into());
        }
    }
    Ok(())
}

/// Renames the tensors of a copy of the folder that a file of weights lies in.
fn rename(finding: &Finding, file: &Path, case: &Path, folder: &Path) -> Result<(), Failed> {
    let scratch = tempfile::tempdir()?;
    for beside in children(file.parent().ok_or("a file lies in a folder")?).iter().filter(|path| path.is_file()) {
        fs::copy(beside, scratch.path().join(beside.file_name().unwrap_or_default()))?;
    }
    let copy = scratch.path().join(file.file_name().unwrap_or_default());
    Renaming::plan(&copy)?.ok_or("there is nothing to rename")?.write()?;
    let options = options(case, folder)?;
    let errors = |linted: &Linted| linted.findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    let before = lint_weights(file, &options)?.ok_or("the name is not one of weights")?;
    let after = lint_weights(&copy, &options)?.ok_or("the name is not one of weights")?;
    let is_left = after.findings.iter().any(|left| left.rule.code == finding.rule.code);
    if is_left || errors(&after) > errors(&before) {
        return Err(format!("{}: {:#?}", file.display(), after.findings).into());
    }
    Ok(())
}

fn apply(fix: &Fix, text: &str) -> String {
    let mut edits: Vec<_> = fix.edits.iter().collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.span));
    let mut text = text.to_owned();
    for edit in edits {
        text.replace_range(edit.span.start..edit.span.end, &edit.text);
    }
    text
}

fn told(finding: &Finding) -> String {
    format!("{} {}: {}", finding.rule.code, finding.pointer, finding.message)
}

fn compare(path: &Path, text: &str) -> Result<(), Failed> {
    if std::env::var_os("BLESS").is_some() {
        fs::write(path, text)?;
        return Ok(());
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    if expected == text {
        return Ok(());
    }
    let line = expected.lines().zip(text.lines()).take_while(|(a, b)| a == b).count();
    let (old, new) = (expected.lines().nth(line).unwrap_or_default(), text.lines().nth(line).unwrap_or_default());
    Err(format!("{}:{}: differs (BLESS=1 accepts it)\n- {old}\n+ {new}", path.display(), line + 1).into())
}

/// Every file of a case that is to be judged.
fn inputs(case: &Path) -> Vec<PathBuf> {
    if !case.is_dir() {
        return vec![case.to_owned()];
    }
    children(case).iter().filter(|path| is_input(path)).flat_map(|path| inputs(path)).collect()
}

fn is_input(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    !name.starts_with("expected.") && !["model.json", "release.txt"].contains(&name)
}

fn children(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    paths.sort();
    paths
}

fn shown(path: &Path, root: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/")
}
