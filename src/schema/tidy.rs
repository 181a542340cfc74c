//! Generated schemas in the shape that editors and error messages are best at: plain `enum`s with a description for
//! each value, type lists instead of `anyOf`, no formats that nobody knows.

use serde_json::{Map, Value, json};

/// Rewrites a whole schema document.
pub(super) fn tidy(document: &mut Value) {
    inline(document);
    tidy_part(document);
    drop_leftovers(document);
}

/// Puts small definitions where they are referred to: whatever is no object with keys of its own. Editors show what
/// stands beside a key, and error messages quote it.
fn inline(document: &mut Value) {
    for place in ["$defs", "definitions"] {
        loop {
            let Some(Value::Object(all)) = document.get_mut(place) else { break };
            let small = all.iter().find(|(_, schema)| {
                schema.get("properties").is_none()
                    && schema.get("oneOf").is_none_or(|choice| !refers(choice))
                    && !refers(schema)
            });
            let Some(name) = small.map(|(name, _)| name.clone()) else { break };
            let definition = all.shift_remove(&name).unwrap_or_default();
            let empty = all.is_empty();
            replace(document, &format!("#/{place}/{name}"), &definition);
            if let (true, Value::Object(keys)) = (empty, &mut *document) {
                keys.shift_remove(place);
            }
        }
    }
}

/// Whether a schema refers to another one.
fn refers(schema: &Value) -> bool {
    match schema {
        Value::Array(items) => items.iter().any(refers),
        Value::Object(keys) => keys.contains_key("$ref") || keys.values().any(refers),
        _ => false,
    }
}

