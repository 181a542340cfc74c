//! One schema for the files that two libraries call by the same name.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::{Schema, loaded};

/// The schema of any `adapter_config.json`.
pub(super) fn all() -> &'static [Schema] {
    static ALL: LazyLock<[Schema; 1]> = LazyLock::new(|| {
        let title = "adapter_config.json of AdapterHub's libraries or of PEFT";
        let examples = || PARTS.iter().filter_map(|(_, schema)| loaded(schema)?["examples"].get(0).cloned()).collect();
        [Schema::new(("any-adapter-config", title), "any-adapter-config.json".to_owned(), generate, examples)]
    });
    &*ALL
}

/// The schemas that are put together, and what the names of their definitions begin with.
const PARTS: [(&str, &str); 2] = [("peft", "peft-config"), ("adapterhub", "adapter-config")];

/// Only PEFT's files have a `peft_type`.
fn generate() -> Value {
    let mut definitions = Map::new();
    for (prefix, schema) in PARTS {
        let mut part = loaded(schema).cloned().unwrap_or_default();
        lead(&mut part, prefix);
        if let Some(keys) = part.as_object_mut() {
            let own = keys.shift_remove("$defs");
            let own = own.as_ref().and_then(Value::as_object).into_iter().flatten();
            definitions.extend(own.map(|(name, schema)| (format!("{prefix}-{name}"), schema.clone())));
            ["$schema", "$id", "title", "examples"].iter().for_each(|key| _ = keys.shift_remove(*key));
        }
        definitions.insert(prefix.to_owned(), part);
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "description": "The `adapter_config.json` of an adapter, of AdapterHub's libraries or of Hugging Face PEFT.",
        "type": "object",
        "if": {"required": ["peft_type"]},
        "then": {"$ref": "#/$defs/peft"},
        "else": {"$ref": "#/$defs/adapterhub"},
        "$defs": definitions,
    })
}

/// Leads all references to the definitions of one part.
fn lead(schema: &mut Value, prefix: &str) {
    match schema {
        Value::Object(keys) => {
            for (key, value) in keys {
                match value {
                    Value::String(path) if key == "$ref" => {
                        *path = path.replace("#/$defs/", &format!("#/$defs/{prefix}-"));
                    }
                    other => lead(other, prefix),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| lead(item, prefix)),
        _ => {}
    }
}
