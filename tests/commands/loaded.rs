//! What the config decides of tensors: which of them the library loads, and whether it loads any. `diff` and `convert` go by it.
//!
//! What adapters 1.3.0 and PEFT 0.21.2 do stands with each case: it was seen by loading such folders into tiny models and
//! comparing the last states.

use std::fs;

use crate::support::{run, text};

const HUB: &str = "fixtures/checkpoints/adapters-1.3.0/bert";
const PEFT: &str = "fixtures/checkpoints/peft-0.21.2/bert";
const BERT: &str = "fixtures/checkpoints/base/bert.json";

/// A recorded adapter with other texts in its config.
fn with(folder: &str, replaced: &[(&str, &str)]) -> tempfile::TempDir {
    let copy = tempfile::tempdir().expect("a scratch folder");
    let is_own = |name: &str| !["case.json", "io.safetensors"].contains(&name);
    let files = fs::read_dir(folder).expect("the folder is there").flatten();
    for file in files.filter(|file| file.file_name().to_str().is_some_and(is_own)) {
        fs::copy(file.path(), copy.path().join(file.file_name())).expect("it is copied");
    }
    let path = copy.path().join("adapter_config.json");
    let mut config = fs::read_to_string(&path).expect("the config");
    config = config.split_whitespace().collect::<Vec<_>>().join(" ");
    for (from, to) in replaced {
        assert!(config.contains(from), "{config}");
        config = config.replace(from, to);
    }
    fs::write(&path, config).expect("it is written");
    copy
}

/// What adapters drops, the result has not. PEFT's last states with it are those of adapters; with all tensors they were not.
#[test]
fn what_adapters_does_not_load_is_not_converted() {
    for (name, lists) in
        [("lora_qkv_io", ["[ \"q\", \"k\", \"v\" ]", "[ \"k\" ]"]), ("ia3", ["[ \"k\", \"v\" ]", "[ \"k\" ]"])]
    {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let source = with(&format!("{HUB}/{name}"), &[(lists[0], lists[1])]);
        let target = scratch.path().join("peft");
        let (code, _, err) = run(&["convert", text(source.path()), text(&target), "--to", "peft", "--model", BERT]);
        assert!(code == 0 && err.contains("self.value: the config has nothing there"), "{name}: {err}");
        let config = fs::read_to_string(target.join("adapter_config.json")).expect("the config");
        assert!(config.contains("\"key\"") && !config.contains("\"value\""), "{name}: {config}");
    }
}

/// What the linter calls an error since the library refuses to load it.
#[test]
fn what_cannot_be_loaded_is_neither_converted_nor_the_same() {
    let cases = [
        (PEFT, "lora_qv", "\"r\": 4", "\"r\": \"4\""),
        (PEFT, "lora_qv", "\"FEATURE_EXTRACTION\"", "\"FOO\""),
        (PEFT, "lora_qv", "\"bias\": \"none\"", "\"bias\": \"x\""),
        (PEFT, "lora_qv", "\"lora_dropout\": 0.0", "\"lora_dropout\": 2"),
        (PEFT, "lora_qv", "\"alpha_pattern\": {}", "\"alpha_pattern\": {\"value\": \"x\"}"),
        (PEFT, "lora_qv", "\"r\": 4", "\"r\": 8"),
        (HUB, "lora_qv", "\"alpha\": ", "\"alpha\": null, \"was\": "),
        (HUB, "lora_qv", "\"dropout\": 0.0", "\"dropout\": 3"),
        (HUB, "lora_qv", "\"r\": 4", "\"r\": \"4\""),
    ];
    let scratch = tempfile::tempdir().expect("a scratch folder");
    for (golden, name, from, to) in cases {
        let source = format!("{golden}/{name}");
        let other = with(&source, &[(from, to)]);
        for target in ["peft", "adapters"] {
            let into = scratch.path().join("never");
            let arguments = ["convert", text(other.path()), text(&into), "--to", target, "--model", BERT];
            let (code, _, err) = run(&arguments);
            assert!(code == 1 && err.contains("the library cannot load it: "), "{to}, to {target}: {code} {err}");
            assert!(!err.contains("invalid type") && !into.exists(), "{to}, to {target}: {err}");
        }
        let (code, out, err) = run(&["diff", &source, text(other.path())]);
        assert!(code == 1 && out.contains("B: the library cannot load it: "), "{to}: {code} {out}{err}");
        let (code, out, err) = run(&["diff", text(other.path()), text(other.path())]);
        assert!(code == 1 && out.contains("A: the library cannot load it: "), "{to}: {code} {out}{err}");
    }
}
