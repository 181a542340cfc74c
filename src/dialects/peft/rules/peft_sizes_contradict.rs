use std::collections::BTreeSet;

use crate::dialects::peft::Does;
use crate::dialects::peft::PeftType::{
    Adalora, Adamss, Boft, Cartridge, Cpt, Gralora, Ia3, Lora, MultitaskPromptTuning, Oft, PTuning, PrefixTuning,
    PromptTuning, Supertuning, Vblora,
};
use crate::dialects::peft::Subject;
use crate::document::write::to_json;
use crate::document::{Member, Node};
use crate::findings::{Report, Severity, rule};
use crate::models::Quirk;
use crate::python::node_is_true;
use crate::value::Value;

rule! {
    /// Sizes or lists in a config that contradict each other.
    ///
    /// ## Why is this bad
    /// A rank must be divisible into its blocks; of two keys for the same size only one may be set; lists that belong
    /// together must have the same length. Usually PEFT raises a `ValueError` when it reads the config.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "GRALORA", "target_modules": ["q_proj"], "r": 9, "gralora_k": 2}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: either key may be the wrong one.
    PeftSizesContradict, Error
}

impl PeftSizesContradict {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(method) = subject.peft_type() else { return };
        match method {
            Boft => either(subject, "boft_block_size", "boft_block_num", report),
            Oft => either(subject, "oft_block_size", "r", report),
            Gralora => divides(subject, "r", "gralora_k", report),
            Cartridge => {
                at_most(subject, "num_frozen_tokens", "num_virtual_tokens", report);
                submodules(subject, report);
            }
            Vblora => at_most(subject, "topk", "num_vectors", report),
            Adamss => warmup(subject, report),
            Supertuning => supra(subject, report),
            Cpt => lengths(subject, &["cpt_token_ids", "cpt_mask", "cpt_tokens_type_mask"], report),
            Lora => {
                in_both(subject, report);
                blocks(subject, report);
            }
            Adalora => in_both(subject, report),
            PTuning => {
                sequence(subject, report);
                submodules(subject, report);
            }
            PrefixTuning | PromptTuning | MultitaskPromptTuning => submodules(subject, report),
            Ia3 => subset(subject, report),
            _ => {}
        }
    }
}

fn add(at: &Member, other: Option<&Member>, message: &str, report: &mut Report) {
    let finding = report.add(
        PeftSizesContradict::INFO,
        Subject::pointer_of(&at.key),
        at.node.span,
        format!("{message}; PEFT raises a `ValueError`"),
    );
    if let Some(other) = other {
        finding.also(other.node.span, format!("`{}`", other.key));
    }
}

/// Exactly one of two sizes must be set.
fn either(subject: &Subject<'_>, one: &str, two: &str, report: &mut Report) {
    let (Some(first), Some(second)) = (subject.number(one), subject.number(two)) else { return };
    let places = (subject.written(one), subject.written(two));
    let message = match (first != 0.0, second != 0.0) {
        (true, true) => format!("both `{one}` and `{two}` are set, but one follows from the other"),
        (false, false) => format!("neither `{one}` nor `{two}` is set"),
        _ => return,
    };
    match places {
        (_, Some(at)) => add(at, places.0, &message, report),
        (Some(at), None) => add(at, None, &message, report),
        (None, None) => {}
    }
}

/// One size must be a multiple of the other.
fn divides(subject: &Subject<'_>, one: &str, two: &str, report: &mut Report) {
    let (Some(whole), Some(part)) = (subject.number(one), subject.number(two)) else { return };
    if part > 0.0 && whole % part != 0.0 {
        let (at, other) = (subject.written(one), subject.written(two));
        if let Some(member) = at.or(other) {
            add(member, other.filter(|_| at.is_some()), &format!("`{one}` is not a multiple of `{two}`"), report);
        }
    }
}

/// One number must not be above the other.
fn at_most(subject: &Subject<'_>, one: &str, two: &str, report: &mut Report) {
    let Some(most) = subject.number(two) else { return };
    if subject.number(one).is_some_and(|number| number > most) {
        let (at, other) = (subject.written(one), subject.written(two));
        if let Some(member) = at.or(other) {
            add(member, other.filter(|_| at.is_some()), &format!("`{one}` is greater than `{two}`"), report);
        }
    }
}

/// The adaptive allocation of AdaMSS cuts between two steps, and needs some between them.
fn warmup(subject: &Subject<'_>, report: &mut Report) {
    if subject.set("use_asa").is_none() {
        return;
    }
    let (Some(first), Some(last)) = (subject.number("init_warmup"), subject.number("final_warmup")) else {
        return;
    };
    if first >= last {
        let (at, other) = (subject.written("init_warmup"), subject.written("final_warmup"));
        if let Some(member) = at.or(other) {
            add(
                member,
                other.filter(|_| at.is_some()),
                "no steps are left between `init_warmup` and `final_warmup`",
                report,
            );
        }
    }
}

