//! Inputs made to be slow or to overflow the stack. Nothing is timed: where lists are [`LONG`], a comparison of all with
//! all takes the better part of an hour, and otherwise it takes seconds, which shows in the time of the whole.

use std::fmt::Write as _;

use adapter_spec::dialects::adapterhub::load::{LoadError, Loader, Reading};
use adapter_spec::dialects::peft::config::{PeftMethod, Type};
use adapter_spec::document::{Document, Format, MAX_DEPTH};
use adapter_spec::lint::{MOST_OF_A_RULE, Options, lint};
use adapter_spec::merge::{Layer, Layered, Origin, PathError, SetPath};
use adapter_spec::python::literal_eval;
use adapter_spec::value::{Map, Value};

/// So many values: below the limit of a document, and squared too many to be compared. (Unoptimised, 20,000 names compared
/// with as many took 4 seconds.)
const LONG: usize = 300_000;

fn json(text: String) -> Document {
    Document::read(text.into_bytes(), Format::Json)
}

/// `row(0), row(1), …`
fn rows(count: usize, row: impl Fn(usize) -> String) -> String {
    (0..count).map(row).collect::<Vec<_>>().join(", ")
}

/// How many findings of each of the rules there are.
fn findings(document: &Document, name: &str, rules: &[&str]) -> Vec<usize> {
    let linted = lint(document, name, &Options::default());
    let count = |rule: &&str| linted.findings.iter().filter(|finding| finding.rule.name() == *rule).count();
    rules.iter().map(count).collect()
}

fn head(labels: &str) -> Document {
    json(format!(
        r#"{{"model_class": "BertAdapterModel", "model_type": "bert", "name": "ner", "version": "adapters.1.3.0",
            "config": {{"head_type": "tagging", "num_labels": 20000, "label2id": {{{labels}}}}}}}"#
    ))
}

