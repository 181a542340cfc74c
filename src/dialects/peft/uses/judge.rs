//! What each use makes of a value.

use super::{Flaw, Judgement, Use, listed};
use crate::dialects::peft::Pattern;
use crate::python::is_true;
use crate::value::Value;
use Judgement::{Fine, Loose, Refused};

pub(super) fn judge(used: Use, value: &Value) -> Judgement {
    match used {
        Use::Anything => Fine,
        Use::Flag => match value {
            Value::Bool(_) => Fine,
            other => Loose(format!("PEFT takes it for {}", is_true(other))),
        },
        Use::HashedFlag => match value {
            Value::List(_) | Value::Map(_) => wrong("PEFT puts it into a set, which takes no list or object"),
            _ => judge(Use::Flag, value),
        },
        Use::StrictFlag if matches!(value, Value::Bool(_)) => Fine,
        Use::StrictFlag => Refused(Flaw::Choice, "PEFT and torch take nothing but true and false there".to_owned()),
        Use::Init(texts) => init(texts, value),
        Use::InitExact(texts) => match value {
            Value::Bool(_) => Fine,
            Value::Int(_) | Value::Float(_) if !is_true(value) => Loose("Python takes it for false".to_owned()),
            _ => choice(texts, value),
        },
        Use::OrthogonalOrNone => match value {
            Value::Null | Value::Bool(false) => Fine,
            _ => choice(&["orthogonal"], value),
        },
        Use::NumberIfSet | Use::CountIfSet(_) | Use::FractionIfSet if !is_true(value) => match value {
            Value::Null | Value::Int(_) | Value::Float(_) => Fine,
            _ => Loose("PEFT takes it for nothing".to_owned()),
        },
        Use::CountIfSet(least) => count(least, value),
        Use::Fraction => bounded(value, |number| (0.0..1.0).contains(&number), "it is out of bounds"),
        Use::FractionIfSet => bounded(value, |number| (0.0..=1.0).contains(&number), "it is out of bounds"),
        Use::Inside(least, most) => bounded(value, |number| number > least && number < most, "it is out of bounds"),
        Use::Integral(least) => integral(least, value),
        Use::SeedOrFlag if matches!(value, Value::Bool(_)) => Loose("torch takes it for a number".to_owned()),
        Use::SeedOrFlag => seed(value),
        Use::Seeds => match value {
            Value::List(items) if items.iter().all(|item| count(0, item) == Fine) => {
                Loose("numpy makes one seed of all".to_owned())
            }
            _ => count(0, value),
        },
        Use::Sized => match value {
            Value::Null | Value::List(_) => Fine,
            Value::String(_) | Value::Map(_) => Loose("PEFT goes by its length".to_owned()),
            _ => wrong("PEFT takes its length, which a number has not"),
        },
        Use::Even => even(value),
        Use::SeedOrNull if *value == Value::Null => Fine,
        Use::SeedOrNull => seed(value),
        Use::IntegersOrNull if *value == Value::Null => Fine,
        Use::IntegersOrNull => match value {
            Value::List(items) if items.is_empty() => Fine,
            _ => integers(value),
        },
        Use::Replication => replication(value),
        Use::Parameters => parameters(value),
        Use::StrictSettings(keys) => strict_settings(keys, value),
        Use::Count(least) => count(least, value),
        Use::Size(least) => size(least, value),
        Use::Seed => seed(value),
        Use::Positive => bounded(value, |number| number > 0.0, "it must be above 0"),
        Use::CountOrNull(_) | Use::SizeOrNull(_) | Use::ChoiceOrNull(_) if *value == Value::Null => Fine,
        Use::CountOrNull(least) => count(least, value),
        Use::SizeOrNull(least) => size(least, value),
        Use::Floating => match value {
            Value::String(text) if text.trim().parse::<f64>().is_ok() => {
                Loose("Python makes a number of it".to_owned())
            }
            _ => number(value),
        },
        Use::Probability => match value {
            Value::Bool(_) => wrong("torch wants a number from 0 to 1, and no flag"),
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
                wrong("PEFT goes through it, and Python raises a `TypeError`")
            }
            _ => Fine,
        },
        Use::NotText if matches!(value, Value::Int(_) | Value::Float(_) | Value::Bool(true)) => {
            wrong("PEFT goes through it, and Python raises a `TypeError`")
        }
        Use::NotText if value.as_str().is_some() => wrong("PEFT wants a list and raises a `TypeError`"),
        Use::NotText => Fine,
        Use::Nothing if is_true(value) => Refused(
            Flaw::Range,
            "the method has none of LoRA's variants: the forward pass raises a `TypeError`".to_owned(),
        ),
        Use::Nothing => Fine,
        Use::Tokens => match value {
            Value::List(items) if items.iter().all(|item| matches!(item, Value::Int(_))) => Fine,
            Value::List(items)
                if items.iter().all(|item| matches!(item, Value::Int(_) | Value::Float(_) | Value::Bool(_))) =>
            {
                Loose("only integers are tokens".to_owned())
            }
            falsy if !is_true(falsy) => nothing(falsy),
            _ => wrong("torch wants a list of integers there"),
        },
        Use::Adapters => adapters(value),
        Use::Number | Use::NumberIfSet | Use::Chance => number(value),
        Use::Between(least, most) => bounded(value, |number| (least..=most).contains(&number), "it is out of bounds"),
        Use::Above(least) => bounded(value, |number| number > least, "it is too small"),
        Use::Dropout => dropout(value),
        Use::Choice(texts) | Use::ChoiceOrNull(texts) => choice(texts, value),
        Use::Bias(own) => bias(own, value),
        Use::LoraInit => lora_init(value),
        Use::Targets => targets(value),
        Use::Names if !is_true(value) => nothing(value),
        Use::Names => names(value),
        Use::Saved => saved(value),
        Use::Layers => layers(value),
        Use::LayersPattern => layers_pattern(value),
        Use::Patterns(of) => patterns(*of, value),
        Use::Settings(keys) => settings(keys, value),
        Use::Integers => integers(value),
        Use::Rows => rows(value),
    }
}

