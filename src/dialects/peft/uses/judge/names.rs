//! Names of modules and numbers of layers, patterns among them.

use super::super::{Flaw, Judgement};
use super::{nothing, wrong};
use crate::dialects::peft::Pattern;
use crate::python::is_true;
use crate::value::Value;
use Judgement::{Fine, Loose, Refused};

/// A text is a regular expression of Python's; what cannot be followed here is not judged.
pub(super) fn pattern(text: &str) -> Judgement {
    match is_broken(text) {
        true if text.contains("\\z") => Refused(
            Flaw::Pattern,
            "Python's `re` does not know `\\z` before Python 3.14; `\\Z` means the same".to_owned(),
        ),
        true => Refused(Flaw::Pattern, "Python's `re` cannot read this as a regular expression".to_owned()),
        false => Fine,
    }
}

/// Whether no reader of regular expressions could make sense of it: brackets that do not close, nothing to repeat, or flags
/// for all of it that stand behind its start; or Python's, which takes no letter behind a backslash that means nothing.
pub(super) fn is_broken(text: &str) -> bool {
    let (mut depth, mut escaped, mut in_set, mut repeats) = (0_i32, false, false, true);
    let mut set_at = 0;
    for (at, c) in text.char_indices() {
        if escaped {
            if c.is_ascii_alphabetic()
                && !(if in_set { "abdDfnNrsStuUvwWx" } else { "AabBdDfnNrsStuUvwWxZ" }).contains(c)
            {
                return true;
            }
            (escaped, repeats) = (false, false);
            continue;
        }
        match c {
            '\\' => escaped = true,
            '[' if !in_set => (in_set, set_at) = (true, at),
            // The first character of a set is one of it, even if it closes sets elsewhere.
            ']' if in_set && !matches!(&text[set_at..at], "[" | "[^") => (in_set, repeats) = (false, false),
            _ if in_set => {}
            '(' if at > 0 && is_flags(&text[at..]) => return true,
            '(' => {
                depth += 1;
                repeats = true;
                continue;
            }
            ')' => {
                depth -= 1;
                repeats = false;
                if depth < 0 {
                    return true;
                }
            }
            '*' | '+' if repeats => return true,
            _ => repeats = c == '|' || c == '^' && repeats,
        }
    }
    // What is left open is broken only where the crate says so, too: sets have more rules than these.
    (depth != 0 || in_set || escaped) && Pattern::full(text).is_err()
}

/// Whether flags for the whole expression begin the text, such as `(?i)`.
fn is_flags(text: &str) -> bool {
    let letters = text.strip_prefix("(?").and_then(|rest| rest.split_once(')')).map(|(letters, _)| letters);
    letters.is_some_and(|letters| !letters.is_empty() && letters.chars().all(|letter| "aiLmsux".contains(letter)))
}

pub(super) fn targets(value: &Value) -> Judgement {
    match value {
        Value::Null => Fine,
        Value::String(text) if text.is_empty() => {
            Refused(Flaw::Range, "it matches no module: PEFT raises a `ValueError`".to_owned())
        }
        Value::String(text) => pattern(text),
        Value::List(items) if items.is_empty() => {
            Refused(Flaw::Range, "it names no module: PEFT raises a `ValueError`".to_owned())
        }
        Value::List(items)
            if items.iter().any(|item| !matches!(item, Value::String(_) | Value::List(_) | Value::Map(_))) =>
        {
            wrong("PEFT takes each item as the name of a module, so it must be a string")
        }
        Value::List(items) => names_in(items),
        Value::Map(map) if map.is_empty() => {
            Refused(Flaw::Range, "it names no module: PEFT raises a `ValueError`".to_owned())
        }
        Value::Map(_) => Loose("PEFT takes its keys as names".to_owned()),
        _ => wrong("PEFT looks for names in it and raises a `TypeError`"),
    }
}

/// Python makes a set of the list: what cannot be hashed fails, what is no text names nothing.
pub(super) fn names_in(items: &[Value]) -> Judgement {
    if items.iter().any(|item| matches!(item, Value::List(_) | Value::Map(_))) {
        return wrong("PEFT makes a set of the list, which cannot hold a list or object: Python raises a `TypeError`");
    }
    if items.iter().any(|item| item.as_str().is_none()) {
        return Loose("items that are not strings name no module".to_owned());
    }
    Fine
}

pub(super) fn names(value: &Value) -> Judgement {
    match value {
        Value::String(text) => pattern(text),
        Value::List(items) => names_in(items),
        Value::Map(_) => Loose("PEFT takes its keys as names".to_owned()),
        _ => wrong("PEFT looks for names in it and raises a `TypeError`"),
    }
}

