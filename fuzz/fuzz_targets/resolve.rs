//! Any text can be resolved, as a config string and as a file, and has an id or is refused. What it is resolved to can be
//! written, in full and sparse; where that can be loaded, it means the same.
#![no_main]

use adapter_spec::dialects::adapterhub::load::{Kind, Loader, Reading, Resolved};
use adapter_spec::dialects::peft;
use adapter_spec::document::{Document, Format, write};
use adapter_spec::merge::{Layer, Origin};
use adapter_spec::value::Value;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let document = Document::read(text.as_bytes().to_vec(), Format::Json);
    if let Ok(loaded) = peft::load::Loaded::document(&document, &|_| Origin::Inline, &[]) {
        let _ = loaded.sparse();
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
    let written = |layer: &Layer| write::to_json(&Value::Map(layer.value()));
    let full = written(resolved.config());
    for text in [&full, &written(&resolved.sparse())] {
        let document = Document::read(text.clone().into_bytes(), Format::Json);
        let again = loader.load_document(&document, "again.json", Reading::Dictionary, &[]);
        // A config string can set what a dictionary cannot be loaded with, as `lora[architecture=None]` does.
        if let Ok(Some(again)) = again {
            assert_eq!(&written(again.config()), &full, "{text}");
        }
    }
}