fn wrong(why: &str) -> Judgement {
    Refused(Flaw::Type, why.to_owned())
}

/// Null is meant where nothing is; other empty values do the same.
fn nothing(value: &Value) -> Judgement {
    match value {
        Value::Null | Value::List(_) => Fine,
        _ => Loose("PEFT takes it for nothing".to_owned()),
    }
}

fn count(least: i64, value: &Value) -> Judgement {
    let too_small = || Refused(Flaw::Range, format!("PEFT needs at least {least}"));
    match value {
        Value::Int(int) if int.as_f64() < least as f64 => too_small(),
        Value::Int(_) => Fine,
        Value::Bool(flag) if i64::from(*flag) < least => too_small(),
        Value::Bool(flag) => Loose(format!("Python counts with {}", u8::from(*flag))),
        Value::Float(float) if *float < least as f64 => too_small(),
        Value::Float(_) => wrong("torch takes no fraction for a size: it raises a `TypeError`"),
        _ => wrong("Python and torch want an integer there: they raise a `TypeError`"),
    }
}

fn size(least: i64, value: &Value) -> Judgement {
    match (count(least, value), value) {
        (Fine, Value::Int(int)) if int.as_i64().is_none() => {
            Refused(Flaw::Range, "no tensor is so large: torch raises an error".to_owned())
        }
        (Loose(_), Value::Bool(_)) => wrong("torch takes no flag for a size: it raises a `TypeError`"),
        (judgement, _) => judgement,
    }
}

fn seed(value: &Value) -> Judgement {
    match value {
        Value::Int(int) if int.as_i64().is_some() => Fine,
        Value::Int(_) => Refused(Flaw::Range, "torch takes no seed of more than 64 bits".to_owned()),
        _ => wrong("torch seeds a generator with integers only"),
    }
}