/// SuperTuning has a low-rank part only where it has a rank.
fn supra(subject: &Subject<'_>, report: &mut Report) {
    let is_null = |key: &str| subject.value(key).is_none_or(|value| value == Value::Null);
    if let Some(member) = subject.written("lora_alpha").filter(|_| !is_null("lora_alpha") && is_null("r")) {
        add(member, None, "`lora_alpha` is set without `r`", report);
    }
}

/// The LSTM that makes the virtual tokens needs one. For inference there is none: the tokens are what it made.
fn sequence(subject: &Subject<'_>, report: &mut Report) {
    let is_lstm = subject.value("encoder_reparameterization_type").is_some_and(|value| value.as_str() == Some("LSTM"));
    let is_empty = subject.number("num_virtual_tokens") == Some(0.0);
    if is_lstm
        && is_empty
        && subject.set("inference_mode").is_none()
        && let Some(member) = subject.written("num_virtual_tokens")
    {
        let message =
            "an LSTM cannot take a sequence without tokens; torch raises a `RuntimeError` when the model is run";
        let finding =
            report.add(PeftSizesContradict::INFO, Subject::pointer_of(&member.key), member.node.span, message);
        if let Some(kind) = subject.written("encoder_reparameterization_type") {
            finding.also(kind.node.span, "`encoder_reparameterization_type`");
        }
    }
}

/// Lists that must have one length. The first one stands in for those that are null.
fn lengths(subject: &Subject<'_>, keys: &[&str], report: &mut Report) {
    // Without token ids there is one token; a text has a length in Python, too.
    let first = match keys.first().and_then(|key| subject.value(key)) {
        Some(Value::List(items)) => items.len(),
        Some(Value::String(text)) => text.chars().count(),
        _ => 1,
    };
    let length = |key: &&str| match subject.value(key) {
        None | Some(Value::Null) => Some(first),
        Some(Value::List(items)) => Some(items.len()),
        Some(Value::String(text)) => Some(text.chars().count()),
        Some(Value::Map(map)) => Some(map.len()),
        Some(_) => None,
    };
    let Some(lengths) = keys.iter().map(length).collect::<Option<Vec<_>>>() else { return };
    if lengths.iter().any(|length| *length != lengths[0]) {
        let most = lengths.iter().find(|length| lengths.iter().filter(|other| other == length).count() > 1);
        for (key, length) in keys.iter().zip(&lengths) {
            if Some(length) != most
                && let Some(member) = subject.written(key)
            {
                add(member, None, &format!("`{key}` differs in length from the lists that belong to it"), report);
                return;
            }
        }
        let written = keys.iter().find_map(|key| subject.written(key));
        if let Some(member) = written {
            add(member, None, "lists that belong together differ in length", report);
        }
    }
}

/// Two lists: the modules that are scaled at their input must be among those that are adapted.
fn subset(subject: &Subject<'_>, report: &mut Report) {
    let (Some(Value::List(inner)), Some(Value::List(outer))) =
        (subject.value("feedforward_modules"), subject.value("target_modules"))
    else {
        return;
    };
    let outer: BTreeSet<String> = outer.iter().map(to_json).collect();
    if inner.iter().any(|name| !outer.contains(&to_json(name)))
        && let Some(member) = subject.written("feedforward_modules")
    {
        let targets = subject.written("target_modules");
        add(member, targets, "`feedforward_modules` names a module that `target_modules` does not name", report);
    }
}

/// BD-LoRA: no name may be in both lists. Of a text each letter is a name, of an object each key.
fn in_both(subject: &Subject<'_>, report: &mut Report) {
    let Some(member) = subject.written("use_bdlora") else { return };
    let names = |key: &str| -> BTreeSet<String> {
        match member.node.get(key).map(Node::to_value) {
            Some(Value::String(text)) => text.chars().map(String::from).collect(),
            Some(Value::List(items)) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            Some(Value::Map(map)) => map.iter().map(|(name, _)| name.to_owned()).collect(),
            _ => BTreeSet::new(),
        }
    };
    let (a, b) = (names("target_modules_bd_a"), names("target_modules_bd_b"));
    if let Some(name) = a.intersection(&b).next() {
        let is_text = |key: &str| member.node.get(key).is_some_and(|node| node.as_str().is_some());
        let letters = if is_text("target_modules_bd_a") || is_text("target_modules_bd_b") {
            "; of a text, PEFT takes each letter for a name"
        } else {
            ""
        };
        add(member, None, &format!("`{name}` is in both lists of blocks in `use_bdlora`{letters}"), report);
    }
}

