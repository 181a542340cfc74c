//! Schemas and types agree on values near to good ones, and other validators can be asked about the same values.

use std::collections::{BTreeMap, BTreeSet};
use std::{env, fs};

use adapter_spec::schema::{self, Draft};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use serde_json::{Value, json};

use super::{SIDE_FILES, deserialise, lines, read};

proptest! {
    #![proptest_config(ProptestConfig { cases: env::var("CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(4000), failure_persistence: None, ..ProptestConfig::default() })]

    /// A value is valid by the schema exactly if the type takes it, in both drafts. Left out are whole floats (JSON
    /// Schema calls 1.0 an integer, Python and the types do not) and lists in the place of objects (serde reads the
    /// members of a struct from them).
    #[test]
    fn schemas_and_types_agree(base in any::<prop::sample::Index>(), edits in prop::collection::vec(edit(), 0..4)) {
        let bases = bases();
        let (name, start) = &bases[base.index(bases.len())];
        let value = edited(start, &edits);
        let valid = schema::validator(name).is_valid(&value);
        let typed = deserialise(name, &value);
        prop_assert_eq!(valid, typed.is_ok(), "{}: {} ({:?})", name, value, typed);
        prop_assert_eq!(valid, draft_07(name).is_valid(&value), "{}: the drafts differ on {}", name, value);
    }
}

/// With `SCHEMA_CASES` set to a path: writes values with our verdicts there, for `scripts/validators.sh`.
#[test]
fn cases_for_other_validators() {
    let Some(path) = env::var_os("SCHEMA_CASES") else { return };
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = (any::<prop::sample::Index>(), prop::collection::vec(edit(), 0..4));
    let bases = bases();
    let mut cases = String::new();
    for (name, value) in bases {
        cases.push_str(&case(name, value));
    }
    for _ in 0..5000 {
        let (base, edits) = strategy.new_tree(&mut runner).expect("nothing is rejected").current();
        let (name, start) = &bases[base.index(bases.len())];
        let value = edited(start, &edits);
        cases.push_str(&case(name, &value));
    }
    fs::write(path, cases).expect("the cases can be written");
}

fn case(name: &str, value: &Value) -> String {
    format!("{}\n", json!({"schema": name, "valid": schema::validator(name).is_valid(value), "value": value}))
}

/// A change of one place in a value.
#[derive(Debug, Clone)]
struct Edit {
    place: prop::sample::Index,
    key: &'static str,
    change: Change,
}

#[derive(Debug, Clone)]
enum Change {
    Delete,
    Set(Value),
    Add(Value),
}

fn edit() -> impl Strategy<Value = Edit> {
    let change = prop_oneof![
        Just(Change::Delete),
        prop::sample::select(values()).prop_map(Change::Set),
        prop::sample::select(values()).prop_map(Change::Add),
    ];
    let key =
        prop::sample::select(vec!["architecture", "unknown", "invertible_adapter", "type", "r", "default", "0", "01"]);
    (any::<prop::sample::Index>(), key, change).prop_map(|(place, key, change)| Edit { place, key, change })
}

/// Values that are right somewhere and wrong elsewhere.
fn values() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(1),
        json!(-1),
        json!(3),
        json!(0.5),
        json!(1.5),
        json!(-0.5),
        json!(""),
        json!("x"),
        json!("bert"),
        json!("lora"),
        json!("learned"),
        json!("post_add"),
        json!("gelu"),
        json!("GELU"),
        json!("gelu_orig"),
        json!("nice"),
        json!("all"),
        json!("static"),
        json!("text_task"),
        json!("classification"),
        json!("causal_lm"),
        json!("Stack"),
        json!("single"),
        json!("float16"),
        json!("union"),
        json!("prefix_tuning"),
        json!("reft"),
        json!([]),
        json!([0]),
        json!([-1]),
        json!(["q"]),
        json!(["a", "b"]),
        json!([{"type": "single", "children": ["a"]}]),
        json!({}),
        json!({"default": 2}),
        json!({"0": 4, "default": 0.5}),
        json!({"01": 2}),
        json!({"x": 1}),
        json!({"0": -1}),
        json!({"block_type": "nice", "non_linearity": "relu", "reduction_factor": 2}),
        json!({"architecture": "lora"}),
        json!({"weights": [0.5]}),
        json!({"splits": 2}),
        json!({"head_type": "dependency_parsing"}),
        json!("a text that is far longer than the thirty characters"),
    ]
}

