//! Generated schemas in the shape that editors and error messages are best at: plain `enum`s with a description for
//! each value, type lists instead of `anyOf`, no formats that nobody knows.

use serde_json::{Map, Value, json};

/// Rewrites a whole schema document.
pub(crate) fn tidy(document: &mut Value) {
    inline(document);
    tidy_part(document);
    drop_leftovers(document);
}

/// Puts small definitions where they are referred to: whatever is no object with keys of its own. Editors show what
/// stands beside a key, and error messages quote it.
fn inline(document: &mut Value) {
    loop {
        let Some(Value::Object(all)) = document.get_mut("$defs") else { return };
        let small = all.iter().find(|(name, schema)| {
            schema.get("properties").is_none()
                && schema.get("allOf").is_none()
                && !refers(schema, &format!("#/$defs/{name}"))
        });
        let Some(name) = small.map(|(name, _)| name.clone()) else { return };
        let definition = all.shift_remove(&name).unwrap_or_default();
        let empty = all.is_empty();
        replace(document, &format!("#/$defs/{name}"), &definition);
        if let (true, Value::Object(keys)) = (empty, &mut *document) {
            keys.shift_remove("$defs");
        }
    }
}

/// Whether a schema refers to `path`.
fn refers(schema: &Value, path: &str) -> bool {
    match schema {
        Value::Array(items) => items.iter().any(|item| refers(item, path)),
        Value::Object(keys) => {
            keys.get("$ref").is_some_and(|to| to == path) || keys.values().any(|value| refers(value, path))
        }
        _ => false,
    }
}

/// Replaces every reference to `path` by `definition`; keywords beside the reference win.
fn replace(schema: &mut Value, path: &str, definition: &Value) {
    parts(schema, &mut |part| replace(part, path, definition));
    let Value::Object(keys) = schema else { return };
    if keys.get("$ref").is_some_and(|to| to == path) {
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
pub(super) fn parts(schema: &mut Value, change: &mut dyn FnMut(&mut Value)) {
    let Value::Object(keys) = schema else { return };
    for (key, value) in keys.iter_mut() {
        match (key.as_str(), value) {
            ("properties" | "patternProperties" | "$defs", Value::Object(schemas)) => {
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
pub(crate) fn order(keys: &mut Map<String, Value>) {
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

/// A choice between different JSON types becomes one schema with a list of types: the keywords of one type say nothing
/// about values of another. A reference to an object goes into a condition, so that a validator reports what is wrong
/// with the object instead of listing all that it could have been.
fn choices_to_types(keys: &mut Map<String, Value>) {
    let Some(branches) = keys.get("anyOf").and_then(Value::as_array) else { return };
    let branches = flat(branches);
    if let [condition, null] = branches.as_slice()
        && condition.get("if").is_some()
        && null == &json!({"type": "null"})
    {
        let mut condition = condition.as_object().cloned().unwrap_or_default();
        if let Some(Value::Array(types)) = condition.get_mut("type") {
            types.push(json!("null"));
        }
        condition.shift_remove("description");
        keys.shift_remove("anyOf");
        keys.extend(condition);
        return;
    }
    let is_object = |branch: &&Value| branch.get("$ref").is_some() || branch.get("properties").is_some();
    let (objects, rest): (Vec<&Value>, Vec<&Value>) = branches.iter().partition(is_object);
    let Some(mut rest) = merged(&rest) else { return };
    let mut types = match rest.get("type") {
        Some(Value::Array(types)) => types.clone(),
        Some(one) => vec![one.clone()],
        None => vec![json!("string")],
    };
    match objects.as_slice() {
        [] => {
            keys.shift_remove("anyOf");
            keys.extend(rest);
        }
        [object] if !types.contains(&json!("object")) => {
            types.insert(0, json!("object"));
            let object = match object.get("$ref") {
                Some(path) => json!({ "$ref": path }),
                None => (*object).clone(),
            };
            keys.shift_remove("anyOf");
            keys.insert("type".to_owned(), Value::Array(types));
            keys.insert("if".to_owned(), json!({"type": "object"}));
            keys.insert("then".to_owned(), object);
            rest.shift_remove("type");
            if !rest.is_empty() {
                keys.insert("else".to_owned(), Value::Object(rest));
            }
        }
        _ => {}
    }
}

/// The branches of a choice, with those of a choice inside of it.
fn flat(branches: &[Value]) -> Vec<Value> {
    let mut all = Vec::new();
    for branch in branches {
        match branch.get("anyOf").and_then(Value::as_array) {
            Some(inner)
                if branch.as_object().is_some_and(|keys| keys.keys().all(|k| k == "anyOf" || k == "description")) =>
            {
                all.extend(flat(inner));
            }
            _ => all.push(branch.clone()),
        }
    }
    all
}

/// One schema for several of different types; `None` if that cannot be said without a choice.
fn merged(branches: &[&Value]) -> Option<Map<String, Value>> {
    if let [Value::Object(only)] = branches
        && let Some(values @ Value::Array(_)) = only.get("enum")
    {
        let mut whole = Map::new();
        whole.insert("enum".to_owned(), values.clone());
        whole.extend(only.get("enumDescriptions").map(|texts| ("enumDescriptions".to_owned(), texts.clone())));
        return Some(whole);
    }
    let mut types = Vec::new();
    let mut whole = Map::new();
    for branch in branches.iter().filter_map(|branch| branch.as_object()) {
        match branch.get("type") {
            Some(Value::String(one)) => types.push(json!(one)),
            Some(Value::Array(several)) => types.extend(several.iter().cloned()),
            _ => return None,
        }
        for (key, value) in branch.iter().filter(|(key, _)| !matches!(key.as_str(), "type" | "description" | "title")) {
            if matches!(
                key.as_str(),
                "enum" | "const" | "anyOf" | "oneOf" | "allOf" | "not" | "if" | "enumDescriptions"
            ) || whole.insert(key.clone(), value.clone()).is_some()
            {
                return None;
            }
        }
    }
    let twice =
        |(at, one): (usize, &Value)| types[..at].contains(one) || one == "integer" && types.contains(&json!("number"));
    if types.is_empty() || types.iter().enumerate().any(twice) {
        return None;
    }
    let types = if types.len() == 1 { types.swap_remove(0) } else { Value::Array(types) };
    whole.insert("type".to_owned(), types);
    Some(whole)
}