/// BD-LoRA: each target must be in one of the two lists.
fn blocks(subject: &Subject<'_>, report: &mut Report) {
    let (Some(member), Some(Value::List(targets))) = (subject.written("use_bdlora"), subject.value("target_modules"))
    else {
        return;
    };
    // What is excluded need not be in a list.
    if subject.set("exclude_modules").is_some()
        || !member.node.is_map()
        || member.node.get("match_strict").is_some_and(|strict| !node_is_true(strict))
    {
        return;
    }
    let lists = ["target_modules_bd_a", "target_modules_bd_b"].map(|key| member.node.get(key));
    let names: Vec<_> =
        lists.into_iter().flatten().flat_map(|list| list.items()).filter_map(|name| name.as_str()).collect();
    let targets: Vec<&str> = targets.iter().filter_map(Value::as_str).collect();
    if let Some(target) = apart(&targets, &names) {
        let message = format!("`{target}` is a target, but it is in neither list of blocks in `use_bdlora`");
        add(member, subject.written("target_modules"), &message, report);
    }
}

/// The first text that neither contains one of the others nor is part of one. Both lists may be long.
fn apart<'t>(texts: &[&'t str], others: &[&str]) -> Option<&'t str> {
    // Of others that begin with another of them that one says all: the rest are such that the last before a text in their
    // order is the only one that it can begin with.
    let mut beginnings: BTreeSet<&str> = BTreeSet::new();
    for other in others.iter().copied().collect::<BTreeSet<_>>() {
        if beginnings.last().is_none_or(|before| !other.starts_with(before)) {
            beginnings.insert(other);
        }
    }
    let begins = |rest: &str| beginnings.range(..=rest).next_back().is_some_and(|other| rest.starts_with(other));
    let rest: Vec<&str> = texts.iter().copied().filter(|text| !rests(text).any(begins)).collect();
    let longest = rest.iter().map(|text| text.len()).max()?;
    let parts = others.iter().flat_map(|other| rests(other)).map(|rest| start(rest, longest));
    let parts: BTreeSet<&str> = parts.collect();
    let is_part = |text: &str| parts.range(text..).next().is_some_and(|part| part.starts_with(text));
    rest.into_iter().find(|text| !is_part(text))
}

/// The start of a text, of no more than so many bytes.
fn start(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or_default()]
}

/// A text from each of its places on.
fn rests(text: &str) -> impl Iterator<Item = &str> {
    let places = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    places.map(|at| &text[at..])
}

/// Only a model with encoder and decoder has two parts that take virtual tokens. T5 needs a prefix of both; of others it depends on
/// the model whether it takes the prefix of a second part, or does without.
fn submodules(subject: &Subject<'_>, report: &mut Report) {
    let Some(member) = subject.written("num_transformer_submodules") else { return };
    let task = subject.value("task_type");
    let is_prefix = subject.peft_type().is_some_and(|method| method.does() == Does::Cache);
    // No tokens are as many for two parts as for one.
    if !is_prefix && subject.number("num_virtual_tokens") == Some(0.0) {
        return;
    }
    let (fits, message): (&[f64], _) = match (task.as_ref().and_then(Value::as_str), is_prefix) {
        (Some("SEQ_2_SEQ_LM"), true) => {
            (&[2.0], "a model for this task, such as T5, has two parts, and a prefix is needed for both")
        }
        (Some("CAUSAL_LM"), false) => (&[1.0], "a model for this task has exactly one part that takes virtual tokens"),
        (_, true) => (&[1.0, 2.0], "no model has this number of parts that take a prefix"),
        _ => return,
    };
    let kind = subject.model.map(|model| model.model_type.as_str());
    let is_one = is_prefix
        && subject.number("num_transformer_submodules").is_some_and(|number| (number - 1.0).abs() < f64::EPSILON);
    if is_one && kind.is_some_and(|kind| !Quirk::BothPrefixed.is_of(kind)) {
        return;
    }
    let is_fit = |number: f64| fits.iter().any(|fit| (fit - number).abs() < f64::EPSILON);
    if subject.number("num_transformer_submodules").is_some_and(|number| !is_fit(number)) {
        // More virtual tokens than of one part are too many for labels, which nobody gives where nothing is trained.
        let is_of_labels = !is_prefix
            && subject.set("inference_mode").is_some()
            && subject.number("num_transformer_submodules").is_some_and(|number| number > 1.0);
        let when = if is_of_labels { "is given labels" } else { "is run" };
        let message = format!("{message}; torch raises an error when the model {when}");
        let place = Subject::pointer_of(&member.key);
        let finding = report.add(PeftSizesContradict::INFO, place, member.node.span, message);
        if is_one && kind.is_none() || is_of_labels {
            finding.severity = Severity::Warning;
        }
        if let Some(task) = subject.written("task_type") {
            finding.also(task.node.span, "`task_type`");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn apart_is_what_comparing_all_with_all_finds(
            texts in prop::collection::vec("[abä]{0,4}", 0..6),
            others in prop::collection::vec("[abä]{0,4}", 0..6),
        ) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let others: Vec<&str> = others.iter().map(String::as_str).collect();
            let is_met = |text: &str| others.iter().any(|other| text.contains(other) || other.contains(text));
            prop_assert_eq!(apart(&texts, &others), texts.iter().copied().find(|text| !is_met(text)));
        }
    }
}
