//! What is said of modules from which a model takes more than weight and bias, against what the model did.

use std::collections::BTreeMap;

use adapter_spec::dialects::peft::expected::check_run;
use adapter_spec::models::Tree;
use adapter_spec::value::Value;
use serde_json::{Value as Json, json};

use crate::support::map;

#[test]
fn models_do_without_what_a_layer_of_peft_hides_where_they_are_said_to() {
    let text = std::fs::read_to_string("fixtures/peft/reads.jsonl").expect("the recording is there");
    let (mut wrong, mut seen) = (Vec::new(), BTreeMap::<&str, usize>::new());
    let mut types = BTreeMap::<String, usize>::new();
    for line in text.lines() {
        let case: Json = serde_json::from_str(line).expect("it is JSON");
        let of = |key: &str| case[key].as_str().expect("a text");
        let mut model = map(&case["config"]);
        model.insert("model_type", Value::String(of("type").to_owned()));
        let tree = Tree::of(&model, None).expect("the model is known");
        let module = tree.module(of("module")).expect("it is there");
        assert_eq!(
            tree.read_of(module).into_iter().collect::<Vec<_>>(),
            serde_json::from_value::<Vec<String>>(case["attributes"].clone()).expect("texts")
        );
        *types.entry(of("type").to_owned()).or_default() += 1;
        let runs =
            case["runs"].as_array().expect("a list").iter().map(|method| (method.as_str().expect("a text"), false));
        // What changes the model as a whole fails in another way: X-LoRA has no adapters here.
        let fails = case["fails"]
            .as_object()
            .expect("an object")
            .iter()
            .filter(|(method, _)| !matches!(method.as_str(), "SHADOW" | "XLORA"));
        for (method, is_failure) in runs.chain(fails.map(|(method, _)| (method.as_str(), true))) {
            let config = map(&json!({"peft_type": method, "target_modules": [of("module")]}));
            if check_run(&config, &tree).is_err() != is_failure {
                wrong.push(format!("{} {} {method}", of("class"), of("module")));
            }
            *seen.entry(if is_failure { "fails" } else { "runs" }).or_default() += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(types.len() > 1 && seen["fails"] > 40 && seen["runs"] > 5, "{types:?} {seen:?}");
}
