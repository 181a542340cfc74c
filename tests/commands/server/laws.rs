//! Texts that are edited at random.

use std::cell::RefCell;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::editor::{Editor, position};

const START: &str = "{\n  \"config\": {\"architecture\": \"lora\", \"r\": 8},\r\n  \"näme\": \"𝒳\"\n}\n";

/// Where an edit begins and how much it takes away, in per mille of the text; what it puts in.
type Edit = (usize, usize, String);

fn edits() -> impl Strategy<Value = Vec<Vec<Edit>>> {
    let piece = prop::sample::select(vec![
        "{",
        "}",
        "[",
        ",",
        ":",
        "\"",
        "\n",
        "\r\n",
        "\r",
        "\"r\": 0",
        "\"alpha\": true,",
        "é",
        "𝒳",
        "null",
        "//",
        "lora",
        "\"architecture\": \"prefix_tuning\"",
        "\\",
        "\u{2028}",
        "1e999",
        "'",
    ]);
    let text = prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat());
    prop::collection::vec(prop::collection::vec((0..=1000_usize, 0..300_usize, text), 1..4), 1..6)
}

#[test]
fn an_edited_text_is_judged_as_a_fresh_one() {
    let session = RefCell::new((Editor::new(&Value::Null), 0));
    let mut runner = TestRunner::new(Config { cases: 60, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&edits(), |changes| {
        let (editor, round) = &mut *session.borrow_mut();
        *round += 1;
        let (edited, fresh) =
            (format!("file:///{round}/adapter_config.json"), format!("file:///{round}/f/adapter_config.json"));
        let mut text = START.to_owned();
        editor.open(&edited, "json", &text);
        for (version, edits) in changes.iter().enumerate() {
            let mut content = Vec::new();
            for (from, take, put) in edits {
                let boundary =
                    |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
                let start = boundary(text.len() * from / 1000);
                let end = boundary(start + take / 10).max(start);
                // The inside of a line's end has no place of its own.
                let splits = |at: usize| text[..at].ends_with('\r') && text[at..].starts_with('\n');
                if splits(start) || splits(end) {
                    continue;
                }
                let range = json!({"start": position(&text, start), "end": position(&text, end)});
                content.push(json!({"range": range, "text": put}));
                text.replace_range(start..end, put);
            }
            let document = json!({"uri": edited, "version": version + 2});
            editor.notify("textDocument/didChange", &json!({"textDocument": document, "contentChanges": content}));
        }
        editor.open(&fresh, "json", &text);
        let last = i32::try_from(changes.len()).expect("a few") + 1;
        // Places that belong to a finding name their file.
        let of = |found: Vec<Value>| json!(found).to_string().replace("/f/adapter", "/adapter");
        let found = of(editor.diagnostics(&edited, last));
        prop_assert_eq!(found, of(editor.diagnostics(&fresh, 1)), "{}", text);
        editor.close(&edited);
        editor.close(&fresh);
        Ok(())
    });
    outcome.expect("the law holds");
    assert_eq!(session.into_inner().0.leave(), (Some(0), String::new()));
}
