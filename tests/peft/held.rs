//! What PEFT holds of a config once it is loaded and once a model is adapted, and what it trains: against recordings of
//! PEFT's own.

use std::collections::{BTreeMap, BTreeSet};

use adapter_spec::dialects::peft::config::PeftMethod;
use adapter_spec::dialects::peft::expected::{Nature, expect, training};
use adapter_spec::dialects::peft::load::{LoadError, Loaded};
use adapter_spec::document::{Document, Format};
use adapter_spec::merge::Origin;
use adapter_spec::models::Tree;
use adapter_spec::value::{Map, Value};
use serde_json::Value as Json;

use crate::support::{expand, lines, map};

const FILE: &str = "fixtures/peft/held.jsonl";

fn load(config: &Json) -> Result<Loaded, LoadError> {
    let document = Document::read(config.to_string().into_bytes(), Format::Json);
    Loaded::document(&document, &|_| Origin::Inline, &[])
}

/// A list of names has no order where PEFT makes a set of it.
fn like_a_set(value: &Json) -> Json {
    match value {
        Json::Array(items) if items.iter().all(Json::is_string) => {
            let names: BTreeSet<_> = items.iter().filter_map(Json::as_str).collect();
            Json::from(names.into_iter().collect::<Vec<_>>())
        }
        Json::Object(map) => map.iter().map(|(key, value)| (key.clone(), like_a_set(value))).collect(),
        other => other.clone(),
    }
}

/// The keys in which two configs differ.
fn differing(ours: &Map, theirs: &BTreeMap<String, Json>) -> Vec<String> {
    let keys: BTreeSet<_> = ours.iter().map(|(key, _)| key).chain(theirs.keys().map(String::as_str)).collect();
    let value = |key: &str| ours.get(key).map(|value| like_a_set(&value.to_json()));
    let differs = |key: &&str| value(key) != theirs.get(*key).map(like_a_set);
    keys.into_iter().filter(differs).map(|key| format!("{key}: {:?}, not {:?}", value(key), theirs.get(key))).collect()
}

/// What a config is before PEFT changes it: the defaults, and the keys of the file that the class has.
fn before(config: &Json) -> BTreeMap<String, Json> {
    let method = PeftMethod::named(config["peft_type"].as_str().expect("a method")).expect("it is known");
    let mut keys: BTreeMap<_, _> =
        method.defaults().iter().map(|(key, value)| (key.to_owned(), value.to_json())).collect();
    for (key, value) in config.as_object().expect("an object") {
        if keys.contains_key(key) {
            keys.insert(key.clone(), value.clone());
        }
    }
    if keys["peft_version"].is_null() {
        keys.insert("peft_version".to_owned(), "0.21.2".into());
    }
    keys
}

fn with(mut keys: BTreeMap<String, Json>, changes: &Json) -> BTreeMap<String, Json> {
    for (key, value) in changes.as_object().into_iter().flatten() {
        keys.insert(key.clone(), value.clone());
    }
    keys
}

