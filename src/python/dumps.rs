use std::cmp::Ordering;
use std::fmt::{self, Write as _};

use super::{Object, float_json};
use crate::value::MAX_INT_DIGITS;

/// What `json.dumps(object, sort_keys=True)` writes: keys in the order of their code points, everything beyond ASCII
/// escaped, `", "` and `": "` between the parts.
///
/// # Errors
/// [`NotJson`] where Python raises: types without a JSON form, keys that cannot be sorted or written.
pub fn dumps(object: &Object) -> Result<String, NotJson> {
    let mut text = String::new();
    write(object, &mut text)?;
    Ok(text)
}

/// Why an object cannot be written as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotJson {
    /// A value of a type without a JSON form.
    Type(&'static str),
    /// A key of a type that JSON has no text for.
    Key(&'static str),
    /// Keys of two types that Python cannot sort.
    Unsorted(&'static str, &'static str),
    /// An integer with more digits than Python converts.
    LongInt,
}

impl fmt::Display for NotJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type(name) => write!(f, "a value of type {name} has no JSON form"),
            Self::Key(name) => write!(f, "a key of type {name} has no JSON form"),
            Self::Unsorted(a, b) => write!(f, "keys of types {a} and {b} cannot be sorted"),
            Self::LongInt => write!(f, "an integer has more than {MAX_INT_DIGITS} digits"),
        }
    }
}

impl std::error::Error for NotJson {}

fn write(object: &Object, text: &mut String) -> Result<(), NotJson> {
    match object {
        Object::None => text.push_str("null"),
        Object::Bool(true) => text.push_str("true"),
        Object::Bool(false) => text.push_str("false"),
        Object::Int(int) if int.as_str().trim_start_matches('-').len() > MAX_INT_DIGITS => {
            return Err(NotJson::LongInt);
        }
        Object::Int(int) => text.push_str(int.as_str()),
        Object::Float(f) => text.push_str(&float_json(*f)),
        Object::Str(string) => write_string(string, text),
        Object::List(items) | Object::Tuple(items) => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                text.push_str(if at == 0 { "" } else { ", " });
                write(item, text)?;
            }
            text.push(']');
        }
        Object::Dict(entries) => {
            text.push('{');
            for (at, (key, value)) in sorted(entries)?.into_iter().enumerate() {
                text.push_str(if at == 0 { "" } else { ", " });
                write_string(&key.key_text()?, text);
                text.push_str(": ");
                write(value, text)?;
            }
            text.push('}');
        }
        Object::Complex(..) | Object::Bytes(_) | Object::Set(_) | Object::Ellipsis => {
            return Err(NotJson::Type(object.type_name()));
        }
    }
    Ok(())
}

fn sorted(entries: &[(Object, Object)]) -> Result<Vec<&(Object, Object)>, NotJson> {
    let mut sorted: Vec<_> = entries.iter().collect();
    let kind = |key: &Object| match key {
        Object::Str(_) => Some(0),
        Object::Bool(_) | Object::Int(_) | Object::Float(_) => Some(1),
        _ => None,
    };
    if let [(first, _), rest @ ..] = entries {
        let stranger = rest.iter().find(|(key, _)| kind(key).is_none() || kind(key) != kind(first));
        if let Some((stranger, _)) = stranger {
            return Err(NotJson::Unsorted(first.type_name(), stranger.type_name()));
        }
    }
    sorted.sort_unstable_by(|(a, _), (b, _)| match (a, b) {
        (Object::Str(a), Object::Str(b)) => a.cmp(b),
        _ => number(a).partial_cmp(&number(b)).unwrap_or(Ordering::Equal),
    });
    Ok(sorted)
}

fn number(key: &Object) -> f64 {
    key.complex().map_or(0.0, |(real, _)| real)
}

fn write_string(string: &str, text: &mut String) {
    text.push('"');
    for c in string.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            ' '..='~' => text.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(text, "\\u{unit:04x}");
                }
            }
        }
    }
    text.push('"');
}
