//! What the program does for shells and manuals: completions and pages.

use std::process::Command;

use crate::support::{program, run, texts};

/// What the program offers for the last of these words.
fn offered(words: &[&str]) -> Vec<String> {
    let mut command = program();
    command.env("ADAPTER_LINT_COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", (words.len() - 1).to_string());
    command.env("_CLAP_COMPLETE_COMP_TYPE", "9").env("_CLAP_COMPLETE_SPACE", "false").env("_CLAP_IFS", "\n");
    let (code, out, err) = texts(command.arg("--").args(words).output().expect("the program runs"));
    assert_eq!((code, err.as_str()), (0, ""));
    out.lines().map(str::to_owned).collect()
}

fn are_offered(words: &[&str], some: &[&str], others: &[&str]) {
    let offered = offered(words);
    assert!(some.iter().all(|word| offered.iter().any(|other| other == word)), "{words:?}: {offered:?}");
    assert!(!others.iter().any(|word| offered.iter().any(|other| other == word)), "{words:?}: {offered:?}");
}

#[test]
fn words_are_completed() {
    // The first may be a subcommand or a file.
    are_offered(&["adapter-lint", ""], &["check", "convert", "Cargo.toml"], &["zsh"]);
    are_offered(&["adapter-lint", "ex"], &["explain", "examples/"], &["check"]);
    are_offered(&["adapter-lint", "--output-format", ""], &["concise", "sarif"], &["Cargo.toml", "check"]);
    are_offered(&["adapter-lint", "Cargo.toml", "--f"], &["--fix", "--for"], &["--force"]);
    are_offered(&["adapter-lint", "completions", ""], &["bash", "fish", "zsh"], &["Cargo.toml", "check"]);
    are_offered(&["adapter-lint", "convert", "--container", ""], &["safetensors", "torch"], &["Cargo.toml"]);
    are_offered(&["adapter-lint", "convert", "a", "b", "--"], &["--container", "--to"], &["--fix"]);
}

#[test]
fn every_shell_has_a_script_that_asks_the_program() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let (code, out, err) = run(&["completions", shell]);
        assert!(code == 0 && out.contains("ADAPTER_LINT_COMPLETE") && err.is_empty(), "{shell}: {err}");
        let more = match shell {
            "bash" => "complete -o filenames -o",
            "zsh" => "[[ $funcstack[1] == _adapter-lint ]] && _clap_dynamic_completer_adapter_lint",
            _ => "",
        };
        assert!(out.contains(more), "{out}");
        // Where the shell is there, it reads the script without a word.
        let mut command = Command::new(shell);
        let checked = match shell {
            "bash" | "zsh" => command.args(["-n", "-c", &out]).output(),
            "fish" => command.args(["--no-execute", "--command", &out]).output(),
            _ => continue,
        };
        if let Ok(checked) = checked {
            assert_eq!(texts(checked), (0, String::new(), String::new()), "{shell}");
        }
    }
}

#[test]
fn pages_say_whose_they_are() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let path = folder.path().to_str().expect("a path in UTF-8");
    assert_eq!(run(&["man", "--folder", path]).0, 0);
    let title =
        |name: &str| format!(".TH {name} 1 \" \" \"adapter-lint {}\" \"User Commands\"", env!("CARGO_PKG_VERSION"));
    for (arguments, name) in [(&["man"][..], "adapter-lint"), (&["man", "convert"], "adapter-lint-convert")] {
        let (code, out, _) = run(arguments);
        assert!(code == 0 && out.lines().any(|line| line == title(name)), "{out}");
        assert_eq!(std::fs::read_to_string(folder.path().join(format!("{name}.1"))).ok(), Some(out));
    }
    assert_eq!(run(&["man", "no-such-command"]).0, 2);
}
