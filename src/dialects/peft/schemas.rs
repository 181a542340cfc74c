//! The dialect's JSON Schemas, made from the tables of keys.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::config::{Key, Nested, PeftMethod, Range, Type};
use super::releases;
use crate::dialects::peft::PeftType::{Ia3, Lora};
use crate::json_schema::{self, Schema};

/// The schema of every method's config, and last that of any method's.
pub(crate) fn all() -> &'static [Schema] {
    static ALL: LazyLock<Vec<Schema>> = LazyLock::new(|| PeftMethod::all().map(of_method).chain([of_any()]).collect());
    &ALL
}

fn of_method(method: &'static PeftMethod) -> Schema {
    let generate = || {
        let mut generated = config(method);
        json_schema::tidy(&mut generated);
        generated
    };
    let examples = || vec![method.example_value()];
    Schema::new((method.schema, method.heading), path(method.schema), generate, examples)
}

fn of_any() -> Schema {
    let usual = || [Lora, Ia3].map(|method| PeftMethod::of(method).example_value()).into();
    let title = "adapter_config.json of PEFT, of any method";
    Schema::new(("peft-config", title), path("peft-config"), any, usual)
}

/// The names of PEFT's schemas begin with its own, as its folder is called.
fn path(name: &str) -> String {
    format!("peft/{}.json", name.trim_start_matches("peft-"))
}

/// The schema of one method's config.
fn config(method: &PeftMethod) -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "description": format!("{}\n\nSource: {}.", method.manual(), method.source),
        "type": "object",
        "properties": properties(method),
        "required": ["peft_type"],
    })
}

/// The schema of any method's config: which one counts is what `peft_type` says. Keys that several methods have in common
/// stand in it once.
fn any() -> Value {
    let mut used: BTreeMap<String, Vec<(String, Value)>> = BTreeMap::new();
    let all: Vec<_> = PeftMethod::all().map(|method| (method, properties(method))).collect();
    for (key, property) in all.iter().flat_map(|(_, properties)| properties) {
        let known = used.entry(key.clone()).or_default();
        known.push((key.clone(), without_lifetime(property)));
    }
    // A key of which most methods say the same has a definition of that.
    let mut definitions = Map::new();
    for (key, schemas) in used {
        let most = schemas.iter().max_by_key(|(_, one)| schemas.iter().filter(|(_, other)| one == other).count());
        let Some((_, most)) = most else { continue };
        if key != "peft_type" && schemas.iter().filter(|(_, other)| most == other).count() > 1 {
            definitions.insert(key, most.clone());
        }
    }
    let conditions: Vec<Value> = all
        .into_iter()
        .map(|(method, mut properties)| {
            properties.shift_remove("peft_type");
            for (key, property) in &mut properties {
                let bare = without_lifetime(property);
                if definitions.get(key) == Some(&bare) {
                    *property = json!({ "$ref": format!("#/$defs/{key}") });
                }
            }
            json!({
                "if": {"properties": {"peft_type": {"const": method.peft_type.name()}}, "required": ["peft_type"]},
                "then": {"properties": properties},
            })
        })
        .collect();
    let names: Vec<&str> = PeftMethod::all().map(|method| method.peft_type.name()).collect();
    let meanings: Vec<String> = PeftMethod::all().map(|method| format!("{}.", method.title)).collect();
    let peft_type = json!({
        "description": PeftMethod::all().next().and_then(|method| method.key("peft_type")).map(Key::manual),
        "enum": names,
        "enumDescriptions": meanings,
    });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "description": "The `adapter_config.json` of an adapter of Hugging Face PEFT, of any method.",
        "type": "object",
        "properties": {"peft_type": peft_type},
        "required": ["peft_type"],
        "allOf": conditions,
        "$defs": definitions,
    })
}

fn without_lifetime(property: &Value) -> Value {
    let mut bare = property.clone();
    if let Value::Object(keywords) = &mut bare {
        keywords.shift_remove("x-since");
        keywords.shift_remove("x-until");
    }
    bare
}

