//! What each use makes of a value.

mod names;
mod numbers;
mod texts;

use names::{is_broken, layers, layers_pattern, names, parameters, saved, targets};
use numbers::{
    bounded, count, dropout, effective_rank, even, integers, integral, number, rows, seed, size, tokens, whole,
};
use texts::{bias, choice, init, lora_init};

use super::{Flaw, Judgement, Use, listed};
use crate::python::is_true;
use crate::value::Value;
use Judgement::{Fine, Loose, Refused};

pub(super) fn judge(used: Use, value: &Value) -> Judgement {
    match used {
        Use::Anything => Fine,
        Use::Flag => match value {
            Value::Bool(_) => Fine,
            other => Loose(format!("PEFT takes it as {}", is_true(other))),
        },
        Use::HashedFlag => match value {
            Value::List(_) | Value::Map(_) => wrong("PEFT puts it into a set, which cannot hold a list or object"),
            _ => judge(Use::Flag, value),
        },
        Use::StrictFlag if matches!(value, Value::Bool(_)) => Fine,
        Use::StrictFlag => Refused(Flaw::Choice, "PEFT and torch accept only true and false here".to_owned()),
        Use::Init(texts) => init(texts, value),
        Use::InitExact(texts) => match value {
            Value::Bool(_) => Fine,
            Value::Int(_) | Value::Float(_) if !is_true(value) => Loose("Python takes it as false".to_owned()),
            _ => choice(texts, value),
        },
        Use::OrthogonalOrNone => match value {
            Value::Null | Value::Bool(false) => Fine,
            _ => choice(&["orthogonal"], value),
        },
        Use::NumberIfSet | Use::CountIfSet(_) | Use::FractionIfSet if !is_true(value) => match value {
            Value::Null | Value::Int(_) | Value::Float(_) => Fine,
            _ => Loose("PEFT treats it as not set".to_owned()),
        },
        Use::CountIfSet(least) => count(least, value),
        Use::Fraction => bounded(value, |number| (0.0..1.0).contains(&number), "it is out of bounds"),
        Use::FractionIfSet => bounded(value, |number| (0.0..=1.0).contains(&number), "it is out of bounds"),
        Use::InsideOrNull(..) if *value == Value::Null => Fine,
        Use::Inside(least, most) | Use::InsideOrNull(least, most) => {
            bounded(value, |number| number > least && number < most, "it is out of bounds")
        }
        Use::Integral(least) => integral(least, value),
        Use::IntegralOrNull(least) => match (integral(least, value), value) {
            (Loose(_), Value::String(_) | Value::List(_) | Value::Map(_)) if !is_true(value) => {
                wrong("Python cannot convert it to an integer")
            }
            (judgement, _) => judgement,
        },
        Use::SeedOrFlag if matches!(value, Value::Bool(_)) => Loose("torch takes it as a number".to_owned()),
        Use::SeedOrFlag => seed(value),
        Use::Seeds => match value {
            Value::List(_) if is_entropy(value) => Loose("numpy combines all of them into one seed".to_owned()),
            Value::List(_) => wrong("numpy accepts only integers of at least 0 as a seed"),
            _ => count(0, value),
        },
        Use::Divisor => match value {
            // It divides every size.
            Value::Float(float) if *float > 0.0 && 1.0 % float == 0.0 => {
                wrong("PEFT uses the quotient as a size, and torch raises a `TypeError` for a float")
            }
            Value::Float(float) if *float > 0.0 => {
                Loose("torch raises a `TypeError` if it divides the size of a module".to_owned())
            }
            _ => number(value),
        },
        Use::Sized => match value {
            Value::Null | Value::List(_) => Fine,
            Value::String(_) | Value::Map(_) => Loose("PEFT uses its length".to_owned()),
            _ => wrong("PEFT asks for its length, which a number does not have"),
        },
        Use::Even => even(value),
        Use::SeedOrNull if *value == Value::Null => Fine,
        Use::SeedOrNull => seed(value),
        Use::IntegersOrNull if *value == Value::Null => Fine,
        Use::IntegersOrNull => match value {
            Value::List(items) if items.is_empty() => Fine,
            Value::List(items)
                if items.iter().any(|item| !matches!(item, Value::Int(_)))
                    && items.iter().all(|item| matches!(item, Value::Int(_) | Value::Float(_) | Value::Bool(_))) =>
            {
                Loose("torch converts the items to integers".to_owned())
            }
            _ => integers(value),
        },
        Use::Replication => replication(value),
        Use::Parameters => parameters(value),
        Use::UnreadSettings(_) if value.as_map().is_none() => unread(value),
        Use::StrictSettings(keys) | Use::UnreadSettings(keys) => strict_settings(keys, value),
        Use::Count(least) => count(least, value),
        Use::Size(least) => size(least, value),
        Use::Seed => seed(value),
        Use::Positive => bounded(value, |number| number > 0.0, "it must be above 0"),
        Use::CountOrNull(_) | Use::SizeOrNull(_) | Use::ChoiceOrNull(_) if *value == Value::Null => Fine,
        Use::CountOrNull(least) => count(least, value),
        Use::SizeOrNull(least) => size(least, value),
        Use::Floating => match value {
            Value::String(text) if text.trim().parse::<f64>().is_ok() => {
                Loose("Python converts it to a number".to_owned())
            }
            _ => number(value),
        },
        Use::Probability => match value {
            Value::Bool(_) => wrong("torch needs a number from 0 to 1, not a boolean"),
            _ => bounded(value, |number| (0.0..=1.0).contains(&number), "it is out of bounds"),
        },
        Use::EffectiveRank => effective_rank(value),
        Use::Multiplied => match value {
            Value::Null | Value::Map(_) => wrong("Python cannot multiply it"),
            Value::String(_) | Value::List(_) => Loose("Python repeats it instead of multiplying".to_owned()),
            _ => Fine,
        },
        Use::Kept => kept(value),
        Use::Iterated => match value {
            Value::Int(_) | Value::Float(_) | Value::Bool(_) if is_true(value) => {
                wrong("PEFT iterates over it, and Python raises a `TypeError`")
            }
            _ => Fine,
        },
        Use::NotText if matches!(value, Value::Int(_) | Value::Float(_) | Value::Bool(true)) => {
            wrong("PEFT iterates over it, and Python raises a `TypeError`")
        }
        Use::NotText if value.as_str().is_some() => wrong("PEFT needs a list and raises a `TypeError`"),
        Use::NotText => Fine,
        Use::Nothing if is_true(value) => Refused(
            Flaw::Range,
            "the method supports none of LoRA's variants: the forward pass raises a `TypeError`".to_owned(),
        ),
        Use::Nothing => Fine,
        Use::Tokens => match value {
            Value::List(items) if items.iter().all(|item| matches!(item, Value::Int(_))) => Fine,
            Value::List(items)
                if items.iter().all(|item| matches!(item, Value::Int(_) | Value::Float(_) | Value::Bool(_))) =>
            {
                Loose("only integers count as tokens".to_owned())
            }
            falsy if !is_true(falsy) => nothing(falsy),
            _ => wrong("torch needs a list of integers here"),
        },
        Use::Repository => match value {
            Value::String(text) if text.is_empty() => Refused(Flaw::Choice, "no model has this name".to_owned()),
            Value::String(_) => Fine,
            _ => wrong("PEFT converts it to the name of a model, which does not exist"),
        },
        Use::Adapters => adapters(value),
        Use::Chance if value.as_f64().is_some_and(|chance| chance >= 1.0) => {
            Loose("in training, PEFT drops everything, and nothing is learnt".to_owned())
        }
        Use::Number | Use::NumberIfSet | Use::Chance => number(value),
        Use::Between(least, most) => bounded(value, |number| (least..=most).contains(&number), "it is out of bounds"),
        Use::Above(least) => bounded(value, |number| number > least, "it is too small"),
        Use::Dropout => dropout(value),
        Use::Choice(texts) | Use::ChoiceOrNull(texts) => choice(texts, value),
        Use::Bias(own) => bias(own, value),
        Use::LoraInit => lora_init(value),
        Use::Targets => targets(value),
        Use::Names if !is_true(value) => nothing(value),
        Use::Whole => whole(value),
        Use::Names => names(value),
        Use::FeedForward => feed_forward(value),
        Use::Saved => saved(value),
        Use::Layers => layers(value),
        Use::LayersPattern => layers_pattern(value),
        Use::Patterns(of) => patterns(*of, value),
        Use::Settings(keys) => settings(keys, value),
        Use::Integers => tokens(value),
        Use::Rows => rows(value),
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

fn wrong(why: &str) -> Judgement {
    Refused(Flaw::Type, why.to_owned())
}

/// Null is meant where nothing is; other empty values do the same.
/// Gone through as it is, unless it is null.
fn feed_forward(value: &Value) -> Judgement {
    match value {
        Value::Bool(_) | Value::Int(_) | Value::Float(_) => wrong("Python cannot iterate over it"),
        _ if !is_true(value) => nothing(value),
        _ => names(value),
    }
}

fn unread(value: &Value) -> Judgement {
    match value {
        Value::Null => Fine,
        _ => Loose("PEFT never looks at it".to_owned()),
    }
}

fn nothing(value: &Value) -> Judgement {
    match value {
        Value::Null | Value::List(_) => Fine,
        _ => Loose("PEFT treats it as not set".to_owned()),
    }
}

fn kept(value: &Value) -> Judgement {
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

fn adapters(value: &Value) -> Judgement {
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

fn replication(value: &Value) -> Judgement {
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

/// MonteCLoRA's settings are given to their class as they are.
fn strict_settings(keys: &[(&str, Use)], value: &Value) -> Judgement {
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

/// The values count only where a key matches a module; which, is not known without the model.
fn patterns(of: Use, value: &Value) -> Judgement {
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

fn settings(keys: &[(&str, Use)], value: &Value) -> Judgement {
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
