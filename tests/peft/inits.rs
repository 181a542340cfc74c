//! What LoRA's `init_lora_weights` does to the base model when an adapter is loaded, against a recording of PEFT's own.

use std::collections::BTreeSet;

use adapter_spec::dialects::peft::lora_init::{Loading, LoraInit, RankNeed};
use adapter_spec::document::{Document, Format};
use adapter_spec::lint::{Options, Severity, lint};
use serde_json::{Value as Json, json};

use crate::support::lines;

const FILE: &str = "fixtures/peft/inits.jsonl";

/// The sizes of the recorded layer: there are no more directions in its weight.
const DIRECTIONS: u64 = 4;

fn meaning(value: &Json) -> LoraInit {
    LoraInit::of(Some(&value.into()))
}

/// What is recorded of one rank, as the table has it.
fn expected(init: LoraInit, rank: u64) -> Json {
    let is_refused = match init.rank_need() {
        RankNeed::Even => !rank.is_multiple_of(2),
        RankNeed::InWeight => rank > DIRECTIONS,
        RankNeed::Any | RankNeed::Cut | RankNeed::Unsure => false,
    };
    let base = match init.loading() {
        Loading::Kept => "kept",
        Loading::Reduced => "changed",
        Loading::Redrawn => "random",
        // There was no GPU.
        Loading::Quantised | Loading::Impossible => "error",
    };
    if init.rank_need() == RankNeed::Cut && rank > DIRECTIONS {
        return json!({"base": base, "rank": DIRECTIONS});
    }
    json!({"base": if is_refused { "error" } else { base }})
}

#[test]
fn the_base_weight_is_what_it_is_in_peft() {
    let mut count = 0;
    for line in lines(FILE) {
        let init = meaning(&line["value"]);
        for (rank, found) in line["loaded"].as_object().expect("ranks") {
            let found = if found.get("error").is_some() { json!({"base": "error"}) } else { found.clone() };
            let rank = rank.parse().expect("a rank");
            assert_eq!(expected(init, rank), found, "{}, taken for {init:?}, rank {rank}", line["value"]);
            count += 1;
        }
    }
    assert!(count > 100);
}

/// What is said of a saved config with this value: what PEFT draws anew is an error; what it does to the base weight
/// before training, but not when it loads the adapter, is a warning.
#[test]
fn what_loading_does_not_repeat_is_told() {
    let mut told = BTreeSet::new();
    for line in lines(FILE) {
        let config = json!({
            "peft_type": "LORA",
            "target_modules": ["layer"],
            "inference_mode": true,
            "init_lora_weights": line["value"],
        });
        let document = Document::read(config.to_string().into_bytes(), Format::Json);
        let findings = lint(&document, "adapter_config.json", &Options::default()).findings;
        let found = findings.iter().find(|finding| finding.rule.code == "AL285").map(|finding| finding.severity);
        let bases: BTreeSet<_> =
            line["loaded"].as_object().expect("ranks").values().filter_map(|found| found["base"].as_str()).collect();
        let expected = match line["trained"].as_str() {
            _ if bases.contains("random") => Some(Severity::Error),
            Some("changed") if bases.contains("kept") => Some(Severity::Warning),
            _ => None,
        };
        assert_eq!(found, expected, "{}", line["value"]);
        told.extend(found);
    }
    assert_eq!(told.len(), 2, "there is something of each");
}

#[cfg(feature = "oracle")]
mod commands {
    use std::fs;
    use std::path::Path;

    use adapter_spec::convert::{Options, Plan, Source, Target};
    use adapter_spec::dialects::adapterhub::release::Release;
    use adapter_spec::diff::{self, compare};
    use adapter_spec::merge_weights::Adapter;
    use adapter_spec::models::Model;

    use super::*;

    const CASE: &str = "fixtures/merges/lora";
    const MODEL: &str = "fixtures/merges/base/llama/config.json";

    /// The same adapter, said to begin otherwise.
    fn write(folder: &Path, init: &Json) {
        fs::create_dir_all(folder).expect("it is made");
        let text = fs::read(format!("{CASE}/adapter_config.json")).expect("it is there");
        let mut config: Json = serde_json::from_slice(&text).expect("it is JSON");
        config["init_lora_weights"] = init.clone();
        fs::write(folder.join("adapter_config.json"), config.to_string()).expect("it is written");
        let weights = "adapter_model.safetensors";
        fs::copy(Path::new(CASE).join(weights), folder.join(weights)).expect("it is copied");
    }

    /// Whether a conversion leaves nothing of the initialisation behind.
    fn is_converted(folder: &Path) -> bool {
        let text = fs::read(MODEL).expect("it is there");
        let model = Document::read(text, Format::Json).root.as_ref().and_then(Model::from_config);
        assert!(model.is_some());
        let options = Options { model, ..Options::to(Target::AdapterHub(Release::NEWEST)) };
        let plan = Source::open(folder).and_then(|source| Plan::new(&source, &options));
        let lost = |plan: Plan| plan.changes.iter().any(|change| change.loses() && change.what.contains("init_lora"));
        plan.is_ok_and(|plan| !lost(plan))
    }

    #[test]
    fn diff_convert_and_merge_agree_on_every_start() {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let plain = scratch.path().join("plain");
        write(&plain, &Json::Bool(true));
        for (at, line) in lines(FILE).enumerate() {
            let value = &line["value"];
            // A number is no value of the typed config.
            if value.is_null() || value.is_number() {
                continue;
            }
            let folder = scratch.path().join(at.to_string());
            write(&folder, value);
            let loading = meaning(value).loading();
            let is_kept = loading == Loading::Kept;
            let compared = compare(&plain, &folder, &diff::Options::default(), &|_, _| ()).expect("they are compared");
            assert_eq!(compared.same, is_kept, "diff of {value}");
            assert_eq!(is_converted(&folder), is_kept, "conversion of {value}");
            let is_merged = Adapter::open(&folder).expect("it is read").refusal().is_none();
            assert_eq!(is_merged, is_kept || loading == Loading::Reduced, "merging of {value}");
        }
    }
}