pub(super) fn saved(value: &Value) -> Judgement {
    match value {
        nothing_ if !is_true(nothing_) => nothing(nothing_),
        Value::List(items) => {
            for item in items {
                match item {
                    Value::String(text) if is_broken_within(text) => {
                        return Refused(
                            Flaw::Pattern,
                            "PEFT puts the name into a pattern that Python's `re` cannot read".to_owned(),
                        );
                    }
                    Value::String(_) => {}
                    _ => return wrong("PEFT looks for modules whose name ends with each item, so it must be a string"),
                }
            }
            Fine
        }
        Value::String(text) if text.chars().any(|letter| is_broken_within(&letter.to_string())) => Refused(
            Flaw::Pattern,
            "PEFT puts each of its letters into a pattern, and Python's `re` cannot read one of them".to_owned(),
        ),
        Value::String(_) => {
            Loose("PEFT takes each letter as the end of a name, and wraps all modules whose name ends so".to_owned())
        }
        Value::Map(_) => Loose("PEFT takes its keys as names".to_owned()),
        _ => wrong("PEFT looks for names in it and raises a `TypeError`"),
    }
}

/// Whether a name breaks the pattern for it and what is in it.
fn is_broken_within(name: &str) -> bool {
    is_broken(&format!("(^|.*\\.){name}($|\\..*)"))
}

pub(super) fn layers(value: &Value) -> Judgement {
    let none = || {
        Refused(Flaw::Range, "no layer has this number, so PEFT finds no module and raises a `ValueError`".to_owned())
    };
    let is_number = |item: &Value| match item {
        Value::Int(int) => int.as_f64() >= 0.0,
        Value::Bool(_) => true,
        Value::Float(float) => *float >= 0.0 && float.fract() == 0.0,
        _ => false,
    };
    match value {
        Value::Null => Fine,
        Value::Int(_) if is_number(value) => Fine,
        Value::Int(_) => none(),
        Value::Bool(flag) => Loose(format!("Python takes it as layer {}", u8::from(*flag))),
        Value::List(items) if items.is_empty() => Fine,
        Value::List(items) if !items.iter().any(is_number) => none(),
        Value::List(items) if items.iter().all(|item| matches!(item, Value::Int(_)) && is_number(item)) => Fine,
        Value::List(items) if items.iter().all(is_number) => {
            Loose("to Python, true and 1.0 are 1: such items choose the layers that they are equal to".to_owned())
        }
        Value::List(_) => Loose("items that are not layer numbers choose no layer".to_owned()),
        Value::Map(_) => none(),
        _ => wrong("PEFT looks for layer numbers in it and raises a `TypeError`"),
    }
}

pub(super) fn layers_pattern(value: &Value) -> Judgement {
    let layer = |text: &str| format!("(?:^|.*?\\.){text}\\.(?P<idx>\\d+)\\.");
    match value {
        Value::Bool(_) | Value::Int(_) | Value::Float(_) => {
            wrong("PEFT asks for its length, which only a string or a list has")
        }
        nothing_ if !is_true(nothing_) => nothing(nothing_),
        Value::String(text) => pattern(&layer(text)),
        Value::List(items) => {
            let broken = items.iter().filter_map(Value::as_str).any(|text| is_broken(&layer(text)));
            if broken {
                return Refused(Flaw::Pattern, "Python's `re` cannot read this as a regular expression".to_owned());
            }
            names_in(items)
        }
        Value::Null | Value::Map(_) => Loose("PEFT takes its keys as names".to_owned()),
    }
}

pub(super) fn parameters(value: &Value) -> Judgement {
    match value {
        Value::String(_) => wrong("PEFT needs a list of names and raises a `TypeError`"),
        falsy if !is_true(falsy) => nothing(falsy),
        Value::List(items) if items.iter().all(|item| item.as_str().is_some()) => Fine,
        // Python sorts them, and can compare only numbers with each other.
        Value::List(items) if items.len() == 1 && !matches!(items[0], Value::List(_) | Value::Map(_)) => {
            Loose("only a string can be the name of a parameter".to_owned())
        }
        Value::List(items)
            if items.iter().all(|item| matches!(item, Value::Bool(_) | Value::Int(_) | Value::Float(_))) =>
        {
            Loose("only a string can be the name of a parameter".to_owned())
        }
        Value::List(_) => wrong("PEFT sorts the names, but Python cannot compare these items and raises a `TypeError`"),
        Value::Map(_) => Loose("PEFT takes its keys as names".to_owned()),
        _ => wrong("PEFT looks for names in it and raises a `TypeError`"),
    }
}

/// Gone through as it is, unless it is null.
pub(super) fn feed_forward(value: &Value) -> Judgement {
    match value {
        Value::Bool(_) | Value::Int(_) | Value::Float(_) => wrong("Python cannot iterate over it"),
        _ if !is_true(value) => nothing(value),
        _ => names(value),
    }
}

pub(super) fn replication(value: &Value) -> Judgement {
    match value {
        falsy if !is_true(falsy) => nothing(falsy),
        Value::List(items) => {
            let is_pair_of = |item: &Value, is_end: fn(&Value) -> bool| {
                item.as_list().is_some_and(|pair| pair.len() == 2 && pair.iter().all(is_end))
            };
            let all = |is_end: fn(&Value) -> bool| items.iter().all(|item| is_pair_of(item, is_end));
            if all(|end| matches!(end, Value::Int(_))) {
                Fine
            } else if all(|end| matches!(end, Value::Int(_) | Value::Bool(_))) {
                Loose("Python uses true and false as 1 and 0".to_owned())
            } else {
                wrong("PEFT takes each item as a pair of layer numbers")
            }
        }
        _ => wrong("PEFT takes each item as a pair of layer numbers"),
    }
}
