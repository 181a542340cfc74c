use std::ops::Range;

use crate::dialects::peft::PeftType;
use crate::dialects::peft::release::Subject;
use crate::dialects::peft::releases::Release;
use crate::dialects::peft::releases::heads::{Head, sizes, undone};
use crate::dialects::peft::releases::values::{Does, Matters, Newer, newer, newer_pattern};
use crate::dialects::peft::releases::{Unknown, key as lifetime};
use crate::dialects::peft::targets::adapts_embeddings_alone;
use crate::document::{Member, Node, Span, pointer};
use crate::findings::words::said;
use crate::findings::{Edit, Report, Severity, rule};

rule! {
    /// A value that is newer than the target release, although its key is not.
    ///
    /// ## Why is this bad
    /// LoRA from 0.7.0 on compares `init_lora_weights` with the names that it knows, and raises a `ValueError` for
    /// others, even though the weights it would draw are overwritten when an adapter is loaded. Before, any string
    /// meant `true`, which gives a different adapter if the newer initialisation takes something out of the base
    /// weights (`pissa`, `olora`, `corda`, `loftq`). Before 0.8.0, `all-linear` was a pattern like any other, which no
    /// module matches: PEFT raises a `ValueError`. Keys of `rank_pattern` and `alpha_pattern` that begin with `^` match
    /// no module before 0.15.0.
    ///
    /// Methods that learn a prompt cannot be used for `SEQ_CLS`, `TOKEN_CLS` and `QUESTION_ANS` in 0.13.0 to 0.13.2 (a
    /// `TypeError`) and 0.15.0 to 0.15.1 (an `AttributeError`), nor for the last two in 0.16.0. Before 0.4.0 they
    /// cannot be used for `QUESTION_ANS` and `FEATURE_EXTRACTION`, and their files have to give the sizes of the model.
    ///
    /// From 0.14.0 to 0.20.0 a `layers_to_transform` of `0` or `[]` beside `layers_pattern` counts as not written: PEFT
    /// raises a `ValueError`.
    ///
    /// It is an error if the release raises one, a warning if it computes something else, and a note if only the start
    /// of training differs.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "LORA", "r": 8, "target_modules": ["q_proj"], "init_lora_weights": "orthogonal"}
    /// ```
    ///
    /// for `peft@0.11.1`.
    ///
    /// ## Fix safety
    /// An initialisation that leaves the base weights as they are is replaced by `true`. For a saved adapter
    /// (`inference_mode`), whose weights are there, nothing changes; for a config that is used for training the fix is
    /// not safe. A layer `0` is written as `[0]`, which every release reads in the same way. There is no fix for others.
    ValueNewerThanPeftRelease, Error
}

impl ValueNewerThanPeftRelease {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let release = subject.release;
        let Some(method) = subject.method() else { return };
        let has = |name: &str| lifetime(method.name(), name).is_some_and(|lifetime| lifetime.has(release));
        if !subject.has_method() || subject.unknown_key() == Unknown::NoLoader {
            return;
        }
        check_task(subject, report);
        check_sizes(subject, report);
        check_layers(subject, report);
        for member in subject.root.members().iter().filter(|member| has(&member.key)) {
            if member.key == "init_lora_weights" && adapts_embeddings_alone(subject.root) {
                continue;
            }
            let at = pointer::push("", &member.key);
            if let Some(found) = newer(release, method, &member.key, &member.node.to_value()) {
                add(subject, report, &at, member.node.span, &shown(member), found);
            }
            let usual = if member.key == "rank_pattern" { "r" } else { "lora_alpha" };
            let usual = subject.root.get(usual).map(Node::to_value);
            for pattern in member.node.members().iter().filter(|pattern| usual != Some(pattern.node.to_value())) {
                if let Some(found) = newer_pattern(release, method, &member.key, &pattern.key) {
                    let what = format!("the pattern `{}`", pattern.key);
                    add(subject, report, &pointer::push(&at, &pattern.key), pattern.key_span, &what, found);
                }
            }
        }
    }
}

