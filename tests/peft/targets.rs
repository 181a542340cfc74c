//! The PEFT dialect: its matching of modules against recordings of PEFT's own, its names, its configs, and the table of
//! modules with like names.

use std::collections::BTreeSet;

use adapter_spec::dialects::adapterhub::sites::Sites;
use adapter_spec::dialects::peft::config::Config;
use adapter_spec::dialects::peft::names::{Name, Owner, Part};
use adapter_spec::dialects::peft::namesakes;
use adapter_spec::dialects::peft::targets::{ByModule, FeedForward, Keys, Targets, Written};
use adapter_spec::value::Value;
use proptest::prelude::*;
use serde_json::Value as Json;

use crate::support::read;

fn strings(value: &Json) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

/// One value or several.
fn list<T>(value: &Json, one: impl Fn(&Json) -> Option<T>) -> Option<Vec<T>> {
    match value {
        Json::Null => None,
        Json::Array(items) => items.iter().map(one).collect(),
        single => one(single).map(|single| vec![single]),
    }
}

#[test]
fn modules_are_matched_as_peft_matches_them() {
    let recorded = read("fixtures/peft/targets.json");
    let (mut compared, mut refused, mut matched) = (0, Vec::new(), 0);
    for case in recorded["cases"].as_array().expect("cases") {
        let (keys, name) = (&case["keys"], case["model"].as_str().expect("a model"));
        let written = |key: &str| -> Option<Written> { serde_json::from_value(keys[key].clone()).ok() };
        let (targets, excluded) = (written("target_modules"), written("exclude_modules"));
        let text = |value: &Json| value.as_str().map(str::to_owned);
        let saved = list(&keys["modules_to_save"], text);
        let layers = list(&keys["layers_to_transform"], Json::as_i64);
        let pattern = list(&keys["layers_pattern"], text);
        let read = Targets::new(Keys {
            target_modules: targets.as_ref(),
            exclude_modules: excluded.as_ref(),
            modules_to_save: saved.as_deref(),
            layers_to_transform: layers.as_deref(),
            layers_pattern: pattern.as_deref(),
        });
        let read = match read {
            Ok(read) => read,
            Err(error) => {
                refused.push(error.to_string());
                continue;
            }
        };
        if case.get("exception").is_some() {
            continue;
        }
        let tree = strings(&recorded["trees"][name]);
        let found: Vec<_> = tree.iter().filter(|name| read.matches(name).expect("it is short") == Some(true)).collect();
        assert_eq!(found, strings(&case["modules"]).iter().collect::<Vec<_>>(), "{name}: {keys}");
        matched += usize::from(!found.is_empty());
        compared += 1;
        let Some(rows) = keys["rank_pattern"].as_object() else { continue };
        let Ok(ranks) = ByModule::new(rows.keys().map(|key| (key.as_str(), key.clone()))) else { continue };
        for module in strings(&case["rank_of"]) {
            let key = ranks.get(&module).expect("it is short");
            let expected = case["rank_keys"][&module].as_str();
            assert_eq!(key.as_deref().filter(|key| *key != module), expected, "{name}, {module}: {keys}");
        }
    }
    assert!(compared > 450 && matched > 250, "{compared} compared, of which {matched} match something");
    assert!(refused.len() <= compared / 50, "{refused:?}");
}

#[test]
fn feed_forward_modules_are_matched_as_peft_matches_them() {
    let recorded = read("fixtures/peft/targets.json");
    let cases = recorded["feedforward"].as_array().expect("cases");
    for case in cases {
        let written = serde_json::from_value(case["feedforward_modules"].clone()).expect("a list or a text");
        let read = FeedForward::new(&written).expect("it can be read");
        let tree = strings(&recorded["trees"][case["model"].as_str().expect("a model")]);
        let found: Vec<_> = tree.iter().filter(|name| read.has(name).expect("it is short")).cloned().collect();
        assert_eq!(found, strings(&case["modules"]), "{case}");
    }
    assert!(cases.len() > 30);
}

