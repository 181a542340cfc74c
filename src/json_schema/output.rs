//! What the schemas of the program's own output have in common.

/// The version of an output, which is still the first.
pub(crate) fn version_one(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({ "const": 1 })
}

/// Members that may be null are written all the same, so a reader may count on every one of them. Those with a default
/// may be left out.
pub(crate) fn require_all(schema: &mut schemars::Schema) {
    let properties = schema.get("properties").and_then(serde_json::Value::as_object);
    let written = properties.into_iter().flatten().filter(|(_, property)| property.get("default").is_none());
    let names: Vec<_> = written.map(|(name, _)| name.clone()).collect();
    schema.insert("required".to_owned(), names.into());
}