/// What Python's `int` reads, it reads; the rest it refuses.
fn integral(least: i64, value: &Value) -> Judgement {
    let made = match value {
        Value::Null => return Fine,
        Value::Int(int) => int.as_i64(),
        Value::Bool(flag) => Some(i64::from(*flag)),
        Value::Float(float) => Some(*float as i64),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    match (made, value) {
        (Some(made), _) if made < least => Refused(Flaw::Range, format!("PEFT needs at least {least}")),
        (Some(_), Value::Int(_)) => Fine,
        (Some(_), _) => Loose("Python makes an integer of it".to_owned()),
        (None, falsy) if !is_true(falsy) => Loose("PEFT takes it for nothing".to_owned()),
        (None, _) => wrong("Python cannot make an integer of it"),
    }
}

fn even(value: &Value) -> Judgement {
    match (count(1, value), value) {
        (Fine, Value::Int(int)) if int.as_f64() % 2.0 != 0.0 => {
            Refused(Flaw::Range, "it cannot be split into halves: PEFT raises a `ValueError`".to_owned())
        }
        (Loose(_), _) => Refused(Flaw::Range, "it cannot be split into halves: PEFT raises a `ValueError`".to_owned()),
        (judgement, _) => judgement,
    }
}

fn init(texts: &[&str], value: &Value) -> Judgement {
    match value {
        Value::Bool(_) | Value::Null => Fine,
        Value::String(text) if texts.contains(&text.to_lowercase().as_str()) => Fine,
        falsy if !is_true(falsy) => Loose("PEFT takes it for false".to_owned()),
        Value::String(_) => Refused(Flaw::Choice, "PEFT raises a `ValueError`: unknown initialization".to_owned()),
        _ => wrong("PEFT calls `lower()` of it, which only a text has"),
    }
}

fn effective_rank(value: &Value) -> Judgement {
    let too_small = || Refused(Flaw::Range, "PEFT raises a `ValueError`: the rank must be above 0".to_owned());
    match value {
        Value::Null => Fine,
        Value::Bool(false) => too_small(),
        Value::Bool(true) => Loose("Python counts with 1".to_owned()),
        Value::String(text) if text.trim().parse::<i64>().is_ok_and(|rank| rank > 0) => {
            Loose("Python makes a number of it".to_owned())
        }
        Value::Int(_) | Value::Float(_) if value.as_f64().is_some_and(|rank| rank <= 0.0) => too_small(),
        Value::Int(_) | Value::Float(_) => Fine,
        _ => wrong("Python cannot make an integer of it"),
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
                false => wrong("PEFT sums up each list of flags when it saves, and Python raises a `TypeError`"),
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
                return wrong("each adapter is the path of a folder, or the name of a repository");
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
            let is_pair = |item: &Value| match item {
                Value::List(pair) => pair.len() == 2 && pair.iter().all(|end| matches!(end, Value::Int(_))),
                _ => false,
            };
            if items.iter().all(is_pair) { Fine } else { wrong("PEFT takes each item for two numbers of layers") }
        }
        _ => wrong("PEFT takes each item for two numbers of layers"),
    }
}

fn parameters(value: &Value) -> Judgement {
    match value {
        Value::String(_) => wrong("PEFT wants a list of names and raises a `TypeError`"),
        falsy if !is_true(falsy) => nothing(falsy),
        Value::List(items) if items.iter().all(|item| item.as_str().is_some()) => Fine,
        Value::List(_) => wrong("PEFT looks for modules whose name ends with it, and only a text is one"),
        Value::Map(_) => Loose("PEFT takes its keys for names".to_owned()),
        _ => wrong("PEFT looks for names in it and raises a `TypeError`"),
    }
}

/// MonteCLoRA's settings are given to their class as they are.
fn strict_settings(keys: &[(&str, Use)], value: &Value) -> Judgement {
    match value {
        Value::Map(map) if map.iter().any(|(key, _)| !keys.iter().any(|(name, _)| *name == key)) => Refused(
            Flaw::Type,
            "it has a key that the class of these settings does not know: Python raises an error".to_owned(),
        ),
        Value::Map(_) | Value::Null => settings(keys, value),
        falsy if !is_true(falsy) => Loose("PEFT takes it for nothing".to_owned()),
        _ => wrong("PEFT makes a nested config of it, and needs an object for that"),
    }
}

fn number(value: &Value) -> Judgement {
    match value {
        Value::Int(_) | Value::Float(_) => Fine,
        Value::Bool(flag) => Loose(format!("Python calculates with {}", u8::from(*flag))),
        _ => wrong("Python cannot calculate with it: it raises a `TypeError`"),
    }
}

