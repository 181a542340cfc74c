//! `--fix`, `--unsafe-fixes` and `--diff` on the command line: what they say, what they write, and what they leave
//! alone.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::support::{program, texts};

const FLAWED: &str = "{\r\n\t// the adapter\r\n\t'architecture': \"lora\",\r\n\t\"r\": \"8\",  \"alpha\" : 1e1,\r\n\t\"atn_matrices\": [\"q\"],\r\n}\r\n";
const MENDED: &str =
    "{\r\n\t\"architecture\": \"lora\",\r\n\t\"r\": 8,  \"alpha\" : 1e1,\r\n\t\"atn_matrices\": [\"q\"]\r\n}\r\n";

fn run(folder: &Path, arguments: &[&str], input: &str) -> (i32, String, String) {
    let mut command = program();
    command.args(arguments).current_dir(folder);
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().expect("the program runs");
    child.stdin.take().expect("it is piped").write_all(input.as_bytes()).expect("the program reads");
    texts(child.wait_with_output().expect("the program ends"))
}

fn scratch() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let file = folder.path().join("config.json");
    fs::write(&file, FLAWED).expect("a file");
    (folder, file)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("the file is text")
}

#[test]
fn safe_fixes_are_written_and_the_rest_is_reported() {
    let (folder, file) = scratch();
    let (code, out, err) = run(folder.path(), &["--fix", "--output-format", "concise", "config.json"], "");
    assert_eq!(
        out,
        "config.json:4:2: warning[AL201] unknown-key: LoRA has no key `atn_matrices`; the library ignores it\n"
    );
    assert_eq!((code, err.as_str()), (0, "4 fixed, 1 remains (1 more with --unsafe-fixes)\n"));
    assert_eq!(read(&file), MENDED);
    let (_, _, err) = run(folder.path(), &["--fix", "config.json"], "");
    assert!(err.ends_with("0 fixed, 1 remains (1 more with --unsafe-fixes)\n"), "{err}");
    let (code, out, err) = run(folder.path(), &["--fix", "--unsafe-fixes", "config.json"], "");
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    assert!(err.ends_with("1 fixed, 0 remain\n"), "{err}");
    assert_eq!(read(&file), MENDED.replace("atn", "attn"));
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1, "nothing is left beside it");
}

#[test]
fn a_fix_is_no_worse_for_what_others_mend_behind_it() {
    let (folder, file) = scratch();
    let text = r#"{"peft_type":"lora","r":"8","bias":"None","fan_in_fan_out":"False","target_modules":["q_proj"]}"#;
    fs::write(&file, text).expect("a file");
    let (code, _, err) = run(folder.path(), &["--fix", "--unsafe-fixes", "--isolated", "config.json"], "");
    assert_eq!(code, 0, "{err}");
    let mended = r#"{"peft_type":"LORA","r":8,"bias":"none","fan_in_fan_out":false,"target_modules":["q_proj"]}"#;
    assert_eq!(read(&file), mended);
    // Without fixes for what comes to light it stays as it is, and that is told.
    let text = r#"{"peft_type": "lora", "target_modules": 3, "r": [], "bias": 1}"#;
    fs::write(&file, text).expect("a file");
    let (code, _, err) = run(folder.path(), &["--fix", "--unsafe-fixes", "config.json"], "");
    assert_eq!(code, 1);
    assert!(err.contains("the fix \"Write `LORA`\" would leave more errors, which no fix mends"), "{err}");
    assert_eq!(read(&file), text);
}

#[test]
fn what_is_probably_a_config_is_fixed_where_it_is_named_alone() {
    let (folder, file) = scratch();
    let text = r#"{"peft_type": "lora", "r": 8, "target_modules": ["q_proj"]}"#;
    let other = folder.path().join("other.json");
    for path in [&file, &other] {
        fs::write(path, text).expect("a file");
    }
    let (_, _, err) = run(folder.path(), &["--fix", "config.json", "other.json"], "");
    let why = "config.json: not fixed: it is probably peft peft-config; name this file alone if that is what it is\n";
    assert!(err.contains(why), "{err}");
    assert_eq!(read(&file), text);
    let (code, _, err) = run(folder.path(), &["--fix", "config.json"], "");
    assert_eq!(code, 0, "{err}");
    assert_eq!(read(&file), text.replace("lora", "LORA"));
    // What is of another library stays as it is.
    let foreign = r#"{"fine_tune_type": "lora", "num_layers": 4, "lora_parameters": {"rank": 8},}"#;
    fs::write(&file, foreign).expect("a file");
    let (_, _, err) = run(folder.path(), &["--fix", "config.json"], "");
    assert!(err.contains("config.json: not fixed: it is mlx config, not checked; only"), "{err}");
    assert_eq!(read(&file), foreign);
}

