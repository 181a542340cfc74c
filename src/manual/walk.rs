use std::sync::OnceLock;

use serde_json::Value;

use super::{KeyManual, Place, manual};
use crate::schema;

/// Every key of every schema, in the order of the schemas; keys of which the same is said are one.
pub(super) fn all() -> &'static [KeyManual] {
    static ALL: OnceLock<Vec<KeyManual>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut found = Vec::new();
        for name in schema::library_names().filter(|name| !matches!(*name, "config" | "peft-config")) {
            if let Some(root) = schema::loaded(name) {
                Walk { name, root, walked: Vec::new(), found: &mut found }.keys(root, "", &[], 0);
            }
        }
        found
    })
}

/// Definitions may refer to themselves; a key inside of a key inside of a key is as deep as files go.
const DEPTH: usize = 3;

/// A walk through one schema.
struct Walk<'a> {
    name: &'static str,
    root: &'static Value,
    /// The definitions that were walked; none is walked twice.
    walked: Vec<String>,
    found: &'a mut Vec<KeyManual>,
}

impl Walk<'_> {
    /// The keys of an object, those of its variants, and those inside of them.
    fn keys(&mut self, object: &Value, prefix: &str, variants: &[String], depth: usize) {
        let required = |key: &str| {
            let list = object.get("required").and_then(Value::as_array);
            list.is_some_and(|list| list.iter().any(|one| one == key))
        };
        for (key, property) in object.get("properties").and_then(Value::as_object).into_iter().flatten() {
            // The key that tells variants apart stands in each of them as well.
            if variants.is_empty() || property.get("const").is_none() {
                self.key(&format!("{prefix}{key}"), property, variants, required(key), depth);
            }
        }
        for condition in object.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            let of = |tag: &Value| tag.as_object()?.values().next()?.get("const").cloned();
            let tag = condition.pointer("/if/properties").and_then(of);
            if let (Some(Value::String(tag)), Some(variant)) = (tag, condition.get("then"))
                && variant.get("properties").is_some()
            {
                self.keys(variant, prefix, &[tag], depth);
            }
        }
    }

    fn key(&mut self, key: &str, property: &Value, variants: &[String], required: bool, depth: usize) {
        let resolved = schema::resolve(self.root, property);
        let word = |keyword: &str| resolved.get(keyword).and_then(Value::as_str).map(str::to_owned);
        let place =
            Place { schema: self.name, variants: variants.to_vec(), since: word("x-since"), until: word("x-until") };
        self.add(manual(key, &resolved, place, required));
        if depth < DEPTH && self.is_new(property) {
            self.keys(&resolved, &format!("{key}."), &[], depth + 1);
            if let Some(items) = resolved.get("items") {
                let items = schema::resolve(self.root, items);
                self.keys(&items, &format!("{key}."), &[], depth + 1);
            }
        }
    }

    /// Whether what a key holds was not walked before, and has no schema of its own that is.
    fn is_new(&mut self, property: &Value) -> bool {
        let path = |schema: &Value| schema.get("$ref").and_then(Value::as_str).map(str::to_owned);
        let places = [Some(property), property.get("then"), property.get("items")];
        let Some(path) = places.into_iter().flatten().find_map(path) else { return true };
        let name = path.trim_start_matches("#/$defs/");
        if matches!(name, "member" | "child")
            || schema::names().any(|schema| schema == name)
            || self.walked.iter().any(|walked| walked == name)
        {
            return false;
        }
        self.walked.push(name.to_owned());
        true
    }

    fn add(&mut self, new: KeyManual) {
        let same = |old: &&mut KeyManual| {
            if old.key != new.key || old.description != new.description {
                return false;
            }
            let (old_places, new_places) = (Vec::new(), Vec::new());
            KeyManual { places: old_places, ..(**old).clone() } == KeyManual { places: new_places, ..new.clone() }
        };
        let Some(old) = self.found.iter_mut().find(same) else {
            self.found.push(new);
            return;
        };
        for place in new.places {
            let there = old.places.iter_mut().find(|old| old.schema == place.schema && old.since == place.since);
            match there {
                Some(there) => there.variants.extend(place.variants),
                None => old.places.push(place),
            }
        }
    }
}
