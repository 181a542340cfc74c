//! Whole repositories: an error where the Hub's scripts notice the flaw, at least a warning where they let it through.

use std::collections::BTreeMap;
use std::path::Path;

use adapter_spec::dialects::adapterhub::hub::{Card, check_repository};
use adapter_spec::lint::{Options, Severity, lint};
use libtest_mimic::Failed;
use serde::Deserialize;

use super::{ensure, fixture, read, yaml};
use crate::Trial;

#[derive(Deserialize)]
struct Cases {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    changes: Vec<Vec<String>>,
    noticed_by: Vec<String>,
}

/// Cases that the Hub lets through because nothing is wrong with them, and what we say of them at most.
const NO_FLAW: [(&str, Option<Severity>); 6] = [
    ("good", None),
    // Cards refer to each other by content, and real cards lie in such files.
    ("task-file-name-differs", Some(Severity::Note)),
    ("subtask-file-name-differs", Some(Severity::Note)),
    // Two organisations may well train the same; a card may have any name and either ending.
    ("adapter-twice-other-org", None),
    ("adapter-file-name-anything", None),
    ("adapter-yml", None),
];

pub(super) fn trials() -> Vec<Trial> {
    let good = good();
    let cases: Cases = serde_json::from_str(&read("repo-cases.json")).unwrap_or_else(|error| panic!("{error}"));
    let trial = |case: Case| {
        let files = changed(good.clone(), &case.changes);
        Trial::test(format!("repository {}", case.id), move || judge(&case, &files))
    };
    cases.cases.into_iter().map(trial).collect()
}

fn judge(case: &Case, files: &BTreeMap<String, String>) -> Result<(), Failed> {
    let documents: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), yaml(text))).collect();
    let cards: Vec<_> = documents.iter().map(|(path, document)| Card { path, document }).collect();
    let mut findings: Vec<_> = check_repository(&cards);
    for (index, (path, document)) in documents.iter().enumerate() {
        if path.ends_with(".yaml") || path.ends_with(".yml") {
            let linted = lint(document, path, &Options::default());
            findings.extend(linted.findings.into_iter().map(|finding| (index, finding)));
        }
    }
    let told: Vec<_> = findings
        .iter()
        .map(|(at, f)| {
            format!("{} {} {}{}: {}", f.severity.as_str(), f.rule.code, cards[*at].path, f.pointer, f.message)
        })
        .collect();
    let worst = findings.iter().map(|(_, finding)| finding.severity).max();
    let no_flaw = NO_FLAW.iter().find(|(id, _)| *id == case.id);
    let fits = match no_flaw {
        Some((_, most)) => worst == *most,
        None if case.noticed_by.is_empty() => worst >= Some(Severity::Warning),
        None => worst == Some(Severity::Error),
    };
    ensure(fits, || format!("noticed by {:?}, but {told:#?}", case.noticed_by))
}

/// The files of `repo-good`.
fn good() -> BTreeMap<String, String> {
    let root = fixture("repo-good");
    let mut files = BTreeMap::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        for path in entries.filter_map(|entry| entry.ok().map(|entry| entry.path())) {
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                files.insert(name(&root, &path), text);
            }
        }
    }
    files
}

fn name(root: &Path, path: &Path) -> String {
    let relative = path.strip_prefix(root).unwrap_or(path);
    relative.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn changed(mut files: BTreeMap<String, String>, changes: &[Vec<String>]) -> BTreeMap<String, String> {
    for change in changes {
        let parts: Vec<&str> = change.iter().map(String::as_str).collect();
        let of =
            |files: &BTreeMap<String, String>, path| files.get(path).cloned().unwrap_or_else(|| panic!("no {path}"));
        match parts[..] {
            ["delete", path] => drop(files.remove(path)),
            ["write", path, text] => drop(files.insert(path.to_owned(), text.to_owned())),
            ["copy", path, to] => drop(files.insert(to.to_owned(), of(&files, path))),
            ["rename", path, to] => {
                let text = of(&files, path);
                files.remove(path);
                files.insert(to.to_owned(), text);
            }
            ["replace", path, old, new] => {
                let text = of(&files, path);
                assert!(text.contains(old), "{path} has no {old:?}");
                files.insert(path.to_owned(), text.replace(old, new));
            }
            _ => panic!("an unknown change: {change:?}"),
        }
    }
    files
}
