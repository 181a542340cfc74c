//! Any bytes as an adapter's folder, or as an archive of one, are looked at as `inspect --stats` and `check` do. The first
//! byte says which; of a folder, two bytes tell how long the config is, and the weights are the rest. `seeds.py` writes
//! the recorded adapters so.
#![no_main]

use std::fs;
use std::path::Path;

use adapter_spec::checkpoint::{Container, parts};
use adapter_spec::lint::{Options, lint, lint_weights_in};
use adapter_spec::report::inspect::{Inspection, write_json, write_text};

/// Configs and weights that belong together.
const NAMES: [(&str, &str); 6] = [
    ("adapter_config.json", "adapter_model.safetensors"),
    ("adapter_config.json", "adapter_model.bin"),
    ("adapter_config.json", "pytorch_adapter.bin"),
    ("adapter_config.json", "adapter.safetensors"),
    ("head_config.json", "pytorch_model_head.bin"),
    ("adapter_fusion_config.json", "pytorch_model_adapter_fusion.bin"),
];

const ARCHIVES: [&str; 3] = ["a.zip", "a.tar", "a.tar.gz"];

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some((kind, rest)) = input.split_first() else { return };
    let kind = usize::from(*kind) % (NAMES.len() + ARCHIVES.len());
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let path = match NAMES.get(kind) {
        Some((config_name, weights_name)) => {
            let Some((length, rest)) = rest.split_first_chunk() else { return };
            let (config, weights) = rest.split_at(usize::from(u16::from_le_bytes(*length)).min(rest.len()));
            fs::write(scratch.path().join(config_name), config).expect("a file");
            fs::write(scratch.path().join(weights_name), weights).expect("a file");
            scratch.path().to_owned()
        }
        None => {
            let path = scratch.path().join(ARCHIVES[kind - NAMES.len()]);
            fs::write(&path, rest).expect("a file");
            path
        }
    };
    if let Ok(container) = Container::open(&path) {
        look_at(&container, &path);
    }
});

fn look_at(container: &Container, path: &Path) {
    if let Ok(parts) = parts(container) {
        let inspection = Inspection::new(&path.display().to_string(), &parts, None, true);
        write_text(&mut std::io::sink(), &inspection).expect("a sink takes everything");
        write_json(&mut std::io::sink(), &inspection).expect("a sink takes everything");
    }
    let options = Options { all_numbers: true, ..Options::default() };
    for name in container.names() {
        if let Ok(document) = container.document(name) {
            let _ = lint(&document, name, &options);
        }
        let _ = lint_weights_in(container, name, &options);
    }
}
