//! What was meant by a value that the library refuses, or takes for another: the same value in the spelling that the
//! key wants. Whatever is proposed here is first judged as the library would judge it.

use super::uses::{Judgement, Use};
use crate::document::json::number;
use crate::document::spelling::is_json_number;
use crate::findings::{nearest, same_letters};
use crate::python::is_true;
use crate::value::Value;

/// A value in place of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Meant {
    /// As JSON writes it.
    pub(crate) text: String,
    /// Whether the library makes the same of both, or it refuses the one and nothing but the other can be meant.
    pub(crate) is_safe: bool,
}

impl Meant {
    fn safe(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_safe: true }
    }

    fn unsure(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_safe: false }
    }
}

/// What was meant by a value that the library refuses.
pub(super) fn instead_of_refused(use_: Use, value: &Value) -> Option<Meant> {
    let fits = |text: &str| use_.judge(&read(text)) == Judgement::Fine;
    let spelt = match value {
        Value::String(text) => in_quotes(use_, text.trim()),
        Value::Int(int) if use_ == Use::StrictFlag => flag_of(int.as_f64()).into_iter().collect(),
        Value::Int(int) => vec![format!("{int}.0")],
        Value::Float(float) if use_ == Use::StrictFlag => flag_of(*float).into_iter().collect(),
        Value::Float(float) => whole(*float).into_iter().collect(),
        // No layer at all is meant either way.
        Value::Null | Value::Bool(false) if use_ == Use::LayerList => vec!["[]".to_owned()],
        _ => Vec::new(),
    };
    if let Some(text) = spelt.into_iter().find(|text| fits(text)) {
        return Some(Meant::safe(text));
    }
    let written = value.as_str()?;
    let texts = use_.texts();
    let near = nearest(&written.to_lowercase(), texts.iter().copied()).filter(|near| fits(&quoted(near)));
    near.map(|near| Meant::unsure(quoted(near)))
}

/// What stands in quotes, as the key may want it: one of its texts, a number, a flag or null.
fn in_quotes(use_: Use, text: &str) -> Vec<String> {
    let mut spelt = Vec::new();
    let lower = text.to_lowercase();
    let texts = use_.texts();
    if let Some(known) = same_letters(text, texts.iter().copied()) {
        spelt.push(quoted(known));
    }
    match (use_, lower.as_str()) {
        // The old name of the exact GELU.
        (Use::Activation | Use::OptionalActivation, "gelu_orig") => spelt.push(quoted("gelu")),
        (Use::DType, name) => spelt.push(quoted(dtype(name.strip_prefix("torch.").unwrap_or(name)))),
        (_, "true") => spelt.push("true".to_owned()),
        (_, "false") => spelt.push("false".to_owned()),
        (_, "null" | "none") => spelt.push("null".to_owned()),
        _ if is_json_number(text) => {
            spelt.push(text.to_owned());
            spelt.push(format!("{text}.0"));
            spelt.extend(text.parse().ok().and_then(whole));
        }
        _ => {}
    }
    spelt
}

/// What was meant by a value that the library takes for another.
pub(super) fn instead_of_loose(use_: Use, value: &Value) -> Option<Meant> {
    let meant = match (use_, value) {
        (Use::Truth, Value::String(text)) if !text.trim().is_empty() => match text.trim().to_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Meant::safe("true"),
            "false" | "no" | "off" | "0" | "none" | "null" => Meant::unsure("false"),
            _ => return None,
        },
        (Use::Truth, Value::Int(int)) => Meant::safe(flag_of(int.as_f64())?),
        (Use::Truth, Value::Float(float)) => Meant::safe(flag_of(*float)?),
        (Use::Truth | Use::Residual, nothing) if !is_true(nothing) => Meant::safe("false"),
        (Use::OptionalChoice(_) | Use::DType, nothing) if !is_true(nothing) => Meant::safe("null"),
        // Someone who writes 0 wants a seed.
        (Use::Seed, nothing) if !is_true(nothing) && !matches!(nothing, Value::Int(_) | Value::Float(_)) => {
            Meant::safe("null")
        }
        (Use::Seed, Value::String(text)) => Meant::safe(Some(text.trim()).filter(|text| is_json_number(text))?),
        (Use::Seed | Use::Positions, Value::Float(float)) => Meant::safe(whole(*float)?),
        (Use::Dropout | Use::DropoutAboveZero | Use::StochasticDepth, Value::Bool(false)) => Meant::safe("0.0"),
        (Use::FloatOrNone, Value::Int(int)) => Meant::unsure(format!("{int}.0")),
        (Use::FloatOrNone, Value::String(text)) if is_json_number(text.trim()) => match read(text.trim()) {
            Value::Float(_) => Meant::unsure(text.trim()),
            _ => Meant::unsure(format!("{}.0", text.trim())),
        },
        (Use::FloatOrNone, nothing) if !is_true(nothing) => Meant::safe("null"),
        (Use::AttentionMatrices, Value::String(text)) => letters(text)?,
        _ => return None,
    };
    (use_.judge(&read(&meant.text)) == Judgement::Fine).then_some(meant)
}

