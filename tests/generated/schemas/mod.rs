//! The schemas are current, valid, and say the same as the types and the recorded facts.

mod agreement;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

use adapter_spec::dialects::adapterhub::config::{
    Activation, AnyConfig, BottleneckConfig, FusionConfig, LoraConfig, MtlLoraConfig, PrefixTuningConfig,
    PromptTuningConfig, ReftConfig, UnionConfig,
};
use adapter_spec::dialects::adapterhub::files::{
    AdapterConfigFile, AdapterInterfaceFile, AdapterSetupFile, FusionConfigFile, HeadConfigFile, ModelAdaptersSection,
};
use adapter_spec::dialects::adapterhub::hub::{AdapterCard, ArchitectureCard, SubtaskCard, TaskCard, TypeCard};
use adapter_spec::dialects::adapterhub::release::Release;
use adapter_spec::dialects::adapterhub::releases;
use adapter_spec::document::{Document, Format, ProblemKind};
use adapter_spec::inspect::Inspection;
use adapter_spec::oracle::Case;
use adapter_spec::params::{Params, PeftParams};
use adapter_spec::report::json::Output;
use adapter_spec::schema::{self, Draft};
use adapter_spec::settings::SettingsFile;
use adapter_spec::{manual, value};
use serde_json::{Value, json};

const DRAFTS: [(Draft, &str); 2] = [(Draft::Draft202012, "schemas"), (Draft::Draft07, "schemas/draft-07")];

#[test]
fn generated_files_are_current() {
    let mut files: BTreeMap<PathBuf, String> = BTreeMap::new();
    for (draft, folder) in DRAFTS {
        for name in schema::names() {
            let path = schema::path(name).expect("a name of the table has a path");
            files.insert(root().join(folder).join(path), schema::text(name, draft).expect("a schema"));
        }
    }
    files.insert(root().join("docs/keys.md"), manual::page());
    files.insert(root().join("docs/peft-keys.md"), manual::peft_page());
    files.insert(root().join("schemas/catalog.json"), schema::catalog());
    let stale: Vec<&PathBuf> = files
        .iter()
        .filter(|(path, text)| fs::read_to_string(path).ok().as_ref() != Some(text))
        .map(|(path, _)| path)
        .collect();
    if env::var_os("BLESS").is_some() {
        for path in stale {
            fs::create_dir_all(path.parent().expect("files stand in folders")).expect("the folder can be made");
            fs::write(path, &files[path]).expect("the file can be written");
        }
        return;
    }
    assert!(stale.is_empty(), "run `BLESS=1 cargo test --test generated schemas`: not current are {stale:#?}");
    let known = |path: &PathBuf| files.contains_key(path);
    let strays: Vec<PathBuf> = json_files(&root().join("schemas")).into_iter().filter(|path| !known(path)).collect();
    assert!(strays.is_empty(), "no type stands behind {strays:#?}");
}

#[test]
fn the_catalogue_leads_to_the_schemas() {
    let catalog = read("schemas/catalog.json");
    let entries = catalog["schemas"].as_array().expect("schemas are a list");
    assert_eq!(entries.len(), schema::names().len());
    for entry in entries {
        for (draft, url) in entry["versions"].as_object().expect("each is there in several drafts") {
            let schema = read(&format!("schemas/{}", url.as_str().expect("a URL")));
            assert_eq!(schema["title"], entry["name"]);
            assert!(schema["$schema"].as_str().is_some_and(|id| id.contains(draft)), "{url} is not of {draft}");
        }
    }
}

#[test]
fn every_schema_is_valid_by_its_meta_schema() {
    for (draft, _) in DRAFTS {
        for name in schema::names() {
            let schema = schema::schema(name, draft).expect("a schema");
            if let Err(error) = jsonschema::meta::validate(&schema) {
                panic!("{name}: {error} at {}", error.instance_path());
            }
        }
    }
}

#[test]
fn every_example_is_valid() {
    for name in schema::names() {
        let schema = schema::loaded(name).expect("a schema");
        let examples = schema["examples"].as_array().expect("examples are a list");
        assert!(!examples.is_empty(), "{name} has no example");
        for example in examples {
            assert_valid(name, example, "its example");
        }
    }
}

#[test]
fn the_schema_of_both_libraries_judges_as_the_one_of_each_does() {
    let either = schema::validator("any-adapter-config");
    let (mut right, mut wrong) = (0, 0);
    for path in json_files(&root().join("fixtures/lint")) {
        let is_config = path.file_name().is_some_and(|name| name == "adapter_config.json");
        let text = fs::read(&path).expect("it can be read");
        let Some(config) = serde_json::from_slice::<Value>(&text).ok().filter(|_| is_config) else { continue };
        let name = if config.get("peft_type").is_some() { "peft-config" } else { "adapter-config" };
        let is_valid = schema::validator(name).is_valid(&config);
        assert_eq!(either.is_valid(&config), is_valid, "{}", path.display());
        *if is_valid { &mut right } else { &mut wrong } += 1;
    }
    assert!(right > 100 && wrong > 30, "{right} right, {wrong} wrong");
}

