//! The tables of PEFT's configs against what PEFT 0.21.2 itself writes (`fixtures/peft/configs.json`) and against the
//! recording of every release (`fixtures/releases/peft_keys.json`).

use adapter_spec::dialects::peft::config::{
    Config, Ia3Config, Key, Nested, PeftMethod, PrefixTuningConfig, PromptTuningConfig, Type, VeraConfig,
};
use adapter_spec::document::{Document, Format};
use adapter_spec::lint::{Options, Severity, lint};
use adapter_spec::value::Value;
use serde_json::{Map, Value as Json};

use crate::support::read;

fn object(value: &Json) -> &Map<String, Json> {
    value.as_object().expect("an object")
}

#[test]
fn defaults_and_order_are_those_that_peft_writes() {
    let recorded = read("fixtures/peft/configs.json");
    let methods = object(&recorded["methods"]);
    assert_eq!(methods.len(), 45);
    for (peft_type, entry) in methods {
        let method = PeftMethod::named(peft_type).unwrap_or_else(|| panic!("{peft_type} is not in the table"));
        assert_eq!(method.class, entry["class"], "{peft_type}");
        let mut ours = method.defaults();
        for (key, value) in object(&entry["arguments"]) {
            ours.insert(key.as_str(), Value::from(value));
        }
        let mut saved = object(&entry["saved"]).clone();
        // What a class fills in from the machine or from its other arguments.
        saved["peft_version"] = Json::Null;
        let filled: &[&str] = match peft_type.as_str() {
            "CPT" => &["num_virtual_tokens", "num_transformer_submodules"],
            "XLORA" => &["adapters", "hidden_size"],
            _ => &[],
        };
        for key in filled {
            saved[*key] = Json::Null;
        }
        let ours: Vec<_> = ours.iter().map(|(key, value)| (key.to_owned(), value.to_json())).collect();
        let saved: Vec<_> = saved.into_iter().collect();
        assert_eq!(ours, saved, "{peft_type}");
    }
}

/// What PEFT writes of its own accord is nothing to find fault with, but for null or an empty list where it needs a value.
#[test]
fn saved_defaults_are_not_blamed() {
    let recorded = read("fixtures/peft/configs.json");
    for (peft_type, entry) in object(&recorded["methods"]) {
        let text = entry["saved"].to_string().into_bytes();
        let document = Document::read(text, Format::Json);
        let given = object(&entry["arguments"]);
        for finding in lint(&document, "adapter_config.json", &Options::default()).findings {
            let key = finding.pointer.trim_start_matches('/').split('/').next().unwrap_or_default();
            let is_empty = entry["saved"][key].is_null() || entry["saved"][key] == Json::Array(Vec::new());
            let is_needed = finding.severity == Severity::Error && is_empty;
            assert!(is_needed || given.contains_key(key), "{peft_type}: {} {}", finding.rule.code, finding.message);
        }
    }
}

#[test]
fn nested_defaults_are_those_that_peft_writes() {
    let recorded = read("fixtures/peft/configs.json");
    let nested = object(&recorded["nested"]);
    assert_eq!(nested.len(), Nested::all().len());
    for one in Nested::all() {
        let theirs = object(&nested[one.class]);
        assert_eq!(one.keys.len(), theirs.len(), "{}", one.class);
        for key in one.keys {
            assert_eq!(Some(&key.default_value()), theirs.get(key.name), "{}: {}", one.class, key.name);
        }
    }
}

/// The methods of the newest release and their keys are those of the table; the keys of older methods too.
#[test]
fn keys_are_those_of_the_releases() {
    let recorded = read("fixtures/releases/peft_keys.json");
    for method in PeftMethod::all() {
        let entry = &recorded["methods"][method.peft_type.name()];
        let gone = entry["until"].is_string();
        let there = |key: &Json| gone || key["until"].is_null();
        let mut theirs: Vec<&str> =
            object(&entry["keys"]).iter().filter(|(_, key)| there(key)).map(|(name, _)| name.as_str()).collect();
        let mut ours: Vec<&str> = method.keys().map(|key| key.name).collect();
        theirs.sort_unstable();
        ours.sort_unstable();
        assert_eq!(ours, theirs, "{}", method.peft_type);
        for key in method.keys().filter(|key| key.saved && key.name != "peft_type") {
            let changes = entry["keys"][key.name]["defaults"].as_array().expect("a list of changes");
            let newest = &changes.last().expect("at least one")[1];
            assert_eq!(key.default_value(), *newest, "{}.{}", method.peft_type, key.name);
        }
    }
    let current = object(&recorded["methods"]).iter().filter(|(_, method)| method["until"].is_null());
    assert!(current.clone().count() == 45 && current.into_iter().all(|(name, _)| PeftMethod::named(name).is_some()));
}

