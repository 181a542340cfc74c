use crate::dialects::peft::PeftType::{Adamss, Lokr, Oft, Psoft};
use crate::dialects::peft::release::Subject;
use crate::dialects::peft::releases::heads::{Head, undone};
use crate::dialects::peft::releases::{Release, key as lifetime};
use crate::document::Span;
use crate::findings::{Finding, Report, Severity, rule};
use crate::python::is_true;
use crate::value::Value;

rule! {
    /// A method for which the target release computes something other than the newest, with the same keys.
    ///
    /// ## Why is this bad
    /// Nothing is reported when the adapter is loaded. LoKr before 0.14.0 did not multiply its weights by `alpha / r`;
    /// OFT before 0.18.0 ended the series that approximates Cayley's transform (`use_cayley_neumann`) at a different
    /// term. With a prompt, the model's head is neither trained nor saved by 0.15.2 (`SEQ_CLS`, `TOKEN_CLS`,
    /// `QUESTION_ANS`) and 0.16.0 (`SEQ_CLS`), nor, with any method, for `QUESTION_ANS` before 0.4.0.
    ///
    /// Before 0.20.0, AdaMSS, and PSOFT with `"psoft_svd": "lowrank"`, draw random numbers from torch when they analyse
    /// the base weights, each time the adapter is made or loaded: unless torch is seeded as it was for training, the
    /// loaded adapter computes something else. That is an error.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "LOKR", "r": 8, "alpha": 16, "target_modules": ["q_proj"]}
    /// ```
    ///
    /// for `peft@0.13.2`.
    ///
    /// ## Fix safety
    /// There is no fix: no value of a key makes the release compute the same.
    MeaningChangedSincePeftRelease, Warning, OtherMeaning
}

impl MeaningChangedSincePeftRelease {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let release = subject.release;
        let has = |key: &str| lifetime(subject.peft_type, key).is_some_and(|lifetime| lifetime.has(release));
        let value = |key: &str| subject.root.get(key).map(crate::document::Node::to_value);
        let Some(method) = subject.method().filter(|_| subject.has_method()) else { return };
        let nothing = format!("nothing in {release} computes the same; load it with a later release");
        if let Some(task) = subject.root.get("task_type").and_then(crate::document::Node::as_str)
            && let Some(undone) = undone(release, method, task).filter(|undone| undone.does == Head::Lost)
        {
            let message = format!("{release} neither trains nor saves the head of `{task}` with {method}");
            add(subject, report, "task_type", message, &format!("{} and later do", undone.since));
        }
        match method {
            Lokr if release < SCALED => {
                let number = |key: &str| value(key).map_or(Some(8.0), |value| value.as_f64());
                let has_patterns =
                    ["rank_pattern", "alpha_pattern"].iter().any(|key| value(key).is_some_and(|value| is_true(&value)));
                let is_one = number("alpha").zip(number("r")).is_some_and(|(alpha, r)| alpha.total_cmp(&r).is_eq());
                if !is_one || has_patterns {
                    let message = format!(
                        "{release} does not multiply the weights by `alpha / r`, as {} and later do",
                        SCALED.number()
                    );
                    add(subject, report, "alpha", message, &nothing);
                }
            }
            Oft if release < SERIES && has("use_cayley_neumann") => {
                let is_series = value("use_cayley_neumann").is_none_or(|value| is_true(&value));
                let terms = value("num_cayley_neumann_terms").map_or(Some(5), |value| Value::as_i64(&value));
                if is_series && terms.is_none_or(|terms| terms > 2) {
                    let message = format!(
                        "{release} ends the series of `use_cayley_neumann` at a different term from {} and later",
                        SERIES.number()
                    );
                    add(subject, report, "use_cayley_neumann", message, &nothing);
                }
            }
            // With a single cluster there is nothing to be told apart.
            Adamss if release < SEEDS && value("num_subspaces").and_then(|count| count.as_i64()) != Some(1) => {
                add_unseeded(subject, report, "peft_type");
            }
            Psoft if release < SEEDS && value("psoft_svd").is_some_and(|svd| svd.as_str() == Some("lowrank")) => {
                add_unseeded(subject, report, "psoft_svd");
            }
            _ => {}
        }
    }
}

/// From here on approximate singular values of the base weights are the same in every process.
const SEEDS: Release = Release::at("0.20.0");

/// From here on LoKr multiplies the weights by `alpha / r`.
const SCALED: Release = Release::at("0.14.0");

/// From here on OFT ends the series where it ends now.
const SERIES: Release = Release::at("0.18.0");

fn add_unseeded(subject: &Subject<'_>, report: &mut Report, key: &str) {
    let message = format!(
        "{} draws random numbers from torch for this, even when the adapter is loaded, which then computes something else",
        subject.release
    );
    let help = format!("load it with {} or later, or seed torch as for training", SEEDS.number());
    add(subject, report, key, message, &help).severity = Severity::Error;
}

fn add<'r>(subject: &Subject<'_>, report: &'r mut Report, key: &str, message: String, help: &str) -> &'r mut Finding {
    let member = subject.root.member(key);
    let (at, span) = match member {
        Some(member) => (format!("/{key}"), member.node.span),
        None => (String::new(), Span { end: subject.root.span.start + 1, ..subject.root.span }),
    };
    report.add(MeaningChangedSincePeftRelease::INFO, at, span, message).help(help)
}