#[test]
fn fixes_of_yaml_have_no_quotes_where_the_author_has_none() {
    let (folder, _) = scratch();
    let file = folder.path().join("adapter.yaml");
    fs::write(&file, "peft_type: LORA\nlora_droput: 0.1\n'r': 8\nbias: None\ntarget_modules: q_proj\n")
        .expect("a file");
    let (_, _, err) = run(folder.path(), &["--fix", "--unsafe-fixes", "adapter.yaml"], "");
    let mended = read(&file);
    assert!(mended.starts_with("peft_type: LORA\nlora_dropout: 0.1\n'r': 8\nbias: none\n"), "{mended}{err}");
}

#[test]
fn a_diff_has_no_other_format() {
    let (folder, file) = scratch();
    for arguments in [&["--output-format", "json"][..], &["--output-format", "concise"], &["--statistics"]] {
        let (code, out, err) = run(folder.path(), &[&["--diff", "config.json"], arguments].concat(), "");
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        assert!(err.contains("`--diff` prints a diff and no findings"), "{err}");
    }
    assert_eq!(read(&file), FLAWED);
}

#[test]
fn a_diff_changes_nothing() {
    let (folder, file) = scratch();
    let (code, out, err) = run(folder.path(), &["--diff", "config.json"], "");
    let expected = "--- config.json\n+++ config.json\n@@ -1,6 +1,5 @@\n {\r\n-\t// the adapter\r\n-\t'architecture': \"lora\",\r\n-\t\"r\": \"8\",  \"alpha\" : 1e1,\r\n-\t\"atn_matrices\": [\"q\"],\r\n+\t\"architecture\": \"lora\",\r\n+\t\"r\": 8,  \"alpha\" : 1e1,\r\n+\t\"atn_matrices\": [\"q\"]\r\n }\r\n";
    assert_eq!((code, out.as_str()), (1, expected), "{err}");
    assert!(err.ends_with("4 would be fixed, 1 remains (1 more with --unsafe-fixes)\n"), "{err}");
    assert_eq!(read(&file), FLAWED);
    fs::write(&file, "{\"architecture\": \"lora\", \"r\": 0}").expect("a file");
    // There are errors, but nothing to change.
    assert_eq!(run(folder.path(), &["--diff", "config.json"], "").0, 0);
}

#[test]
fn findings_that_can_be_fixed_are_marked_and_counted() {
    let (folder, _) = scratch();
    let (code, out, err) = run(folder.path(), &["--output-format", "concise", "config.json"], "");
    assert_eq!(code, 1);
    assert_eq!(out.lines().filter(|line| line.ends_with(" [*]")).count(), 4, "{out}");
    assert!(err.ends_with("4 fixable with --fix (1 more with --unsafe-fixes)\n"), "{err}");
}

#[test]
fn standard_input_is_mended_to_standard_output() {
    let (folder, _) = scratch();
    let (code, out, err) = run(folder.path(), &["--fix", "-", "--stdin-filename", "config.json"], FLAWED);
    assert_eq!((code, out.as_str()), (0, MENDED));
    assert!(err.contains("AL201") && err.contains("4 fixed, 1 remains"), "{err}");
    let (_, out, _) = run(folder.path(), &["--fix", "-"], "{\"fine_tune_type\": \"lora\",}");
    assert_eq!(out, "{\"fine_tune_type\": \"lora\",}", "what is not mended passes through");
    let (code, out, _) = run(folder.path(), &["--diff", "-", "--stdin-filename", "config.json"], FLAWED);
    assert!(code == 1 && out.starts_with("--- config.json\n"), "{out}");
}

#[test]
fn unsafe_fixes_need_something_to_do() {
    let (folder, file) = scratch();
    let (code, _, err) = run(folder.path(), &["--unsafe-fixes", "config.json"], "");
    assert_eq!(code, 2);
    assert!(err.contains("`--unsafe-fixes` needs `--fix` or `--diff`"), "{err}");
    assert_eq!(read(&file), FLAWED);
}

#[cfg(unix)]
#[test]
fn permissions_and_links_are_kept() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let (folder, file) = scratch();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("permissions");
    let link = folder.path().join("adapter_config.json");
    symlink("config.json", &link).expect("a link");
    let (code, _, err) = run(folder.path(), &["--fix", "adapter_config.json"], "");
    assert_eq!(code, 0, "{err}");
    assert!(link.symlink_metadata().expect("the link").is_symlink());
    assert_eq!(read(&file), MENDED);
    assert_eq!(fs::metadata(&file).expect("the file").permissions().mode() & 0o777, 0o640);
}

