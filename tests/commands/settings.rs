//! `adapter-lint.toml` on the command line: which settings hold for a file, suppressions, and baselines.

use std::fs;
use std::path::Path;

use crate::support::run_in as run;

const LOOSE: &str = r#"{"config": {"architecture": "lora", "r": 8, "alpha": 8, "ranks": 1}, "name": "a",
    "version": "adapters.1.3.0", "model_type": "bert", "hidden_size": 768}"#;

/// A folder with two adapters that have one flaw: AL201, a key that nobody knows.
fn project(settings: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a scratch folder");
    for adapter in ["old", "new"] {
        fs::create_dir(folder.path().join(adapter)).expect("a folder");
        fs::write(folder.path().join(adapter).join("adapter_config.json"), LOOSE).expect("a config");
        // Weights that nobody looks into, so that none are missed.
        fs::write(folder.path().join(adapter).join("weights.pt"), "").expect("weights");
    }
    if !settings.is_empty() {
        fs::write(folder.path().join("adapter-lint.toml"), settings).expect("settings");
    }
    folder
}

fn concise(folder: &Path, more: &[&str]) -> (i32, String, String) {
    run(folder, &[&["--output-format", "concise", "."], more].concat())
}

#[test]
fn severities_hold_for_paths_and_the_command_line_goes_before() {
    let folder =
        project("[rules]\nunknown-key = \"error\"\n\n[[paths]]\npath = \"old/\"\nrules = { AL201 = \"allow\" }\n");
    let (code, out, err) = concise(folder.path(), &[]);
    assert_eq!(code, 1, "{out}{err}");
    assert!(out.contains("new/adapter_config.json") && !out.contains("old/adapter_config.json"), "{out}");
    let (code, out, _) = concise(folder.path(), &["--isolated"]);
    assert_eq!((code, out.matches("AL201").count()), (0, 2), "{out}");
    let (code, out, _) = concise(folder.path(), &["-W", "unknown-key"]);
    assert_eq!((code, out.matches("AL201").count()), (0, 2), "{out}");
}

#[test]
fn the_nearest_settings_hold_alone() {
    let folder = project("[rules]\nAL201 = \"error\"\n");
    fs::write(folder.path().join("old/adapter-lint.toml"), "ignore = [\"AL2\"]\n").expect("settings");
    let (code, out, _) = concise(folder.path(), &[]);
    assert_eq!((code, out.matches("AL201").count()), (1, 1), "{out}");
    let inside = folder.path().join("old");
    let (code, out, _) = concise(&inside, &[]);
    assert_eq!((code, out.matches("AL201").count()), (0, 0), "{out}");
    let (code, _, _) = concise(&inside, &["--config", "../adapter-lint.toml"]);
    assert_eq!(code, 1);
}

#[test]
fn a_folder_below_the_settings_may_be_the_working_folder() {
    let folder =
        project("[[suppress]]\ncode = \"AL201\"\npath = \"old/adapter_config.json\"\nreason = \"published so\"\n");
    for path in ["adapter_config.json", "./adapter_config.json", ".", "././", "../old"] {
        let (_, out, err) = run(&folder.path().join("old"), &["--output-format", "concise", path]);
        assert_eq!(out.matches("AL201").count(), 0, "{path}: {out}{err}");
    }
}

#[test]
fn why_settings_cannot_be_read_is_told_once() {
    let folder = project("");
    let (code, out, err) = concise(folder.path(), &["--config", "missing.toml"]);
    assert_eq!(code, 2, "{out}{err}");
    let why = fs::read(folder.path().join("missing.toml")).expect_err("there is no such file").to_string();
    assert_eq!(err.matches(&why).count(), 1, "{err}");
}

#[test]
fn suppressions_have_reasons_and_idle_ones_are_told() {
    let entry = |path: &str, pointer: &str| {
        format!(
            "[[suppress]]\ncode = \"unknown-key\"\npath = \"{path}\"\npointer = \"{pointer}\"\nreason = \"published so\"\n"
        )
    };
    let folder = project(&(entry("old/*.json", "/config") + &entry("new/*.json", "/config/rank")));
    let (_, out, _) = concise(folder.path(), &[]);
    assert!(out.contains("new/adapter_config.json") && !out.contains("old/adapter_config.json"), "{out}");
    assert_eq!(out.matches("AL001").count(), 1, "{out}");
    assert!(out.contains("adapter-lint.toml:8:8"), "{out}");
    // A file by itself says nothing of suppressions for others, and rules that are not asked for say nothing of theirs.
    let (_, out, _) = run(folder.path(), &["--output-format", "concise", "old/adapter_config.json"]);
    assert!(!out.contains("AL001"), "{out}");
    let (_, out, _) = concise(folder.path(), &["--ignore", "AL201"]);
    assert!(!out.contains("AL001"), "{out}");
}

