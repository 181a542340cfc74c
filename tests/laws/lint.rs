//! What the linter says about structure and what the published schemas say is one thing: a config that its method's
//! schema refuses has a finding at each refused key, and a config that the schema takes has none about structure.

use adapter_spec::dialects::adapterhub::presets::{Preset, Publisher};
use adapter_spec::dialects::peft;
use adapter_spec::document::{Document, Format, write};
use adapter_spec::lint::{Options, lint};
use adapter_spec::merge::Origin;
use adapter_spec::models::{Model, Tree};
use adapter_spec::schema;
use adapter_spec::value::Value as Own;
use proptest::prelude::*;
use serde_json::{Value, json};

/// The codes that judge structure: unknown and missing keys, and values that a key is not meant to hold.
const STRUCTURE: [&str; 3] = ["AL201", "AL202", "AL204"];

fn bases() -> Vec<(&'static str, Value)> {
    let library = Preset::ALL.iter().filter(|preset| preset.publisher == Publisher::Library);
    let config = |preset: &Preset| adapter_spec::value::Value::Map(preset.config()).to_json();
    library
        .map(config)
        .filter_map(|config| {
            let name = match config.get("architecture").and_then(Value::as_str) {
                None => "bottleneck",
                Some("prefix_tuning") => "prefix-tuning",
                Some("prompt_tuning") => "prompt-tuning",
                Some("lora") => "lora",
                Some("mtl_lora") => "mtl-lora",
                Some("reft") => "reft",
                Some(_) => return None,
            };
            Some((name, config))
        })
        .collect()
}

fn values() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(1),
        json!(-1),
        json!(8),
        json!(0.5),
        json!(1.5),
        json!(-0.5),
        json!(""),
        json!("x"),
        json!("bert"),
        json!("lora"),
        json!("learned"),
        json!("post_add"),
        json!("relu"),
        json!("ReLU"),
        json!("nice"),
        json!("all"),
        json!("float32"),
        json!([]),
        json!([0]),
        json!(["q"]),
        json!(["o"]),
        json!({}),
        json!({"default": 16}),
        json!({"0": 0}),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn linter_and_schemas_agree_on_structure(
        base in any::<prop::sample::Index>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), values()), 0..3),
    ) {
        let bases = bases();
        let (name, config) = &bases[base.index(bases.len())];
        let mut config = config.clone();
        let keys: Vec<String> = schema::loaded(name).expect("the schema is there")["properties"]
            .as_object()
            .expect("it has properties")
            .keys()
            .filter(|key| *key != "architecture" && *key != "invertible_adapter")
            .cloned()
            .chain(["unknown".to_owned()])
            .collect();
        for (key, value) in &edits {
            config[keys[key.index(keys.len())].as_str()] = value.clone();
        }
        let text = serde_json::to_string_pretty(&config).expect("the config can be written");
        let document = Document::read(text.clone().into_bytes(), Format::Json);
        let findings = lint(&document, "config.json", &Options::default()).findings;
        let errors: Vec<_> = schema::validator(name).iter_errors(&config).map(|error| error.to_string()).collect();
        for error in schema::validator(name).iter_errors(&config) {
            let place = error.instance_path().to_string();
            let found = findings.iter().any(|finding| finding.pointer.starts_with(&place));
            prop_assert!(found, "nothing at `{place}` though {error}: {text}");
        }
        let structural: Vec<_> = findings.iter().filter(|finding| STRUCTURE.contains(&finding.rule.code)).collect();
        prop_assert!(
            !errors.is_empty() || structural.is_empty() || structural.iter().all(|finding| is_tolerated(&finding.message)),
            "{structural:?} though the schema takes {text}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the release of PEFT that a config is judged for, what is found lies in the text, and fixes cut it where
    /// letters end.
    #[test]
    fn any_release_of_peft_judges_any_config(
        method in prop::sample::select(peft::releases::methods().collect::<Vec<_>>()),
        release in prop::sample::select(peft::releases::Release::all().collect::<Vec<_>>()),
        changes in prop::collection::vec((0usize..60, values()), 0..5),
        model in prop::sample::select(vec![None, Some("gpt2"), Some("bert-base-uncased")]),
    ) {
        let text = peft_config(method, changes);
        let options = Options {
            targets: release.into(),
            model: model.map(|name| Model::well_known(name).expect("a well-known model")),
            ..Options::default()
        };
        let findings = lint(&Document::read(text.clone().into_bytes(), Format::Json), "adapter_config.json", &options).findings;
        let places = findings.iter().flat_map(|finding| {
            let edits = finding.fix.iter().flat_map(|fix| &fix.edits).map(|edit| edit.span);
            edits.chain(finding.related.iter().map(|related| related.span)).chain([finding.span])
        });
        for span in places {
            prop_assert!(text.get(span.start..span.end).is_some(), "{span:?} in {text}");
        }
    }

    /// What PEFT holds of a config is what it holds of that again, and every value of it has an origin.
    #[test]
    fn configs_of_peft_are_held_as_they_are_held(
        method in prop::sample::select(peft::releases::methods().collect::<Vec<_>>()),
        changes in prop::collection::vec((0usize..60, values()), 0..5),
    ) {
        let load = |text: String| {
            let document = Document::read(text.into_bytes(), Format::Json);
            peft::load::Loaded::document(&document, &|_| Origin::Inline, &[])
        };
        let held = load(peft_config(method, changes));
        // Too many that are refused fail the test.
        prop_assume!(held.is_ok());
        let held = held.expect("it is");
        let again = load(write::to_json(&Own::Map(held.keys().value()))).expect("what is held is loaded");
        prop_assert_eq!(again.keys().value(), held.keys().value());
        prop_assert!(again.ignored().is_empty());
        for (pointer, _) in held.keys().origins() {
            prop_assert!(held.keys().get(pointer[1..].split('/').next().unwrap_or_default()).is_some(), "{}", pointer);
        }
        let llama = json!({"model_type": "llama", "hidden_size": 32, "num_attention_heads": 4, "num_key_value_heads": 2});
        let tree = Tree::of(Own::from(&llama).as_map().expect("a map"), Some("CAUSAL_LM")).expect("the model is known");
        let keys = held.on(&tree).keys().value();
        if let Some(Ok(adapted)) = peft::expected::expect(&keys, &tree)
            && let Some(training) = peft::expected::training(&keys, &tree, &adapted)
        {
            prop_assert_eq!(training.saved.len(), adapted.tensors.map_or(0, |tensors| tensors.len()));
        }
    }
}

/// A config of a method of PEFT, some of its keys with other values.
fn peft_config(method: &str, changes: Vec<(usize, serde_json::Value)>) -> String {
    let keys = peft::config::PeftMethod::named(method).into_iter().flat_map(peft::config::PeftMethod::keys);
    let keys: Vec<_> = keys.map(|key| key.name).collect();
    let mut config = json!({"peft_type": method});
    for (at, value) in changes {
        if let Some(key) = keys.get(at % keys.len().max(1)) {
            config[*key] = value;
        }
    }
    config.to_string()
}

/// A value that is well-formed and still not what it seems: the schema cannot say so.
fn is_tolerated(message: &str) -> bool {
    ["no seed", "silently uses 1", "no dropout", "VeRA layer", "treats it as none", "nothing is left"]
        .iter()
        .any(|words| message.contains(words))
}