fn properties(method: &PeftMethod) -> Map<String, Value> {
    let mut keys: Vec<_> = method.keys().collect();
    keys.sort_unstable_by_key(|key| key.name);
    let property = |key: &Key| {
        let mut keywords = keywords(key);
        if key.name == "peft_type" {
            keywords.insert("const".to_owned(), json!(method.peft_type.name()));
            for unfit in ["default", "type"] {
                keywords.shift_remove(unfit);
            }
        }
        if !key.saved {
            keywords.insert("deprecated".to_owned(), json!(true));
        }
        if let Some(lifetime) = releases::key(method.peft_type.name(), key.name) {
            keywords.insert("x-since".to_owned(), json!(lifetime.since.to_string()));
            keywords.extend(lifetime.until.map(|until| ("x-until".to_owned(), json!(until.to_string()))));
        }
        json_schema::order(&mut keywords);
        (key.name.to_owned(), Value::Object(keywords))
    };
    keys.into_iter().map(property).collect()
}

fn keywords(key: &Key) -> Map<String, Value> {
    let Value::Object(mut keywords) = values(&key.accepts) else { return Map::new() };
    keywords.insert("description".to_owned(), json!(key.manual()));
    keywords.insert("default".to_owned(), key.default_value());
    json_schema::order(&mut keywords);
    keywords
}

/// The schema of a type.
fn values(accepted: &Type) -> Value {
    match accepted {
        Type::Any => json!({}),
        Type::Bool => json!({"type": "boolean"}),
        Type::Int(range) => number("integer", *range),
        Type::Number(range) => number("number", *range),
        Type::Text => json!({"type": "string"}),
        Type::Pattern(pattern, meaning) => json!({"type": "string", "pattern": pattern, "description": meaning}),
        Type::Choice(choices) => {
            let (texts, meanings): (Vec<_>, Vec<_>) = choices.iter().copied().unzip();
            json!({"enum": texts, "enumDescriptions": meanings})
        }
        Type::List(inner) => json!({"type": "array", "items": values(inner)}),
        Type::Map(inner) => match values(inner) {
            Value::Object(any) if any.is_empty() => json!({"type": "object"}),
            inner => json!({"type": "object", "additionalProperties": inner}),
        },
        Type::Object(nested) => object(nested),
        Type::OneOf(types) => one_of(types.iter().map(values).collect()),
        Type::Nullable(inner) => match values(inner) {
            Value::Object(mut keywords) => {
                if let Some(Value::Array(branches)) = keywords.get_mut("anyOf") {
                    branches.push(json!({"type": "null"}));
                    return Value::Object(keywords);
                }
                one_of(vec![Value::Object(keywords), json!({"type": "null"})])
            }
            other => other,
        },
    }
}

fn one_of(branches: Vec<Value>) -> Value {
    match <[Value; 1]>::try_from(branches) {
        Ok([only]) => only,
        Err(branches) => json!({ "anyOf": branches }),
    }
}

fn number(kind: &str, range: Range) -> Value {
    let mut keywords = Map::new();
    keywords.insert("type".to_owned(), json!(kind));
    let bound = |value: f64| if value.fract() == 0.0 { json!(value as i64) } else { json!(value) };
    let least = if range.above { "exclusiveMinimum" } else { "minimum" };
    keywords.extend(range.minimum.map(|value| (least.to_owned(), bound(value))));
    keywords.extend(range.maximum.map(|value| ("maximum".to_owned(), bound(value))));
    Value::Object(keywords)
}

fn object(nested: &Nested) -> Value {
    let mut keys: Vec<_> = nested.keys.iter().collect();
    keys.sort_unstable_by_key(|key| key.name);
    let properties: Map<String, Value> =
        keys.into_iter().map(|key| (key.name.to_owned(), Value::Object(keywords(key)))).collect();
    json!({"type": "object", "description": nested.manual(), "properties": properties})
}
