//! `convert` and `run` on the command line: what they say, what they write, and what they leave alone.

use std::fs;
use std::path::Path;
use std::process::Command;

const GOLDEN: &str = "fixtures/checkpoints";

fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_adapter-lint")).args(arguments).env_remove("NO_COLOR").output();
    let output = output.expect("the program runs");
    let text = |bytes| String::from_utf8(bytes).expect("the output is UTF-8");
    (output.status.code().expect("no signal ended it"), text(output.stdout), text(output.stderr))
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

#[test]
fn an_adapter_of_1x_is_written_for_today() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let target = scratch.path().join("new");
    let source = format!("{GOLDEN}/adapter-transformers-1.1.1/bert/seq_bn_gelu");
    let (code, out, err) = run(&["convert", &source, "--to", "adapters", "--dry-run"]);
    assert_eq!(code, 0, "{err}");
    assert!(
        out.contains("layer_text_task_adapters.") && out.contains(" -> bert.encoder.layer.0.output.adapters."),
        "{out}"
    );
    assert!(!target.exists(), "a dry run writes nothing");
    let (code, out, err) = run(&["convert", &source, text(&target), "--to", "adapters"]);
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    assert!(
        err.contains("saved by adapter-transformers 1.x or 2.x") && err.contains("read back and compared"),
        "{err}"
    );
    let config = fs::read_to_string(target.join("adapter_config.json")).expect("the config");
    assert!(config.contains("\"gelu_new\"") && config.contains("\"adapters.1.3.0\""), "{config}");
    let names: Vec<_> = fs::read_dir(&target).expect("the folder").flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    let (code, _, err) = run(&["convert", &source, text(&target), "--to", "adapters"]);
    assert_eq!(code, 2, "an existing output is refused");
    assert!(err.contains("exists"), "{err}");
    let (code, _, err) = run(&["convert", &source, text(&target), "--to", "adapters", "--force", "--name", "other"]);
    assert_eq!(code, 0, "{err}");
}

#[test]
fn what_cannot_be_kept_is_not_written() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let target = scratch.path().join("new");
    let source = format!("{GOLDEN}/adapter-transformers-3.2.1/bert/compacterpp");
    let (code, _, err) = run(&["convert", &source, text(&target), "--to", "adapters"]);
    assert_eq!(code, 1);
    assert!(err.contains("lossy: what all Compacter layers share") && !target.exists(), "{err}");
    assert_eq!(run(&["convert", &source, text(&target), "--to", "adapters", "--allow-lossy"]).0, 0);
    assert!(target.join("adapter.safetensors").is_file());
}

#[test]
fn what_is_no_adapter_is_said() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let target = scratch.path().join("new");
    for (config, weights, expected) in [
        (None, None, "neither adapter_config.json nor"),
        (Some("{"), None, "adapter_config.json"),
        (Some("[]"), None, "no object"),
        (Some(r#"{"config": "seq_bn"}"#), None, "`name` is missing"),
        (Some(r#"{"config": "seq_bn", "name": "a"}"#), None, "neither adapter.safetensors nor"),
        (
            Some(r#"{"config": "seq_bn", "name": "a"}"#),
            Some("version https://git-lfs.github.com/spec/v1\n"),
            "adapter.safetensors",
        ),
        (Some(r#"{"peft_type": "LORA", "r": 8}"#), Some(""), "adapter_config.json"),
    ] {
        let source = tempfile::tempdir().expect("a scratch folder");
        for (name, text) in [("adapter_config.json", config), ("adapter.safetensors", weights)] {
            if let Some(text) = text {
                fs::write(source.path().join(name), text).expect("it can be written");
            }
        }
        let (code, _, err) = run(&["convert", text(source.path()), text(&target), "--to", "adapters"]);
        assert_eq!(code, 2, "{expected}: {err}");
        assert!(err.contains(expected) && !target.exists(), "{expected}: {err}");
    }
}

#[test]
fn a_saved_adapter_runs_on_a_whole_model() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let output = scratch.path().join("states.safetensors");
    let adapter = format!("{GOLDEN}/adapters-1.3.0/bert/seq_bn");
    let (config, base) = (format!("{GOLDEN}/base/bert.json"), format!("{GOLDEN}/base/bert.safetensors"));
    let inputs = format!("{adapter}/io.safetensors");
    let arguments = |more: &[&'static str]| {
        let mut arguments =
            vec!["run", "--model", &config, "--base", &base, "--adapter", &adapter, "--inputs", &inputs];
        arguments.extend(["-o", text(&output)]);
        arguments.extend(more);
        run(&arguments)
    };
    let (code, out, err) = arguments(&["--hidden-states"]);
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    let states = adapter_spec::tensors::TensorFile::open(&output).expect("it is a file of tensors");
    let names: Vec<_> = states.iter().map(|tensor| tensor.name().to_owned()).collect();
    assert_eq!(names, ["hidden_states.0", "hidden_states.1", "hidden_states.2", "last_hidden_state", "pooler_output"]);
    let (code, _, err) = arguments(&[]);
    assert_eq!(code, 2, "an existing output is refused");
    assert!(err.contains("states.safetensors"), "{err}");
    assert_eq!(arguments(&["--force", "--dtype", "f32"]).0, 0);
    let (code, _, err) = arguments(&[
        "--force",
        "--setup",
        r#"{"type": "Stack", "children": [{"type": "single", "children": ["who"]}]}"#,
    ]);
    assert_eq!(code, 2);
    assert!(err.contains("`who`"), "{err}");
}
