//! The manual does not lie: the example of every rule has the flaw.
//!
//! An example in JSON is a whole file. One in YAML is a part of a card, which takes the place of the same keys in a card
//! of `fixtures/hub/repo-good`; a comment in its first line says which cards, or which card is not there. Weights are no
//! text: of their rules (AL5xx, AL6xx) only those are tried whose example is the whole file.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use adapter_spec::dialects::adapterhub::hub::{Card, check_repository};
use adapter_spec::dialects::{Target, Targets};
use adapter_spec::document::{Document, Format};
use adapter_spec::lint::{Options, RuleInfo, lint, lint_weights, rules};
use adapter_spec::models::Model;

/// The base model that an example is about.
const MODELS: [(&str, &str); 43] = [
    ("AL401", "bert-base-uncased"),
    ("AL402", "bert-base-uncased"),
    ("AL403", "facebook/bart-base"),
    ("AL404", "bert-base-uncased"),
    ("AL405", "gpt2"),
    ("AL406", "bert-base-uncased"),
    ("AL407", "bert-base-uncased"),
    ("AL408", "gpt2"),
    ("AL409", "Qwen/Qwen2-0.5B"),
    ("AL410", "facebook/bart-base"),
    ("AL451", "bert-base-uncased"),
    ("AL411", "gpt2"),
    ("AL412", "Mistral NeMo"),
    ("AL452", "bert-base-uncased"),
    ("AL453", "EleutherAI/pythia-160m"),
    ("AL455", "meta-llama/Llama-2-7b-hf"),
    ("AL456", "meta-llama/Llama-2-7b-hf"),
    ("AL457", "gpt2"),
    ("AL458", "bert-base-uncased"),
    ("AL459", "google/vit-base-patch16-224"),
    ("AL460", "bert-base-uncased"),
    ("AL461", "meta-llama/Llama-2-7b-hf"),
    ("AL462", "bert-base-uncased"),
    ("AL463", "meta-llama/Llama-2-7b-hf"),
    ("AL464", "meta-llama/Llama-2-7b-hf"),
    ("AL465", "meta-llama/Llama-2-7b-hf"),
    ("AL466", "a tied LLaMA"),
    ("AL467", "a bare BERT"),
    ("AL468", "meta-llama/Llama-2-7b-hf"),
    ("AL469", "meta-llama/Llama-2-7b-hf"),
    ("AL470", "meta-llama/Llama-2-7b-hf"),
    ("AL471", "meta-llama/Llama-2-7b-hf"),
    ("AL472", "gpt2"),
    ("AL473", "meta-llama/Llama-2-7b-hf"),
    ("AL474", "a LLaMA with a cache"),
    ("AL475", "meta-llama/Llama-2-7b-hf"),
    ("AL476", "mistralai/Mistral-7B-v0.1"),
    ("AL756", "bert-base-uncased"),
    ("AL859", "Qwen/Qwen2-0.5B"),
    ("AL860", "meta-llama/Llama-3.1-8B"),
    ("AL861", "gpt2"),
    ("AL862", "a bare GPT-2"),
    ("AL863", "gpt2"),
];

