//! Values of which PEFT looks at little more than whether they are true.

use super::super::{Flaw, Judgement};
use super::wrong;
use crate::python::is_true;
use crate::value::Value;
use Judgement::{Fine, Loose, Refused};

pub(super) fn flag(value: &Value) -> Judgement {
    match value {
        Value::Bool(_) => Fine,
        other => Loose(format!("PEFT takes it as {}", is_true(other))),
    }
}

pub(super) fn flag_or(texts: &[&str], value: &Value) -> Judgement {
    match value {
        Value::String(text) if texts.contains(&text.as_str()) => Fine,
        other => flag(other),
    }
}

pub(super) fn hashed_flag(value: &Value) -> Judgement {
    match value {
        Value::List(_) | Value::Map(_) => wrong("PEFT puts it into a set, which cannot hold a list or object"),
        _ => flag(value),
    }
}

pub(super) fn strict_flag(value: &Value) -> Judgement {
    match value {
        Value::Bool(_) => Fine,
        _ => Refused(Flaw::Choice, "PEFT and torch accept only true and false here".to_owned()),
    }
}

pub(super) fn sized(value: &Value) -> Judgement {
    match value {
        Value::Null | Value::List(_) => Fine,
        Value::String(_) | Value::Map(_) => Loose("PEFT uses its length".to_owned()),
        _ => wrong("PEFT asks for its length, which a number does not have"),
    }
}

pub(super) fn iterated(value: &Value) -> Judgement {
    match value {
        Value::Int(_) | Value::Float(_) | Value::Bool(_) if is_true(value) => {
            wrong("PEFT iterates over it, and Python raises a `TypeError`")
        }
        _ => Fine,
    }
}

pub(super) fn not_text(value: &Value) -> Judgement {
    match value {
        Value::Int(_) | Value::Float(_) | Value::Bool(true) => {
            wrong("PEFT iterates over it, and Python raises a `TypeError`")
        }
        Value::String(_) => wrong("PEFT needs a list and raises a `TypeError`"),
        _ => Fine,
    }
}

/// Of LoRA's variants, which a method that is built on LoRA has none of.
pub(super) fn nothing_else(value: &Value) -> Judgement {
    match is_true(value) {
        true => Refused(
            Flaw::Range,
            "the method supports none of LoRA's variants: the forward pass raises a `TypeError`".to_owned(),
        ),
        false => Fine,
    }
}
