//! Every rule is documented, named once, and has a fixture.

use std::collections::BTreeSet;
use std::path::Path;

use adapter_spec::lint::{find_rule, rules};

/// Rules that no file in `fixtures/lint` can show.
const WITHOUT_FIXTURE: [&str; 3] = [
    // Of the linter's own settings; `tests/commands/settings.rs` shows it.
    "AL001", "AL002", // More than 256 MiB; `tests/commands/check.rs` makes such a file.
    "AL114",
];

#[test]
fn codes_and_names_are_unique() {
    let (mut codes, mut names) = (BTreeSet::new(), BTreeSet::new());
    for rule in rules() {
        let digits = rule.code.strip_prefix("AL").unwrap_or_default();
        assert!(digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit()), "{} is no code", rule.code);
        assert!(codes.insert(rule.code), "{} is used twice", rule.code);
        assert!(names.insert(rule.name()), "{} is used twice", rule.name());
        assert_eq!(find_rule(rule.code).map(|found| found.code), Some(rule.code));
        assert_eq!(find_rule(&rule.name()).map(|found| found.code), Some(rule.code));
    }
}

#[test]
fn manuals_are_complete() {
    for rule in rules() {
        let manual = rule.manual();
        let headings: Vec<_> = manual.lines().filter(|line| line.starts_with("## ")).collect();
        assert_eq!(headings, ["## Why is this bad", "## Example", "## Fix safety"], "{}", rule.code);
        let summary = rule.summary();
        assert!(summary.ends_with('.'), "{}: the first line is not one sentence: {summary}", rule.code);
        assert!(manual.contains("```"), "{}: the example is not in a code block", rule.code);
    }
}

#[test]
fn every_rule_has_a_fixture() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/lint");
    let mut missing = Vec::new();
    for rule in rules() {
        let folder = format!("{}-{}", rule.code, rule.name());
        let excused = WITHOUT_FIXTURE.contains(&rule.code);
        let exists = root.join(&folder).is_dir();
        assert!(!(exists && excused), "{folder} exists; take {} from the list", rule.code);
        if !exists && !excused {
            missing.push(folder);
        }
    }
    assert!(missing.is_empty(), "fixtures/lint lacks {missing:#?}");
}

#[test]
fn every_fixture_has_a_rule() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/lint");
    for entry in std::fs::read_dir(root).expect("the folder is in the repository") {
        let folder = entry.expect("the folder can be read").file_name().to_string_lossy().into_owned();
        let rule = folder.split_once('-').and_then(|(code, name)| find_rule(code).filter(|rule| rule.name() == name));
        assert!(rule.is_some(), "fixtures/lint/{folder} is named after no rule");
    }
}
