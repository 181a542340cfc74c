//! The JSON reader agrees with `serde_json` on what is JSON and on what it means, never panics, and reads what is written.
#![no_main]

use adapter_spec::document::{Node, Problem, ProblemKind, json};
use adapter_spec::value::Value;

mod again;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let (root, problems) = json::parse(text);
    for problem in &problems {
        assert!(text.get(problem.span.start..problem.span.end).is_some(), "{problem:?}");
    }
    if let Some(root) = root.as_ref().filter(|_| problems.iter().all(|problem| problem.kind.is_readable())) {
        again::json(&root.to_value());
    }
    // The two bound the nesting differently.
    if text.matches(['[', '{']).count() <= 100 {
        agrees_with_serde(text, root.as_ref(), &problems);
    }
});

fn agrees_with_serde(text: &str, root: Option<&Node>, problems: &[Problem]) {
    let is_flawed = problems.iter().any(|problem| problem.kind != ProblemKind::DuplicateKey);
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(theirs) => {
            assert!(!is_flawed, "{problems:?}");
            let ours = root.expect("a text without problems has a value").to_value();
            assert!(is_same(&ours, &theirs), "{ours:?}, {theirs:?}");
        }
        Err(_) => {
            // Python reads integers of any size; `serde_json` does not.
            let is_large = text.bytes().filter(u8::is_ascii_digit).count() > 300;
            assert!(is_flawed || is_large || text.starts_with('\u{feff}'));
        }
    }
}

/// Whether both are the same value; `serde_json` makes floats of integers beyond 64 bits.
fn is_same(ours: &Value, theirs: &serde_json::Value) -> bool {
    match (ours, theirs) {
        (Value::Int(int), serde_json::Value::Number(number)) => {
            int.as_str() == number.to_string() || number.as_f64() == Some(int.as_f64())
        }
        (Value::Float(float), serde_json::Value::Number(number)) => number.as_f64() == Some(*float),
        (Value::List(ours), serde_json::Value::Array(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| is_same(ours, theirs))
        }
        (Value::Map(ours), serde_json::Value::Object(theirs)) => {
            ours.len() == theirs.len()
                && ours.iter().zip(theirs).all(|((a, ours), (b, theirs))| a == b && is_same(ours, theirs))
        }
        (ours, theirs) => ours.to_json() == *theirs,
    }
}
