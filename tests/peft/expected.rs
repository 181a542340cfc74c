//! Which modules a PEFT config adapts, which tensors are saved, and what is refused: against recordings of PEFT's own.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use adapter_spec::dialects::peft::expected::{Refusal, expect};
use adapter_spec::models::Tree;
use adapter_spec::value::Value;
use serde_json::Value as Json;

use crate::support::{expand, lines, map, names};

/// What is compared, and how often.
#[derive(Debug, Default)]
struct Counts {
    modules: usize,
    tensors: usize,
    refused: usize,
    unknown: BTreeMap<String, usize>,
    methods: BTreeSet<String>,
}

#[test]
fn configs_adapt_and_save_what_peft_adapts_and_saves() {
    // `EXPECTED` names another recording, of which nothing is counted.
    let other = std::env::var("EXPECTED");
    let path = other.as_deref().unwrap_or("fixtures/peft/expected.jsonl");
    let mut lines = lines(path);
    let models = lines.next().expect("models");
    let tell = |what: String| {
        if other.is_ok() {
            _ = writeln!(std::io::stderr(), "{what}");
        }
    };
    let (mut counts, mut wrong) = (Counts::default(), Vec::new());
    for case in lines {
        if case.get("parse").is_some() || case.get("save").is_some() {
            continue;
        }
        let [sizes, class] = [
            &models["models"][case["model"].as_str().expect("a model")][0],
            &models["models"][case["model"].as_str().expect("a model")][1],
        ];
        let mut model = map(sizes);
        model.insert("architectures", Value::List(vec![Value::String(class.as_str().expect("a class").to_owned())]));
        let tree = Tree::of(&model, None).expect("the model is known");
        let config = map(&case["config"]);
        let method = case["config"]["peft_type"].as_str().expect("a method");
        let say = |what: String| format!("{} {}: {what}", case["model"], case["config"]);
        match (expect(&config, &tree), case.get("inject").and_then(Json::as_str)) {
            (None, _) => {
                *counts.unknown.entry(method.to_owned()).or_default() += 1;
                tell(say("nothing is said".to_owned()));
            }
            (Some(Err(refusal)), None) => wrong.push(say(format!("refused: {refusal}"))),
            // What is saved is not known, so neither whether anything is.
            (Some(Ok(adapted)), Some(_)) if adapted.tensors.is_none() => {
                *counts.unknown.entry(method.to_owned()).or_default() += 1;
                tell(say("nothing is said of tensors".to_owned()));
            }
            (Some(Ok(_)), Some(error)) => wrong.push(say(format!("PEFT says {error}"))),
            (Some(Err(refusal)), Some(error)) => {
                let fits = match &refusal {
                    Refusal::NothingMatched => {
                        error.contains("not found in the base model")
                            || error.contains("No modules were targeted")
                            || error.contains("types compatible")
                            || error.contains("No `target_modules` passed")
                    }
                    Refusal::AllExcluded => {
                        error.contains("No modules were targeted")
                            || error.contains("excluded")
                            || error.contains("types compatible")
                    }
                    Refusal::NoDefault => {
                        error.contains("Please specify `") || error.contains("Unable to automatically find")
                    }
                    Refusal::Unsupported { .. } => {
                        // TinyLoRA and FRoD look a module up that they have not listed.
                        let is_looked_up = matches!(method, "TINYLORA" | "FROD") && error.starts_with("KeyError");
                        is_looked_up
                            || ["Target module", "supported", "not support", "types compatible"]
                                .iter()
                                .any(|text| error.contains(text))
                    }
                    Refusal::Misfit { .. } | Refusal::Unfit { .. } => {
                        !error.contains("supported") || error.contains("dimensional Parameter")
                    }
                    Refusal::ModelType => error.contains("Unsupported model type"),
                };
                if !fits {
                    wrong.push(say(format!("`{refusal}`, where PEFT says {error}")));
                }
                counts.refused += 1;
            }
            (Some(Ok(adapted)), None) => {
                // X-LoRA's LoRAs say in files of their own which modules they adapt.
                let rows = case.get("modules").and_then(Json::as_array).filter(|_| method != "XLORA");
                if let Some(rows) = rows {
                    let wanted: BTreeSet<_> = rows.iter().flat_map(|row| names(row, 1)).collect();
                    let found: BTreeSet<_> = adapted.modules.iter().cloned().collect();
                    if found != wanted {
                        wrong.push(say(format!("adapts {found:?}, not {wanted:?}")));
                        continue;
                    }
                    counts.modules += 1;
                }
                let Some(found) = adapted.tensors else {
                    *counts.unknown.entry(method.to_owned()).or_default() += 1;
                    tell(say("nothing is said of tensors".to_owned()));
                    continue;
                };
                let wanted = expand(&case["tensors"]);
                let names: BTreeSet<_> = found.iter().map(|tensor| &tensor.name).collect();
                let more: Vec<_> = names.iter().filter(|name| !wanted.contains_key(**name)).take(3).collect();
                let less: Vec<_> = wanted.keys().filter(|name| !names.contains(name)).take(3).collect();
                let shapes: Vec<_> = found
                    .iter()
                    .filter(|tensor| {
                        wanted.get(&tensor.name).is_some_and(|shape| {
                            shape.len() != tensor.shape.len()
                                || shape
                                    .iter()
                                    .zip(&tensor.shape)
                                    .any(|(wanted, size)| size.is_some_and(|size| size != *wanted))
                        })
                    })
                    .take(2)
                    .collect();
                if !more.is_empty() || !less.is_empty() || !shapes.is_empty() {
                    let right: Vec<_> = shapes.iter().map(|tensor| &wanted[&tensor.name]).collect();
                    wrong.push(say(format!("more {more:?}, less {less:?}, shapes {shapes:?} not {right:?}")));
                }
                counts.tensors += 1;
                counts.methods.insert(method.to_owned());
            }
        }
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}\n{counts:?}", wrong.len(), wrong.join("\n"));
    if other.is_ok() {
        return tell(format!("{counts:?}"));
    }
    let unknown: usize = counts.unknown.values().sum();
    assert_eq!(unknown, 67, "nothing is said of so many: {counts:?}");
    assert!(
        counts.tensors > 2100 && counts.modules > 2000 && counts.refused > 500 && counts.methods.len() > 40,
        "{counts:?}"
    );
}