#[test]
fn loaded_configs_are_what_peft_holds() {
    let (mut wrong, mut held, mut refused) = (Vec::new(), 0, 0);
    for case in lines(FILE).skip(1) {
        let config = &case["config"];
        match (load(config), case.get("parse")) {
            (Ok(loaded), None) => {
                let differences = differing(&loaded.keys().value(), &with(before(config), &case["loaded"]));
                wrong.extend(differences.into_iter().map(|difference| format!("{config}: {difference}")));
                held += 1;
            }
            (Err(error), None) => wrong.push(format!("{config}: refused: {error}")),
            // What PEFT refuses of a value the linter tells.
            (Ok(_), Some(error)) if error.as_str().is_some_and(|error| !error.starts_with("KeyError")) => {}
            (Ok(_), Some(error)) => wrong.push(format!("{config}: PEFT says {error}")),
            (Err(_), Some(_)) => refused += 1,
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(held > 2400 && refused >= 4, "{held} {refused}");
}

/// Methods that write out which modules of the model they found.
const BY_MODEL: [&str; 2] = ["OSF", "SHADOW"];

#[test]
fn adapted_configs_are_what_peft_holds() {
    let mut recorded = lines(FILE);
    let models = recorded.next().expect("models");
    let (mut wrong, mut held) = (Vec::new(), 0);
    for case in recorded {
        let Some(name) = case["model"].as_str() else { continue };
        let tree = tree(&models["models"][name]);
        let config = &case["config"];
        let loaded = load(config).expect("it is loaded").on(&tree);
        let method = config["peft_type"].as_str().expect("a method");
        let mut changes = case["adapted"].clone();
        for key in ["target_modules", "modules_to_save", "feedforward_modules"] {
            // Names that PEFT writes out in other words, and ties, are left as they are written.
            let is_default = config.get(key).is_none_or(Json::is_null);
            if !is_default && let Some(changes) = changes.as_object_mut() {
                changes.remove(key);
            }
        }
        let is_open = loaded.keys().value().get("target_modules") == Some(&Value::Null);
        if let Some(changes) = changes.as_object_mut().filter(|_| is_open && BY_MODEL.contains(&method)) {
            changes.remove("target_modules");
        }
        if let Some(changes) = changes.as_object_mut() {
            // Whether a module is a convolution is the module's to say.
            changes.remove("fan_in_fan_out");
        }
        let theirs = with(with(before(config), &case["loaded"]), &changes);
        let mut ours = loaded.keys().value();
        if let Some(written) = config.get("modules_to_save").filter(|names| names.is_array()) {
            ours.insert("modules_to_save", Value::from(written));
        }
        let differences = differing(&ours, &theirs);
        wrong.extend(differences.into_iter().map(|difference| format!("{name} {config}: {difference}")));
        held += 1;
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
    assert!(held > 2200, "{held}");
}

fn tree(model: &Json) -> Tree {
    let mut config = map(&model[0]);
    let class = model[1].as_str().expect("a class").to_owned();
    config.insert("architectures", Value::List(vec![Value::String(class)]));
    Tree::of(&config, None).expect("the model is known")
}

#[test]
fn what_is_trained_is_what_peft_trains() {
    let mut recorded = lines(FILE);
    let models = recorded.next().expect("models");
    let (mut wrong, mut counted, mut open, mut unknown) = (Vec::new(), 0, 0, 0);
    for case in recorded {
        let (Some(name), Some(trained)) = (case["model"].as_str(), case["trained"].as_u64()) else { continue };
        let tree = tree(&models["models"][name]);
        let config = map(&case["config"]);
        let adapted = expect(&config, &tree).and_then(Result::ok);
        let training = adapted.as_ref().and_then(|adapted| training(&config, &tree, adapted));
        let (Some(adapted), Some(training)) = (adapted, training) else {
            unknown += 1;
            continue;
        };
        let say = |what: String| format!("{name} {}: {what}", case["config"]);
        match training.numbers {
            Some(numbers) if numbers != trained => wrong.push(say(format!("{numbers} are trained, not {trained}"))),
            Some(_) => counted += 1,
            None => open += 1,
        }
        // X-LoRA's tensors lie in several files.
        if case["config"]["peft_type"] == "XLORA" {
            continue;
        }
        let of = |nature: Nature| -> BTreeSet<String> {
            // Of a tensor without elements the recording says nothing.
            let tensors = adapted.tensors.iter().flatten().filter(|tensor| !tensor.shape.contains(&Some(0)));
            let natures = adapted.tensors.iter().flatten().zip(&training.saved);
            let natures: BTreeMap<_, _> = natures.map(|(tensor, its)| (&tensor.name, *its)).collect();
            tensors.filter(|tensor| natures[&tensor.name] == nature).map(|tensor| tensor.name.clone()).collect()
        };
        let frozen: BTreeSet<_> = expand(&case["frozen"]).into_keys().collect();
        if of(Nature::Frozen) != frozen && of(Nature::Frozen) != with_indices(&frozen, &case) {
            wrong.push(say(format!("{:?} are frozen, not {frozen:?}", of(Nature::Frozen))));
        }
        let repeated: BTreeSet<_> = expand(&case["repeated"]).into_keys().collect();
        if of(Nature::Repeated) != repeated {
            wrong.push(say(format!("{:?} are repeated, not {repeated:?}", of(Nature::Repeated))));
        }
        let unsaved: BTreeMap<_, _> = training
            .unsaved
            .into_iter()
            .map(|tensor| (tensor.name, tensor.shape.into_iter().flatten().collect::<Vec<_>>()))
            .collect();
        // Where PEFT makes nothing but a copy, the saved tensor stands for the parameter.
        let theirs = expand(&case["unsaved"]);
        let is_copy = theirs.len() == 1 && of(Nature::Made).is_empty();
        if unsaved != theirs && !(unsaved.is_empty() && is_copy) {
            wrong.push(say(format!("{unsaved:?} are not saved, where PEFT does not save {theirs:?}")));
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
    // Open is what depends on the number of labels, which is the user's.
    assert!(counted >= 1700 && open < 650 && unknown < 60, "{counted} {open} {unknown}");
}

/// SHiRA makes the file's indices of its own, which are as little trained.
fn with_indices(frozen: &BTreeSet<String>, case: &Json) -> BTreeSet<String> {
    let made = expand(&case["computed"]).into_keys().filter(|name| name.ends_with(".shira_indices"));
    frozen.iter().cloned().chain(made).collect()
}