/// A value after some edits.
fn edited(start: &Value, edits: &[Edit]) -> Value {
    let mut value = start.clone();
    let mut objects = BTreeSet::new();
    edits.iter().for_each(|edit| edit.apply(&mut value, &mut objects));
    value
}

impl Edit {
    /// `objects` are the places where there was an object before an edit: no list comes there.
    fn apply(&self, value: &mut Value, objects: &mut BTreeSet<String>) {
        let mut places = Vec::new();
        pointers(value, String::new(), &mut places);
        let place = &places[self.place.index(places.len())];
        match &self.change {
            Change::Set(new) => {
                // A list that begins with a method is read as the members of its config.
                let begins = |parent: &str| place.ends_with("/0") && value.pointer(parent).is_some_and(Value::is_array);
                if new.is_string() && place.rsplit_once('/').is_some_and(|(parent, _)| begins(parent)) {
                    return;
                }
                let Some(old) = value.pointer_mut(place) else { return };
                if old.is_object() {
                    objects.insert(place.clone());
                }
                if !(new.is_array() && objects.contains(place)) {
                    *old = new.clone();
                }
            }
            Change::Add(new) => {
                if let Some(Value::Object(keys)) = value.pointer_mut(place) {
                    keys.insert(self.key.to_owned(), new.clone());
                }
            }
            Change::Delete => {
                let Some((parent, token)) = place.rsplit_once('/') else { return };
                match value.pointer_mut(parent) {
                    Some(Value::Object(keys)) => {
                        keys.shift_remove(&token.replace("~1", "/").replace("~0", "~"));
                    }
                    Some(Value::Array(items)) => {
                        items.remove(token.parse().expect("items are numbered"));
                    }
                    _ => {}
                }
            }
        }
    }
}

fn pointers(value: &Value, here: String, found: &mut Vec<String>) {
    match value {
        Value::Object(keys) => {
            for (key, value) in keys {
                pointers(value, format!("{here}/{}", key.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Value::Array(items) => {
            for (at, value) in items.iter().enumerate() {
                pointers(value, format!("{here}/{at}"), found);
            }
        }
        _ => {}
    }
    found.push(here);
}

/// Good values of every schema, to begin edits with.
fn bases() -> &'static [(&'static str, Value)] {
    static BASES: std::sync::OnceLock<Vec<(&str, Value)>> = std::sync::OnceLock::new();
    BASES.get_or_init(|| {
        let mut bases = Vec::new();
        // Our own formats are written, not read: their types do not hold the version to the one there is.
        // PEFT's schemas come from tables, which tests/peft/configs.rs holds to the library.
        for name in schema::library_names().filter(|name| !name.starts_with("peft-")) {
            let examples = schema::loaded(name).expect("a schema")["examples"].clone();
            bases.extend(examples.as_array().into_iter().flatten().map(|example| (name, example.clone())));
        }
        for preset in read("fixtures/resolve/presets.json")["presets"].as_object().expect("presets").values() {
            let config = preset["config"].clone();
            let method = config.get("architecture").and_then(Value::as_str).unwrap_or("bottleneck").replace('_', "-");
            let name = schema::names().find(|name| *name == method).expect("every method has a schema");
            bases.push((name, config.clone()));
            bases.push(("config", config));
        }
        for (file, name) in SIDE_FILES {
            for case in lines(&format!("fixtures/sidefiles/{file}.jsonl")) {
                if case["stage"] == "ok" && case["mutations"] == json!([]) && name != "model-adapters-section" {
                    let text = case["text"].as_str().unwrap_or_default();
                    bases.push((name, serde_json::from_str(text).expect("JSON")));
                }
            }
        }
        bases
    })
}

fn draft_07(name: &'static str) -> &'static jsonschema::Validator {
    static ALL: std::sync::OnceLock<BTreeMap<&str, jsonschema::Validator>> = std::sync::OnceLock::new();
    let compile = |name| {
        let schema = schema::schema(name, Draft::Draft07).expect("a schema");
        (name, jsonschema::draft7::new(&schema).expect("a valid schema"))
    };
    &ALL.get_or_init(|| schema::names().map(compile).collect())[name]
}
