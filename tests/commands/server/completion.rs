//! What is offered while someone types.

use std::collections::BTreeSet;

use adapter_spec::document::{Document, Format};
use adapter_spec::lint::{Options, lint};
use adapter_spec::schema;
use serde_json::Value;

use super::editor::{Editor, apply, capabilities, position};
use super::fixtures;

/// What is offered at the bar in a text of this name: the text without the bar, and the items.
fn offered(editor: &mut Editor, name: &str, text: &str) -> (String, Vec<Value>) {
    let offset = text.find('|').expect("the bar is there");
    let text = text.replacen('|', "", 1);
    let uri = format!("file:///{name}");
    editor.open(&uri, if name.ends_with(".yaml") { "yaml" } else { "json" }, &text);
    let items = editor.at("textDocument/completion", &uri, &position(&text, offset)).expect("an answer");
    editor.close(&uri);
    (text, items.as_array().expect("a list").clone())
}

fn labels(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["label"].as_str().expect("a label")).collect()
}

/// The text after an item was chosen.
fn chosen(text: &str, item: &Value) -> String {
    let mut edits = vec![item["textEdit"].clone()];
    edits.extend(item["additionalTextEdits"].as_array().into_iter().flatten().cloned());
    apply(text, &edits)
}

/// The text after the item of this label was chosen.
fn choose(editor: &mut Editor, name: &str, text: &str, label: &str) -> String {
    let (text, items) = offered(editor, name, text);
    let item = items.iter().find(|item| item["label"] == label);
    chosen(&text, item.unwrap_or_else(|| panic!("{label} is not offered: {:?}", labels(&items))))
}

const CONFIG: &str = "adapter_config.json";