#[test]
fn every_key_is_documented() {
    for key in manual::keys() {
        for manual in manual::key(&key) {
            let text = &manual.description;
            assert!(text.split_whitespace().count() >= 3 && text.ends_with('.'), "{key}: {text:?}");
            assert!(!text.contains("[`") && !text.contains("]("), "{key} has a link that only rustdoc knows: {text:?}");
        }
    }
}

#[test]
fn every_preset_is_valid() {
    let presets = read("fixtures/resolve/presets.json");
    let presets = presets["presets"].as_object().expect("presets by name");
    assert!(presets.len() >= 28, "found only {} presets", presets.len());
    for (name, preset) in presets {
        let config = &preset["config"];
        assert_valid("config", config, name);
        let method = config.get("architecture").and_then(Value::as_str).unwrap_or("bottleneck").replace('_', "-");
        assert_valid(&method, config, name);
    }
}

#[test]
fn every_side_file_that_the_library_wrote_is_valid() {
    let mut count = 0;
    for (file, name) in SIDE_FILES {
        for case in lines(&format!("fixtures/sidefiles/{file}.jsonl")) {
            if case["stage"] != "ok" || case["mutations"] != json!([]) {
                continue;
            }
            let text = case["text"].as_str().expect("cases have a text");
            let mut value: Value = serde_json::from_str(text).expect("what the library wrote is JSON");
            if name == "model-adapters-section" {
                value = value["adapters"].take();
            }
            assert_valid(name, &value, case["id"].as_str().unwrap_or_default());
            count += 1;
        }
    }
    assert!(count >= 40, "found only {count} cases");
}

#[test]
fn hub_cards_get_the_verdict_of_the_hub() {
    let mut differ = Vec::new();
    for case in lines("fixtures/hub/cases.jsonl") {
        let id = case["id"].as_str().expect("cases have an id");
        let name = format!("hub-{}", case["kind"].as_str().expect("cases have a kind"));
        let Some(valid) = case["valid"].as_bool() else { continue };
        let text = case["text"].as_str().unwrap_or_default().as_bytes().to_vec();
        let document = Document::read(text, Format::Yaml);
        // What cannot be read, and dates, are the document's matter, not the schema's.
        let dated = document.problems.iter().any(|problem| problem.kind == ProblemKind::NoJsonType);
        let readable = document.is_readable() && !dated;
        let Some(root) = document.root.filter(|_| readable) else {
            assert!(!valid, "{id}: the Hub reads this");
            continue;
        };
        if schema::validator(&name).is_valid(&root.to_value().to_json()) != valid {
            differ.push(id.to_owned());
        }
    }
    assert_eq!(differ, HUB_DIFFERENCES);
}

/// Where schema and Hub differ: its index knows two types, which its schema for adapters does not say.
const HUB_DIFFERENCES: &[&str] = &["adapter-type-unknown-value"];

#[test]
fn the_table_of_releases_is_the_recorded_one() {
    let recorded = read("fixtures/releases/keys.json");
    let mut expected = Vec::new();
    for (method, facts) in recorded["keys"].as_object().expect("methods") {
        let method = if method.starts_with("invertible") { "invertible_adapter" } else { method.as_str() };
        for (key, facts) in facts["keys"].as_object().expect("keys") {
            let text = |fact: &str| facts[fact].as_str().map(str::to_owned);
            expected.push((method.to_owned(), key.clone(), text("since"), text("until")));
        }
    }
    let mut found: Vec<_> = releases::all()
        .map(|(method, key, life)| {
            let name = |release: Release| release.name().to_owned();
            (method.to_owned(), key.to_owned(), Some(name(life.since)), life.until.map(name))
        })
        .collect();
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn every_dated_key_is_in_a_schema() {
    for (method, key, _) in releases::all() {
        let property = match method {
            "invertible_adapter" => schema::property("bottleneck", &format!("invertible_adapter.{key}")),
            _ => schema::property(&method.replace('_', "-"), key),
        };
        let property = property.unwrap_or_else(|| panic!("{method} has no key {key}"));
        assert!(property.get("x-since").is_some(), "{method}.{key} is not dated");
    }
}

#[test]
fn the_activations_are_the_recorded_ones() {
    let recorded = read("fixtures/releases/activations.json");
    let recorded = recorded["activations"].as_object().expect("activations by name");
    let mut expected: Vec<&str> = recorded.keys().map(String::as_str).filter(|name| *name != "None").collect();
    let mut found: Vec<&str> = Activation::ALL.iter().map(|activation| activation.name()).collect();
    expected.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, expected);
    for activation in Activation::ALL {
        let upper = activation.name().to_uppercase();
        assert_eq!(upper.parse::<Activation>().as_ref(), Ok(activation));
    }
}

