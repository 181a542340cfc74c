//! Any text can be resolved, as a config string and as a file, and has an id or is refused. What it is resolved to can be
//! written, in full and sparse, and loaded again, and means the same: except where a note says that it cannot, or where
//! Python's literals are nested deeper than a document may be.
#![no_main]

use adapter_spec::dialects::adapterhub::load::{Kind, Loader, Note, Reading, Resolved};
use adapter_spec::dialects::peft;
use adapter_spec::document::{Document, Format, ProblemKind, write};
use adapter_spec::merge::{Layer, Origin};
use adapter_spec::value::Value;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let document = Document::read(text.as_bytes().to_vec(), Format::Json);
    if let Ok(loaded) = peft::load::Loaded::document(&document, &|_| Origin::Inline, &[]) {
        let full = written(loaded.keys());
        for text in [&full, &written(&loaded.sparse())] {
            let document = Document::read(text.clone().into_bytes(), Format::Json);
            let again = peft::load::Loaded::document(&document, &|_| Origin::Inline, &[]);
            assert_eq!(again.map(|again| written(again.keys())).as_ref(), Ok(&full), "{text}");
        }
    }
    for kind in [Kind::Adapter, Kind::Fusion] {
        let loader = Loader { kind, ..Loader::default() };
        let loaded = [
            loader.load_text(text, &[]),
            loader.load_document(&document, "a.json", Reading::Config, &[]),
            loader.load_document(&document, "a.json", Reading::Adapter, &[]),
        ];
        for resolved in loaded.into_iter().flatten().flatten() {
            let _ = resolved.config_id();
            means_the_same(&loader, &resolved);
        }
    }
});

fn means_the_same(loader: &Loader, resolved: &Resolved) {
    if resolved.notes().iter().any(|note| matches!(note, Note::OtherArchitecture { .. })) {
        return;
    }
    let full = written(resolved.config());
    for text in [&full, &written(&resolved.sparse())] {
        let document = Document::read(text.clone().into_bytes(), Format::Json);
        if document.problems.iter().any(|problem| problem.kind == ProblemKind::NestingTooDeep) {
            continue;
        }
        match loader.load_document(&document, "again.json", Reading::Dictionary, &[]) {
            Ok(Some(again)) => assert_eq!(&written(again.config()), &full, "{text}"),
            other => panic!("{other:?} of {text}"),
        }
    }
}

fn written(layer: &Layer) -> String {
    write::to_json(&Value::Map(layer.value()))
}