#[test]
fn many_labels_with_different_ids() {
    let document = head(&rows(20_000, |i| format!(r#""L{i}": {i}"#)));
    assert_eq!(findings(&document, "head_config.json", &["label-ids-collide"]), [0]);
}

#[test]
fn many_labels_with_one_id() {
    let document = head(&rows(20_000, |i| format!(r#""L{i}": 7"#)));
    assert_eq!(findings(&document, "head_config.json", &["label-ids-collide"]), [MOST_OF_A_RULE]);
}

#[test]
fn ids_of_labels_are_compared_as_integers_of_any_size() {
    let collisions = |labels| findings(&head(labels), "head_config.json", &["label-ids-collide"])[0];
    assert_eq!(collisions(r#""A": 1e300, "B": 2e300, "C": 1e400"#), 0);
    assert_eq!(collisions(r#""A": NaN, "B": 0"#), 0);
    assert_eq!(collisions(r#""A": 1000, "B": "1_000", "C": 1000.5"#), 2);
    assert_eq!(
        collisions(r#""A": 100000000000000000000, "B": "100000000000000000000", "C": 100000000000000000001"#),
        1
    );
}

fn model(adapters: &str, map: &str, fusions: &str) -> Document {
    json(format!(
        r#"{{"model_type": "bert", "hidden_size": 768, "adapters": {{"adapters": {{{adapters}}},
            "config_map": {{{map}}}, "fusions": {{{fusions}}}, "fusion_config_map": {{}}}}}}"#
    ))
}

#[test]
fn many_adapters_in_a_section() {
    const CONFIG: &str = r#"{"architecture": "prefix_tuning"}"#;
    let adapters = rows(20_000, |i| format!(r#""a{i}": "c{i}""#));
    let map = rows(20_000, |i| format!(r#""c{i}": {CONFIG}"#));
    let rules = ["adapter-config-undefined", "config-map-entry-unused"];
    assert_eq!(findings(&model(&adapters, &map, ""), "config.json", &rules), [0, 0]);
}

#[test]
fn many_adapters_without_their_configs() {
    let adapters = rows(20_000, |i| format!(r#""a{i}": "c{i}""#));
    let map = rows(20_000, |i| format!(r#""d{i}": {{}}"#));
    let rules = ["adapter-config-undefined", "config-map-entry-unused"];
    assert_eq!(findings(&model(&adapters, &map, ""), "config.json", &rules), [MOST_OF_A_RULE, MOST_OF_A_RULE]);
}

#[test]
fn many_fusions() {
    let adapters = rows(20_000, |i| format!(r#""a{i}": "seq_bn""#));
    let fusions = rows(10_000, |i| format!(r#""a{i},a{}": "static""#, i + 10_000));
    let rules = ["fusion-adapter-undefined", "fusion-adapters-disagree"];
    assert_eq!(findings(&model(&adapters, "", &fusions), "config.json", &rules), [0, 0]);
}

#[test]
fn many_unknown_keys_are_linted() {
    let document = json(format!(r#"{{"architecture": "lora", {}}}"#, rows(50_000, |i| format!(r#""k{i}": {i}"#))));
    assert_eq!(findings(&document, "adapter.json", &["unknown-key"]), [MOST_OF_A_RULE]);
}

#[test]
fn many_misspelt_keys_are_linted() {
    let document =
        json(format!(r#"{{"architecture": "lora", {}}}"#, rows(20_000, |i| format!(r#""dropout{i}": {i}"#))));
    assert_eq!(findings(&document, "adapter.json", &["unknown-key"]), [MOST_OF_A_RULE]);
    assert_eq!(findings(&head(""), "head_config.json", &["file-key-refused"]), [0]);
    let keys = rows(20_000, |i| format!(r#""num_label{i}": 1"#));
    let text = head("").source.text().replace("\"num_labels\": 20000", &keys);
    assert_eq!(findings(&json(text), "head_config.json", &["file-key-refused"]), [MOST_OF_A_RULE]);
}

#[test]
fn many_unknown_keys_are_resolved() {
    let document = json(format!(r#"{{"architecture": "lora", {}}}"#, rows(100_000, |i| format!(r#""k{i}": {i}"#))));
    let loader = Loader::default();
    let resolved =
        loader.load_document(&document, "adapter.json", Reading::Config, &[]).expect("unknown keys are kept");
    assert_eq!(resolved.expect("a config").notes().len(), 100_000);
}

/// Bottleneck adapters of one union differ in both places, and the last one in none.
#[test]
fn many_members_of_a_union() {
    let mut text = String::new();
    for i in 0..4000 {
        write!(text, "seq_bn[mh_adapter={i},output_adapter={i}]|").expect("text takes all");
    }
    let loader = Loader::default();
    assert!(loader.load_text(text.trim_end_matches('|'), &[]).is_ok());
    text.push_str("seq_bn[mh_adapter=5000,output_adapter=17.0]");
    match loader.load_text(&text, &[]) {
        Err(LoadError::Conflict { first, second, .. }) => {
            assert_eq!((first.as_str(), second.as_str()), ("/configs/17", "/configs/4000"));
        }
        other => panic!("no conflict: {other:?}"),
    }
}

#[test]
fn members_that_leave_out_layers_never_conflict() {
    let text = vec!["lora[leave_out=[1]]"; 4000].join("|");
    assert!(Loader::default().load_text(&text, &[]).is_ok());
}

#[test]
fn many_feedforward_modules_that_are_targets() {
    let names = rows(LONG, |i| format!(r#""m{i}""#));
    let config = |last: &str| {
        json(format!(r#"{{"peft_type": "IA3", "target_modules": [{names}], "feedforward_modules": [{names}{last}]}}"#))
    };
    assert_eq!(findings(&config(""), "adapter_config.json", &["peft-sizes-contradict"]), [0]);
    assert_eq!(findings(&config(r#", "m""#), "adapter_config.json", &["peft-sizes-contradict"]), [1]);
}

#[test]
fn many_targets_in_many_blocks() {
    let targets = rows(LONG, |i| format!(r#""model.{i}.q""#));
    let config = |last: &str| {
        let names = rows(LONG, |i| format!(r#""{i}.q""#));
        json(format!(
            r#"{{"peft_type": "LORA", "target_modules": [{targets}{last}],
                "use_bdlora": {{"target_modules_bd_a": [{names}], "target_modules_bd_b": []}}}}"#
        ))
    };
    assert_eq!(findings(&config(""), "adapter_config.json", &["peft-sizes-contradict"]), [0]);
    assert_eq!(findings(&config(r#", "v""#), "adapter_config.json", &["peft-sizes-contradict"]), [1]);
}

#[test]
fn a_wide_composition_of_unknown_blocks() {
    let block = r#"{"type": "parse_composition", "children": [{"type": "single", "children": ["a"]}]}"#;
    let children = vec![block; LONG / 10].join(", ");
    let setup = json(format!(
        r#"{{"adapter_setup": {{"type": "Stack", "children": [{children}]}}, "head_setup": null,
            "version": "adapters.1.3.0"}}"#
    ));
    assert_eq!(findings(&setup, "adapter_setup.json", &["composition-type-unknown"]), [MOST_OF_A_RULE]);
}

/// A value of this type with many parts, if there is one.
fn many(accepts: &Type, count: usize) -> Option<String> {
    match accepts {
        Type::List(Type::Int(_) | Type::Number(_)) => Some(format!("[{}]", rows(count, |i| i.to_string()))),
        Type::List(Type::List(_)) => Some(format!("[{}]", rows(count, |i| format!("[{i}, {}]", i + 1)))),
        Type::List(Type::Bool) => Some(format!("[{}]", rows(count, |_| "true".to_owned()))),
        Type::List(_) => Some(format!("[{}]", rows(count, |i| format!(r#""m{i}""#)))),
        Type::Map(_) => Some(format!("{{{}}}", rows(count, |i| format!(r#""m{i}": 8"#)))),
        Type::OneOf(types) => types.iter().find_map(|accepts| many(accepts, count)),
        Type::Nullable(accepts) => many(accepts, count),
        _ => None,
    }
}

/// Every method of PEFT with all its lists and patterns long at once, so that those are compared which belong together.
#[test]
fn long_lists_of_every_method() {
    // Not as many as elsewhere: there are 45 methods, with some ten lists each. So this shows what panics, overflows or is
    // worse than quadratic.
    const MANY: usize = LONG / 60;
    for method in PeftMethod::all() {
        let long = method.keys().filter_map(|key| Some(format!(r#""{}": {}"#, key.name, many(&key.accepts, MANY)?)));
        let keys: Vec<_> = long.collect();
        let config = json(format!(r#"{{"peft_type": "{}", {}}}"#, method.peft_type, keys.join(", ")));
        assert!(config.root.is_some(), "{}: the config can be read", method.peft_type);
        let _ = lint(&config, "adapter_config.json", &Options::default());
    }
}

#[test]
fn a_long_path_is_refused() {
    let parse = |parts: usize| format!("{}a=1", "a.".repeat(parts - 1)).parse::<SetPath>();
    assert!(parse(MAX_DEPTH).is_ok());
    assert_eq!(parse(MAX_DEPTH + 1), Err(PathError::TooDeep { parts: MAX_DEPTH + 1 }));
    assert_eq!(parse(5000), Err(PathError::TooDeep { parts: 5000 }));

    let path = vec!["a".to_owned(); 5000];
    let value = || Layered::new(Value::Bool(true), &Origin::Override);
    assert_eq!(Layer::default().set(&path, value()), Err(PathError::TooDeep { parts: 5000 }));
    let change = SetPath { path, value: Value::Bool(true) };
    let loaded = Loader::default().load_text("lora", &[change]);
    assert!(matches!(loaded, Err(LoadError::Path(PathError::TooDeep { parts: 5000 }))));

    let mut layer = Layer::default();
    assert_eq!(layer.set(&vec!["a".to_owned(); MAX_DEPTH], value()), Ok(()));
}

#[test]
fn many_keys_and_merges_in_yaml() {
    let keys = rows(20_000, |i| format!("k{i}: {i}"));
    let document = Document::read(format!("a: 1\n<<: [{{{keys}}}, {{k1: 0, b: 2}}]\n").into_bytes(), Format::Yaml);
    assert_eq!(document.root.map(|root| root.members().len()), Some(20_002));

    let mut text = String::new();
    for i in 0..20_000 {
        writeln!(text, "<<: {{k{i}: {i}}}").expect("text takes all");
    }
    let document = Document::read(text.into_bytes(), Format::Yaml);
    assert_eq!(document.root.map(|root| root.members().len()), Some(20_000));
}

#[test]
fn many_entries_of_a_dict_and_a_set() {
    let dict = format!("{{{}}}", rows(50_000, |i| format!("'k{i}': {i}")));
    let set = format!("{{{}}}", rows(50_000, |i| i.to_string()));
    for text in [dict, set] {
        let object = literal_eval(&text).expect("a literal");
        assert!(object.equals(&object));
    }
}

#[test]
fn equality_of_mappings_minds_the_order() {
    let map = |keys: [&str; 2]| keys.map(|key| (key.to_owned(), Value::Null)).into_iter().collect::<Map>();
    assert_eq!(map(["a", "b"]), map(["a", "b"]));
    assert_ne!(map(["a", "b"]), map(["b", "a"]));
}
