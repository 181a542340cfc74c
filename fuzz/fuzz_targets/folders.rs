//! Any bytes as an adapter's folder, or as an archive of one, are looked at as `inspect --stats` and `check` do, compared
//! with themselves, and converted. The first byte says which; of a folder, two bytes tell how long the config (or the
//! index) is, and the weights are the rest. `seeds.py` writes the recorded adapters so.
#![no_main]

use std::fs;
use std::path::Path;

use adapter_spec::checkpoint::{Container, parts};
use adapter_spec::convert::{self, Plan, Source, Target};
use adapter_spec::dialects::adapterhub::release::Release;
use adapter_spec::diff;
use adapter_spec::inspect::Inspection;
use adapter_spec::lint::{Options, lint, lint_weights_in};
use adapter_spec::report::inspect::{write_json, write_text};
use adapter_spec::tensors::{Existing, ShardedTensors};

/// Configs and weights that belong together; of the last, an index and a file that it may name.
const NAMES: [(&str, &str); 7] = [
    ("adapter_config.json", "adapter_model.safetensors"),
    ("adapter_config.json", "adapter_model.bin"),
    ("adapter_config.json", "pytorch_adapter.bin"),
    ("adapter_config.json", "adapter.safetensors"),
    ("head_config.json", "pytorch_model_head.bin"),
    ("adapter_fusion_config.json", "pytorch_model_adapter_fusion.bin"),
    ("model.safetensors.index.json", "a"),
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
    if let Ok(sharded) = ShardedTensors::open(path.join(NAMES[NAMES.len() - 1].0)) {
        assert!(sharded.iter().all(|tensor| sharded.get(tensor.name()).is_some()));
    }
    if let Ok(container) = Container::open(&path) {
        look_at(&container, &path);
    }
    if let Ok(source) = Source::open(&path) {
        convert_all(&source, scratch.path());
        if let Ok(comparison) = diff::compare(&path, &path, &diff::Options::default(), &|_, _| ()) {
            // What cannot be loaded, or is another function each time, is said to be so.
            assert!(comparison.same || !comparison.obstacles.is_empty(), "it differs from itself");
        }
    }
});

/// Writes what can be written without loss, and nothing that is many times as large as what was read.
fn convert_all(source: &Source, scratch: &Path) {
    let targets = [Target::Peft, Target::AdapterHub(Release::NEWEST)];
    let older = Release::named("adapter-transformers 2.3.0").map(Target::AdapterHub);
    for (number, target) in targets.into_iter().chain(older).enumerate() {
        let Ok(plan) = Plan::new(source, &convert::Options::to(target)) else { continue };
        if plan.loses() || plan.bytes() > 1 << 20 {
            continue;
        }
        let container = plan.container(None).expect("none was asked for");
        let folder = scratch.join(format!("converted-{number}"));
        plan.write(source, &folder, container, Existing::Refuse, &|_| ()).expect("what loses nothing can be written");
    }
}

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
