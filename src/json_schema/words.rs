//! What a schema accepts, in words.

use serde_json::Value;

/// What values a schema accepts, in words that complete "this must be …": "an integer of at least 1", "true or
/// false", "one of \"bert\", \"houlsby\"".
#[must_use]
pub fn describe(schema: &Value) -> String {
    if let Some(constant) = schema.get("const") {
        return constant.to_string();
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return constants(values);
    }
    for choice in ["anyOf", "oneOf"] {
        if let Some(branches) = schema.get(choice).and_then(Value::as_array) {
            return join(branches.iter().map(describe).collect(), "or");
        }
    }
    if let Some(others) = schema.get("else") {
        let types = schema.get("type").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let mut words = vec!["an object".to_owned()];
        if others.get("enum").is_some() {
            words.push(describe(others));
        } else {
            words.extend(types.filter(|one| *one != "object").map(|one| typed(one, others)));
        }
        return join(words, "or");
    }
    match schema.get("type") {
        Some(Value::String(one)) => typed(one, schema),
        Some(Value::Array(several)) => {
            join(several.iter().filter_map(Value::as_str).map(|one| typed(one, schema)).collect(), "or")
        }
        _ if schema.get("$ref").is_some() || schema.get("properties").is_some() => "an object".to_owned(),
        _ => "any value".to_owned(),
    }
}

fn constants(values: &[Value]) -> String {
    let words: Vec<String> = values.iter().map(Value::to_string).collect();
    match words.as_slice() {
        [first, second] if values.iter().all(|value| !value.is_string()) => format!("{first} or {second}"),
        [only] => only.clone(),
        _ => format!("one of {}", words.join(", ")),
    }
}

fn typed(one: &str, schema: &Value) -> String {
    match one {
        "boolean" => "true or false".to_owned(),
        "integer" => format!("an integer{}", bounds(schema)),
        "number" => format!("a number{}", bounds(schema)),
        "string" => match schema.get("minLength").and_then(Value::as_u64) {
            Some(1) => "a non-empty string".to_owned(),
            _ => "a string".to_owned(),
        },
        "array" => match schema.get("items") {
            Some(items) => format!("a list of {}", plural(&describe(items))),
            None => "a list".to_owned(),
        },
        "object" => match schema.get("additionalProperties") {
            Some(values @ Value::Object(_)) => format!("an object of {}", plural(&describe(values))),
            _ => "an object".to_owned(),
        },
        other => other.to_owned(),
    }
}

/// " of at least 1", " above 0", " from 0 to 1".
fn bounds(schema: &Value) -> String {
    let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
    match (bound("minimum"), bound("exclusiveMinimum"), bound("maximum")) {
        (Some(low), _, Some(high)) => format!(" from {low} to {high}"),
        (Some(low), _, None) => format!(" of at least {low}"),
        (None, Some(low), Some(high)) => format!(" above {low} and at most {high}"),
        (None, Some(low), None) => format!(" above {low}"),
        (None, None, Some(high)) => format!(" of at most {high}"),
        (None, None, None) => String::new(),
    }
}

/// The words for one thing turned into those for several.
fn plural(words: &str) -> String {
    if let Some(values) = words.strip_prefix("one of ") {
        return values.to_owned();
    }
    words.split(" or ").map(plural_of_one).collect::<Vec<_>>().join(" or ")
}

fn plural_of_one(words: &str) -> String {
    for (one, several) in [
        ("an integer", "integers"),
        ("a number", "numbers"),
        ("a non-empty string", "non-empty strings"),
        ("a string", "strings"),
        ("an object", "objects"),
        ("a list", "lists"),
    ] {
        if let Some(rest) = words.strip_prefix(one) {
            return format!("{several}{rest}");
        }
    }
    words.to_owned()
}

fn join(mut words: Vec<String>, last: &str) -> String {
    match words.pop() {
        None => String::new(),
        Some(only) if words.is_empty() => only,
        Some(end) => format!("{} {last} {end}", words.join(", ")),
    }
}
