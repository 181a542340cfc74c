use crate::dialects::peft::Subject;
use crate::document::Member;
use crate::findings::{Report, rule};
use crate::value::Value;

rule! {
    /// Sizes or lists in a config that contradict each other.
    ///
    /// ## Why is this bad
    /// A rank must divide into its blocks; of two keys that mean the same size only one may be set; lists that belong
    /// together must have one length. PEFT raises a `ValueError` when it reads the config.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "GRALORA", "target_modules": ["q_proj"], "r": 9, "gralora_k": 2}
    /// ```
    ///
    /// ## Fix safety
    /// There is none: either key may be the wrong one.
    PeftSizesContradict, Error
}

impl PeftSizesContradict {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        match subject.method_name() {
            "BOFT" => either(subject, ("boft_block_size", 4.0), ("boft_block_num", 0.0), report),
            "OFT" => either(subject, ("oft_block_size", 32.0), ("r", 0.0), report),
            "GRALORA" => divides(subject, ("r", 32.0), ("gralora_k", 2.0), report),
            "CARTRIDGE" => at_most(subject, ("num_frozen_tokens", 1.0), "num_virtual_tokens", report),
            "CPT" => lengths(subject, &["cpt_token_ids", "cpt_mask", "cpt_tokens_type_mask"], report),
            "IA3" => subset(subject, report),
            _ => {}
        }
    }
}

fn add(at: &Member, other: Option<&Member>, message: &str, report: &mut Report) {
    let finding =
        report.add(PeftSizesContradict::INFO, Subject::pointer_of(&at.key), at.node.span, format!("{message}; PEFT raises a `ValueError`"));
    if let Some(other) = other {
        finding.also(other.node.span, format!("`{}`", other.key));
    }
}

/// Exactly one of two sizes must be set.
fn either(subject: &Subject<'_>, one: (&str, f64), two: (&str, f64), report: &mut Report) {
    let (Some(first), Some(second)) = (subject.number(one.0, one.1), subject.number(two.0, two.1)) else { return };
    let places = (subject.written(one.0), subject.written(two.0));
    let message = match (first != 0.0, second != 0.0) {
        (true, true) => format!("both `{}` and `{}` are set, of which one follows from the other", one.0, two.0),
        (false, false) => format!("neither `{}` nor `{}` is set", one.0, two.0),
        _ => return,
    };
    match places {
        (_, Some(at)) => add(at, places.0, &message, report),
        (Some(at), None) => add(at, None, &message, report),
        (None, None) => {}
    }
}

/// One size must be a multiple of the other.
fn divides(subject: &Subject<'_>, one: (&str, f64), two: (&str, f64), report: &mut Report) {
    let (Some(whole), Some(part)) = (subject.number(one.0, one.1), subject.number(two.0, two.1)) else { return };
    if part > 0.0 && whole % part != 0.0 {
        let (at, other) = (subject.written(one.0), subject.written(two.0));
        if let Some(member) = at.or(other) {
            add(member, other.filter(|_| at.is_some()), &format!("`{}` is no multiple of `{}`", one.0, two.0), report);
        }
    }
}

/// One number must not be above the other.
fn at_most(subject: &Subject<'_>, one: (&str, f64), two: &str, report: &mut Report) {
    let Some(most) = subject.written(two).and_then(|_| subject.number(two, 0.0)) else { return };
    if subject.number(one.0, one.1).is_some_and(|number| number > most) {
        let (at, other) = (subject.written(one.0), subject.written(two));
        if let Some(member) = at.or(other) {
            add(member, other.filter(|_| at.is_some()), &format!("`{}` is above `{two}`", one.0), report);
        }
    }
}

/// Lists that must have one length.
fn lengths(subject: &Subject<'_>, keys: &[&str], report: &mut Report) {
    let length = |key: &&str| match subject.value(key) {
        None | Some(Value::Null) => Some(0),
        Some(Value::List(items)) => Some(items.len()),
        Some(_) => None,
    };
    let Some(lengths) = keys.iter().map(length).collect::<Option<Vec<_>>>() else { return };
    if lengths.iter().any(|length| *length != lengths[0]) {
        let most = lengths.iter().filter(|length| lengths.iter().filter(|other| other == length).count() > 1).next();
        for (key, length) in keys.iter().zip(&lengths) {
            if Some(length) != most
                && let Some(member) = subject.written(key)
            {
                add(member, None, &format!("`{key}` has another length than the lists that belong to it"), report);
                return;
            }
        }
        let written = keys.iter().find_map(|key| subject.written(key));
        if let Some(member) = written {
            add(member, None, "the lists that belong together have no one length", report);
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
    if inner.iter().any(|name| !outer.contains(name))
        && let Some(member) = subject.written("feedforward_modules")
    {
        let targets = subject.written("target_modules");
        add(member, targets, "`feedforward_modules` names a module that `target_modules` does not", report);
    }
}
