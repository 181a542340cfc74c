//! The JSON reader agrees with `serde_json` on what is JSON, and never panics.
#![no_main]

use adapter_spec::document::{ProblemKind, json};

libfuzzer_sys::fuzz_target!(|text: &str| {
    if text.matches(['[', '{']).count() > 100 {
        // The two bound the nesting differently.
        let _ = json::parse(text);
        return;
    }
    let (root, problems) = json::parse(text);
    let is_flawed = problems.iter().any(|problem| problem.kind != ProblemKind::DuplicateKey);
    if serde_json_accepts(text) {
        assert!(!is_flawed && root.is_some(), "{problems:?}");
    } else {
        // Python reads integers of any size; `serde_json` does not.
        let is_large = text.bytes().filter(u8::is_ascii_digit).count() > 300;
        assert!(is_flawed || is_large || text.starts_with('\u{feff}'));
    }
});

fn serde_json_accepts(text: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(text).is_ok()
}
