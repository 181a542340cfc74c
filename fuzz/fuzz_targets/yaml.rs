//! The YAML reader never panics, and keeps its spans within the text.
#![no_main]

use adapter_spec::document::{Document, Format};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let document = Document::read(bytes.to_vec(), Format::Yaml);
    let text = document.source.text();
    for problem in &document.problems {
        assert!(text.get(problem.span.start..problem.span.end).is_some(), "{problem:?}");
    }
});
