//! Any text can be resolved, as a config string and as a file, and has an id or is refused.
#![no_main]

use adapter_spec::dialects::adapterhub::load::{Loader, Reading};
use adapter_spec::dialects::peft;
use adapter_spec::document::{Document, Format};
use adapter_spec::merge::Origin;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let loader = Loader::default();
    let document = Document::read(text.as_bytes().to_vec(), Format::Json);
    let _ = peft::load::Loaded::document(&document, &|_| Origin::Inline, &[]);
    let loaded = [
        loader.load_text(text, &[]),
        loader.load_document(&document, "a.json", Reading::Config, &[]),
        loader.load_document(&document, "a.json", Reading::Adapter, &[]),
    ];
    for resolved in loaded.into_iter().flatten().flatten() {
        let _ = resolved.config_id();
    }
});
