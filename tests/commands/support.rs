//! Running the program and reading what it says.

use std::path::Path;
use std::process::{Command, Output};

/// The program, whatever colours the one who runs the tests wants.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_adapter-lint"));
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command
}

/// The exit code, and what is on standard output and standard error.
pub(crate) fn run(arguments: &[&str]) -> (i32, String, String) {
    texts(program().args(arguments).output().expect("the program runs"))
}

/// As [`run`], in another folder.
pub(crate) fn run_in(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    texts(program().current_dir(folder).args(arguments).output().expect("the program runs"))
}

pub(crate) fn texts(output: Output) -> (i32, String, String) {
    let text = |bytes| String::from_utf8(bytes).expect("the output is UTF-8");
    (output.status.code().expect("no signal ended it"), text(output.stdout), text(output.stderr))
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}