#[test]
fn patterns_that_match_no_file_are_told() {
    let folder = project("[[paths]]\npath = \"old/\"\n\n[[paths]]\npath = \"odl/\"\nmodel = \"gpt2\"\n");
    let (code, out, _) = concise(folder.path(), &[]);
    assert_eq!((code, out.matches("AL002").count()), (0, 1), "{out}");
    assert!(out.contains("adapter-lint.toml:5:8") && out.contains("`odl/`"), "{out}");
    let (_, out, _) = run(folder.path(), &["--output-format", "concise", "old"]);
    assert!(!out.contains("AL002"), "{out}");
}

#[test]
fn settings_that_hold_for_no_file_are_read_too() {
    let folder = project("[[paths]]\npath = \"odl/\"\nfor = [\"peft@0.12.0\", \"adapters@9.9.9\"]\n");
    let (code, _, err) = concise(folder.path(), &[]);
    assert!(code == 2 && err.contains("adapter-lint.toml:3:23"), "{err}");
    let folder = project("for = []\n");
    assert_eq!(concise(folder.path(), &[]).0, 2);
    let folder = project("[[suppress]]\ncode = \"AL002\"\nreason = \"for later\"\n");
    let (code, _, err) = concise(folder.path(), &[]);
    assert!(code == 2 && err.contains("ignore the rule"), "{err}");
}

