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

#[test]
fn two_adapters_of_one_name_and_odd_weights_are_refused() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let output = scratch.path().join("states.safetensors");
    let adapter = format!("{GOLDEN}/adapters-1.3.0/bert/seq_bn");
    let (config, base) = (format!("{GOLDEN}/base/bert.json"), format!("{GOLDEN}/base/bert.safetensors"));
    let inputs = format!("{adapter}/io.safetensors");
    let common =
        ["run", "--model", &config, "--base", &base, "--inputs", &inputs, "-o", text(&output), "--adapter", &adapter];
    let (code, _, err) = run(&[&common[..], &["--adapter", &adapter]].concat());
    assert_eq!(code, 2);
    assert!(err.contains("there is an adapter") && err.matches("there is an adapter").count() == 1, "{err}");
    let average = |weights: &str| {
        format!(
            r#"{{"type": "Average", "children": [{{"type": "single", "children": ["demo"]}}], "kwargs": {{"weights": {weights}}}}}"#
        )
    };
    let (code, _, err) = run(&[&common[..], &["--setup", &average("[0.0]")]].concat());
    assert_eq!(code, 2);
    assert!(err.contains("sum to 0"), "{err}");
    // The library divides weights by their sum when it reads a setup.
    let states = |weights: &str| {
        let (code, _, err) = run(&[&common[..], &["--force", "--setup", &average(weights)]].concat());
        assert_eq!(code, 0, "{err}");
        fs::read(&output).expect("the states")
    };
    assert_eq!(states("[2.0]"), states("[1.0]"));
}

#[cfg(unix)]
#[test]
fn only_regular_files_are_replaced_and_links_are_followed() {
    use adapter_spec::tensors::{Existing, Outgoing, write_safetensors};

    let scratch = tempfile::tempdir().expect("a scratch folder");
    let write = |path: &Path| {
        write_safetensors(path, Vec::<Outgoing<'_>>::new(), &std::collections::BTreeMap::new(), Existing::Overwrite)
    };
    let pipe = scratch.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs").success());
    assert!(write(&pipe).expect_err("a pipe is no file").to_string().contains("no regular file"));
    assert!(adapter_spec::tensors::TensorFile::open(&pipe).is_err(), "nobody waits for a pipe");
    let (file, link) = (scratch.path().join("file"), scratch.path().join("link"));
    fs::write(&file, "old").expect("it can be written");
    std::os::unix::fs::symlink(&file, &link).expect("a link");
    write(&link).expect("it can be written");
    assert!(link.symlink_metadata().expect("the link").is_symlink(), "the link stays");
    assert_ne!(fs::read(&file).expect("the file"), b"old");
}