/// Models that are not well known.
const OTHER_MODELS: [(&str, &str); 7] = [
    (
        "a bare BERT",
        r#"{"model_type": "bert", "architectures": ["BertModel"], "hidden_size": 64, "num_hidden_layers": 2,
            "num_attention_heads": 4, "intermediate_size": 128, "vocab_size": 99}"#,
    ),
    (
        "a bare GPT-2",
        r#"{"model_type": "gpt2", "architectures": ["GPT2Model"], "n_embd": 64, "n_layer": 2, "n_head": 4}"#,
    ),
    (
        "a LLaMA with a cache",
        r#"{"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 64, "num_hidden_layers": 2,
            "num_attention_heads": 4, "intermediate_size": 128, "vocab_size": 99, "use_cache": true}"#,
    ),
    (
        "a tied LLaMA",
        r#"{"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 64, "num_hidden_layers": 2,
            "num_attention_heads": 4, "intermediate_size": 128, "vocab_size": 99, "tie_word_embeddings": true}"#,
    ),
    (
        "Mistral NeMo",
        r#"{"model_type": "mistral", "hidden_size": 5120, "num_hidden_layers": 40, "num_attention_heads": 32,
            "num_key_value_heads": 8, "head_dim": 128, "intermediate_size": 14336}"#,
    ),
    ("Qwen/Qwen2-0.5B", r#"{"model_type": "qwen2", "hidden_size": 896, "num_hidden_layers": 24}"#),
    ("EleutherAI/pythia-160m", r#"{"model_type": "gpt_neox", "hidden_size": 768, "num_hidden_layers": 12}"#),
];

/// Names of files without which an example is nothing out of the way.
const NAMES: [(&str, &str); 2] = [("AL119", "adapter_config.json"), ("AL757", "adapter_config.json")];

/// Rules of the text whose example a page of text cannot hold: bytes, or great depth or size. And of the settings, which
/// are judged by what they are for; and of weights for a release.
const IN_WORDS: [&str; 10] = ["AL001", "AL002", "AL104", "AL105", "AL108", "AL114", "AL115", "AL118", "AL813", "AL874"];

/// Rules of weights whose example is what stands in place of weights.
const IN_PLACE_OF_WEIGHTS: [&str; 2] = ["AL501", "AL502"];

#[test]
fn examples_have_the_flaw() {
    let mut wrong = Vec::new();
    let is_of_weights = |rule: &RuleInfo| rule.code.starts_with("AL5") || rule.code.starts_with("AL6");
    let is_tried = |rule: &&RuleInfo| {
        let is_text = !is_of_weights(rule) || IN_PLACE_OF_WEIGHTS.contains(&rule.code);
        is_text && !IN_WORDS.contains(&rule.code)
    };
    for rule in rules().into_iter().filter(is_tried) {
        let (language, text) = example(rule);
        let found = match language.as_str() {
            _ if is_of_weights(rule) => in_weights(&text),
            "json" => in_file(rule, &text, Format::Json),
            _ if rule.code < "AL7" => in_file(rule, &text, Format::Yaml),
            language => in_repository(language, &text),
        };
        if !found.iter().any(|line| line.starts_with(rule.code)) {
            wrong.push(format!("{} {}: {found:#?}", rule.code, rule.name()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Language and text of the example in a manual.
fn example(rule: &RuleInfo) -> (String, String) {
    let manual = rule.manual();
    let part = manual.split("## Example").nth(1).unwrap_or_default();
    let block = part.split("```").nth(1).unwrap_or_default();
    let (language, text) = block.split_once('\n').unwrap_or_default();
    (language.to_owned(), text.to_owned())
}

fn in_file(rule: &RuleInfo, text: &str, format: Format) -> Vec<String> {
    let of_rule =
        |table: &[(&str, &'static str)]| table.iter().find(|(code, _)| *code == rule.code).map(|(_, value)| *value);
    let options = Options { model: of_rule(&MODELS).map(model), targets: targets(rule), ..Options::default() };
    let document = Document::read(text.as_bytes().to_vec(), format);
    let findings = lint(&document, of_rule(&NAMES).unwrap_or_default(), &options).findings;
    findings.iter().map(|finding| format!("{} {}: {}", finding.rule.code, finding.pointer, finding.message)).collect()
}

/// The release that the manual says the example is for.
fn targets(rule: &RuleInfo) -> Targets {
    let manual = rule.manual();
    let mut named = manual.split("\nfor `").skip(1).filter_map(|behind| behind.split('`').next());
    let name = named.find(|name| ["adapter", "peft", "vllm"].iter().any(|start| name.starts_with(start)));
    name.map(|name| name.parse::<Target>().expect("the manual names a release").into()).unwrap_or_default()
}

fn in_weights(text: &str) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let path = folder.path().join("pytorch_adapter.bin");
    fs::write(&path, text).expect("a file");
    let linted = lint_weights(&path, &Options::default()).expect("the file can be read").expect("the name is known");
    linted.findings.iter().map(|finding| format!("{}: {}", finding.rule.code, finding.message)).collect()
}

fn model(name: &str) -> Model {
    let read = |(_, text): &(&str, &str)| {
        Document::read(text.as_bytes().to_vec(), Format::Json).root.and_then(|root| Model::from_config(&root))
    };
    let other = OTHER_MODELS.iter().find(|(known, _)| *known == name);
    other.and_then(read).or_else(|| Model::well_known(name)).unwrap_or_else(|| panic!("{name} is not known"))
}

/// What is found in the repository of the fixtures after it was changed as the example says.
fn in_repository(language: &str, text: &str) -> Vec<String> {
    let mut files = BTreeMap::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hub/repo-good");
    collect(&root, &root, &mut files);
    let first = text.lines().next().unwrap_or_default();
    let paths: Vec<_> = first.split([' ', ',']).filter(|word| word.contains('/')).map(str::to_owned).collect();
    match paths.as_slice() {
        [path, ..] if first.contains("without") => {
            files.remove(path);
            change(&mut files, &["adapters/example-org/example.yaml".to_owned()], text);
        }
        [path] if first.contains("whole") || language == "text" => drop(files.insert(path.clone(), text.to_owned())),
        [] => change(&mut files, &["adapters/example-org/example.yaml".to_owned()], text),
        paths => change(&mut files, paths, text),
    }
    let documents: Vec<_> =
        files.iter().map(|(path, text)| (path, Document::read(text.as_bytes().to_vec(), Format::Yaml))).collect();
    let cards: Vec<_> = documents.iter().map(|(path, document)| Card { path, document }).collect();
    let between = check_repository(&cards).into_iter().map(|(at, finding)| (documents[at].0, finding));
    let within = documents.iter().flat_map(|(path, document)| {
        let findings = lint(document, path, &Options::default()).findings;
        findings.into_iter().map(move |finding| (*path, finding))
    });
    let told = |(path, finding): (&String, adapter_spec::lint::Finding)| {
        format!("{} {path}{}: {}", finding.rule.code, finding.pointer, finding.message)
    };
    within.chain(between).map(told).collect()
}

/// Gives cards the keys of a text; a new card is made from the one of these that is there, else from another of its
/// folder.
fn change(files: &mut BTreeMap<String, String>, paths: &[String], text: &str) {
    let folder = |path: &str| path.split('/').next().map(str::to_owned);
    for path in paths {
        let same = paths.iter().find_map(|path| files.get(path));
        let kin = files.iter().find(|(other, _)| folder(other) == folder(path)).map(|(_, text)| text);
        let card = same.or(kin).expect("the repository has cards of every kind");
        let mut merged = String::new();
        let mut is_replaced = false;
        for line in card.lines() {
            if let Some(key) = key(line) {
                is_replaced = text.lines().any(|line| self::key(line) == Some(key));
            }
            if !is_replaced {
                merged += line;
                merged.push('\n');
            }
        }
        files.insert(path.clone(), merged + text);
    }
}

/// The key at the outermost level that starts in this line.
fn key(line: &str) -> Option<&str> {
    let (key, _) = line.split_once(':')?;
    key.starts_with(|c: char| c.is_ascii_alphabetic()).then_some(key)
}

fn collect(folder: &Path, root: &Path, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).expect("the folder is in the repository") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            collect(&path, root, files);
        } else {
            let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            files.insert(name, fs::read_to_string(&path).expect("the card is text"));
        }
    }
}