#[test]
fn each_library_has_a_release_of_its_own() {
    let folder = project(
        "for = [\"peft@0.12.0\", \"adapters@0.1.2\"]\n\n[[paths]]\npath = \"new/\"\nfor = \"adapters@1.3.0\"\n",
    );
    let peft = folder.path().join("peft");
    fs::create_dir(&peft).expect("a folder");
    fs::write(peft.join("adapter_config.json"), r#"{"peft_type": "LORA", "r": 8, "lora_bias": true}"#).expect("a file");
    let newer = r#"{"config": {"architecture": "reft", "layers": "all", "prefix_positions": 3, "suffix_positions": 0, "r": 1, "orthogonality": true}, "model_type": "bert"}"#;
    for name in ["old", "new"] {
        fs::write(folder.path().join(name).join("adapter_config.json"), newer).expect("a file");
    }
    let (_, out, err) = concise(folder.path(), &[]);
    let of = |name: &str| out.lines().filter(|line| line.contains(name)).any(|line| line.contains("AL8"));
    assert!(of("old/") && of("peft/") && !of("new/"), "{out}{err}");
    let (_, out, _) = concise(folder.path(), &["--for", "peft@0.21.2", "--for", "adapters@1.3.0"]);
    assert!(!out.contains("AL8"), "{out}");
    let (code, _, err) = concise(folder.path(), &["--for", "adapters@1.3.0", "--for", "adapter-transformers@2.3.0"]);
    assert_eq!(code, 2, "{err}");
    fs::write(folder.path().join("adapter-lint.toml"), "for = [\"peft@0.12.0\", \"peft@0.13.0\"]\n").expect("a file");
    let (code, _, err) = concise(folder.path(), &[]);
    assert!(code == 2 && err.contains("adapter-lint.toml:1:23"), "{err}");
}

#[test]
fn what_is_suppressed_is_not_fixed() {
    let folder = project("[[suppress]]\ncode = \"AL201\"\npath = \"old/*\"\nreason = \"published so\"\n");
    concise(folder.path(), &["--fix", "--unsafe-fixes"]);
    let text =
        |adapter: &str| fs::read_to_string(folder.path().join(adapter).join("adapter_config.json")).expect("a text");
    assert_eq!(text("old"), LOOSE);
    assert_ne!(text("new"), LOOSE);
}

#[test]
fn a_baseline_hides_what_was_there_and_nothing_new() {
    let folder = project("");
    let (code, _, err) = run(folder.path(), &[".", "--write-baseline"]);
    assert_eq!(code, 0, "{err}");
    let (code, out, err) = concise(folder.path(), &["-D", "warnings"]);
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    let changed = LOOSE.replace("\"ranks\": 1", "\"ranks\": 1, \"ranking\": 2");
    fs::write(folder.path().join("new/adapter_config.json"), changed).expect("a config");
    let (code, out, _) = concise(folder.path(), &["-D", "warnings"]);
    assert_eq!((code, out.lines().count()), (1, 1), "{out}");
    assert!(out.contains("ranking"), "{out}");
    // Mended ones are told, and go when it is written anew.
    let mended = LOOSE.replace(", \"ranks\": 1", "");
    fs::write(folder.path().join("old/adapter_config.json"), mended).expect("a config");
    let (_, _, err) = concise(folder.path(), &[]);
    assert!(err.contains("of its findings are gone"), "{err}");
    run(folder.path(), &[".", "--write-baseline"]);
    let baseline = fs::read_to_string(folder.path().join("adapter-lint-baseline.json")).expect("a baseline");
    assert!(baseline.contains("ranking") && !baseline.contains("old/"), "{baseline}");
}

#[test]
fn settings_that_cannot_be_used_are_told_with_all_places() {
    for (settings, told) in [
        (
            "selct = [\"AL2\"]\nrule = 1\n",
            vec![":1:1: there is no setting `selct`; did you mean `select`?", ":2:1:", "`rules`"],
        ),
        ("[rules]\nunknown-kee = \"error\"\n", vec![":2:1:", "unknown-key"]),
        ("[rules]\nAL201 = \"loud\"\n", vec![":2:9:", "loud"]),
        ("[[suppress]]\ncode = \"AL201\"\n", vec!["reason"]),
        ("[[suppress]]\ncode = \"AL201\"\nreason = \" \"\n", vec![":3:10:", "the reason is empty"]),
        ("[[suppress]]\ncode = \"AL201\"\npath = \"[\"\nreason = \"x\"\n", vec![":3:8:", "not a valid path pattern"]),
        ("model = \"bert-bse-uncased\"\n", vec![":1:9:", "bert-base-uncased"]),
        ("select = [\n", vec!["adapter-lint.toml:"]),
        ("baseline = \"none.json\"\n", vec!["none.json"]),
    ] {
        let folder = project(settings);
        let (code, out, err) = concise(folder.path(), &[]);
        assert_eq!((code, out.as_str()), (2, ""), "{settings}: {err}");
        assert!(told.iter().all(|part| err.contains(part)), "{settings}: {err}");
    }
}

#[test]
fn the_base_model_may_be_the_one_that_each_config_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let model = r#"{"model_type": "llama", "hidden_size": 32, "num_attention_heads": 4}"#;
    let snapshot = folder.path().join("hub/models--org--tiny/snapshots/0123abc");
    std::fs::create_dir_all(&snapshot).expect("a folder");
    std::fs::write(snapshot.join("config.json"), model).expect("a file");
    let refs = folder.path().join("hub/models--org--tiny/refs");
    std::fs::create_dir_all(&refs).expect("a folder");
    std::fs::write(refs.join("main"), "0123abc").expect("a file");
    std::fs::create_dir_all(folder.path().join("local")).expect("a folder");
    std::fs::write(folder.path().join("local/config.json"), model).expect("a file");
    let lint = |base: &str, arguments: &[&str]| {
        let config = format!(
            r#"{{"peft_type": "LORA", "task_type": "CAUSAL_LM", "target_modules": ["query"], "base_model_name_or_path": "{base}"}}"#
        );
        std::fs::write(folder.path().join("adapter_config.json"), config).expect("a file");
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_adapter-lint"))
            .args(["adapter_config.json", "--output-format", "concise"])
            .args(arguments)
            .current_dir(folder.path())
            .env("HF_HUB_CACHE", folder.path().join("hub"))
            .output()
            .expect("the program runs");
        (String::from_utf8_lossy(&output.stdout).into_owned(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for base in ["org/tiny", "local", "gpt2"] {
        let (found, _) = lint(base, &["--model", "auto"]);
        assert!(found.contains("AL455"), "{base}: {found}");
        let (found, _) = lint(base, &[]);
        assert!(!found.contains("AL455"), "{base}: {found}");
    }
    let params = std::process::Command::new(env!("CARGO_BIN_EXE_adapter-lint"))
        .args(["params", "peft:lora", "--set", "task_type=CAUSAL_LM", "--set", "base_model_name_or_path=local"])
        .args(["--model", "auto"])
        .current_dir(folder.path())
        .output()
        .expect("the program runs");
    assert!(String::from_utf8_lossy(&params.stdout).contains("of LlamaForCausalLM"), "{params:?}");
    let (found, told) = lint("org/other", &["--model", "auto"]);
    assert!(!found.contains("AL455"), "{found}");
    assert!(told.contains("judged without its base model `org/other`, which is not on this machine"), "{told}");
    std::fs::create_dir(folder.path().join("second")).expect("a folder");
    std::fs::copy(folder.path().join("adapter_config.json"), folder.path().join("second/adapter_config.json"))
        .expect("a copy");
    let (_, told) = lint("org/other", &["--model", "auto", "second"]);
    assert_eq!(told.matches("org/other").count(), 1, "{told}");
    assert!(told.contains("adapter_config.json and 1 more: judged without their base model"), "{told}");
    std::fs::write(folder.path().join("adapter-lint.toml"), "model = \"auto\"\n").expect("a file");
    let (found, _) = lint("org/tiny", &[]);
    assert!(found.contains("AL455"), "{found}");
}
