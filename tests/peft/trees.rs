//! The modules of base models against recordings of transformers' own.

use std::collections::BTreeSet;

use adapter_spec::document::json;
use adapter_spec::models::Tree;
use adapter_spec::value::Value;
use serde_json::Value as Json;

/// The recorded modules: name, kind and shapes.
fn recorded(case: &Json) -> BTreeSet<(String, String, String)> {
    let mut out = BTreeSet::new();
    for row in case["modules"].as_array().expect("modules") {
        let (template, kind) = (row[0].as_str().expect("a name"), row[1].as_str().expect("a kind"));
        let every = row.get(3).and_then(Json::as_array).cloned().unwrap_or_else(|| vec![Json::Array(Vec::new())]);
        for numbers in every {
            let mut name = template.to_owned();
            for number in numbers.as_array().expect("numbers") {
                name = name.replacen("{}", &number.to_string(), 1);
            }
            out.insert((name, kind.to_owned(), row[2].to_string()));
        }
    }
    out
}

#[test]
fn models_have_the_modules_that_transformers_builds() {
    // Other recordings of the same kind, by their file.
    let other = std::env::var("TREES").ok();
    let path = other.as_deref().unwrap_or("fixtures/peft/trees.jsonl");
    let text = std::fs::read_to_string(path).expect("the recording is there");
    let (mut compared, mut wrong, mut unknown, mut dimensions) = (0, Vec::new(), 0, 0);
    for (at, line) in text.lines().enumerate() {
        let case: Json = serde_json::from_str(line).expect("it is JSON");
        let (kind, class) = (case["type"].as_str().expect("a type"), case["class"].as_str().expect("a class"));
        let config = json::parse(&case["config"].to_string()).0.expect("a config").to_value();
        let mut config = config.as_map().expect("an object").clone();
        config.insert("model_type", Value::String(kind.to_owned()));
        let task = case["tasks"][0].as_str().expect("a task");
        let Some(tree) = Tree::of(&config, Some(task)) else {
            wrong.push(format!("{} {kind} {class}: no tree", at + 1));
            continue;
        };
        compared += 1;
        assert_eq!(tree.class, class);
        let expected = recorded(&case);
        let found: Vec<_> = tree.modules.iter().collect();
        let names: BTreeSet<_> =
            found.iter().map(|module| (module.name.clone(), module.kind.name().to_owned())).collect();
        let wanted: BTreeSet<_> = expected.iter().map(|(name, kind, _)| (name.clone(), kind.clone())).collect();
        if names != wanted || found.len() != wanted.len() {
            let more: Vec<_> = names.difference(&wanted).take(3).collect();
            let less: Vec<_> = wanted.difference(&names).take(3).collect();
            wrong.push(format!(
                "{} {kind} {class}: {} modules for {}; more {more:?}, less {less:?}",
                at + 1,
                found.len(),
                wanted.len()
            ));
            continue;
        }
        for (name, _, shapes) in &expected {
            let mut shapes: serde_json::Map<String, Json> = serde_json::from_str(shapes).expect("shapes");
            let module = tree.module(name).expect("it is there");
            let groups = shapes.remove("groups").map_or(Some(1), |groups| groups[0].as_u64());
            let same = module.groups.is_none_or(|own| Some(own) == groups)
                && shapes.len() == module.parameters.len()
                && module.parameters.iter().all(|(parameter, shape)| {
                    let wanted = shapes.get(*parameter).and_then(Json::as_array).cloned().unwrap_or_default();
                    dimensions += shape.len();
                    unknown += shape.iter().filter(|size| size.is_none()).count();
                    wanted.len() == shape.len()
                        && wanted
                            .iter()
                            .zip(shape)
                            .all(|(wanted, size)| size.is_none_or(|size| wanted.as_u64() == Some(size)))
                });
            if !same {
                wrong.push(format!("{} {kind} {class} {name}: {shapes:?}, not {:?}", at + 1, module.parameters));
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {compared}:\n{}", wrong.len(), wrong.join("\n"));
    if other.is_some() {
        return;
    }
    assert!(compared > 250, "{compared}");
    assert!(unknown * 50 < dimensions, "{unknown} of {dimensions} dimensions are unknown");
}

/// The names of the modules of a model that a config describes, if it is known.
fn names(config: &str) -> Option<BTreeSet<String>> {
    let config = json::parse(config).0.expect("a config").to_value();
    let tree = Tree::of(config.as_map().expect("an object"), Some("CAUSAL_LM"))?;
    Some(tree.names().map(str::to_owned).collect())
}

#[test]
fn layers_are_told_apart_by_the_keys_of_the_config() {
    let has = |config: &str, name: &str| names(config).expect("it is known").contains(name);
    let deep = r#"{"model_type": "deepseek_v3", "num_hidden_layers": 4, "first_k_dense_replace": 2}"#;
    assert!(has(deep, "model.layers.1.mlp.gate_proj") && !has(deep, "model.layers.2.mlp.gate_proj"));
    assert!(has(deep, "model.layers.2.mlp.experts.0.gate_proj"));
    // One below zero is the last layer.
    let ernie = |last: i64| {
        format!(
            r#"{{"model_type": "ernie4_5_moe", "num_hidden_layers": 4, "moe_layer_start_index": 1, "moe_layer_end_index": {last},
                "moe_layer_interval": 1}}"#
        )
    };
    assert!(has(&ernie(-1), "model.layers.3.mlp.experts") && !has(&ernie(2), "model.layers.3.mlp.experts"));
    let by_interval = r#"{"model_type": "qwen3_next", "num_hidden_layers": 4, "full_attention_interval": 2}"#;
    assert!(has(by_interval, "model.layers.1.self_attn") && !has(by_interval, "model.layers.0.self_attn"));
    // Llama 4's norms are where there are rotary embeddings: in all but every fourth layer, unless a list says it.
    let norms = |keys: &str, layer: u32| {
        let config = format!(r#"{{"model_type": "llama4_text", "num_hidden_layers": 4 {keys}}}"#);
        has(&config, &format!("model.layers.{layer}.self_attn.qk_norm"))
    };
    assert!(norms("", 2) && !norms("", 3) && norms(r#", "no_rope_layers": []"#, 2));
    assert!(norms(r#", "no_rope_layers": [0, 1, 1, 1]"#, 3) && !norms(r#", "no_rope_layers": [0, 1, 1, 1]"#, 0));
    assert!(norms(r#", "no_rope_layer_interval": 3"#, 3) && !norms(r#", "no_rope_layer_interval": 3"#, 2));
    let by_list = r#"{"model_type": "qwen3_next", "num_hidden_layers": 2, "full_attention_interval": 2,
        "layer_types": ["full_attention", "linear_attention"]}"#;
    assert!(has(by_list, "model.layers.0.self_attn") && !has(by_list, "model.layers.1.self_attn"));
}

#[test]
fn what_was_not_recorded_is_not_known() {
    let of_part = |kind: &str| {
        let config = format!(r#"{{"model_type": "llava", "text_config": {{"model_type": "{kind}"}}}}"#);
        let config = json::parse(&config).0.expect("a config").to_value();
        !Tree::candidates(config.as_map().expect("an object"), None).is_empty()
    };
    assert!(of_part("llama") && of_part("mistral") && !of_part("gemma"));
    let with_adapter = |flag: &str| {
        let config = format!(
            r#"{{"model_type": "wav2vec2", "add_adapter": {flag}, "conv_dim": [8, 8, 8, 8, 8, 8, 8],
                "conv_kernel": [4, 3, 3, 3, 3, 2, 2], "tdnn_dim": [9, 9, 9, 9, 9]}}"#
        );
        let config = json::parse(&config).0.expect("a config").to_value();
        !Tree::candidates(config.as_map().expect("an object"), None).is_empty()
    };
    assert!(with_adapter("false") && !with_adapter("true"));
    let with_ratios = |ratios: &str| {
        let config = format!(r#"{{"model_type": "segformer", "sr_ratios": {ratios}}}"#);
        let config = json::parse(&config).0.expect("a config").to_value();
        !Tree::candidates(config.as_map().expect("an object"), None).is_empty()
    };
    assert!(with_ratios("[8, 4, 2, 1]") && !with_ratios("[1, 1, 1, 1]"));
}

#[test]
fn a_part_may_be_written_among_the_other_keys() {
    let keys = r#""hidden_size": 48, "num_hidden_layers": 2, "num_attention_heads": 6, "num_key_value_heads": 2"#;
    let tree = |config: String| {
        let config = json::parse(&config).0.expect("a config").to_value();
        Tree::of(config.as_map().expect("an object"), Some("IMAGE_TEXT")).expect("it is known")
    };
    let flat = tree(format!(r#"{{"model_type": "qwen2_5_vl", {keys}}}"#));
    let deep = tree(format!(r#"{{"model_type": "qwen2_5_vl", "hidden_size": 64, "text_config": {{{keys}}}}}"#));
    assert_eq!(flat.modules, deep.modules);
    let key = flat.module("model.language_model.layers.1.self_attn.k_proj").expect("it is there");
    assert_eq!(key.widths(), Some((48, 16)));
    assert!(flat.module("model.language_model.layers.2").is_none());
}

#[test]
fn models_have_as_many_parameters_as_transformers_builds() {
    let totals = crate::support::lines("fixtures/peft/totals.jsonl");
    let (mut counted, mut open, mut wrong) = (0, 0, Vec::new());
    for (case, total) in crate::support::lines("fixtures/peft/trees.jsonl").zip(totals) {
        assert_eq!((&case["type"], &case["class"]), (&total[0], &total[1]), "record totals.jsonl anew");
        let mut config = crate::support::map(&case["config"]);
        config.insert("model_type", Value::String(case["type"].as_str().expect("a type").to_owned()));
        let tree = Tree::of(&config, case["tasks"][0].as_str()).expect("it is known");
        match (tree.parameters(), total[2].as_u64()) {
            (Some(ours), Some(theirs)) if ours == theirs => counted += 1,
            (Some(ours), Some(theirs)) => wrong.push(format!("{} {}: {ours}, not {theirs}", total[0], total[1])),
            _ => open += 1,
        }
    }
    assert!(wrong.is_empty(), "{} wrong, {counted} right, {open} open\n{}", wrong.len(), wrong.join("\n"));
    assert!(counted > 340, "{counted} counted, {open} open");
}