/// Replaces every reference to `path` by `definition`; keywords beside the reference win. Draft 7 wraps references in
/// `allOf` where there are such keywords.
fn replace(schema: &mut Value, path: &str, definition: &Value) {
    let keys = match schema {
        Value::Array(items) => return items.iter_mut().for_each(|item| replace(item, path, definition)),
        Value::Object(keys) => keys,
        _ => return,
    };
    keys.values_mut().for_each(|value| replace(value, path, definition));
    let wrapped = keys.get("allOf").and_then(Value::as_array).is_some_and(|all| all.as_slice() == [definition.clone()]);
    if wrapped {
        keys.shift_remove("allOf");
    }
    if wrapped || keys.get("$ref").is_some_and(|to| to == path) {
        keys.shift_remove("$ref");
        if let Value::Object(definition) = definition {
            for (key, value) in definition {
                keys.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
    }
}

/// Rewrites a schema and all its parts.
fn tidy_part(schema: &mut Value) {
    parts(schema, &mut tidy_part);
    let Value::Object(keys) = schema else { return };
    keys.shift_remove("format");
    keys.shift_remove("writeOnly");
    if let Some(Value::String(text)) = keys.get_mut("description") {
        *text = unwrap_lines(text);
    }
    constants_to_enum(keys, "oneOf");
    constants_to_enum(keys, "anyOf");
    choices_to_types(keys);
    order(keys);
}

/// Drops what only served to tidy the schemas around: the description of a lone constant.
fn drop_leftovers(schema: &mut Value) {
    parts(schema, &mut drop_leftovers);
    if let Value::Object(keys) = schema
        && keys.contains_key("const")
    {
        keys.shift_remove("enumDescriptions");
    }
}

/// Calls `change` on every schema directly inside of `schema`.
fn parts(schema: &mut Value, change: &mut dyn FnMut(&mut Value)) {
    let Value::Object(keys) = schema else { return };
    for (key, value) in keys.iter_mut() {
        match (key.as_str(), value) {
            ("properties" | "patternProperties" | "$defs" | "definitions", Value::Object(schemas)) => {
                schemas.values_mut().for_each(&mut *change);
            }
            ("anyOf" | "oneOf" | "allOf" | "prefixItems", Value::Array(schemas)) => {
                schemas.iter_mut().for_each(&mut *change);
            }
            ("items" | "additionalProperties" | "propertyNames" | "if" | "then" | "else" | "not", schema) => {
                change(schema);
            }
            _ => {}
        }
    }
}

/// The order in which people read a schema's keywords.
fn order(keys: &mut Map<String, Value>) {
    const FIRST: &[&str] = &["$schema", "$id", "title", "description", "type", "const", "enum", "enumDescriptions"];
    const LAST: &[&str] = &[
        "default",
        "examples",
        "deprecated",
        "x-since",
        "x-until",
        "x-use",
        "x-unit",
        "x-source",
        "$defs",
        "definitions",
    ];
    let place = |key: &str| match (FIRST.iter().position(|k| *k == key), LAST.iter().position(|k| *k == key)) {
        (Some(at), _) => at,
        (None, None) => FIRST.len(),
        (None, Some(at)) => FIRST.len() + 1 + at,
    };
    let mut entries: Vec<(String, Value)> = std::mem::take(keys).into_iter().collect();
    entries.sort_by_key(|(key, _)| place(key));
    keys.extend(entries);
}

/// One line a paragraph: doc comments are wrapped, editors wrap by themselves. Lists and tables keep their lines.
fn unwrap_lines(text: &str) -> String {
    let mut whole = String::new();
    for line in text.lines() {
        let joins = !(whole.is_empty()
            || whole.ends_with('\n')
            || line.is_empty()
            || line.starts_with(['-', '|', '*', '#', ' ']) && !line.starts_with("**"));
        match (joins, whole.is_empty()) {
            (true, _) => whole.push(' '),
            (false, true) => {}
            (false, false) => whole.push('\n'),
        }
        whole.push_str(line);
    }
    whole
}

/// A choice between constants becomes an `enum` with `enumDescriptions`. A boolean counts as its two constants, null
/// as one.
fn constants_to_enum(keys: &mut Map<String, Value>, choice: &str) {
    let Some(branches) = keys.get(choice).and_then(Value::as_array) else { return };
    let mut values = Vec::new();
    let mut texts = Vec::new();
    for branch in branches {
        let Some(constants) = constants(branch) else { return };
        let nothing = if branch.get("type").is_some_and(|one| one == "null") { "Not set." } else { "" };
        let text = branch.get("description").and_then(Value::as_str).unwrap_or(nothing);
        let own = branch.get("enumDescriptions").and_then(Value::as_array);
        for (at, constant) in constants.into_iter().enumerate() {
            texts.push(own.and_then(|own| own.get(at)).cloned().unwrap_or_else(|| json!(text)));
            values.push(constant);
        }
    }
    if values.iter().all(|value| value.is_boolean() || value.is_null()) {
        return;
    }
    keys.shift_remove(choice);
    let described = texts.iter().any(|text| text != "");
    if let ([only], false) = (values.as_slice(), choice == "anyOf") {
        keys.insert("const".to_owned(), only.clone());
    } else {
        keys.insert("enum".to_owned(), Value::Array(values));
    }
    if described {
        keys.insert("enumDescriptions".to_owned(), Value::Array(texts));
    }
}

/// The constants that a schema stands for, if it is nothing but constants.
fn constants(schema: &Value) -> Option<Vec<Value>> {
    if let Some(constant) = schema.get("const") {
        return Some(vec![constant.clone()]);
    }
    if let Some(Value::Array(values)) = schema.get("enum") {
        return Some(values.clone());
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("boolean") => Some(vec![json!(true), json!(false)]),
        Some("null") => Some(vec![Value::Null]),
        _ => None,
    }
}

/// A choice between different JSON types without constants becomes one schema with a list of types: the keywords of
/// one type say nothing about values of another.
fn choices_to_types(keys: &mut Map<String, Value>) {
    let Some(branches) = keys.get("anyOf").and_then(Value::as_array) else { return };
    let mut types = Vec::new();
    let mut merged = Map::new();
    for branch in branches.iter().filter_map(Value::as_object) {
        match branch.get("type") {
            Some(Value::String(one)) => types.push(json!(one)),
            Some(Value::Array(several)) => types.extend(several.iter().cloned()),
            _ => return,
        }
        for (key, value) in branch.iter().filter(|(key, _)| !matches!(key.as_str(), "type" | "description" | "title")) {
            if matches!(key.as_str(), "enum" | "const" | "$ref" | "anyOf" | "oneOf" | "allOf" | "not")
                || merged.insert(key.clone(), value.clone()).is_some()
            {
                return;
            }
        }
    }
    if types
        .iter()
        .enumerate()
        .any(|(at, one)| types[..at].contains(one) || one == "integer" && types.contains(&json!("number")))
    {
        return;
    }
    keys.shift_remove("anyOf");
    keys.insert("type".to_owned(), Value::Array(types));
    keys.extend(merged);
}
