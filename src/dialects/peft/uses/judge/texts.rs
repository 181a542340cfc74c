//! Texts that are one of a few.

use super::super::{Flaw, Judgement};
use super::wrong;
use crate::dialects::peft::LoraInit;
use crate::python::is_true;
use crate::value::Value;
use Judgement::{Fine, Loose, Refused};

pub(super) fn init(texts: &[&str], value: &Value) -> Judgement {
    match value {
        Value::Bool(_) | Value::Null => Fine,
        Value::String(text) if texts.contains(&text.to_lowercase().as_str()) => Fine,
        falsy if !is_true(falsy) => Loose("PEFT takes it as false".to_owned()),
        Value::String(_) => Refused(Flaw::Choice, "PEFT raises a `ValueError`: unknown initialization".to_owned()),
        _ => wrong("PEFT calls `lower()` on it, which only a string has"),
    }
}

pub(super) fn init_exact(texts: &[&str], value: &Value) -> Judgement {
    match value {
        Value::Bool(_) => Fine,
        Value::Int(_) | Value::Float(_) if !is_true(value) => Loose("Python takes it as false".to_owned()),
        _ => choice(texts, value),
    }
}

pub(super) fn orthogonal_or_none(value: &Value) -> Judgement {
    match value {
        Value::Null | Value::Bool(false) => Fine,
        _ => choice(&["orthogonal"], value),
    }
}

pub(super) fn choice(texts: &[&str], value: &Value) -> Judgement {
    match value.as_str() {
        Some(text) if texts.contains(&text) => Fine,
        _ => Refused(Flaw::Choice, "PEFT does not know this name".to_owned()),
    }
}

pub(super) fn choice_else(texts: &[&str], other: &str, value: &Value) -> Judgement {
    match choice(texts, value) {
        Refused(..) => Loose(format!("PEFT does not know it, and {other}")),
        judgement => judgement,
    }
}

pub(super) fn bias(own: &str, value: &Value) -> Judgement {
    match value.as_str() {
        Some("none" | "all") => Fine,
        Some(text) if text == own => Fine,
        Some(text) if text.ends_with("_only") => Loose(format!("PEFT takes any string with this ending as \"{own}\"")),
        Some(_) => Refused(Flaw::Choice, "PEFT raises a `NotImplementedError`".to_owned()),
        None => wrong("PEFT calls `endswith()` on it, which only a string has"),
    }
}

pub(super) fn lora_init(value: &Value) -> Judgement {
    match (LoraInit::of(Some(value)), value) {
        (LoraInit::Random, Value::Bool(_)) => Fine,
        (LoraInit::Random, _) => Loose("PEFT takes it as false".to_owned()),
        (LoraInit::MicaTrained, _) => {
            Loose("A and B start as with `mica`, but PEFT takes it for plain LoRA and trains B, too".to_owned())
        }
        (LoraInit::Unknown, Value::String(text)) if text.starts_with("pissa") => {
            let reason = "PEFT raises a `ValueError`: beside `pissa` there is `pissa_niter_` with a number behind it";
            Refused(Flaw::Choice, reason.to_owned())
        }
        (LoraInit::Unknown, Value::String(_)) => {
            Refused(Flaw::Choice, "PEFT raises a `ValueError`: unknown initialization".to_owned())
        }
        (LoraInit::Unknown, _) => wrong("PEFT calls `lower()` on it, which only a string has"),
        _ => Fine,
    }
}

pub(super) fn repository(value: &Value) -> Judgement {
    match value {
        Value::String(text) if text.is_empty() => Refused(Flaw::Choice, "no model has this name".to_owned()),
        Value::String(_) => Fine,
        _ => wrong("PEFT converts it to the name of a model, which does not exist"),
    }
}
