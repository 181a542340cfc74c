//! Any text can be evaluated as a Python literal; what has been evaluated equals itself, and can be written as JSON and
//! read again, or is refused.
#![no_main]

use adapter_spec::document::{MAX_DEPTH, ProblemKind, json};
use adapter_spec::python::{dumps, literal_eval};

mod again;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(object) = literal_eval(text) else { return };
    // JSON is read less deep than Python's literals.
    if let Ok(value) = object.to_value()
        && text.matches(['[', '{', '(']).count() < MAX_DEPTH
    {
        again::json(&value);
    }
    if let Ok(text) = dumps(&object) {
        let (root, problems) = json::parse(&text);
        let is_taken = |kind: ProblemKind| kind.is_readable() || kind == ProblemKind::NestingTooDeep;
        assert!(root.is_some() && problems.iter().all(|problem| is_taken(problem.kind)), "{problems:?} in {text}");
    }
});
