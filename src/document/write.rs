//! Values to text: JSON with numbers spelled as Python's `json` spells them, and YAML.

use std::fmt::Write as _;

use super::yaml;
use crate::python::float_json;
use crate::value::{Map, Value};

/// Pretty JSON, two blanks a level, with a line end. Text stays readable; numbers keep their kind (`16` and `16.0`)
/// and their digits; NaN and infinities are written as Python writes them.
#[must_use]
pub fn to_json(value: &Value) -> String {
    let mut text = String::new();
    json(value, 0, &mut text);
    text.push('\n');
    text
}

/// JSON in one line without blanks, else as [`to_json`] writes it: for messages and for texts in other files.
#[must_use]
pub(crate) fn to_line(value: &Value) -> String {
    let mut text = String::new();
    line(value, &mut text);
    text
}

/// Block-style YAML with a line end. Text is quoted where a reader of YAML 1.1 or 1.2 would take it for something
/// else; empty lists and mappings are `[]` and `{}`.
#[must_use]
pub fn to_yaml(value: &Value) -> String {
    let mut text = String::new();
    match value {
        Value::Map(map) if !map.is_empty() => yaml_map(map, 0, &mut text),
        Value::List(items) if !items.is_empty() => yaml_list(items, 0, &mut text),
        leaf => {
            yaml_leaf(leaf, &mut text);
            text.push('\n');
        }
    }
    text
}

fn json(value: &Value, depth: usize, text: &mut String) {
    let line = |depth: usize, text: &mut String| {
        text.push('\n');
        text.push_str(&"  ".repeat(depth));
    };
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(b) => text.push_str(if *b { "true" } else { "false" }),
        Value::Int(int) => text.push_str(int.as_str()),
        Value::Float(f) => text.push_str(&float_json(*f)),
        Value::String(string) => json_string(string, text),
        Value::List(items) if items.is_empty() => text.push_str("[]"),
        Value::List(items) => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                text.push_str(if at == 0 { "" } else { "," });
                line(depth + 1, text);
                json(item, depth + 1, text);
            }
            line(depth, text);
            text.push(']');
        }
        Value::Map(map) if map.is_empty() => text.push_str("{}"),
        Value::Map(map) => {
            text.push('{');
            for (at, (key, item)) in map.iter().enumerate() {
                text.push_str(if at == 0 { "" } else { "," });
                line(depth + 1, text);
                json_string(key, text);
                text.push_str(": ");
                json(item, depth + 1, text);
            }
            line(depth, text);
            text.push('}');
        }
    }
}

fn line(value: &Value, text: &mut String) {
    match value {
        Value::List(items) => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                text.push_str(if at == 0 { "" } else { "," });
                line(item, text);
            }
            text.push(']');
        }
        Value::Map(map) => {
            text.push('{');
            for (at, (key, item)) in map.iter().enumerate() {
                text.push_str(if at == 0 { "" } else { "," });
                json_string(key, text);
                text.push(':');
                line(item, text);
            }
            text.push('}');
        }
        leaf => json(leaf, 0, text),
    }
}

/// A JSON string; also a double-quoted YAML scalar.
fn json_string(string: &str, text: &mut String) {
    text.push('"');
    for c in string.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            // Control characters, and those that some reader takes for a line end or a byte-order mark.
            '\u{0}'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{feff}'
            | '\u{fffe}'
            | '\u{ffff}' => {
                let _ = write!(text, "\\u{:04x}", u32::from(c));
            }
            _ => text.push(c),
        }
    }
    text.push('"');
}

fn yaml_map(map: &Map, depth: usize, text: &mut String) {
    for (key, item) in map.iter() {
        indent(depth, text);
        yaml_string(key, text);
        text.push(':');
        match item {
            Value::Map(inner) if !inner.is_empty() => {
                text.push('\n');
                yaml_map(inner, depth + 1, text);
            }
            Value::List(items) if !items.is_empty() => {
                text.push('\n');
                yaml_list(items, depth + 1, text);
            }
            leaf => {
                text.push(' ');
                yaml_leaf(leaf, text);
                text.push('\n');
            }
        }
    }
}

fn yaml_list(items: &[Value], depth: usize, text: &mut String) {
    for item in items {
        indent(depth, text);
        text.push_str("- ");
        match item {
            Value::Map(inner) if !inner.is_empty() => yaml_map(inner, depth + 1, text),
            Value::List(inner) if !inner.is_empty() => yaml_list(inner, depth + 1, text),
            leaf => {
                yaml_leaf(leaf, text);
                text.push('\n');
            }
        }
    }
}

/// Indents a new line. The first entry of a list's item stands behind the dash.
fn indent(depth: usize, text: &mut String) {
    if text.ends_with('\n') {
        text.push_str(&"  ".repeat(depth));
    }
}

fn yaml_leaf(value: &Value, text: &mut String) {
    match value {
        Value::Float(f) if f.is_nan() => text.push_str(".nan"),
        Value::Float(f) if f.is_infinite() => text.push_str(if *f > 0.0 { ".inf" } else { "-.inf" }),
        // YAML 1.1 knows `1e-05` only with a point in it.
        Value::Float(f) => match float_json(*f).split_once('e') {
            Some((mantissa, exponent)) if !mantissa.contains('.') => {
                let _ = write!(text, "{mantissa}.0e{exponent}");
            }
            _ => text.push_str(&float_json(*f)),
        },
        Value::String(string) => yaml_string(string, text),
        other => json(other, 0, text),
    }
}

/// A plain scalar if that can only be read as this text, else a quoted one.
fn yaml_string(string: &str, text: &mut String) {
    let plain_start = string.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let plain =
        string.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '+' | '(' | ')'));
    let reads_back = || {
        let (node, problems) = yaml::parse(string);
        problems.is_empty() && node.is_some_and(|node| node.as_str() == Some(string))
    };
    let loose = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    let is_loose = loose.iter().any(|word| string.eq_ignore_ascii_case(word));
    if plain_start && plain && !is_loose && reads_back() {
        text.push_str(string);
    } else {
        json_string(string, text);
    }
}
