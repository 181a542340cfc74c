//! What releases of PEFT make of values, recorded by running them (`fixtures/releases/peft_values.json`, of tasks also
//! `fixtures/releases/peft_heads.json`): AL856 tells of those that a release does not know, and AL857 of heads that it loses,
//! and they tell of no others.

use adapter_spec::dialects::peft::releases::Release;
use adapter_spec::document::{Document, Format};
use adapter_spec::lint::{Finding, Options, Severity, lint};
use serde_json::Value;

use crate::support::read;

/// A config with one value in question, and what became of it from which release on.
struct Case {
    about: String,
    file: Value,
    text: String,
    outcomes: Vec<(Release, String)>,
}

impl Case {
    fn at(&self, release: Release) -> Option<&str> {
        let found = self.outcomes.iter().rfind(|(since, _)| *since <= release).map(|(_, outcome)| outcome.as_str())?;
        Some(found).filter(|outcome| !["no method", "no key"].contains(outcome))
    }
}

/// The releases that were run, and the cases.
fn recorded(file: &str) -> (Vec<Release>, Vec<Case>) {
    let recorded = read(file);
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let releases = recorded["releases"].as_array().expect("releases");
    let releases = releases.iter().map(|release| Release::named(&text(release)).expect("a release")).collect();
    let outcome = |pair: &Value| (Release::named(&text(&pair[0])).expect("a release"), text(&pair[1]));
    let case = |case: &Value| {
        let file = text(&case["file"]);
        let outcomes = case["outcomes"].as_array().expect("outcomes").iter().map(outcome).collect();
        let value = serde_json::from_str(&file).expect("a config");
        Case { about: text(&case["about"]), file: value, text: file, outcomes }
    };
    (releases, recorded["cases"].as_array().expect("cases").iter().map(case).collect())
}

fn told(case: &Case, release: Release) -> Option<Finding> {
    let options = Options { targets: release.into(), ..Options::default() };
    let document = Document::read(case.text.clone().into_bytes(), Format::Json);
    let findings = lint(&document, "adapter_config.json", &options).findings;
    let is_of_task = |finding: &Finding| finding.rule.code == "AL857" && finding.pointer == "/task_type";
    findings.into_iter().find(|finding| finding.rule.code == "AL856" || is_of_task(finding))
}

/// Whether a release ended in an error that has to do with the case; none for what it lacked in the environment.
fn is_refused(outcome: &str) -> Option<bool> {
    // `all-linear` gives VeRA layers of several sizes, which its first release takes from nobody.
    // 0.2.0 and 0.3.0 begin no training with a config that has the sizes of the model, which they load.
    let is_other =
        ["ImportError", "different dimensions", "UnboundLocalError"].iter().any(|other| outcome.contains(other));
    (!is_other).then_some(outcome.starts_with("not "))
}

#[test]
fn values_that_a_release_does_not_know_are_told_and_no_others() {
    let [judged, refused, taken] = holds("fixtures/releases/peft_values.json");
    assert!(judged > 1500 && refused > 60 && taken > 10, "{judged} judged, {refused} refused, {taken} taken");
}

#[test]
fn tasks_that_a_release_cannot_do_beside_a_method_are_told_and_no_others() {
    let [judged, refused, taken] = holds("fixtures/releases/peft_heads.json");
    assert!(judged > 500 && refused > 150 && taken > 30, "{judged} judged, {refused} refused, {taken} taken");
}

/// Holds what is told to a recording: how many outcomes there are, how many are told as refused, how many as taken otherwise.
fn holds(file: &str) -> [usize; 3] {
    let (releases, all) = recorded(file);
    // The plainest case of each method: what a release makes of it, it makes of the method.
    let plain = |case: &Case| {
        let is_plain = |other: &&Case| {
            other.file["peft_type"] == case.file["peft_type"]
                && other.about == "target_modules"
                && other.file["target_modules"] != "all-linear"
        };
        all.iter().find(is_plain)
    };
    let (mut wrong, mut judged, mut refused, mut taken) = (Vec::new(), 0, 0, 0);
    for case in &all {
        for release in releases.iter().copied() {
            let (Some(outcome), Some(newest)) = (case.at(release), case.at(Release::NEWEST)) else { continue };
            let Some(is_refused_now) = is_refused(outcome) else { continue };
            judged += 1;
            let finding = told(case, release);
            let usual = plain(case).and_then(|plain| Some((plain.at(release)?, plain.at(Release::NEWEST)?)));
            let mut say = |what: &str| {
                wrong.push(format!("{release} {} {}: {what}: {outcome}; {newest}; {usual:?}", case.about, case.text));
            };
            match &finding {
                Some(finding) if finding.severity == Severity::Error => {
                    refused += 1;
                    // Tensors of another shape than the newest makes are refused when they are loaded.
                    if !is_refused_now && outcome == newest {
                        say("it is said to be refused");
                    }
                }
                Some(_) => {
                    taken += 1;
                    if is_refused_now {
                        say("it is said to be taken");
                    }
                }
                None => {
                    let is_method_other = usual.is_some_and(|(then, now)| then != now || then.starts_with("not "));
                    let is_unusable = newest.starts_with("not ");
                    // What is saved of biases differs; what is loaded does not.
                    let is_excused = case.about == "bias";
                    if outcome != newest && !is_method_other && !is_unusable && !is_excused {
                        say("it is not told");
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
    [judged, refused, taken]
}

#[test]
fn the_newest_release_knows_all_values() {
    for case in recorded("fixtures/releases/peft_values.json").1 {
        assert!(told(&case, Release::NEWEST).is_none(), "{}", case.text);
    }
}
