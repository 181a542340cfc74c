//! Laws of `python` and of writing values, on generated input.

use adapter_spec::dialects::adapterhub::config_string;
use adapter_spec::dialects::adapterhub::load::Loader;
use adapter_spec::document::{json, write, yaml};
use adapter_spec::python::{Object, dumps, float_json, literal_eval, same};
use adapter_spec::value::{Int, Value};
use proptest::prelude::*;

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        "-?[1-9][0-9]{0,30}".prop_map(|digits| Value::Int(Int::parse(&digits).expect("digits"))),
        any::<f64>().prop_map(Value::Float),
        any::<String>().prop_map(Value::String),
        "[a-z0-9_.:~ -]{0,6}".prop_map(Value::String),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            prop::collection::vec((any::<String>(), inner), 0..4)
                .prop_map(|entries| Value::Map(entries.into_iter().collect())),
        ]
    })
}

/// A Python literal of a value; `None` where there is none (NaN and infinities).
fn literal(value: &Value) -> Option<String> {
    let all = |items: &[Value]| items.iter().map(literal).collect::<Option<Vec<_>>>();
    Some(match value {
        Value::Null => "None".to_owned(),
        Value::Bool(b) => if *b { "True" } else { "False" }.to_owned(),
        Value::Int(int) => int.to_string(),
        Value::Float(f) if f.is_finite() => float_json(*f),
        Value::Float(_) => return None,
        Value::String(_) => dumps(&Object::from(value)).ok()?,
        Value::List(items) => format!("[{}]", all(items)?.join(", ")),
        Value::Map(map) => {
            let key = |key: &str| dumps(&Object::Str(key.to_owned())).ok();
            let entries = map.iter().map(|(k, v)| Some(format!("{}: {}", key(k)?, literal(v)?)));
            format!("{{{}}}", entries.collect::<Option<Vec<_>>>()?.join(", "))
        }
    })
}

proptest! {
    #[test]
    fn floats_read_back_as_themselves(f in any::<f64>().prop_filter("finite", |f| f.is_finite())) {
        let text = float_json(f);
        prop_assert_eq!(text.parse::<f64>().expect("a number").to_bits(), f.to_bits());
        prop_assert!(text.contains(['.', 'e']));
    }

    #[test]
    fn what_is_dumped_is_read_back(value in value()) {
        let text = dumps(&Object::from(&value)).expect("values have a JSON form");
        prop_assert!(text.is_ascii());
        let (node, problems) = json::parse(&text);
        prop_assert!(problems.iter().all(|problem| problem.kind.is_readable()), "{:?}", problems);
        prop_assert!(same(&node.expect("a value").to_value(), &value));
    }

    #[test]
    fn json_is_read_back(value in value()) {
        let (node, problems) = json::parse(&write::to_json(&value));
        prop_assert!(problems.iter().all(|problem| problem.kind.is_readable()), "{:?}", problems);
        prop_assert!(same(&node.expect("a value").to_value(), &value));
    }

    #[test]
    fn yaml_is_read_back(value in value()) {
        let text = write::to_yaml(&value);
        let (node, problems) = yaml::parse(&text);
        prop_assert!(problems.is_empty(), "{text}\n{:?}", problems);
        prop_assert!(same(&node.expect("a value").to_value(), &value), "{text}");
    }

    #[test]
    fn literals_are_read_back(value in value()) {
        if let Some(text) = literal(&value) {
            let read = literal_eval(&text).expect("a literal").to_value().expect("it has a JSON form");
            prop_assert!(same(&read, &value), "{text}");
        }
    }

    #[test]
    fn any_text_is_a_literal_or_an_error(text in prop_oneof![
        any::<String>(),
        "[\\[\\](){},:'\"\\\\ \\r\\n0-9a-fxjJ_.+*#buUNrRset-]{0,24}",
    ]) {
        if let Err(error) = literal_eval(&text) {
            prop_assert!(error.at <= text.len());
        }
    }

    #[test]
    fn any_text_is_a_config_or_an_error(text in prop_oneof![
        any::<String>(),
        "(lora|seq_bn|mam|x)[\\[\\](){},:'\"= |r0-9a-z_.+-]{0,24}",
    ]) {
        let _ = config_string::parse(&text);
        let _ = Loader::default().load_text(&text, &[]);
    }
}

#[test]
fn deep_nesting_is_an_error() {
    for (open, close) in [("[", "]"), ("(", ")"), ("{1:", "}"), ("-(", ")"), ("set(", ")")] {
        let text = format!("{}{}{}", open.repeat(100_000), 1, close.repeat(100_000));
        assert!(literal_eval(&text).is_err());
    }
    assert!(literal_eval(&"-".repeat(100_000)).is_err());
    assert!(literal_eval(&format!("{}1{}", "[".repeat(200), "]".repeat(200))).is_ok());
    assert!(literal_eval(&format!("{}1{}", "[".repeat(201), "]".repeat(201))).is_err());
}