const SIDE_FILES: [(&str, &str); 5] = [
    ("adapter_fusion_config", "adapter-fusion-config"),
    ("adapter_interface", "adapter-interface"),
    ("adapter_setup", "adapter-setup"),
    ("head_config", "head-config"),
    ("config_adapters", "model-adapters-section"),
];

/// Whether the type behind a schema takes a value.
fn deserialise(name: &str, value: &Value) -> Result<(), String> {
    fn of<T: serde::de::DeserializeOwned>(value: &Value) -> Result<(), String> {
        serde_json::from_value::<T>(value.clone()).map(drop).map_err(|error| error.to_string())
    }
    match name {
        "bottleneck" => of::<BottleneckConfig>(value),
        "prefix-tuning" => of::<PrefixTuningConfig>(value),
        "prompt-tuning" => of::<PromptTuningConfig>(value),
        "lora" => of::<LoraConfig>(value),
        "mtl-lora" => of::<MtlLoraConfig>(value),
        "reft" => of::<ReftConfig>(value),
        "union" => of::<UnionConfig>(value),
        "config" => of::<AnyConfig>(value),
        "fusion" => of::<FusionConfig>(value),
        "adapter-config" => of::<AdapterConfigFile>(value),
        "adapter-fusion-config" => of::<FusionConfigFile>(value),
        "head-config" => of::<HeadConfigFile>(value),
        "adapter-setup" => of::<AdapterSetupFile>(value),
        "adapter-interface" => of::<AdapterInterfaceFile>(value),
        "model-adapters-section" => of::<ModelAdaptersSection>(value),
        "hub-adapter" => of::<AdapterCard>(value),
        "hub-architecture" => of::<ArchitectureCard>(value),
        "hub-task" => of::<TaskCard>(value),
        "hub-subtask" => of::<SubtaskCard>(value),
        "hub-type" => of::<TypeCard>(value),
        "diagnostics" => of::<Output>(value),
        "diff" => of::<adapter_spec::diff::Comparison>(value),
        "inspect" => of::<Inspection>(value),
        "params" => of::<Params>(value),
        "params-peft" => of::<PeftParams>(value),
        "oracle-case" => of::<Case>(value),
        "adapter-lint" => {
            let text: String = value
                .as_object()
                .into_iter()
                .flatten()
                .map(|(key, value)| format!("{key} = {}\n", toml(value)))
                .collect();
            SettingsFile::parse(Path::new("adapter-lint.toml"), text).map(drop).map_err(|error| error.to_string())
        }
        "any-adapter-config" if value["peft_type"].is_string() => deserialise("peft-config", value),
        "any-adapter-config" => deserialise("adapter-config", value),
        // PEFT's methods have tables of keys in place of types: every key of the value has to be in the method's.
        peft if peft.starts_with("peft-") => {
            use adapter_spec::dialects::peft::config::PeftMethod;
            let method = value["peft_type"].as_str().and_then(PeftMethod::named).ok_or("no method")?;
            let unknown = value.as_object().into_iter().flatten().find(|(key, _)| method.key(key).is_none());
            unknown.map_or(Ok(()), |(key, _)| Err(format!("{key} is not in the table of {}", method.peft_type)))
        }
        other => panic!("no type is known for {other}"),
    }
}

/// A value as TOML has it inside of a line.
fn toml(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members: Vec<_> = members.iter().map(|(key, value)| format!("\"{key}\" = {}", toml(value))).collect();
            format!("{{ {} }}", members.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(toml).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

fn assert_valid(name: &str, value: &Value, what: &str) {
    let errors: Vec<String> =
        schema::validator(name).iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{what} is not valid by {name}: {errors:#?}");
    if let Err(error) = deserialise(name, value) {
        panic!("{what} is not what the type of {name} takes: {error}");
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> Value {
    let text = fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn lines(path: &str) -> Vec<Value> {
    let text = fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    let parse = |line: &str| {
        // Python writes NaN; such lines are of no use here, but must not stop the others.
        let document = Document::read(line.as_bytes().to_vec(), Format::Json);
        document.root.map(|root| value::Value::to_json(&root.to_value()))
    };
    text.lines().filter_map(parse).collect()
}

fn json_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is there").flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => found.extend(json_files(&path)),
            false => found.push(path),
        }
    }
    found
}