#[cfg(unix)]
#[test]
fn read_only_files_are_left_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, file) = scratch();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o440)).expect("permissions");
    let (_, found, _) = run(folder.path(), &["config.json"], "");
    let (code, out, err) = run(folder.path(), &["--fix", "config.json"], "");
    assert_eq!((code, out), (2, found), "what is in it is still told");
    assert!(err.contains("config.json: cannot be fixed: it is read-only") && err.contains("0 fixed"), "{err}");
    assert_eq!(read(&file), FLAWED);
}

#[test]
fn cards_are_mended_together() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hub/repo-good"), folder.path());
    let card = folder.path().join("adapters/example-org/bert-base-uncased_nli_multinli_pfeiffer.yaml");
    let good = read(&card);
    let using = good.lines().find_map(|line| line.trim().strip_prefix("using: ")).expect("the card names one");
    fs::write(&card, good.replace(&format!("using: {using}"), &format!("using: {using}x"))).expect("a file");
    let (code, _, err) = run(folder.path(), &["--fix", "."], "");
    assert_eq!(code, 1, "{err}");
    let (code, out, err) = run(folder.path(), &["--fix", "--unsafe-fixes", "."], "");
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!(read(&card), good);
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("the folder is in the repository").filter_map(Result::ok) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir_all(&target).expect("a folder");
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).expect("a file");
        }
    }
}

#[test]
fn what_is_suppressed_is_not_mended() {
    let (folder, file) = scratch();
    let settings = "[[suppress]]\ncode = \"AL203\"\nreason = \"the rank is filled in later\"\n";
    fs::write(folder.path().join("adapter-lint.toml"), settings).expect("settings");
    let (code, _, err) = run(folder.path(), &["--fix", "config.json"], "");
    assert_eq!(code, 0, "{err}");
    assert_eq!(read(&file), MENDED.replace("\"r\": 8", "\"r\": \"8\""));
}

/// A folder of PEFT whose tensors lack the path of the wrapper.
fn shifted() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/lint/AL650-peft-names-shifted/bad");
    for name in ["adapter_config.json", "adapter_model.safetensors"] {
        fs::copy(from.join(name), folder.path().join(name)).expect("a file");
    }
    let file = folder.path().join("adapter_model.safetensors");
    (folder, file)
}

#[test]
fn names_of_tensors_are_mended_in_the_weights() {
    let (folder, file) = shifted();
    let spoilt = fs::read(&file).expect("weights");
    let (code, out, err) = run(folder.path(), &["check", ".", "--diff"], "");
    assert_eq!(code, 1, "{err}");
    assert!(out.starts_with("--- ./adapter_model.safetensors (names)\n"), "{out}");
    assert!(out.contains("\n-model.layers.0.self_attn.q_proj.lora_A.weight\n"), "{out}");
    assert!(out.contains("\n+base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight\n"), "{out}");
    assert!(err.contains("12 tensors would be renamed") && err.ends_with("1 would be fixed, 0 remain\n"), "{err}");
    assert!(fs::read(&file).expect("weights") == spoilt);
    let (_, _, err) = run(folder.path(), &["check", "."], "");
    assert!(err.ends_with("1 fixable with --fix\n"), "{err}");
    let (code, _, err) = run(folder.path(), &["check", ".", "--fix", "--ignore", "AL650"], "");
    assert!(code == 0 && fs::read(&file).expect("weights") == spoilt, "{err}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("it is ours");
    }
    let (code, out, err) =
        run(folder.path(), &["adapter_model.safetensors", "--fix", "--output-format", "concise"], "");
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    let told = "adapter_model.safetensors: 12 tensors renamed, such as `model.layers.0.self_attn.q_proj.lora_A.weight` to \
                `base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight`\n1 fixed, 0 remain\n";
    assert_eq!(err, told);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(file.metadata().expect("it is there").permissions().mode() & 0o777, 0o640);
    }
    let mended = fs::read(&file).expect("weights");
    let (code, _, err) = run(folder.path(), &["check", ".", "--fix"], "");
    assert!(code == 0 && err.ends_with("0 fixed, 0 remain\n"), "{err}");
    assert!(fs::read(&file).expect("weights") == mended);
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 2, "nothing is left beside it");
}

#[test]
fn both_files_of_weights_get_the_same_names() {
    let (folder, file) = shifted();
    // A file of either format is told by what is in it.
    fs::copy(&file, folder.path().join("adapter_model.bin")).expect("a file");
    let (code, _, err) = run(folder.path(), &["check", ".", "--fix"], "");
    assert_eq!(code, 0, "{err}");
    let [one, other] =
        ["adapter_model.safetensors", "adapter_model.bin"].map(|name| fs::read(folder.path().join(name)));
    assert!(one.expect("weights") == other.expect("weights"), "{err}");
}