#[test]
fn no_module_of_a_like_name_is_missing_in_the_table() {
    let recorded = read("fixtures/peft/namesakes.json");
    let mut checked = 0;
    for (model_type, ends) in recorded["types"].as_object().expect("by model type") {
        let sites = Sites::of(model_type).expect("the library knows it");
        let linears = || sites.layers.iter().flat_map(|layer| layer.linears.iter().map(move |linear| (layer, linear)));
        let adapted: BTreeSet<String> = linears()
            .map(|(layer, linear)| {
                let path = format!("{}.{}", layer.path.replace("{L}", "{}").replace("{G}", "{}"), linear.path);
                // The blocks of T5 have numbered parts.
                path.split('.')
                    .map(|part| if part.parse::<u8>().is_ok() { "{}" } else { part })
                    .collect::<Vec<_>>()
                    .join(".")
            })
            .collect();
        let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
        let lasts: BTreeSet<_> = linears().map(|(_, linear)| last(linear.path)).collect();
        for path in lasts.iter().flat_map(|end| strings(&ends[end])) {
            let is_adapted = adapted.iter().any(|own| path == *own || path.ends_with(&format!(".{own}")));
            let is_known = namesakes(model_type).iter().any(|own| path == *own || path.ends_with(&format!(".{own}")));
            assert!(is_adapted != is_known, "{model_type}: {path} is adapted: {is_adapted}, listed: {is_known}");
            checked += 1;
        }
    }
    assert!(checked > 300, "only {checked}");
}

#[test]
fn recorded_configs_are_read_and_written_as_they_are() {
    let mut count = 0;
    for folder in ["fixtures/checkpoints/peft-0.21.2"] {
        for model in std::fs::read_dir(folder).expect("a folder").flatten().filter(|entry| entry.path().is_dir()) {
            for case in std::fs::read_dir(model.path()).expect("a folder").flatten() {
                let path = case.path().join("adapter_config.json");
                let file = Value::from(&read(path.display().to_string()));
                let file = file.as_map().expect("an object");
                let config = Config::read(file).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                assert_eq!(config.unknown, Vec::<String>::new(), "{}", path.display());
                assert_eq!(config.config.write(), *file, "{}", path.display());
                count += 1;
            }
        }
    }
    assert!(count >= 40, "only {count}");
}

fn owner() -> impl Strategy<Value = (String, u8, usize, Option<String>, bool)> {
    let segment = prop_oneof![
        "[a-z_A-Z0-9]{1,8}",
        Just("lora_A".to_owned()),
        Just("weight".to_owned()),
        Just("default".to_owned())
    ];
    let module = proptest::collection::vec(segment.clone(), 1..6).prop_map(|parts| parts.join("."));
    (module, 0..4_u8, 0..Part::ALL.len(), proptest::option::of("[a-z]{1,6}"), any::<bool>())
}

proptest! {
    /// What is put together is taken apart into the same.
    #[test]
    fn names_are_a_bijection((module, kind, part, adapter, wrapped) in owner()) {
        let adapter = adapter.as_deref();
        let name = match kind {
            0 => Name { wrapped, owner: Owner::Part { module: &module, part: Part::ALL[part] }, adapter },
            1 => Name { wrapped, owner: Owner::BaseLayer { module: &module, parameter: "bias" }, adapter: None },
            2 => Name { wrapped: true, owner: [Owner::SharedA, Owner::SharedB, Owner::Prompt][part % 3], adapter },
            _ => Name { wrapped, owner: Owner::Part { module: &module, part: Part::ALL[part] }, adapter: None },
        };
        let text = name.to_string();
        prop_assert_eq!(Name::parse(&text), name, "{}", text);
    }

    /// Every name has a reading that is written as the name.
    #[test]
    fn every_name_is_written_as_it_is(name in "(base_model\\.)?(model\\.)?([a-zA-Z_0-9]{0,9}\\.){0,4}(lora_A|lora_B|ia3_l|vera_A|prompt_embeddings|x)(\\.[a-z]{0,6}){0,2}") {
        prop_assert_eq!(Name::parse(&name).to_string(), name);
    }
}
