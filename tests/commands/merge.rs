//! `merge` on the command line: what it says, what it writes, and what it leaves alone.

use std::path::Path;

use crate::support::{run, text};

#[test]
fn an_adapter_is_merged_once() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let target = scratch.path().join("merged");
    let arguments = ["merge", "fixtures/merges/lora", "--base", "fixtures/merges/base/llama", "--out", text(&target)];
    let (code, _, err) = run(&arguments);
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("4 modules changed, 0 tensors replaced"), "{err}");
    assert!(target.join("model.safetensors").is_file() && target.join("config.json").is_file());
    assert_eq!(run(&arguments).0, 2);
    assert_eq!(run(&[&arguments[..], &["--force"]].concat()).0, 0);
}

#[test]
fn several_files_stay_several() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let (folder, file) = (scratch.path().join("merged"), scratch.path().join("merged.safetensors"));
    let base = "fixtures/merges/base/llama-sharded/model.safetensors.index.json";
    let merge = |target: &Path| run(&["merge", "fixtures/merges/lora-sharded", "--base", base, "-o", text(target)]);
    let (code, _, err) = merge(&file);
    assert_eq!((code, file.exists()), (1, false), "{err}");
    assert!(err.contains("name a folder"), "{err}");
    let (code, _, err) = merge(&folder);
    assert_eq!(code, 0, "{err}");
    assert!(folder.join("model.safetensors.index.json").is_file());
}

#[test]
fn what_cannot_be_merged_is_told() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let target = scratch.path().join("merged");
    let merge = |adapter: &str, base: &str| run(&["merge", adapter, "--base", base, "-o", text(&target)]);
    let (code, _, err) = merge("fixtures/merges/psoft", "fixtures/merges/base/llama");
    assert!(code == 1 && err.contains("signs"), "{err}");
    let (code, _, err) = merge("fixtures/merges/lora", "fixtures/merges/base/gpt2");
    assert_eq!(code, 1);
    assert!(err.contains("the base model has no weight for `model.layers.0.self_attn.q_proj`"), "{err}");
    assert_eq!(merge("fixtures/merges/base/llama", "fixtures/merges/base/llama").0, 2);
    let torch = scratch.path().join("merged.bin");
    let arguments = ["merge", "fixtures/merges/lora", "--base", "fixtures/merges/base/llama", "-o", text(&torch)];
    let (code, _, err) = run(&arguments);
    assert!(code == 2 && !torch.exists() && err.contains("as safetensors only"), "{err}");
    assert!(!target.exists());
}