fn bounded(value: &Value, fits: impl Fn(f64) -> bool, why: &str) -> Judgement {
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

fn dropout(value: &Value) -> Judgement {
    match (number(value), value.as_f64()) {
        (Fine, Some(p)) if p > 1.0 => {
            Refused(Flaw::Range, "torch raises a `ValueError`: a probability is between 0 and 1".to_owned())
        }
        (Fine, Some(p)) if p < 0.0 => Loose("PEFT takes it for 0".to_owned()),
        (judgement, _) => judgement,
    }
}

fn choice(texts: &[&str], value: &Value) -> Judgement {
    match value.as_str() {
        Some(text) if texts.contains(&text) => Fine,
        _ => Refused(Flaw::Choice, "PEFT knows nothing of this name".to_owned()),
    }
}

fn bias(own: &str, value: &Value) -> Judgement {
    match value.as_str() {
        Some("none" | "all") => Fine,
        Some(text) if text == own => Fine,
        Some(text) if text.ends_with("_only") => Loose(format!("PEFT takes any text that ends so for \"{own}\"")),
        Some(_) => Refused(Flaw::Choice, "PEFT raises a `NotImplementedError`".to_owned()),
        None => wrong("PEFT looks how the text ends, and this is none"),
    }
}

fn lora_init(value: &Value) -> Judgement {
    let unknown = || Refused(Flaw::Choice, "PEFT raises a `ValueError`: unknown initialization".to_owned());
    match value {
        Value::Bool(_) => Fine,
        Value::String(text) if text.is_empty() => Loose("PEFT takes it for false".to_owned()),
        Value::String(text) => {
            let lower = text.to_lowercase();
            match text.as_str() {
                "loftq" | "eva" | "orthogonal" | "lora_ga" | "pissa" => Fine,
                _ if text.starts_with("corda") => Fine,
                // `pissa_niter_4`: four iterations of a faster decomposition.
                _ if text.starts_with("pissa") => match text.split("_niter_").collect::<Vec<_>>()[..] {
                    [_, number] if number.trim().parse::<i64>().is_ok() => Fine,
                    _ => Refused(Flaw::Choice, "PEFT raises a `ValueError`: unknown initialization".to_owned()),
                },
                _ if ["olora", "mica", "gaussian"].contains(&lower.as_str()) => Fine,
                _ => unknown(),
            }
        }
        nothing if !is_true(nothing) => Loose("PEFT takes it for false".to_owned()),
        _ => wrong("PEFT calls `lower()` of it, which only a text has"),
    }
}

/// A text is a regular expression of Python's; what cannot be followed here is not judged.
fn pattern(text: &str) -> Judgement {
    match is_broken(text) {
        true => Refused(Flaw::Pattern, "Python's `re` cannot read this as a regular expression".to_owned()),
        false => Fine,
    }
}

/// Whether no reader of regular expressions could make sense of it: brackets that do not close, or nothing to repeat.
fn is_broken(text: &str) -> bool {
    let (mut depth, mut escaped, mut in_set, mut repeats) = (0_i32, false, false, true);
    for c in text.chars() {
        if escaped {
            (escaped, repeats) = (false, false);
            continue;
        }
        match c {
            '\\' => escaped = true,
            '[' if !in_set => in_set = true,
            ']' if in_set => (in_set, repeats) = (false, false),
            _ if in_set => {}
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

fn targets(value: &Value) -> Judgement {
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
            wrong("PEFT takes each item for the name of a module, and only a text is one")
        }
        Value::List(items) => names_in(items),
        Value::Map(map) if map.is_empty() => {
            Refused(Flaw::Range, "it names no module: PEFT raises a `ValueError`".to_owned())
        }
        Value::Map(_) => Loose("PEFT takes its keys for names".to_owned()),
        _ => wrong("PEFT looks for names in it and raises a `TypeError`"),
    }
}

/// Python makes a set of the list: what cannot be hashed fails, what is no text names nothing.
fn names_in(items: &[Value]) -> Judgement {
    if items.iter().any(|item| matches!(item, Value::List(_) | Value::Map(_))) {
        return wrong("PEFT makes a set of the list, which can hold no list or object: Python raises a `TypeError`");
    }
    if items.iter().any(|item| item.as_str().is_none()) {
        return Loose("what is no text names no module".to_owned());
    }
    Fine
}

fn names(value: &Value) -> Judgement {
    match value {
        Value::String(text) => pattern(text),
        Value::List(items) => names_in(items),
        Value::Map(_) => Loose("PEFT takes its keys for names".to_owned()),
        _ => wrong("PEFT looks for names in it and raises a `TypeError`"),
    }
}

fn saved(value: &Value) -> Judgement {
    match value {
        nothing_ if !is_true(nothing_) => nothing(nothing_),
        Value::List(items) => {
            for item in items {
                match item {
                    Value::String(text) if is_broken(&format!("(^|.*\\.){text}($|\\..*)")) => {
                        return Refused(
                            Flaw::Pattern,
                            "PEFT puts the name into a pattern that Python's `re` cannot read".to_owned(),
                        );
                    }
                    Value::String(_) => {}
                    _ => return wrong("PEFT looks for modules whose name ends with it, and only a text is one"),
                }
            }
            Fine
        }
        Value::String(_) => {
            Loose("PEFT takes each letter for the end of a name, and wraps all modules that end so".to_owned())
        }
        Value::Map(_) => Loose("PEFT takes its keys for names".to_owned()),
        _ => wrong("PEFT looks for names in it and raises a `TypeError`"),
    }
}

fn layers(value: &Value) -> Judgement {
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
        Value::Bool(flag) => Loose(format!("Python takes it for layer {}", u8::from(*flag))),
        Value::List(items) if items.is_empty() => Fine,
        Value::List(items) if !items.iter().any(is_number) => none(),
        Value::List(items) if items.iter().all(|item| matches!(item, Value::Int(_)) && is_number(item)) => Fine,
        Value::List(_) => Loose("what is no number of a layer chooses none".to_owned()),
        Value::Map(_) => none(),
        _ => wrong("PEFT looks for numbers of layers in it and raises a `TypeError`"),
    }
}

fn layers_pattern(value: &Value) -> Judgement {
    let layer = |text: &str| format!("(?:^|.*?\\.){text}\\.(?P<idx>\\d+)\\.");
    match value {
        nothing_ if !is_true(nothing_) => nothing(nothing_),
        Value::String(text) => pattern(&layer(text)),
        Value::List(items) => {
            let broken = items.iter().filter_map(Value::as_str).any(|text| is_broken(&layer(text)));
            if broken {
                return Refused(Flaw::Pattern, "Python's `re` cannot read this as a regular expression".to_owned());
            }
            names_in(items)
        }
        Value::Map(_) => Loose("PEFT takes its keys for names".to_owned()),
        _ => wrong("PEFT takes its length, which only a text or a list has"),
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
            return Loose(format!("of `{key}`: {why}"));
        }
    }
    Fine
}