#[test]
fn targets_are_modules_of_the_base_model() {
    let mut editor = Editor::new(&serde_json::json!({"model": "fixtures/merges/base/llama/config.json"}));
    let config = |rest: &str| format!(r#"{{"peft_type": "LORA", "task_type": "CAUSAL_LM", {rest}}}"#);
    let offer = |editor: &mut Editor, rest: &str| {
        let (_, items) = offered(editor, CONFIG, &config(rest));
        labels(&items).iter().map(|label| label.trim_matches('"').to_owned()).collect::<Vec<_>>()
    };
    let targets = offer(&mut editor, r#""target_modules": ["q_proj", "|"]"#);
    assert!(
        targets.iter().any(|name| name == "v_proj") && targets.iter().any(|name| name == "down_proj"),
        "{targets:?}"
    );
    // What is there already, and what LoRA cannot adapt.
    assert!(!targets.iter().any(|name| ["q_proj", "input_layernorm"].contains(&name.as_str())), "{targets:?}");
    let saved = offer(&mut editor, r#""modules_to_save": ["|"]"#);
    assert!(saved.iter().any(|name| name == "lm_head") && saved.iter().any(|name| name == "norm"), "{saved:?}");
    assert!(offer(&mut editor, r#""target_modules": "|""#).contains(&"all-linear".to_owned()));
    let mut editor = Editor::new(&Value::Null);
    assert!(offer(&mut editor, r#""target_modules": ["|"]"#).is_empty());
}

#[test]
fn keys_are_those_of_the_method_that_are_not_there() {
    let mut editor = Editor::new(&Value::Null);
    let (_, items) = offered(&mut editor, CONFIG, r#"{"config": {"architecture": "lora", "r": 8, |}}"#);
    let keys = labels(&items);
    assert!(keys.contains(&"alpha") && keys.contains(&"attn_matrices") && keys.contains(&"use_dora"), "{keys:?}");
    for absent in ["r", "architecture", "reduction_factor", "prefix_length"] {
        assert!(!keys.contains(&absent), "{absent} is offered");
    }
    let alpha = items.iter().find(|item| item["label"] == "alpha").expect("it is there");
    assert_eq!(alpha["textEdit"]["newText"], r#""alpha": 8"#);
    assert!(alpha["documentation"]["value"].as_str().is_some_and(|text| text.starts_with("### `alpha`")));
    let (_, items) = offered(&mut editor, CONFIG, r#"{"config": {"architecture": "reft", |}}"#);
    assert!(labels(&items).contains(&"orthogonality") && !labels(&items).contains(&"alpha"));
    let (_, items) = offered(&mut editor, CONFIG, "{|}");
    assert_eq!(labels(&items)[..3], ["config", "name", "peft_type"], "what has to be there comes first");
    let (_, items) = offered(&mut editor, CONFIG, r#"{"name": "a", |}"#);
    assert!(!labels(&items).contains(&"peft_type"), "it is AdapterHub's");
    let (_, items) = offered(&mut editor, "head_config.json", r#"{"config": {"head_type": "tagging", |}}"#);
    assert!(labels(&items).contains(&"num_labels") && !labels(&items).contains(&"num_choices"), "{:?}", labels(&items));
}

#[test]
fn values_are_those_that_fit() {
    let mut editor = Editor::new(&Value::Null);
    let mut of = |text: &str| {
        let (_, items) = offered(&mut editor, CONFIG, text);
        labels(&items).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(of(r#"{"config": {"architecture": |}}"#).contains(&"\"lora\"".to_owned()));
    assert_eq!(of(r#"{"config": {"architecture": "lora", "selfattn_lora": |}}"#)[..2], ["true", "false"]);
    assert!(of(r#"{"config": {"mh_adapter": true, "non_linearity": "|"}}"#).contains(&"\"gelu_new\"".to_owned()));
    assert!(of(r#"{"config": |}"#).contains(&"\"seq_bn\"".to_owned()));
    assert!(of(r#"{"config": {}, "model_type": "|"}"#).contains(&"\"bert\"".to_owned()));
    let matrices = of(r#"{"config": {"architecture": "lora", "attn_matrices": ["q", |]}}"#);
    assert!(matrices.contains(&"\"v\"".to_owned()) && !matrices.contains(&"\"q\"".to_owned()), "{matrices:?}");
    assert!(of(r#"{"config": {"architecture": "lora", "r": "|"}}"#).is_empty(), "no text fits");
}

#[test]
fn what_is_chosen_stands_well() {
    let mut editor = Editor::new(&Value::Null);
    let mut choose = |text, label| choose(&mut editor, CONFIG, text, label);
    assert_eq!(choose(r#"{"conf|"#, "config"), r#"{"config": {}"#);
    assert_eq!(choose(r#"{"name": "a" |}"#, "config"), r#"{"name": "a", "config": {}}"#);
    assert_eq!(choose("{\"name\": \"a\"\n  |\n}", "config"), "{\"name\": \"a\",\n  \"config\": {}\n}");
    assert_eq!(choose("{\n  co|\n  \"name\": \"a\"\n}", "config"), "{\n  \"config\": {},\n  \"name\": \"a\"\n}");
    assert_eq!(choose(r#"{"conf|ig": 1}"#, "config"), r#"{"config": 1}"#);
    assert_eq!(
        choose("{\"config\": {\"architecture\": lo|\n\"r\": 8}}", "\"lora\""),
        "{\"config\": {\"architecture\": \"lora\",\n\"r\": 8}}"
    );
    assert_eq!(
        choose("{\"config\": {\"architecture\": \"lora\", \"attn_matrices\": [\"q\"|]}}", "\"v\""),
        "{\"config\": {\"architecture\": \"lora\", \"attn_matrices\": [\"q\", \"v\"]}}"
    );
}

#[test]
fn snippets_are_for_those_who_can() {
    let mut editor = Editor::with(&capabilities(true), &Value::Null);
    let (_, items) = offered(&mut editor, CONFIG, r#"{"config": {"architecture": "lora", |}}"#);
    let item = |label: &str| items.iter().find(|item| item["label"] == label).expect("it is there");
    assert_eq!(item("r")["insertTextFormat"], 2);
    assert_eq!(item("r")["textEdit"]["newText"], r#""r": ${1:8}"#);
    let (_, items) = offered(&mut editor, CONFIG, "{|}");
    let config = items.iter().find(|item| item["label"] == "config").expect("it is there");
    assert_eq!(config["textEdit"]["newText"], r#""config": {$1\}"#);
}

#[test]
fn cards_are_typed_in_yaml() {
    let mut editor = Editor::new(&Value::Null);
    let name = "hub/adapters/me/card.yaml";
    assert_eq!(choose(&mut editor, name, "type: text_task\nta|\n", "task"), "type: text_task\ntask: \"\"\n");
    assert_eq!(choose(&mut editor, name, "task: a\ntype: |\n", "text_lang"), "task: a\ntype: text_lang\n");
    assert_eq!(choose(&mut editor, name, "task: a\ntype:|\n", "text_lang"), "task: a\ntype: text_lang\n");
    let card = "type: text_task\nconfig:\n  |\ntask: a\n";
    assert_eq!(choose(&mut editor, name, card, "using"), "type: text_task\nconfig:\n  using: \"\"\ntask: a\n");
    let card = "type: text_task\nconfig:\n  using: pf|\n";
    assert_eq!(choose(&mut editor, name, card, "pfeiffer+inv"), "type: text_task\nconfig:\n  using: pfeiffer+inv\n");
    let card = "task: a\nfiles:\n  - version: 1\n    sh|\n";
    assert!(labels(&offered(&mut editor, name, card).1).contains(&"sha1"));
    let card = "task: a\nconfig: {us|}\n";
    assert_eq!(choose(&mut editor, name, card, "using"), "task: a\nconfig: {using: \"\"}\n");
    let card = "type: text_task\nconfig: {using:|}\n";
    assert_eq!(choose(&mut editor, name, card, "pfeiffer+inv"), "type: text_task\nconfig: {using: pfeiffer+inv}\n");
    let card = "task: a\nfiles: [{version: 1, sh|\n";
    assert!(labels(&offered(&mut editor, name, card).1).contains(&"sha1"));
}

/// Codes of rules that say of a key that it is nobody's.
const UNKNOWN: [&str; 2] = ["AL201", "AL702"];

/// Findings that say that the text is broken or a key is unknown: code and pointer.
fn strangers(name: &str, text: &str, format: Format) -> BTreeSet<(String, String)> {
    let document = Document::read(text.as_bytes().to_vec(), format);
    let found = lint(&document, name, &Options::default()).findings.into_iter();
    let bad = found.filter(|finding| UNKNOWN.contains(&finding.rule.code) || finding.rule.code < "AL117");
    bad.map(|finding| (finding.rule.code.to_owned(), finding.pointer)).collect()
}

/// Every key that is offered in any object of the schemas' own examples is one that the linter knows, and stands so that
/// the text can be read.
#[test]
fn every_key_that_is_offered_is_known() {
    let mut editor = Editor::new(&Value::Null);
    let files = [
        ("adapter-config", "adapter_config.json"),
        ("adapter-fusion-config", "adapter_fusion_config.json"),
        ("head-config", "head_config.json"),
        ("adapter-setup", "adapter_setup.json"),
        ("adapter-interface", "adapter_interface.json"),
        ("lora", "lora.json"),
        ("bottleneck", "bottleneck.json"),
        ("prefix-tuning", "prefix.json"),
        ("prompt-tuning", "prompt.json"),
        ("mtl-lora", "mtl.json"),
        ("reft", "reft.json"),
        ("union", "union.json"),
        ("fusion", "fusion.json"),
        ("hub-adapter", "adapters/me/a.yaml"),
        ("hub-architecture", "architectures/a.yaml"),
        ("hub-task", "tasks/text_task/a.yaml"),
        ("hub-subtask", "subtasks/text_task/a.yaml"),
        ("hub-type", "adapter_types/a.yaml"),
    ];
    let mut tried = 0;
    for (schema, name) in files {
        let schema = schema::loaded(schema).expect("a schema");
        for example in schema["examples"].as_array().expect("examples") {
            let is_yaml = name.ends_with(".yaml");
            let format = if is_yaml { Format::Yaml } else { Format::Json };
            let text = if is_yaml { yaml(example) } else { format!("{example:#}\n") };
            let before = strangers(name, &text, format);
            let places: Vec<usize> = match format {
                Format::Json => text.match_indices('{').map(|(at, _)| at + 1).collect(),
                Format::Yaml => vec![text.len()],
            };
            for place in places {
                let typed = format!("{}|{}", &text[..place], &text[place..]);
                let (text, items) = offered(&mut editor, name, &typed);
                for item in &items {
                    let now = strangers(name, &chosen(&text, item), format);
                    assert_eq!(now, before, "{name}: {} at {place}:\n{}", item["label"], chosen(&text, item));
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 150, "only {tried} keys");
    assert_eq!(editor.leave(), (Some(0), String::new()));
}

fn yaml(example: &Value) -> String {
    adapter_spec::document::write::to_yaml(&adapter_spec::value::Value::from(example))
}

/// At places all over all fixtures, and at the end of what is typed so far, there is an answer, and what is offered can be
/// chosen.
#[test]
fn something_can_be_typed_everywhere() {
    let mut editor = Editor::new(&Value::Null);
    let mut offers = 0;
    for (number, sample) in fixtures::all().iter().enumerate() {
        let uri = sample.uri();
        editor.open(&uri, sample.language(), &sample.text);
        let boundaries: Vec<usize> = sample.text.char_indices().map(|(at, _)| at).chain([sample.text.len()]).collect();
        let places = boundaries.iter().skip(number % 7).step_by(boundaries.len() / 4 + 1);
        for place in places {
            let typed = &sample.text[..*place];
            editor.replace(&uri, 2, typed);
            for text in [typed, &sample.text] {
                editor.replace(&uri, 3, text);
                let items = editor.at("textDocument/completion", &uri, &position(text, *place)).expect("an answer");
                let items = items.as_array().expect("a list");
                if let Some(item) = items.get(number % items.len().max(1)) {
                    offers += 1;
                    let edited = chosen(text, item);
                    assert!(
                        edited.contains(item["label"].as_str().unwrap_or_default().trim_matches('"'))
                            || item["label"] == "{…}"
                    );
                }
                editor.at("textDocument/hover", &uri, &position(text, *place)).expect("an answer");
            }
        }
        editor.close(&uri);
    }
    assert!(offers > 200, "only {offers} offers");
    assert_eq!(editor.leave(), (Some(0), String::new()));
}
