//! Objects, whose values have uses of their own.

use super::super::{Flaw, Judgement, Use, listed};
use super::names::is_broken;
use super::{judge, wrong};
use crate::python::is_true;
use crate::value::Value;
use Judgement::{Fine, Loose, Refused};

pub(super) fn settings(keys: &[(&str, Use)], value: &Value) -> Judgement {
    let map = match value {
        Value::Null => return Fine,
        Value::Map(map) => map,
        _ => return wrong("PEFT builds a nested config from it, and needs an object for that"),
    };
    for (key, entry) in map.iter() {
        let Some((_, used)) = keys.iter().find(|(name, _)| *name == key) else {
            let names: Vec<_> = keys.iter().map(|(name, _)| *name).collect();
            return Loose(format!("`{key}` is not one of its keys, which are {}", listed(&names)));
        };
        match judge(*used, entry) {
            Fine => {}
            Loose(why) => return Loose(format!("in `{key}`, {why}")),
            Refused(flaw, why) => return Refused(flaw, format!("in `{key}`, {why}")),
        }
    }
    Fine
}

/// MonteCLoRA's settings are given to their class as they are.
pub(super) fn strict_settings(keys: &[(&str, Use)], value: &Value) -> Judgement {
    match value {
        Value::Map(map) if map.iter().any(|(key, _)| !keys.iter().any(|(name, _)| *name == key)) => Refused(
            Flaw::Type,
            "it has a key that the class for these settings does not know: Python raises an error".to_owned(),
        ),
        Value::Map(_) | Value::Null => settings(keys, value),
        falsy if !is_true(falsy) => Loose("PEFT treats it as not set".to_owned()),
        _ => wrong("PEFT builds a nested config from it, and needs an object for that"),
    }
}

pub(super) fn unread(value: &Value) -> Judgement {
    match value {
        Value::Null => Fine,
        _ => Loose("PEFT never looks at it".to_owned()),
    }
}

/// The values count only where a key matches a module; which, is not known without the model.
pub(super) fn patterns(of: Use, value: &Value) -> Judgement {
    let Value::Map(map) = value else {
        return wrong("PEFT asks for its keys, which only an object has: Python raises an `AttributeError`");
    };
    for (key, entry) in map.iter() {
        if is_broken(&format!("(.*\\.)?({key})$")) {
            return Refused(
                Flaw::Pattern,
                format!("Python's `re` cannot read the key `{key}` as a regular expression"),
            );
        }
        if let Refused(_, why) | Loose(why) = judge(of, entry) {
            return Loose(format!("in `{key}`, {why}"));
        }
    }
    Fine
}

pub(super) fn kept(value: &Value) -> Judgement {
    match value {
        Value::Null => Fine,
        Value::Map(map) => {
            if let Some((key, _)) = map.iter().find(|(key, _)| is_broken(key)) {
                return Refused(
                    Flaw::Pattern,
                    format!("Python's `re` cannot read the key `{key}` as a regular expression"),
                );
            }
            let is_flags = |flags: &Value| {
                flags.as_list().is_some_and(|flags| {
                    flags.iter().all(|flag| matches!(flag, Value::Bool(_) | Value::Int(_) | Value::Float(_)))
                })
            };
            match map.iter().all(|(_, flags)| is_flags(flags)) {
                true => Fine,
                false => wrong("PEFT sums each list of flags when it saves, and Python raises a `TypeError`"),
            }
        }
        _ => wrong("PEFT asks for its items, which only an object has: Python raises an `AttributeError`"),
    }
}

pub(super) fn adapters(value: &Value) -> Judgement {
    match value {
        Value::Null => Fine,
        Value::Map(map) => {
            if map.iter().any(|(_, folder)| folder.as_str().is_none()) {
                return wrong("each adapter must be the path of a folder or the name of a repository");
            }
            match (0..map.len()).all(|at| map.contains_key(&at.to_string())) {
                true => Fine,
                false => Refused(
                    Flaw::Range,
                    "PEFT asks for the adapters \"0\", \"1\" and so on: it raises a `KeyError`".to_owned(),
                ),
            }
        }
        _ => wrong("PEFT asks for its items, which only an object has: Python raises an `AttributeError`"),
    }
}
