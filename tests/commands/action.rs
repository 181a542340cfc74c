//! The action for GitHub: its last script, run as the runner there runs it. And the hooks of pre-commit: the files they are for.

use std::fs;
use std::path::Path;

use adapter_spec::dialects::adapterhub::Role;
use adapter_spec::dialects::peft;
use adapter_spec::document::{Node, yaml};
use fancy_regex::Regex;

/// A YAML file at the root of the repository.
fn read(name: &str) -> Node {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect("it is there");
    let (root, problems) = yaml::parse(&text);
    assert!(problems.is_empty(), "{problems:?}");
    root.expect("a text without problems has a value")
}

fn text<'a>(node: &'a Node, key: &str) -> &'a str {
    node.get(key).and_then(Node::as_str).unwrap_or_default()
}

#[cfg(unix)]
mod script {
    use std::process::Command;

    use tempfile::TempDir;

    use super::*;
    use crate::support::texts;

    /// A folder with two flawed adapters, of which one has a name with blanks, and the program where the runner has it.
    fn workspace() -> TempDir {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let program = folder.path().join("temp/adapter-lint/bin");
        fs::create_dir_all(&program).expect("a folder");
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_adapter-lint"), program.join("adapter-lint")).expect("a link");
        for name in ["a", "b c"] {
            fs::create_dir(folder.path().join(name)).expect("a folder");
            let config = r#"{"config": {"architecture": "lora", "r": 0}, "name": "a", "version": "adapters.1.3.0"}"#;
            fs::write(folder.path().join(name).join("adapter_config.json"), config).expect("a file");
        }
        folder
    }

    /// The exit code, the adapters that are annotated, and what is on standard error.
    fn run(paths: &str, args: &str) -> (i32, Vec<String>, String) {
        let folder = workspace();
        let action = read("action.yml");
        let step = action.get("runs").and_then(|runs| runs.get("steps")).and_then(|steps| steps.items().last());
        let step = step.expect("there are steps");
        assert_eq!(text(step, "shell"), "bash");
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-e", "-o", "pipefail", "-c", text(step, "run")]);
        command.env("PATHS", paths).env("ARGS", args).env("FORMAT", "github");
        command.env("RUNNER_TEMP", folder.path().join("temp")).current_dir(folder.path());
        let (code, out, err) = texts(command.output().expect("there is a bash"));
        let told =
            out.lines().filter_map(|line| line.strip_prefix("::error file=")?.split_once("/adapter_config.json,"));
        let mut told: Vec<_> = told.map(|(adapter, _)| adapter.to_owned()).collect();
        told.dedup();
        (code, told, err)
    }

    #[test]
    fn paths_are_words_of_one_line_or_lines() {
        for (paths, told) in [
            (".", vec!["a", "b c"]),
            ("  a   ./a ", vec!["a"]),
            ("a\nb c", vec!["a", "b c"]),
            ("b c\n", vec!["b c"]),
            ("\nb c\n \n", vec!["b c"]),
        ] {
            let (code, found, err) = run(paths, "");
            assert_eq!((code, found), (1, told.into_iter().map(str::to_owned).collect()), "{paths:?}: {err}");
        }
        assert_eq!(run("b c", "").0, 2, "two words are two paths");
    }

    #[test]
    fn nothing_is_taken_for_shell_or_for_an_option() {
        for paths in ["$(touch oops)", "`touch oops`;", "*", "--exit-zero", "--fix\na"] {
            let (code, found, err) = run(paths, "");
            assert_eq!(code, 2, "{paths:?}: {found:?} {err}");
        }
    }

    #[test]
    fn arguments_go_to_the_program() {
        assert_eq!(run("a", "--exit-zero").0, 0);
        assert_eq!(run("a", "--ignore AL206 -D warnings").1, Vec::<String>::new());
        assert_eq!(run("a", "--model\nno such model").0, 2);
        assert_eq!(run("a", "--no-such-option").0, 2);
        assert_eq!(run("a\n", "-q\n--max-warnings\n0\n").0, 1);
    }

    #[test]
    fn no_paths_are_nothing_to_lint() {
        for paths in ["", "\n", " \n  \n"] {
            assert_eq!(run(paths, ""), (0, Vec::new(), String::new()), "{paths:?}");
        }
    }
}

/// The hooks name files by patterns, which must be those that the program knows by name, and no others.
#[test]
fn hooks_are_for_the_files_that_are_known_by_name() {
    let hooks = read(".pre-commit-hooks.yaml");
    let pattern = |id: &str| {
        let hook = hooks.items().iter().find(|hook| text(hook, "id") == id).expect("there is such a hook");
        Regex::new(text(hook, "files")).expect("a pattern")
    };
    let (configs, weights) = (pattern("adapter-lint"), pattern("adapter-weights"));
    let is_for = |pattern: &Regex, name: &str| pattern.is_match(name).expect("it is a simple one");
    let of_weights = Role::ALL.into_iter().flat_map(Role::weights_names).chain(peft::WEIGHTS_NAMES);
    for (name, is_config) in
        Role::ALL.map(|role| (role.config_name(), true)).into_iter().chain(of_weights.map(|name| (name, false)))
    {
        for path in [name.to_owned(), format!("adapters/name with spaces/{name}")] {
            assert_eq!((is_for(&configs, &path), is_for(&weights, &path)), (is_config, !is_config), "{path}");
        }
        for path in [format!("old_{name}"), format!("{name}.bak"), format!("{name}/other")] {
            assert!(!is_for(&configs, &path) && !is_for(&weights, &path), "{path}");
        }
    }
}
