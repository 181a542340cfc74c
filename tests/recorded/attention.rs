//! In which models a prefix or a prompt is masked wrongly by the attention that transformers takes by itself.

use adapter_spec::document::{Document, Format};
use adapter_spec::lint::{Options, lint};
use libtest_mimic::Failed;
use serde_json::{Value, json};

use crate::support::read;
use crate::trial::Trial;

const RULE: &str = "AL411";
/// What is above this is no rounding: without an adapter the outputs differ by less than a thousandth of it.
const ROUNDING: f64 = 1e-4;

pub(crate) fn trials() -> Vec<Trial> {
    vec![Trial::test("what differs under the default attention is told, and nothing else", told)]
}

fn told() -> Result<(), Failed> {
    let recorded = read("fixtures/releases/attention.json")?;
    let bottleneck =
        json!({"mh_adapter": false, "output_adapter": true, "reduction_factor": 2.0, "non_linearity": "relu"});
    let prefix = json!({"architecture": "prefix_tuning", "prefix_length": 3, "bottleneck_size": 8});
    let prompt = json!({"architecture": "prompt_tuning", "prompt_length": 3, "prompt_init": "random_uniform"});
    let lora = json!({"architecture": "lora", "r": 2, "alpha": 4, "selfattn_lora": true});
    let mam = json!({"architecture": "union", "configs": [prefix, bottleneck]});
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for row in recorded["models"].as_array().ok_or("no models")? {
        let rounding = differences(row, "none").iter().copied().fold(0.0, f64::max);
        assert!(rounding * 50.0 < ROUNDING, "{row}");
        for (method, config) in [
            ("seq_bn", &bottleneck),
            ("lora", &lora),
            ("prefix_tuning", &prefix),
            ("prompt_tuning", &prompt),
            ("mam", &mam),
        ] {
            let found = differences(row, method);
            if found.is_empty() {
                continue;
            }
            compared += 1;
            let file = json!({
                "config": config, "name": "a", "model_type": row["model_type"], "hidden_size": 24,
                "version": "adapters.1.3.0", "model_name": null,
            });
            let document = Document::read(file.to_string().into_bytes(), Format::Json);
            let findings = lint(&document, "adapter_config.json", &Options::default()).findings;
            let is_told = findings.iter().any(|finding| finding.rule.code == RULE);
            if is_told != found.iter().any(|difference| *difference > ROUNDING) {
                wrong.push(format!("{} {method}: {found:?}, told: {is_told}", row["model_type"]));
            }
        }
    }
    assert!(compared > 80, "{compared}");
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// By how much the outputs differ; nothing where the library refuses the method.
fn differences(row: &Value, method: &str) -> Vec<f64> {
    row[method].as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
}