fn settings(keys: &[(&str, Use)], value: &Value) -> Judgement {
    let map = match value {
        Value::Null => return Fine,
        Value::Map(map) => map,
        _ => return wrong("PEFT makes a nested config of it, and needs an object for that"),
    };
    for (key, entry) in map.iter() {
        let Some((_, used)) = keys.iter().find(|(name, _)| *name == key) else {
            let names: Vec<_> = keys.iter().map(|(name, _)| *name).collect();
            return Loose(format!("it has no key `{key}`, but {}", listed(&names)));
        };
        match judge(*used, entry) {
            Fine => {}
            Loose(why) => return Loose(format!("of `{key}`: {why}")),
            Refused(flaw, why) => return Refused(flaw, format!("of `{key}`: {why}")),
        }
    }
    Fine
}

fn integers(value: &Value) -> Judgement {
    match value {
        Value::List(items) if items.is_empty() => {
            Refused(Flaw::Range, "there is no token in it, and torch makes no tensor of nothing".to_owned())
        }
        Value::List(items) if items.iter().all(|item| matches!(item, Value::Int(_))) => Fine,
        _ => wrong("torch wants a list of integers there"),
    }
}

fn rows(value: &Value) -> Judgement {
    match value {
        Value::Null => Fine,
        Value::List(_) | Value::Map(_) if !is_true(value) => Fine,
        Value::Map(map) => {
            map.iter().map(|(_, rows)| integers(rows)).find(|judgement| *judgement != Fine).unwrap_or(Fine)
        }
        _ => integers(value),
    }
}
