//! Numbers, and lists of them.

use super::super::{Flaw, Judgement};
use super::{OUT, nothing, wrong};
use crate::python::is_true;
use crate::value::Value;
use Judgement::{Fine, Loose, Refused};

pub(super) fn count(least: i64, value: &Value) -> Judgement {
    let too_small = || Refused(Flaw::Range, format!("PEFT needs at least {least}"));
    match value {
        Value::Int(int) if int.as_f64() < least as f64 => too_small(),
        Value::Int(_) => Fine,
        Value::Bool(flag) if i64::from(*flag) < least => too_small(),
        Value::Bool(flag) => Loose(format!("Python uses it as {}", u8::from(*flag))),
        Value::Float(float) if *float < least as f64 => too_small(),
        Value::Float(_) => wrong("torch accepts no float for a size: it raises a `TypeError`"),
        _ => wrong("Python and torch need an integer here: they raise a `TypeError`"),
    }
}

pub(super) fn last(value: &Value) -> Judgement {
    match (count(i64::MIN, value), value.as_f64()) {
        (Fine, Some(number)) if number < 1.0 => {
            Loose("PEFT takes so many from the end by a slice: 0 takes all, and less all but the first".to_owned())
        }
        (judgement, _) => judgement,
    }
}

/// What another use says, and that up to so much nothing is trained.
pub(super) fn idle(judgement: Judgement, most: i64, why: &str, value: &Value) -> Judgement {
    match (judgement, value.as_f64()) {
        (Fine, Some(number)) if number <= most as f64 => Loose(why.to_owned()),
        (judgement, _) => judgement,
    }
}

pub(super) fn size(least: i64, value: &Value) -> Judgement {
    match (count(least, value), value) {
        (Fine, Value::Int(int)) if int.as_i64().is_none() => {
            Refused(Flaw::Range, "no tensor can be this large: torch raises an error".to_owned())
        }
        (Loose(_), Value::Bool(_)) => wrong("torch accepts no boolean for a size: it raises a `TypeError`"),
        (judgement, _) => judgement,
    }
}

pub(super) fn seed(value: &Value) -> Judgement {
    match value {
        Value::Int(int) if int.as_i64().is_some() || int.as_str().parse::<u64>().is_ok() => Fine,
        Value::Int(_) => Refused(Flaw::Range, "torch accepts no seed of more than 64 bits".to_owned()),
        _ => wrong("torch seeds a generator with integers only"),
    }
}

pub(super) fn seed_or_flag(value: &Value) -> Judgement {
    match value {
        Value::Bool(_) => Loose("torch takes it as a number".to_owned()),
        _ => seed(value),
    }
}

pub(super) fn seeds(value: &Value) -> Judgement {
    match value {
        Value::List(_) if is_entropy(value) => Loose("numpy combines all of them into one seed".to_owned()),
        Value::List(_) => wrong("numpy accepts only integers of at least 0 as a seed"),
        _ => count(0, value),
    }
}

/// Whether numpy makes a seed of it: integers from 0 on, as such or as digits, in lists of any depth.
fn is_entropy(value: &Value) -> bool {
    match value {
        Value::Bool(_) => true,
        Value::Int(int) => !int.as_str().starts_with('-'),
        Value::String(text) => {
            let (digits, radix) = text.strip_prefix("0x").map_or((text.as_str(), 10), |digits| (digits, 16));
            !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix))
        }
        Value::List(items) => items.iter().all(is_entropy),
        Value::Null | Value::Float(_) | Value::Map(_) => false,
    }
}