fn accepts(accepted: &Type, value: &Json) -> bool {
    match accepted {
        Type::Any => true,
        Type::Bool => value.is_boolean(),
        Type::Int(_) => value.is_i64(),
        Type::Number(_) => value.is_number(),
        Type::Text | Type::Pattern(..) => value.is_string(),
        Type::Choice(values) => values.iter().any(|(text, _)| value == text),
        Type::List(inner) => value.as_array().is_some_and(|items| items.iter().all(|item| accepts(inner, item))),
        Type::Map(inner) => value.as_object().is_some_and(|keys| keys.values().all(|item| accepts(inner, item))),
        Type::Object(nested) => value.as_object().is_some_and(|keys| {
            keys.iter().all(|(name, item)| nested.key(name).is_some_and(|key| accepts(&key.accepts, item)))
        }),
        Type::OneOf(types) => types.iter().any(|one| accepts(one, value)),
        Type::Nullable(inner) => value.is_null() || accepts(inner, value),
    }
}

#[test]
fn every_key_has_a_manual_and_a_fitting_default() {
    for method in PeftMethod::all() {
        assert!(!method.manual().is_empty() && !method.source.is_empty());
        for (name, value) in object(&method.example_value()) {
            let key = method.key(name).unwrap_or_else(|| panic!("{name} of the example of {}", method.peft_type));
            assert!(accepts(&key.accepts, value), "{}.{name}", method.peft_type);
        }
        let names: std::collections::BTreeSet<_> = method.keys().map(|key| key.name).collect();
        assert_eq!(names.len(), method.keys().count(), "{} has a key twice", method.peft_type);
        method.keys().for_each(|key| fits(key, method.peft_type.name()));
    }
    for nested in Nested::all() {
        assert!(!nested.manual().is_empty());
        nested.keys.iter().for_each(|key| fits(key, nested.class));
    }
}

fn fits(key: &Key, of: &str) {
    assert!(key.manual().ends_with('.') && !key.manual().contains("  "), "{of}.{}", key.name);
    let is_type = key.name == "peft_type";
    assert!(is_type || accepts(&key.accepts, &key.default_value()), "{of}.{}", key.name);
}

/// A null that is no default is one that PEFT runs with.
#[test]
fn no_key_takes_a_null_that_peft_refuses() {
    // PEFT calculates with it only when it trains.
    let only_in_training = [("CPT", "opt_projection_epsilon"), ("CPT", "opt_projection_format_epsilon")];
    for method in PeftMethod::all() {
        let takes_null = |key: &&Key| matches!(key.accepts, Type::Nullable(_)) && !key.default_value().is_null();
        for key in method.keys().filter(takes_null) {
            if only_in_training.contains(&(method.peft_type.name(), key.name)) {
                continue;
            }
            let mut config = method.example_value();
            config[key.name] = Json::Null;
            let document = Document::read(config.to_string().into_bytes(), Format::Json);
            let findings = lint(&document, "adapter_config.json", &Options::default()).findings;
            let refused = findings
                .iter()
                .find(|finding| finding.severity == Severity::Error && finding.pointer == format!("/{}", key.name));
            assert!(refused.is_none(), "{}.{}: {refused:?}", method.peft_type, key.name);
        }
    }
}

#[test]
fn structs_have_the_keys_of_their_tables() {
    let written = [
        Config::Lora(Box::default()).write(),
        Config::Ia3(Ia3Config::default()).write(),
        Config::Vera(VeraConfig::default()).write(),
        Config::PrefixTuning(PrefixTuningConfig::default()).write(),
        Config::PromptTuning(PromptTuningConfig::default()).write(),
    ];
    for config in written {
        let peft_type = config.get("peft_type").and_then(Value::as_str).expect("a config names its method");
        let table = PeftMethod::named(peft_type).expect("in the table").defaults();
        let names = |map: &adapter_spec::value::Map| map.iter().map(|(key, _)| key.to_owned()).collect::<Vec<_>>();
        assert_eq!(names(&config), names(&table), "{peft_type}");
        for (key, value) in table.iter().filter(|(key, _)| *key != "peft_version") {
            assert_eq!(config.get(key), Some(value), "{peft_type}.{key}");
        }
    }
}