/// What was meant by an item of a list of matrices or layers that names none.
pub(super) fn instead_of_item(use_: Use, item: &Value) -> Option<Meant> {
    let text = item.as_str()?.trim();
    match use_ {
        Use::AttentionMatrices => matrix(text).map(|letter| Meant::unsure(quoted(letter))),
        Use::LayerList | Use::ReftLayers => {
            (is_json_number(text) && matches!(read(text), Value::Int(_))).then(|| Meant::unsure(text))
        }
        _ => None,
    }
}

/// The letters that the library finds in a text. If the text is nothing else, a list of them is the same to it; of
/// other texts it counts the other letters too.
fn letters(text: &str) -> Option<Meant> {
    let found: Vec<_> = ["q", "k", "v"].into_iter().filter(|letter| text.contains(letter)).collect();
    let list =
        |letters: &[&str]| format!("[{}]", letters.iter().map(|letter| quoted(letter)).collect::<Vec<_>>().join(", "));
    match matrix(text) {
        _ if found.is_empty() => None,
        Some(letter) if text.len() > 1 => Some(Meant::unsure(list(&[letter]))),
        _ if text.len() == found.len() => Some(Meant::safe(list(&found))),
        _ => Some(Meant::unsure(list(&found))),
    }
}

/// The letter that the library has for a matrix of the attention, for names that models and other libraries have.
fn matrix(name: &str) -> Option<&'static str> {
    match name.to_lowercase().as_str() {
        "q" | "query" | "q_proj" | "q_lin" | "wq" => Some("q"),
        "k" | "key" | "k_proj" | "k_lin" | "wk" => Some("k"),
        "v" | "value" | "v_proj" | "v_lin" | "wv" => Some("v"),
        _ => None,
    }
}

/// The name that torch has for a type.
fn dtype(name: &str) -> &str {
    match name {
        "fp16" => "float16",
        "bf16" => "bfloat16",
        "fp32" => "float32",
        "fp64" => "float64",
        other => other,
    }
}

fn flag_of(number: f64) -> Option<String> {
    [(0.0, "false"), (1.0, "true")]
        .into_iter()
        .find(|(flag, _)| number.total_cmp(flag).is_eq())
        .map(|(_, text)| text.to_owned())
}

/// A float that is an integer, as one.
fn whole(float: f64) -> Option<String> {
    // Adding 0 takes the sign of -0 away.
    (float.fract() == 0.0 && float.abs() < 1e15).then(|| format!("{:.0}", float + 0.0))
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

/// A value from what is proposed.
fn read(text: &str) -> Value {
    match text {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        "null" => Value::Null,
        _ => match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
            Some(text) => Value::String(text.to_owned()),
            None if text.starts_with('[') => {
                let inner = text.trim_matches(['[', ']']);
                Value::List(inner.split(", ").filter(|item| !item.is_empty()).map(read).collect())
            }
            None => number(text),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_proposed_is_what_the_key_wants() {
        let text = |text: &str| Value::String(text.to_owned());
        let refused = [
            (Use::Scaling, Value::Int(4.into()), Some(("4.0", true))),
            (Use::Scaling, text("4"), Some(("4.0", true))),
            (Use::Scaling, text("Learned "), Some(("\"learned\"", true))),
            (Use::Scaling, text("lerned"), Some(("\"learned\"", false))),
            (Use::Rank, text("8"), Some(("8", true))),
            (Use::Rank, text("8.0"), Some(("8", true))),
            (Use::Rank, Value::Float(8.0), Some(("8", true))),
            (Use::Rank, Value::Float(0.5), None),
            (Use::Rank, text("0"), None),
            (Use::Dropout, text("0.1"), Some(("0.1", true))),
            (Use::Dropout, text("5"), None),
            (Use::LayerList, text("0"), None),
            (Use::LayerList, Value::Null, Some(("[]", true))),
            (Use::DType, text("torch.float16"), Some(("\"float16\"", true))),
            (Use::DType, text("int8"), None),
            (Use::Activation, text("gelu_orig"), Some(("\"gelu\"", true))),
            (Use::Activation, text("rleu"), Some(("\"relu\"", false))),
            (Use::OptionalActivation, text("None"), Some(("null", true))),
            (Use::Activation, text("None"), None),
            (Use::StrictFlag, text("False"), Some(("false", true))),
        ];
        for (use_, value, expected) in refused {
            let meant = instead_of_refused(use_, &value);
            assert_eq!(
                meant.as_ref().map(|meant| (meant.text.as_str(), meant.is_safe)),
                expected,
                "{use_:?} {value:?}"
            );
        }
        let loose = [
            (Use::Truth, text("true"), Some(("true", true))),
            (Use::Truth, text("false"), Some(("false", false))),
            (Use::Truth, Value::Float(-0.0), None),
            (Use::Truth, text("x"), None),
            (Use::Seed, Value::Int(0.into()), None),
            (Use::Positions, Value::Float(0.0), Some(("0", true))),
            (Use::AttentionMatrices, text("qv"), Some(("[\"q\", \"v\"]", true))),
            (Use::AttentionMatrices, text("query"), Some(("[\"q\"]", false))),
            (Use::AttentionMatrices, text("x"), None),
            (Use::FloatOrNone, Value::Int(1.into()), Some(("1.0", false))),
        ];
        for (use_, value, expected) in loose {
            let meant = instead_of_loose(use_, &value);
            assert_eq!(
                meant.as_ref().map(|meant| (meant.text.as_str(), meant.is_safe)),
                expected,
                "{use_:?} {value:?}"
            );
        }
    }
}
