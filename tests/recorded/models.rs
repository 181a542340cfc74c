//! The tables of base models say what was recorded from the library.

use std::collections::BTreeMap;
use std::path::Path;

use adapter_spec::document::{Document, Format};
use adapter_spec::models::{Model, ModelType, Norm};
use serde_json::Value;

use crate::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::holds("model types are as recorded", model_types_are_as_recorded),
        Trial::holds("well known models are as recorded", well_known_models_are_as_recorded),
    ]
}

fn recorded(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/releases").join(name);
    serde_json::from_slice(&std::fs::read(path).expect("the recording is there")).expect("the recording is JSON")
}

fn model_types_are_as_recorded() {
    let recorded = recorded("models.json");
    let models = recorded["models"].as_object().expect("models by type");
    let mut wrong = Vec::new();
    for (name, facts) in models.iter().filter(|(name, _)| *name != "gemma") {
        let Some(row) = ModelType::of(name) else {
            wrong.push(format!("{name} has no row"));
            continue;
        };
        for (place, norm) in
            [("mh_adapter", row.attention_norm), ("output_adapter", row.output_norm), ("cross_adapter", row.cross_norm)]
        {
            let places = facts["bottleneck_layer_norm"][place]["places"].as_object();
            let expected = match places.and_then(|places| places.values().next()) {
                None => Norm::NoPlace,
                Some(place) if place["layer_norm"] == "none" => Norm::Absent,
                Some(_) => Norm::Given,
            };
            if norm != expected {
                wrong.push(format!("{name}: {place} is {expected:?}"));
            }
        }
        let added = |method: &str| facts["methods"][method]["add"] == "ok";
        let merged = facts["methods"]["lora o"]["forward"].as_str().is_some_and(|error| error.contains("groups"));
        let flags = [
            ("prompt_tuning", row.prompt_tuning, added("prompt_tuning")),
            ("invertible", row.invertible, added("inv_adapter nice")),
            ("generic", row.generic, !added("prefix_tuning")),
            ("merged_attention", row.merged_attention, merged),
            ("parallel_blocks", row.parallel_blocks, facts["methods"]["par_bn"]["forward"] != "ok"),
        ];
        wrong.extend(
            flags.iter().filter(|(_, ours, theirs)| ours != theirs).map(|(flag, ..)| format!("{name}: {flag}")),
        );
        let keys = |size: &str| facts["sizes"][size]["keys"][0].as_str().unwrap_or_default().to_owned();
        let sizes = [("hidden_size", row.hidden_size), ("heads", row.heads), ("ffn", row.feed_forward)];
        wrong.extend(
            sizes
                .iter()
                .filter(|(size, ours)| !keys(size).starts_with(ours))
                .map(|(size, _)| format!("{name}: {size}")),
        );
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let rows: Vec<_> = ModelType::all().iter().map(|row| row.name).filter(|name| !models.contains_key(*name)).collect();
    assert!(rows.is_empty(), "rows that were never recorded: {rows:?}");
}

fn well_known_models_are_as_recorded() {
    let recorded = recorded("well_known_models.json");
    let models: BTreeMap<_, _> = recorded["models"].as_object().expect("models by name").iter().collect();
    for (name, facts) in &models {
        let mut config = serde_json::json!({"model_type": facts["model_type"]});
        for (key, value) in facts["config"].as_object().expect("sizes by key") {
            config[key] = value.clone();
        }
        let document = Document::read(config.to_string().into_bytes(), Format::Json);
        let expected = document.root.as_ref().and_then(Model::from_config);
        let expected = expected.map(|model| Model { parameters: facts["parameters"].as_u64(), ..model });
        assert_eq!(Model::well_known(name), expected, "{name}");
    }
    assert_eq!(models.len(), Model::well_known_names().count());
}
