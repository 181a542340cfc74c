//! Values and numbers in the words of a message.

use crate::document::Node;
use crate::value::Value;

/// `1 tensor`, `2 tensors`.
pub(crate) fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// The same for a noun with a plural of its own: `1 child`, `2 children`.
pub(crate) fn counted_as(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// A value as a message names it.
pub(crate) fn said(node: &Node) -> String {
    let value = node.to_value();
    match &value {
        Value::String(text) if text.chars().count() > 40 => {
            format!("\"{}…\"", text.chars().take(37).collect::<String>())
        }
        Value::String(text) => format!("\"{text}\""),
        Value::List(items) => match items.len() {
            0 => "an empty list".to_owned(),
            1 => "a list of one".to_owned(),
            n => format!("a list of {n}"),
        },
        Value::Map(_) => "an object".to_owned(),
        Value::Null => "null".to_owned(),
        Value::Bool(b) => b.to_string(),
        Value::Int(int) if int.as_str().len() > 40 => format!("an integer of {} digits", int.as_str().len()),
        Value::Int(int) => format!("the integer {int}"),
        Value::Float(float) => format!("the number {float:?}"),
    }
}

/// A value as the subject of a sentence: a text stands in quotes, without a word before it.
pub(crate) fn quoted(value: &Value) -> String {
    match value {
        Value::String(text) if text.chars().count() <= 40 => format!("\"{text}\""),
        other => described(other),
    }
}

/// A value in words, short enough for a message.
pub(crate) fn described(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Int(int) => int.as_str().to_owned(),
        Value::Float(float) => format!("{float:?}"),
        Value::String(text) if text.chars().count() <= 40 => format!("the string \"{text}\""),
        Value::String(_) => "a string".to_owned(),
        Value::List(_) => "a list".to_owned(),
        Value::Map(_) => "an object".to_owned(),
    }
}
