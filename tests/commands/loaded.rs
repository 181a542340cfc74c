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
