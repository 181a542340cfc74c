//! The YAML reader never panics, keeps its spans within the text, and reads what is written.
#![no_main]

use adapter_spec::document::{Document, Format, Kind, Node};

mod again;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let document = Document::read(bytes.to_vec(), Format::Yaml);
    let text = document.source.text();
    for problem in &document.problems {
        assert!(text.get(problem.span.start..problem.span.end).is_some(), "{problem:?}");
    }
    let Some(root) = &document.root else { return };
    spans_are_within(root, text);
    if document.is_readable() {
        let value = root.to_value();
        again::yaml(&value);
        again::json(&value);
    }
});

fn spans_are_within(node: &Node, text: &str) {
    assert!(text.get(node.span.start..node.span.end).is_some(), "{:?}", node.span);
    match &node.kind {
        Kind::Leaf(_) => {}
        Kind::List(items) => items.iter().for_each(|item| spans_are_within(item, text)),
        Kind::Map(members) => {
            for member in members {
                assert!(text.get(member.key_span.start..member.key_span.end).is_some(), "{:?}", member.key_span);
                spans_are_within(&member.node, text);
            }
        }
    }
}
