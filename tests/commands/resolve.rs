//! `adapter-lint resolve` as a process.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use adapter_spec::document::{Document, Format};
use adapter_spec::value::Value;

use crate::support;

fn run(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_adapter-lint"))
        .arg("resolve")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // A program that refuses its arguments does not read its input.
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
    child.wait_with_output().expect("the program ends")
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("an exit code")
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The answer as a value; `path` leads into it.
fn at(output: &Output, path: &[&str]) -> Value {
    assert_eq!(code(output), 0, "{}", errors(output));
    let document = Document::read(output.stdout.clone(), Format::Json);
    assert!(document.is_readable(), "{:?}", document.problems);
    let mut value = document.root.expect("a value").to_value();
    for key in path {
        value = value.as_map().and_then(|map| map.get(key)).cloned().unwrap_or(Value::Null);
    }
    value
}

fn text(value: &str) -> Value {
    Value::String(value.to_owned())
}

fn int(value: i64) -> Value {
    Value::Int(value.into())
}

#[test]
fn a_name_is_printed_in_full_with_its_id() {
    let output = run(&["pfeiffer"], "");
    assert_eq!(at(&output, &["dialect"]), text("adapterhub"));
    assert_eq!(at(&output, &["config_id"]), text("9076f36a74755ac4"));
    assert_eq!(at(&output, &["config", "reduction_factor"]), int(16));
    assert_eq!(at(&output, &["config", "phm_dim"]), int(4));
    assert_eq!(at(&output, &["origins"]), Value::Null);
    assert!(errors(&output).contains("deprecated"));
}

#[test]
fn a_name_beside_a_folder_of_that_name_is_the_librarys() {
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path().join("lora");
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::write(folder.join("adapter_config.json"), r#"{"peft_type": "LORA", "r": 3}"#).expect("a file");
    let run = |spec| support::run_in(scratch.path(), &["resolve", spec]);
    let (code, out, err) = run("lora");
    assert!(code == 0 && out.contains("adapterhub") && err.contains("write `./lora`"), "{out}{err}");
    let (code, out, err) = run("./lora");
    assert!(code == 0 && out.contains("\"r\": 3") && !err.contains("./lora`"), "{out}{err}");
}

#[test]
fn every_value_has_an_origin() {
    let output = run(&["seq_bn", "--set", "reduction_factor=12", "--show-origin"], "");
    assert_eq!(at(&output, &["origins", "/reduction_factor"]), text("override"));
    assert_eq!(at(&output, &["origins", "/non_linearity"]), text("preset seq_bn"));
    assert_eq!(at(&output, &["origins", "/dropout"]), text("default of bottleneck"));
}

#[test]
fn sparse_output_keeps_the_id() {
    let output = run(&["lora", "--set", "r=4", "--sparse"], "");
    assert_eq!(at(&output, &["config"]).as_map().map(adapter_spec::value::Map::len), Some(2));
    assert_eq!(at(&output, &["config_id"]), text("4fc6f5b8f89f31a7"));
}

#[test]
fn members_of_a_union_can_be_overridden() {
    for path in ["1.r=4", "configs.1.r=4"] {
        let output = run(&["seq_bn[reduction_factor=12]|lora", "--set", path, "--show-origin"], "");
        assert_eq!(at(&output, &["config_id"]), text("57ba00c34879873e"));
        assert_eq!(at(&output, &["origins", "/configs/0/reduction_factor"]), text("config string"));
        assert_eq!(at(&output, &["origins", "/configs/1/r"]), text("override"));
    }
}

#[test]
fn an_override_that_a_union_drops_is_told() {
    let output = run(&["mam", "--set", "reduction_factor=8"], "");
    assert_eq!(at(&output, &["config_id"]), text("97453c0dbc2dbc97"));
    assert!(errors(&output).contains("/reduction_factor is dropped"));
}

#[test]
fn files_are_upgraded_and_lines_are_known() {
    let file = "{\"version\": \"adapters.1.0.0\",\n\"config\": {\"architecture\": \"lora\",\n\"r\": 4, \"alpha\": 16}}";
    let output = run(&["-", "--show-origin"], file);
    assert_eq!(at(&output, &["config", "alpha"]), int(4));
    assert_eq!(at(&output, &["origins", "/r"]), text("<stdin>:3"));
    assert_eq!(at(&output, &["origins", "/alpha"]), text("upgrade lora-scaling"));
    assert_eq!(at(&run(&["-", "--as-is"], file), &["config", "alpha"]), int(16));
}

#[test]
fn cards_name_an_architecture_of_the_hub() {
    let card = "type: text_task\nconfig:\n  using: pfeiffer\n  non_linearity: gelu\n";
    let output = run(&["-", "--show-origin"], card);
    assert_eq!(at(&output, &["config_id"]), text("57d1ca6590547ddd"));
    assert_eq!(at(&output, &["origins", "/non_linearity"]), text("<stdin>:4"));
    assert_eq!(at(&output, &["origins", "/reduction_factor"]), text("preset hub:pfeiffer@2"));
    let first = run(&["-", "--hub-version", "1"], card);
    assert_eq!(at(&first, &["config", "inv_adapter"]), text("nice"));
    let unknown = run(&["-"], "config:\n  using: pfeifer\n");
    assert_eq!(code(&unknown), 1);
    assert!(errors(&unknown).contains("did you mean `pfeiffer`"));
}

#[test]
fn a_folder_of_cards_gives_more_names() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let card = "name: wide\ndisplayname: Wide\ndescription: Wide.\nconfig:\n  mh_adapter: true\n  output_adapter: true\n  reduction_factor: 2\n  non_linearity: relu\n";
    std::fs::write(folder.path().join("wide.yaml"), card).expect("a file");
    let path = folder.path().to_str().expect("a UTF-8 path");
    let output = run(&["wide", "--architectures", path, "--show-origin"], "");
    assert_eq!(at(&output, &["config", "reduction_factor"]), int(2));
    assert!(
        at(&output, &["origins", "/reduction_factor"]).as_str().is_some_and(|origin| origin.ends_with("wide.yaml:7"))
    );
    let used = run(&["-", "--architectures", path], "config:\n  using: wide\n  reduction_factor: 4\n");
    assert_eq!(at(&used, &["config", "reduction_factor"]), int(4));
    assert_eq!(code(&run(&["wide"], "")), 1);
}

#[test]
fn inline_objects_are_dictionaries() {
    let output = run(&[r#"{"architecture": "lora", "foo": 1}"#, "--show-origin"], "");
    assert_eq!(at(&output, &["origins", "/architecture"]), text("argument"));
    assert!(errors(&output).contains("/foo is not a key of lora"));
    assert_eq!(code(&run(&[r#"{"config": {"architecture": "lora"}}"#], "")), 1);
    assert_eq!(at(&run(&["{}"], ""), &["config"]), Value::Null);
}

#[test]
fn yaml_reads_back_as_the_same_config() {
    let yaml = run(&["unipelt", "--output-format", "yaml"], "");
    let again = run(&["-"], &String::from_utf8_lossy(&yaml.stdout));
    assert_eq!(at(&again, &["config"]), at(&run(&["unipelt"], ""), &["config"]));
    assert_eq!(run(&["unipelt", "--output-format", "yaml"], "").stdout, yaml.stdout);
}

#[test]
fn fusion_has_names_of_its_own() {
    assert_eq!(at(&run(&["dynamic", "--kind", "fusion"], ""), &["config_id"]), text("39f0b9fc022449eb"));
    assert_eq!(code(&run(&["dynamic"], "")), 1);
}

#[test]
fn exit_codes_tell_refusal_from_failure() {
    for refused in
        ["nope", "lora[r=4", "lora[unknown=1]", "lora|lora", "lora[leave_out={1}]", r#"{"architecture": "x"}"#]
    {
        let output = run(&[refused], "");
        assert_eq!(code(&output), 1, "{refused}");
        assert!(!errors(&output).is_empty());
        assert!(output.stdout.is_empty());
    }
    for failed in [&["missing.json"][..], &["lora", "--set", "r"], &["lora", "--set", "leave_out.3=1"], &[]] {
        assert_eq!(code(&run(failed, "")), 2, "{failed:?}");
    }
}

#[test]
fn keys_that_are_near_are_suggested() {
    let refused = run(&["lora[alph=3]"], "");
    assert_eq!(code(&refused), 1);
    assert!(errors(&refused).contains("lora has no key `alph`; did you mean `alpha`?"));
    let kept = run(&["lora", "--set", "alph=3"], "");
    assert_eq!(code(&kept), 0);
    assert!(errors(&kept).contains("did you mean `alpha`?"));
}

#[test]
fn another_librarys_config_is_named() {
    let mlx = r#"{"fine_tune_type": "lora", "num_layers": 8, "lora_parameters": {"rank": 8, "scale": 20.0}}"#;
    for spec in ["-", mlx] {
        let output = run(&[spec], mlx);
        assert_eq!(code(&output), 1);
        assert!(errors(&output).contains("a config of MLX"), "{}", errors(&output));
    }
}

#[test]
fn a_spec_is_named_once() {
    let output = run(&["nodir/"], "");
    assert_eq!((code(&output), errors(&output).as_str()), (2, "adapter-lint: nodir/: no such file or folder\n"));
    for spec in ["nope", "lora[r=4", "lora|lora"] {
        let told = errors(&run(&[spec], ""));
        assert_eq!(told.matches(spec).count(), 1, "{told}");
    }
}

const PEFT: &str = "fixtures/lint/AL660-peft-tensor-missing/good";

#[test]
fn configs_of_peft_are_printed_in_full() {
    let path = format!("{PEFT}/adapter_config.json");
    let output =
        run(&[&path, "--set", "rank_pattern.q_proj=4", "--sparse", "--show-origin", "--output-format", "yaml"], "");
    assert_eq!(code(&output), 0, "{}", errors(&output));
    let text = String::from_utf8_lossy(&output.stdout).replace(&path, "FILE");
    assert!(text.contains("dialect: peft"), "{text}");
    assert!(text.contains(r#""/rank_pattern/q_proj": override"#), "{text}");
    assert!(text.contains("FILE:34"), "{text}");
}

#[test]
fn methods_of_peft_have_names() {
    let output = run(&["peft:ia3", "--model", &format!("{PEFT}/model.json"), "--show-origin"], "");
    assert_eq!(code(&output), 0, "{}", errors(&output));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains(r#""/feedforward_modules": "derived: PEFT's default for llama""#), "{text}");
    let output = run(&["peft:lorra"], "");
    assert_eq!((code(&output), output.stdout.len()), (1, 0));
    assert!(errors(&output).contains("no method `LORRA`; did you mean LORA"), "{}", errors(&output));
    let output = run(&["peft:lora", "--set", "rank=4"], "");
    assert_eq!(code(&output), 1);
    assert!(errors(&output).contains("LoraConfig has no key `rank`"), "{}", errors(&output));
}

#[test]
fn what_peft_refuses_is_told() {
    let output = run(&["-"], r#"{"peft_type": "LORA", "r": "8", "lora_r": 8}"#);
    assert_eq!(code(&output), 1);
    let said = errors(&output);
    assert!(said.contains("error[AL278]") && said.contains("LoraConfig has no key `lora_r`"), "{said}");
    assert!(String::from_utf8_lossy(&output.stdout).contains(r#""r": "8""#));
}