/// What Python's `int` makes of a value, where that has 64 bits.
fn made_integer(value: &Value) -> Option<i64> {
    match value {
        Value::Int(int) => int.as_i64(),
        Value::Bool(flag) => Some(i64::from(*flag)),
        Value::Float(float) => Some(*float as i64),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

pub(super) fn whole(value: &Value) -> Judgement {
    match (made_integer(value), value) {
        (Some(_), Value::Int(_)) => Fine,
        (Some(_), _) => Loose("Python converts it to an integer".to_owned()),
        // torch takes a seed without a sign as one with it.
        (None, Value::Int(int)) if int.as_str().parse::<u64>().is_ok() => Fine,
        (None, Value::Int(_)) => Refused(Flaw::Range, "it has more than 64 bits".to_owned()),
        (None, _) => wrong("Python cannot convert it to an integer"),
    }
}

pub(super) fn integral(least: i64, value: &Value) -> Judgement {
    if *value == Value::Null {
        return Fine;
    }
    match (made_integer(value), value) {
        (Some(made), _) if made < least => Refused(Flaw::Range, format!("PEFT needs at least {least}")),
        (Some(_), Value::Int(_)) => Fine,
        (Some(_), _) => Loose("Python converts it to an integer".to_owned()),
        (None, falsy) if !is_true(falsy) => Loose("PEFT treats it as not set".to_owned()),
        (None, _) => wrong("Python cannot convert it to an integer"),
    }
}

/// Null alone stands for a default, and other nothings are read as all else is.
pub(super) fn integral_or_null(least: i64, value: &Value) -> Judgement {
    match (integral(least, value), value) {
        (Loose(_), Value::String(_) | Value::List(_) | Value::Map(_)) if !is_true(value) => {
            wrong("Python cannot convert it to an integer")
        }
        (judgement, _) => judgement,
    }
}

pub(super) fn even(value: &Value) -> Judgement {
    match (count(1, value), value) {
        (Fine, Value::Int(int)) if int.as_f64() % 2.0 != 0.0 => {
            Refused(Flaw::Range, "it cannot be split into halves: PEFT raises a `ValueError`".to_owned())
        }
        (Loose(_), _) => Refused(Flaw::Range, "it cannot be split into halves: PEFT raises a `ValueError`".to_owned()),
        (judgement, _) => judgement,
    }
}

pub(super) fn effective_rank(value: &Value) -> Judgement {
    let too_small = || Refused(Flaw::Range, "PEFT raises a `ValueError`: the rank must be above 0".to_owned());
    match value {
        Value::Null => Fine,
        Value::Bool(false) => too_small(),
        Value::Bool(true) => Loose("Python uses it as 1".to_owned()),
        Value::String(text) if text.trim().parse::<i64>().is_ok_and(|rank| rank > 0) => {
            Loose("Python converts it to a number".to_owned())
        }
        Value::Int(_) | Value::Float(_) if value.as_f64().is_some_and(|rank| rank <= 0.0) => too_small(),
        Value::Int(_) | Value::Float(_) => Fine,
        _ => wrong("Python cannot convert it to an integer"),
    }
}

pub(super) fn number(value: &Value) -> Judgement {
    match value {
        Value::Int(_) | Value::Float(_) => Fine,
        Value::Bool(flag) => Loose(format!("Python calculates with it as {}", u8::from(*flag))),
        _ => wrong("Python cannot calculate with it: it raises a `TypeError`"),
    }
}

/// What is false to Python, where a number may be left out.
pub(super) fn unset_number(value: &Value) -> Judgement {
    match value {
        Value::Null | Value::Int(_) | Value::Float(_) => Fine,
        _ => Loose("PEFT treats it as not set".to_owned()),
    }
}

/// A divisor of every size.
pub(super) fn divisor(value: &Value) -> Judgement {
    match value {
        Value::Float(float) if *float > 0.0 && 1.0 % float == 0.0 => {
            wrong("PEFT uses the quotient as a size, and torch raises a `TypeError` for a float")
        }
        Value::Float(float) if *float > 0.0 => {
            Loose("torch raises a `TypeError` if it divides the size of a module".to_owned())
        }
        // It divides every size, and is taken for one.
        Value::Bool(true) => wrong("torch accepts no boolean for a size: it raises a `TypeError`"),
        _ => number(value),
    }
}

pub(super) fn floating(value: &Value) -> Judgement {
    match value {
        Value::String(text) if text.trim().parse::<f64>().is_ok() => Loose("Python converts it to a number".to_owned()),
        _ => number(value),
    }
}

pub(super) fn multiplied(value: &Value) -> Judgement {
    match value {
        Value::Null | Value::Map(_) => wrong("Python cannot multiply it"),
        Value::String(_) | Value::List(_) => Loose("Python repeats it instead of multiplying".to_owned()),
        _ => Fine,
    }
}

pub(super) fn bounded(value: &Value, fits: impl Fn(f64) -> bool, why: &str) -> Judgement {
    let as_number = match value {
        Value::Bool(flag) => f64::from(u8::from(*flag)),
        _ => value.as_f64().unwrap_or_default(),
    };
    match number(value) {
        Refused(flaw, why) => Refused(flaw, why),
        _ if !fits(as_number) => Refused(Flaw::Range, format!("{why}: PEFT raises a `ValueError`")),
        judgement => judgement,
    }
}

pub(super) fn probability(value: &Value) -> Judgement {
    match value {
        Value::Bool(_) => wrong("torch needs a number from 0 to 1, not a boolean"),
        _ => bounded(value, |number| (0.0..=1.0).contains(&number), OUT),
    }
}

pub(super) fn chance(value: &Value) -> Judgement {
    match value.as_f64() {
        Some(chance) if chance >= 1.0 => Loose("in training, PEFT drops everything, and nothing is learnt".to_owned()),
        Some(chance) if chance < 0.0 => Loose(AS_NONE.to_owned()),
        _ => number(value),
    }
}

pub(super) fn chance_scaled(value: &Value) -> Judgement {
    match chance(value) {
        Loose(_) if value.as_f64().is_some_and(|chance| chance >= 1.0) => {
            Loose("in training, PEFT drops everything and divides by the share that is left: 0 / 0 is NaN".to_owned())
        }
        judgement => judgement,
    }
}

/// What a chance below 0 comes to.
const AS_NONE: &str = "PEFT treats it as 0";

pub(super) fn dropout(value: &Value) -> Judgement {
    match (number(value), value.as_f64()) {
        (Fine, Some(p)) if p > 1.0 => {
            Refused(Flaw::Range, "torch raises a `ValueError`: a probability is between 0 and 1".to_owned())
        }
        (Fine, Some(p)) if p < 0.0 => Loose(AS_NONE.to_owned()),
        (Fine, Some(1.0)) => Loose("in training, torch drops everything, and nothing is learnt through it".to_owned()),
        (judgement, _) => judgement,
    }
}

fn integers(value: &Value) -> Judgement {
    match value {
        Value::List(items) if items.is_empty() => {
            Refused(Flaw::Range, "it contains no token, and torch cannot make a tensor of an empty list".to_owned())
        }
        Value::List(items) if are_integers(items) => Fine,
        _ => wrong("torch needs a list of integers here"),
    }
}

/// A list that may be empty, whose items torch converts.
pub(super) fn integers_or_null(value: &Value) -> Judgement {
    match value {
        Value::List(items) if items.is_empty() => Fine,
        Value::List(items) if !are_integers(items) && are_numbers(items) => {
            Loose("torch converts the items to integers".to_owned())
        }
        _ => integers(value),
    }
}

fn are_integers(items: &[Value]) -> bool {
    items.iter().all(|item| matches!(item, Value::Int(_)))
}

fn are_numbers(items: &[Value]) -> bool {
    items.iter().all(|item| matches!(item, Value::Int(_) | Value::Float(_) | Value::Bool(_)))
}

/// A list of one number, which torch compares with every token of a text.
fn is_one_number(item: &Value) -> bool {
    item.as_list().is_some_and(|items| items.len() == 1 && are_numbers(items))
}

pub(super) fn tokens_or_nothing(value: &Value) -> Judgement {
    match value {
        Value::List(items) if are_integers(items) => Fine,
        Value::List(items) if are_numbers(items) => Loose("only integers count as tokens".to_owned()),
        Value::List(items) if items.iter().all(is_one_number) => {
            Loose("no text begins with lists of tokens".to_owned())
        }
        falsy if !is_true(falsy) => nothing(falsy),
        _ => wrong("torch needs a list of integers here"),
    }
}

pub(super) fn rows(value: &Value) -> Judgement {
    match value {
        Value::Null => Fine,
        Value::Map(map) => {
            map.iter().map(|(_, rows)| tokens(rows)).find(|judgement| *judgement != Fine).unwrap_or(Fine)
        }
        _ => tokens(value),
    }
}

/// Numbers of rows. `index_copy` counts none from the end.
pub(super) fn tokens(value: &Value) -> Judgement {
    let is_negative =
        |item: &Value| matches!(item, Value::Int(int) if int.as_str().starts_with('-') && int.as_i64() != Some(0));
    match integers(value) {
        Fine if value.as_list().is_some_and(|items| items.iter().any(is_negative)) => Refused(
            Flaw::Range,
            "torch does not count rows from the end: the forward pass raises an `IndexError`".to_owned(),
        ),
        judgement => judgement,
    }
}
