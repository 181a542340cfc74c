//! What the program promises on the command line: exit codes, streams, and no panic whatever it is given.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::support::{program, run as run_here, run_in as run, text, texts};

const CLEAN: &str = r#"{"architecture": "lora", "r": 8}"#;
const BROKEN: &str = r#"{"architecture": "lora", "r": 8,}"#;

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().expect("a scratch folder");
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("it is in the folder")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }
    folder
}

fn run_with_input(arguments: &[&str], input: &[u8]) -> (i32, String, String) {
    let mut command = program();
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program runs");
    child.stdin.take().expect("it is piped").write_all(input).expect("it reads all");
    texts(child.wait_with_output().expect("the program ends"))
}

#[test]
fn a_clean_file_is_named_on_standard_error_only() {
    let folder = folder(&[("a.json", CLEAN.as_bytes())]);
    let expected = (0, String::new(), "a.json: adapterhub config, no problems\n".to_owned());
    assert_eq!(run(folder.path(), &["a.json"]), expected);
    assert_eq!(run(folder.path(), &["check", "a.json"]), expected);
}

#[test]
fn what_lies_beside_an_adapter_may_be_named_with_it() {
    let good = br#"{"peft_type": "LORA", "r": 8, "target_modules": ["q_proj"]}"#;
    let notes = b"---\nlibrary_name: peft\n---\n# Notes\n";
    let files: [(&str, &[u8]); 4] = [
        ("a/adapter_config.json", good),
        ("a/README.md", notes),
        ("a/optimizer.pt", b"\x80\x02}q\0."),
        ("a/config.txt", br#"{"peft_type": "LORA", "r": "8"}"#),
    ];
    let folder = folder(&files);
    let named = ["a/README.md", "a/adapter_config.json", "a/optimizer.pt", "--output-format", "concise"];
    let (code, out, err) = run(folder.path(), &named);
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    for name in ["a/README.md", "a/optimizer.pt"] {
        assert!(err.contains(&format!("{name}: passed over, since it is no config")), "{err}");
    }
    // What begins as a config is one, and of what is named alone it is said that it is none.
    assert_eq!(run(folder.path(), &["a/config.txt", "a/adapter_config.json"]).0, 1);
    let (code, _, err) = run(folder.path(), &["a/README.md"]);
    assert!(code == 2 && err.contains("neither called as a config nor begins as one"), "{err}");
    for mistaken in [&b"// the adapter\n{\"peft_type\": \"LORA\"}"[..], b"[{}]", b"\xff\xfe{\0}\0"] {
        fs::write(folder.path().join("config"), mistaken).expect("a file");
        let (code, out, err) = run(folder.path(), &["config"]);
        assert!(code == 1 && out.contains("error["), "{out}{err}");
    }
    assert_eq!(run(folder.path(), &["a/optimizer.pt"]).0, 2);
}

#[test]
fn a_folder_that_is_named_twice_is_not_empty() {
    let folder =
        folder(&[("a/adapter_config.json", br#"{"peft_type": "LORA", "r": 8, "target_modules": ["q_proj"]}"#)]);
    let (code, _, err) = run(folder.path(), &["a", "./a"]);
    assert!(code == 0 && !err.contains("no adapter configs"), "{err}");
}

#[test]
fn without_a_path_the_folder_at_hand_is_checked() {
    let folder = folder(&[("a.json", BROKEN.as_bytes()), ("b/a.json", CLEAN.as_bytes())]);
    let expected = run(folder.path(), &["."]);
    assert_eq!(expected.0, 1);
    assert_eq!(run(folder.path(), &[]), expected);
    assert_eq!(run(folder.path(), &["check"]), expected);
}

#[test]
fn errors_exit_with_one() {
    let folder = folder(&[("a.json", BROKEN.as_bytes())]);
    let (code, out, _) = run(folder.path(), &["--output-format", "concise", "a.json"]);
    assert_eq!(
        (code, out.as_str()),
        (1, "a.json:1:32: error[AL102] trailing-comma: there is a comma before the closing bracket [*]\n")
    );
}

#[test]
fn work_that_cannot_be_done_exits_with_two_after_the_rest() {
    let folder = folder(&[("a.json", BROKEN.as_bytes())]);
    let (code, out, err) = run(folder.path(), &["--output-format", "concise", "gone.json", "a.json"]);
    assert_eq!((code, out.lines().count()), (2, 1));
    assert!(err.contains("gone.json: "), "{err}");
    for arguments in [&["--frobnicate", "a.json"][..], &["-D", "nonsense", "a.json"], &["--select", "X", "a.json"]] {
        let (code, out, err) = run(folder.path(), arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}: {err}");
        assert!(!err.is_empty());
    }
}

#[test]
fn weights_under_other_names_are_no_text() {
    let folder = folder(&[("x.bin", b"PK\x03\x04rest"), ("x.safetensors", b"\x10\0\0\0\0\0\0\0{\"a\": 1}      ")]);
    for name in ["x.bin", "x.safetensors"] {
        let (code, out, err) = run(folder.path(), &[name]);
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        assert!(err.contains("not a config; weights are checked under the names"), "{err}");
    }
    // What is called as a text is judged as one.
    fs::write(folder.path().join("x.json"), b"PK\x03\x04\xff").expect("a file");
    assert_eq!(run(folder.path(), &["x.json"]).0, 1);
}

#[cfg(unix)]
#[test]
fn a_link_to_nothing_that_is_called_as_a_config_is_told() {
    let folder = folder(&[("a/adapter_config.json", CLEAN.as_bytes())]);
    fs::create_dir(folder.path().join("b")).expect("a folder");
    std::os::unix::fs::symlink("gone", folder.path().join("b/adapter_config.json")).expect("a link");
    std::os::unix::fs::symlink("gone", folder.path().join("b/other.json")).expect("a link");
    let (code, _, err) = run(folder.path(), &["."]);
    assert!(code == 0 && err.contains("b/adapter_config.json: passed over, a link that leads nowhere: "), "{err}");
    assert!(!err.contains("other.json"), "{err}");
    // Whoever names it wants it read.
    assert_eq!(run(folder.path(), &["b/adapter_config.json"]).0, 2);
    // Settings can silence it.
    let settings = "[[paths]]\npath = \"b/\"\nignore = [\"AL\"]\n";
    fs::write(folder.path().join("adapter-lint.toml"), settings).expect("a file");
    let (code, _, err) = run(folder.path(), &["."]);
    assert!(code == 0 && !err.contains("b/adapter_config.json"), "{err}");
}

#[test]
fn zips_below_a_folder_are_looked_into_if_they_hold_an_adapter() {
    let archives = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/tensors/archives");
    let zip = fs::read(archives.join("flat.zip")).expect("a fixture");
    let folder =
        folder(&[("a/b.ZIP", &zip), ("a/c.zip", b"PK\x03\x04 of something else"), ("z.json", CLEAN.as_bytes())]);
    let (_, named, _) = run(folder.path(), &["--output-format", "concise", "a/b.ZIP"]);
    let (_, found, err) = run(folder.path(), &["--output-format", "concise", "."]);
    assert!(!named.is_empty());
    assert_eq!(found.replace("./a", "a"), named, "{err}");
    assert!(!err.contains("c.zip"), "{err}");
}

#[test]
fn a_baseline_that_is_not_written_is_told() {
    let folder = folder(&[("a.json", CLEAN.as_bytes())]);
    let (code, _, err) = run(folder.path(), &["--write-baseline", "a.json", "gone.json"]);
    assert_eq!(code, 2);
    assert!(err.contains("no baseline was written"), "{err}");
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1);
}

#[test]
fn levels_decide_over_the_exit_code() {
    let folder = folder(&[("a.json", br#"{"architecture": "lora", "r": 8, "r": 9}"#)]);
    let codes: [(&[&str], i32); 8] = [
        (&[], 0),
        (&["-D", "duplicate-key"], 1),
        (&["--deny", "AL106"], 1),
        (&["-D", "warnings"], 1),
        (&["-D", "warnings", "-A", "duplicate-key"], 0),
        (&["-D", "warnings", "-W", "duplicate-key"], 0),
        (&["-D", "warnings", "--ignore", "AL1,AL2"], 0),
        (&["-D", "warnings", "--select", "trailing-comma,AL102"], 0),
    ];
    for (arguments, expected) in codes {
        let (code, ..) = run(folder.path(), &[&["a.json"], arguments].concat());
        assert_eq!(code, expected, "{arguments:?}");
    }
}

#[test]
fn standard_input_may_have_a_name() {
    let (code, out, _) = run_with_input(&["-", "--output-format", "concise"], BROKEN.as_bytes());
    assert_eq!((code, out.starts_with("<stdin>:1:32: ")), (1, true));
    let name = ["-", "--stdin-filename", "x/card.yaml", "--output-format", "json"];
    let (code, out, _) = run_with_input(&name, b"a: [1, 2,]\n");
    assert_eq!((code, out.contains("\"path\": \"x/card.yaml\"")), (0, true), "{out}");
}

#[test]
fn folders_are_walked_for_our_files_only() {
    let folder = folder(&[
        ("b/adapter_config.json", BROKEN.as_bytes()),
        ("a/adapter_config.json", BROKEN.as_bytes()),
        ("a/tokenizer.json", b"[1, 2"),
        ("a/notes.txt", b"{"),
        ("a/.hidden/adapter_config.json", BROKEN.as_bytes()),
        ("ignored/adapter_config.json", BROKEN.as_bytes()),
        (".gitignore", b"ignored\n"),
        ("other.yaml", b"a: 1\n"),
    ]);
    let (code, out, err) = run(folder.path(), &["--output-format", "concise", "--select", "AL1", "."]);
    let paths: Vec<_> = out.lines().filter_map(|line| line.split(':').next()).collect();
    assert_eq!(paths, ["./a/adapter_config.json", "./b/adapter_config.json", "./ignored/adapter_config.json"]);
    assert_eq!((code, err.as_str()), (1, "3 errors in 3 files\n3 fixable with --fix\n"));
}

/// A case of `fixtures/lint`.
fn case(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/lint").join(name)
}

#[test]
fn weights_are_judged_with_the_config_beside_them() {
    let folder = case("AL601-tensor-missing/bad");
    let found = "pytorch_adapter.bin:1:1: error[AL601] tensor-missing: the file has no \
                 `bert.encoder.layer.1.attention.self.value.loras.a.lora_B`, so the adapter keeps random or initial values there\n";
    for path in [".", "pytorch_adapter.bin"] {
        let (code, out, _) = run(&folder, &["--output-format", "concise", path]);
        assert_eq!((code, out.trim_start_matches("./")), (1, found));
    }
    // A config that is named is judged alone.
    assert_eq!(run(&folder, &["adapter_config.json"]).0, 0);
    let (_, out, _) = run(&folder, &["--output-format", "json", "."]);
    let value: serde_json::Value = serde_json::from_str(&out).expect("it is JSON");
    let kinds: Vec<_> = value["files"].as_array().expect("the files").iter().map(|file| &file["kind"]).collect();
    assert_eq!(kinds, ["adapter-config", "adapter-weights"]);
    let pointer = "/bert.encoder.layer.1.attention.self.value.loras.a.lora_B";
    assert_eq!(value["files"][1]["diagnostics"][0]["pointer"], pointer);
}

#[test]
fn weights_are_held_against_the_model_that_is_named() {
    let folder = case("AL601-tensor-missing/bad-deeper-model");
    assert_eq!(run(&folder, &["."]).0, 0);
    assert_eq!(run(&folder, &["--model", "model.json", "."]).0, 1);
}

#[test]
fn json_follows_its_schema() {
    let folder = folder(&[
        ("a.json", BROKEN.as_bytes()),
        ("b.json", "{'ä': \u{1}1,, \"r\": 8 // é\n}".as_bytes()),
        ("c.yaml", b"a: 1"),
        ("d.json", br#"{"peft_type": "LORA"}"#),
        ("e.json", b""),
    ]);
    let (code, out, err) =
        run(folder.path(), &["a.json", "b.json", "c.yaml", "d.json", "e.json", "--output-format=json"]);
    assert_eq!((code, err.as_str()), (1, ""));
    let data: serde_json::Value = serde_json::from_str(&out).expect("it is JSON");
    let schema = adapter_spec::report::json::schema();
    let errors: Vec<_> = jsonschema::validator_for(&schema)
        .expect("a schema")
        .iter_errors(&data)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(data["files"][3]["dialect"], "peft");
    assert_eq!(data["summary"]["files"], 5);
    let first = &data["files"][0]["diagnostics"][0];
    assert_eq!(first["range"]["start"], serde_json::json!({"line": 1, "column": 32, "offset": 31}));
    assert_eq!(first["fix"]["safe"], true);
}

#[test]
fn warnings_may_be_bounded_and_errors_ignored() {
    let folder =
        folder(&[("warning.json", br#"{"architecture": "lora", "r": 8, "r": 9}"#), ("broken.json", BROKEN.as_bytes())]);
    let cases: [(&[&str], i32); 7] = [
        (&["warning.json"], 0),
        (&["warning.json", "--max-warnings", "1"], 0),
        (&["warning.json", "--max-warnings", "0"], 1),
        (&["broken.json"], 1),
        (&["broken.json", "--exit-zero"], 0),
        (&["broken.json", "gone.json", "--exit-zero"], 2),
        (&["broken.json", "--exit-zero", "--max-warnings", "0"], 2),
    ];
    for (arguments, expected) in cases {
        let (code, _, err) = run(folder.path(), arguments);
        assert_eq!(code, expected, "{arguments:?}: {err}");
    }
    let (_, _, err) = run(folder.path(), &["warning.json", "--max-warnings=0"]);
    assert!(err.contains("1 warning is more than --max-warnings 0 allows"), "{err}");
}

#[test]
fn quiet_says_only_what_could_not_be_done() {
    let folder = folder(&[("a.json", CLEAN.as_bytes()), ("b.json", BROKEN.as_bytes())]);
    let (code, out, err) = run(folder.path(), &["--quiet", "--output-format", "concise", "a.json", "b.json"]);
    assert_eq!((code, out.lines().count(), err.as_str()), (1, 1, ""));
    let (code, _, err) = run(folder.path(), &["-q", "gone.json"]);
    assert_eq!((code, err.contains("gone.json")), (2, true), "{err}");
}

#[test]
fn statistics_count_by_rule() {
    let folder = folder(&[
        ("a.json", br#"{"architecture": "lora", "r": 8, "r": 9,}"#),
        ("b.json", br#"{"architecture": "lora", "r": 9,}"#),
    ]);
    let (code, out, _) = run(folder.path(), &["--statistics", "--select", "AL1", "a.json", "b.json"]);
    assert_eq!((code, out.as_str()), (1, "2  AL102  trailing-comma\n1  AL106  duplicate-key\n"));
    let (_, out, _) = run(folder.path(), &["--statistics", "--output-format=json", "a.json", "b.json"]);
    let data: serde_json::Value = serde_json::from_str(&out).expect("it is JSON");
    assert_eq!((&data["rules"][0]["code"], &data["rules"][0]["count"]), (&"AL102".into(), &2.into()));
    assert!(adapter_spec::schema::validator("diagnostics").is_valid(&data));
    assert_eq!(run(folder.path(), &["--statistics", "--output-format=sarif", "a.json"]).0, 2);
}

#[test]
fn an_output_file_appears_as_a_whole() {
    let folder = folder(&[
        ("a.json", BROKEN.as_bytes()),
        ("old.txt", b"an older report, which is longer than the new one".repeat(9).as_slice()),
    ]);
    let arguments = ["--output-format", "concise", "a.json"];
    let (_, expected, _) = run(folder.path(), &arguments);
    for name in ["new.txt", "old.txt"] {
        let (code, out, err) = run(folder.path(), &[&arguments[..], &["--output-file", name]].concat());
        assert_eq!((code, out.as_str()), (1, ""), "{err}");
        assert_eq!(fs::read_to_string(folder.path().join(name)).expect("it is there"), expected);
    }
    let (code, _, err) = run(folder.path(), &["a.json", "--output-file", "./a.json"]);
    assert_eq!((code, err.contains("is one of the files to be checked")), (2, true), "{err}");
    assert_eq!(fs::read_to_string(folder.path().join("a.json")).expect("it is there"), BROKEN);
    assert_eq!(run(folder.path(), &["a.json", "--output-file", "no/such/folder"]).0, 2);
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 3, "nothing is left lying about");
}

#[test]
fn colours_are_for_terminals() {
    let folder = folder(&[("a.json", BROKEN.as_bytes())]);
    let escapes = |arguments: &[&str]| run(folder.path(), &[&["a.json"], arguments].concat()).1.contains('\u{1b}');
    assert!(!escapes(&[]));
    assert!(!escapes(&["--color", "never"]));
    assert!(escapes(&["--color", "always"]));
}

#[test]
fn explain_knows_codes_and_names() {
    let here = Path::new(".");
    let (code, by_code, _) = run(here, &["explain", "al102"]);
    assert_eq!(code, 0);
    assert!(by_code.starts_with("# AL102 trailing-comma (error)\n"), "{by_code}");
    assert_eq!(run(here, &["explain", "trailing-comma"]).1, by_code);
    let (code, out, err) = run(here, &["explain", "trailing-coma"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("did you mean trailing-comma"), "{err}");
}

#[test]
fn explain_knows_methods_of_both_libraries() {
    let here = Path::new(".");
    let (code, out, _) = run(here, &["explain", "LoRA"]);
    assert_eq!(code, 0);
    assert!(out.starts_with("Config of LoRA") && out.contains("\nConfig of LoRA in PEFT\n"), "{out}");
    assert!(out.contains("`attn_matrices`") && out.contains("`lora_alpha`"), "{out}");
    for name in ["peft-lora", "peft:lora", "peft.lora"] {
        let (code, out, _) = run(here, &["explain", name]);
        assert!(code == 0 && out.starts_with("Config of LoRA in PEFT\n"), "{name}: {out}");
    }
    let example = out.lines().find_map(|line| line.trim().strip_prefix("One of them: `adapter-lint explain "));
    let (code, out, _) = run(here, &["explain", example.expect("a key").trim_end_matches('`')]);
    assert!(code == 0 && out.starts_with('`'), "{out}");
    assert!(run(here, &["explain", "botleneck"]).2.contains("did you mean bottleneck"));
    assert!(run(here, &["explain", "pfeiffer"]).2.contains("`adapter-lint resolve pfeiffer`"));
}

#[test]
fn explain_knows_keys_in_any_case_and_suggests_them() {
    let here = Path::new(".");
    let (code, out, _) = run(here, &["explain", "leave_out"]);
    assert_eq!((code, out.starts_with("`leave_out`\n")), (0, true), "{out}");
    assert_eq!(run(here, &["explain", "Leave_Out"]).1, out);
    let (code, out, err) = run(here, &["explain", "scalin"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("did you mean scaling"), "{err}");
}

#[test]
fn what_is_no_json_at_all_is_one_finding() {
    let noise: Vec<u8> = (0..2048_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let files: [(&str, &[u8], &str); 8] = [
        ("noise.json", &noise, "AL105"),
        ("nul.json", b"{\"a\": \0\0\0, \0 1 2 3", "AL101"),
        ("text.json", b"Hello, this is\nplain {text}: [with] brackets\n", "AL101"),
        ("script.json", b"#!/bin/sh\necho {a,b}\n", "AL101"),
        ("code.json", b"// one\n// two\nint main() { return 0; }\n", "AL101"),
        ("number.json", b"8 apples, {9: pears}\n", "AL101"),
        ("member.json", b"\"r\": 8, \"alpha\": 8\n", "AL101"),
        ("close.json", b"} } {\"r\": 8}", "AL101"),
    ];
    let folder = folder(&files.map(|(name, bytes, _)| (name, bytes)));
    for (name, _, rule) in files {
        let (code, out, _) = run(folder.path(), &["--output-format", "concise", name]);
        assert_eq!((code, out.lines().count(), out.contains(rule)), (1, 1, true), "{name}: {out}");
    }
}

#[test]
fn no_summary_is_made_of_nothing() {
    let folder = folder(&[("a.json", CLEAN.as_bytes()), ("empty/notes.txt", b"")]);
    let (code, _, err) = run(folder.path(), &["gone.json"]);
    assert_eq!((code, err.lines().count(), err.contains("0 files")), (2, 1, false), "{err}");
    let nothing = "no adapter configs or cards found in empty\n";
    assert_eq!(run(folder.path(), &["empty"]), (0, String::new(), nothing.to_owned()));
    let (code, _, err) = run(folder.path(), &["--output-format", "concise", "a.json", "empty"]);
    assert_eq!((code, err.as_str()), (0, nothing));
}

#[test]
fn a_misspelt_subcommand_is_suggested() {
    let folder = folder(&[("a.json", CLEAN.as_bytes())]);
    let (code, _, err) = run(folder.path(), &["chekc", "a.json"]);
    assert_eq!((code, err.contains("did you mean the subcommand `check`?")), (2, true), "{err}");
    assert!(!run(folder.path(), &["check.json"]).2.contains("did you mean"));
}

#[test]
fn schemas_are_suggested_and_counted() {
    let folder = folder(&[]);
    let (code, out, err) = run(folder.path(), &["schema", "bottlneck"]);
    assert_eq!((code, out.as_str(), err.contains("did you mean bottleneck?")), (2, "", true), "{err}");
    let count = adapter_spec::schema::names().count();
    let expected = (0, String::new(), format!("wrote {count} schemas to out\n"));
    assert_eq!(run(folder.path(), &["schema", "--all", "out"]), expected);
}

#[test]
fn frames_of_long_lines_have_no_stray_rows() {
    let long: String = (0..40).map(|at| format!(r#", "x{at}": {at}"#)).collect();
    let folder = folder(&[("a.json", format!(r#"{{"architecture": "lora"{long}}}"#).as_bytes())]);
    for color in ["never", "always"] {
        let (_, out, _) = run(folder.path(), &["a.json", "--color", color]);
        assert!(out.contains("a.json:1:26") && !out.contains(":::"), "{out}");
    }
}

#[test]
fn rules_are_listed() {
    let here = Path::new(".");
    let (code, out, _) = run(here, &["rules"]);
    assert_eq!((code, out.lines().count()), (0, adapter_spec::lint::rules().len()));
    let (_, out, _) = run(here, &["rules", "--output-format", "json"]);
    let data: serde_json::Value = serde_json::from_str(&out).expect("it is JSON");
    assert_eq!(data["rules"][0]["code"], "AL001");
    assert_eq!(run(here, &["rules", "--output-format", "json"]).1, out);
}

#[test]
fn models_are_files_folders_or_names() {
    let folder = folder(&[
        ("a.json", CLEAN.as_bytes()),
        ("bert/config.json", br#"{"model_type": "bert", "hidden_size": 768}"#),
        ("no_model.json", b"{}"),
    ]);
    for (model, expected) in [("bert/config.json", 0), ("bert", 0), ("no_model.json", 2), ("no-such-model", 2)] {
        let (code, _, err) = run(folder.path(), &["a.json", "--model", model]);
        assert_eq!(code, expected, "{model}: {err}");
        assert_eq!(code == 2, err.contains(model), "{err}");
    }
}

#[test]
fn hostile_files_are_findings_not_crashes() {
    let deep = "[".repeat(1 << 20);
    let deep_yaml = "- ".repeat(1 << 16);
    let long = format!("{{\"architecture\": \"lora\", \"x\": \"{}\", r: 1}}", "é".repeat(50_000));
    let flow = format!("a: {}", "{a: ".repeat(10_000));
    let files: [(&str, &[u8]); 8] = [
        ("deep.json", deep.as_bytes()),
        ("nul.json", b"{\"a\": \0\0\0, \0"),
        ("nul.yaml", b"a: \0\0"),
        ("utf16.json", b"\xff\xfe{\0\"\0a\0\"\0:\0"),
        ("long.json", long.as_bytes()),
        ("binary.json", b"\x80\x02}q\x00(X\xff\xfe"),
        ("deep.yaml", deep_yaml.as_bytes()),
        ("flow.yaml", flow.as_bytes()),
    ];
    let folder = folder(&files);
    for (name, _) in files {
        for format in ["full", "concise", "json", "jsonl", "sarif", "github", "gitlab", "junit"] {
            let (code, out, err) = run(folder.path(), &[name, "--output-format", format]);
            assert_eq!(code, 1, "{name}: {err}");
            assert!(out.len() < 100_000 && !err.contains("panicked"), "{name}: {} bytes, {err}", out.len());
            assert!(format != "full" || out.lines().all(|line| line.chars().count() < 200), "{name}: {out}");
        }
    }
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let folder = folder(&[]);
    let file = fs::File::create(folder.path().join("large.json")).expect("a file");
    file.set_len(adapter_spec::document::MAX_BYTES + 1).expect("a sparse file");
    let (code, out, _) = run(folder.path(), &["large.json", "--output-format", "concise"]);
    assert_eq!((code, out.contains("error[AL114] file-too-large")), (1, true), "{out}");
}

#[test]
fn a_file_of_too_many_values_is_not_read_to_its_end() {
    let count = adapter_spec::document::MAX_VALUES + 1;
    let json = format!("[{}1]", "1,".repeat(count));
    let comments = format!("{{}}{}", "//\n".repeat(count));
    let yaml = "- 1\n".repeat(count);
    let folder = folder(&[
        ("ones.json", json.as_bytes()),
        ("comments.json", comments.as_bytes()),
        ("ones.yaml", yaml.as_bytes()),
    ]);
    for name in ["ones.json", "comments.json", "ones.yaml"] {
        let (code, out, err) = run(folder.path(), &[name, "--output-format", "concise"]);
        let told = out.lines().count() == 1 && out.contains("error[AL114] file-too-large: the file has more than");
        assert_eq!((code, told), (1, true), "{name}: {out}{err}");
    }
}

#[test]
fn archives_are_judged_by_what_is_in_them() {
    let archives = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/tensors/archives");
    let shown = |archive: &str, file: &str| format!("{}:", Path::new(archive).join(file).display());
    for archive in ["flat.zip", "flat.tar"] {
        let (code, out, _) = run(&archives, &["--output-format", "concise", archive]);
        assert_eq!(code, 1, "{out}");
        let of = |file: &str| out.lines().filter(|line| line.starts_with(&shown(archive, file))).count();
        assert!(of("adapter_config.json") > 0 && of("pytorch_adapter.bin") > 0, "{out}");
        assert_eq!(of("adapter_config.json") + of("pytorch_adapter.bin"), out.lines().count(), "{out}");
    }
    // Nothing of it is mended, and nothing written.
    let copy = folder(&[("a.zip", &fs::read(archives.join("flat.zip")).expect("a fixture"))]);
    let (_, out, _) = run(copy.path(), &["--output-format", "concise", "a.zip"]);
    assert!(!out.contains("[*]"), "what cannot be mended is not offered: {out}");
    let (code, out, _) = run(copy.path(), &["--fix", "--unsafe-fixes", "--output-format", "concise", "a.zip"]);
    assert!(code == 1 && out.contains("AL208"), "{out}");
    assert_eq!(fs::read_dir(copy.path()).expect("it is a folder").count(), 1);
    for archive in ["cut.zip", "parent.zip", "device.tar"] {
        let (code, _, err) = run(&archives, &[archive]);
        assert!(code == 2 && err.contains(archive), "{code} {err}");
    }
}

#[test]
fn a_folder_may_be_named_as_a_file() {
    let folder = folder(&[("x.json/adapter_config.json", BROKEN.as_bytes())]);
    assert_eq!(run(folder.path(), &["x.json"]).0, 1);
    assert_eq!(run(folder.path(), &["."]).0, 1);
}

#[cfg(unix)]
#[test]
fn special_files_and_loops_do_not_block() {
    let folder = folder(&[("store/blob", BROKEN.as_bytes())]);
    let made = Command::new("mkfifo").arg(folder.path().join("pipe.json")).status().expect("mkfifo runs");
    assert!(made.success());
    std::os::unix::fs::symlink(folder.path(), folder.path().join("loop")).expect("a link");
    std::os::unix::fs::symlink("store/blob", folder.path().join("adapter_config.json")).expect("a link");
    let (code, _, err) = run(folder.path(), &["pipe.json"]);
    assert_eq!((code, err.contains("not a regular file")), (2, true), "{err}");
    fs::create_dir(folder.path().join("piped")).expect("a folder");
    std::os::unix::fs::symlink("../pipe.json", folder.path().join("piped/adapter_config.json")).expect("a link");
    let merge = ["merge", "piped", "--base", ".", "--output", "out"];
    let convert = ["convert", "pipe.json", "out", "--to", "peft"];
    for arguments in [&["inspect", "pipe.json"][..], &convert, &["diff", "pipe.json", "pipe.json"], &merge] {
        let (code, _, err) = run(folder.path(), arguments);
        assert_eq!((code, err.contains("no regular file")), (2, true), "{arguments:?}: {err}");
    }
    let (code, out, err) = run(folder.path(), &[".", "--output-format", "concise"]);
    let found = out.lines().filter(|line| line.contains("trailing-comma")).count();
    assert_eq!((code, found), (1, 1), "{out}{err}");
    let mut child =
        program().current_dir(folder.path()).arg("rules").stdout(Stdio::piped()).spawn().expect("the program runs");
    drop(child.stdout.take());
    assert_ne!(child.wait().expect("the program ends").code(), Some(101));
}

#[test]
fn the_readme_shows_what_the_program_says() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let (code, out, _) = run(root, &["examples/adapter_config.json"]);
    let readme = fs::read_to_string(root.join("README.md")).expect("the README is there");
    let shown = out.split("\n\n").find(|frame| frame.contains("AL201")).expect("the example has an unknown key");
    assert!(code == 1 && readme.contains(shown.trim_end()), "README.md does not show:\n{shown}");
}

/// What only newer releases refuse is no error for an older one.
#[test]
fn older_releases_take_what_newer_ones_refuse() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let union = |leave_out: &str| {
        let lora = r#"{"architecture": "lora", "selfattn_lora": true, "leave_out": "#;
        format!(r#"{{"architecture": "union", "configs": [{lora}[0]}}, {lora}{leave_out}}}]}}"#)
    };
    let scale = r#"{"architecture": "lora", "composition_mode": "scale", "r": 1, "alpha": 1, "init_weights": "ia3", "dropout": 0.1}"#;
    let golden =
        "fixtures/checkpoints/adapter-transformers-2.3.0/bert/fusion_dynamic/fusion/adapter_fusion_config.json";
    let fusion = fs::read_to_string(golden).expect("a fusion");
    let model = "fixtures/checkpoints/base/bert.json";
    for (name, config, code, release, wanted) in [
        ("adapter_fusion_config.json", fusion.as_str(), "AL250", "adapter-transformers@2.3.0", false),
        ("adapter_fusion_config.json", &fusion, "AL250", "adapters@0.2.2", true),
        ("adapter_config.json", &union("[1]"), "AL304", "adapters@1.0.1", false),
        ("adapter_config.json", &union("[0]"), "AL304", "adapters@1.0.1", true),
        ("adapter_config.json", &union("[1]"), "AL304", "adapters@1.3.0", true),
        ("adapter_config.json", scale, "AL306", "adapter-transformers@3.2.1", false),
        ("adapter_config.json", scale, "AL306", "adapters@0.2.2", true),
    ] {
        let path = scratch.path().join(name);
        fs::write(&path, config).expect("it can be written");
        let arguments = ["--isolated", "--output-format", "concise", "--model", model, "--for", release];
        let (_, out, err) = run_here(&[&arguments[..], &[text(&path)]].concat());
        assert_eq!(out.contains(code), wanted, "{name} for {release}: {out}{err}");
    }
}

#[test]
fn weights_are_missed_in_folders_only() {
    let saved = br#"{"peft_type": "LORA", "r": 8, "target_modules": ["q_proj"], "inference_mode": true}"#;
    let template = br#"{"peft_type": "LORA", "r": 8, "target_modules": ["q_proj"]}"#;
    let folder = folder(&[
        ("saved/adapter_config.json", saved),
        ("elsewhere/adapter_config.json", saved),
        ("elsewhere/model.safetensors", b""),
        ("packed/adapter_config.json", saved),
        ("packed/adapter.zip", b""),
        ("template/adapter_config.json", template),
        ("renamed/lora.json", saved),
        ("deep/er/saved/adapter_config.json", saved),
    ]);
    let told = |arguments: &[&str]| {
        let (_, out, _) =
            run(folder.path(), &[&["--output-format", "concise", "--select", "AL558"], arguments].concat());
        out.lines().map(|line| line.split(':').next().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    let lone = ["elsewhere/adapter_config.json", "saved/adapter_config.json"];
    assert_eq!(told(&["."]).iter().map(|path| path.trim_start_matches("./")).collect::<Vec<_>>(), lone);
    assert_eq!(told(&["deep/er/saved"]), ["deep/er/saved/adapter_config.json"], "the same folder, when it is named");
    assert!(told(&["saved/adapter_config.json"]).is_empty());
    let name = ["--output-format", "concise", "--select", "AL558", "-", "--stdin-filename", "adapter_config.json"];
    assert_eq!(run_with_input(&name, saved).1, "");
}

#[test]
fn what_is_not_read_to_its_end_is_not_clean() {
    let mut child = program()
        .args(["fixtures/lint", "--output-format", "sarif"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program runs");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("it ends").code(), Some(141));
}

/// A server reads adapters of PEFT with code of its own; several targets may be named beside each other.
#[test]
fn adapters_are_judged_for_a_server() {
    let folder = "fixtures/lint/AL874-tensors-refused-by-vllm/bad";
    let (code, out, err) =
        run_here(&["--for", "vllm@0.11.0", "--for", "peft@0.18.0", "--output-format", "concise", folder]);
    assert!(code == 1 && out.contains("AL870") && out.contains("AL874"), "{out}{err}");
    let (code, out, err) = run_here(&[folder]);
    assert!(code == 0 && !out.contains("AL87"), "{out}{err}");
    for (name, told) in [("vllm@0.5.0", "begins with `vllm@0.7.3`"), ("vllm@2", "ends with `vllm@0.33.0`")] {
        let (code, out, err) = run_here(&["--for", name, folder]);
        assert!(code == 2 && err.contains(told), "{out}{err}");
    }
    let (code, _, err) = run_here(&["--for", "vllm@0.9.1", "--for", "vllm", folder]);
    assert!(code == 2 && err.contains("vLLM 0.9.1 and vLLM 0.33.0 read the same files"), "{err}");
    let (code, _, err) = run_here(&["convert", folder, "never", "--to", "vllm"]);
    assert!(code == 2 && err.contains("vLLM reads adapters of PEFT"), "{err}");
}
