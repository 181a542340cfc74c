//! From draft 2020-12 to draft 7. The schemas use nothing that draft 7 does not have under another name.

use serde_json::{Map, Value, json};

use super::tidy::parts;

/// Rewrites a whole schema document.
pub(super) fn convert(document: &mut Value) {
    convert_part(document);
    if let Value::Object(keys) = document {
        keys.insert("$schema".to_owned(), json!("http://json-schema.org/draft-07/schema#"));
    }
}

fn convert_part(schema: &mut Value) {
    parts(schema, &mut convert_part);
    let Value::Object(keys) = schema else { return };
    if let Some(definitions) = keys.shift_remove("$defs") {
        keys.insert("definitions".to_owned(), definitions);
    }
    if let Some(Value::String(path)) = keys.get_mut("$ref") {
        *path = path.replace("#/$defs/", "#/definitions/");
    }
    // Draft 7 takes no notice of keywords beside a reference.
    if keys.contains_key("$ref") && keys.len() > 1 {
        let reference: Map<String, Value> = keys.shift_remove_entry("$ref").into_iter().collect();
        keys.insert("allOf".to_owned(), json!([reference]));
    }
}