/// A task that the release refuses beside the method.
fn check_task(subject: &Subject<'_>, report: &mut Report) {
    let Some(member) = subject.root.member("task_type") else { return };
    let Some(task) = member.node.as_str() else { return };
    let release = subject.release;
    let Some(method) = subject.method() else { return };
    let Some(undone) = undone(release, method, task) else { return };
    if let Head::Refused(error) = undone.does {
        let message = format!("{release} cannot use {method} for `{task}`: it raises {error}");
        report
            .add(ValueNewerThanPeftRelease::INFO, "/task_type", member.node.span, message)
            .help(format!("{} can", undone.since));
    }
}

/// The sizes of the model, which a prompt's file has to have.
fn check_sizes(subject: &Subject<'_>, report: &mut Report) {
    let Some((keys, since)) = subject.method().and_then(|method| sizes(subject.release, method)) else { return };
    let is_there =
        |key: &str| subject.root.get(key).is_some_and(|node| !matches!(node.to_value(), crate::value::Value::Null));
    if let Some(key) = keys.iter().find(|key| !is_there(key)) {
        let message = format!(
            "{} takes the sizes of a prompt from the file, which has no `{key}`: it raises a `TypeError`",
            subject.release
        );
        let span = Span { end: subject.root.span.start + 1, ..subject.root.span };
        report
            .add(ValueNewerThanPeftRelease::INFO, "", span, message)
            .help(format!("{since} finds them in the model; it writes them into the file when it saves the adapter"));
    }
}

/// Where a release asks whether `layers_to_transform` is true, and not whether it is there.
const ASKS_FOR_TRUTH: Range<Release> = Release::at("0.14.0")..Release::at("0.21.0");

/// A layer beside a pattern that the release takes for none.
fn check_layers(subject: &Subject<'_>, report: &mut Report) {
    let (Some(member), Some(pattern)) =
        (subject.root.member("layers_to_transform"), subject.root.get("layers_pattern"))
    else {
        return;
    };
    let is_told = member.node.is_null() || is_true(&member.node) || !is_true(pattern);
    if is_told
        || !ASKS_FOR_TRUTH.contains(&subject.release)
        || !subject.method().is_some_and(PeftType::refuses_pattern_alone)
    {
        return;
    }
    let message =
        format!("{} takes this for no layers, which `layers_pattern` needs; it raises a `ValueError`", subject.release);
    let finding = report.add(ValueNewerThanPeftRelease::INFO, "/layers_to_transform", member.node.span, message);
    if matches!(member.node.to_value(), crate::value::Value::Int(_)) {
        finding.help("write the layer as a list");
        finding.mend(vec![Edit::new(member.node.span, "[0]")], "Write `[0]`", true);
    } else {
        finding.help("remove `layers_pattern`: without layers it has no meaning");
    }
}

fn add(subject: &Subject<'_>, report: &mut Report, at: &str, span: Span, what: &str, found: Newer) {
    let (release, since) = (subject.release, found.since);
    let message = match found.does {
        Does::Refuses(how) => format!("{release} does not know {what}, which came with {since}; it raises {how}"),
        Does::Takes(as_what) => {
            format!("{release} does not know {what}, which came with {since}; it takes it for {as_what}")
        }
    };
    let finding = report.add(ValueNewerThanPeftRelease::INFO, at, span, message);
    match (found.does, found.matters) {
        (Does::Refuses(_), Matters::Start) => {
            let is_saved = subject.root.get("inference_mode").is_some_and(is_true);
            finding.help("write `true`: once there are trained weights, their initialisation changes nothing");
            finding.mend(vec![Edit::new(span, "true")], "Write `true`", is_saved);
        }
        (Does::Takes(_), Matters::Start) => {
            finding.severity = Severity::Note;
            finding.help("once there are trained weights, their initialisation changes nothing");
        }
        (does, Matters::Function) => {
            if matches!(does, Does::Takes(_)) {
                finding.severity = Severity::Warning;
            }
            finding.help(format!("nothing in {release} computes the same; load it with {since} or later"));
        }
    }
}

/// A value as it is quoted: a text, or what the key is.
fn shown(member: &Member) -> String {
    let said = || format!("a `{}` that is {}", member.key, said(&member.node));
    member.node.as_str().map_or_else(said, |text| format!("`{text}`"))
}

fn is_true(node: &Node) -> bool {
    crate::python::node_is_true(node)
}
