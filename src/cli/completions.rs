//! `adapter-lint completions SHELL`, and what the printed script asks the program at every press of the tab key.
//!
//! The program completes its own command line: a script that is written beforehand cannot tell that a first word is
//! either a subcommand or a file.

use clap::CommandFactory as _;
use clap_complete::Shell;
use clap_complete::env::{CompleteEnv, Shells};

use super::{CLEAN, Cli, NAME, print_at_once};

/// The variable of the environment in which a script says that it asks, and from which shell.
const ASKED: &str = "ADAPTER_LINT_COMPLETE";

/// From a folder of `$fpath`, zsh runs the script at the first press of the tab key, which is to complete something, too.
const FIRST_TIME: &str = "[[ $funcstack[1] == _adapter-lint ]] && _clap_dynamic_completer_adapter_lint \"$@\"\n";

/// Arguments of `completions`.
#[derive(clap::Args)]
#[command(after_help = "For example, in bash:\n  adapter-lint completions bash > \
    ~/.local/share/bash-completion/completions/adapter-lint\nin zsh, to a folder of $fpath:\n  adapter-lint completions \
    zsh > ~/.zfunc/_adapter-lint\nin fish:\n  adapter-lint completions fish > \
    ~/.config/fish/completions/adapter-lint.fish")]
pub(super) struct Args {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<u8> {
        let shells = Shells::builtins();
        let name = self.shell.to_string();
        let Some(shell) = shells.completer(&name) else { anyhow::bail!("there are no completions for {name}") };
        let mut script = Vec::new();
        shell.write_registration(ASKED, NAME, NAME, NAME, &mut script)?;
        let mut script = String::from_utf8(script)?;
        match self.shell {
            // Names of files with blanks are quoted by bash only if it is told that they are such.
            Shell::Bash => script = script.replace("complete -o", "complete -o filenames -o"),
            Shell::Zsh => script.push_str(FIRST_TIME),
            _ => {}
        }
        print_at_once(script.as_bytes())?;
        Ok(CLEAN)
    }
}

/// Answers a script that asks, and ends the program. Does nothing in any other run.
pub(super) fn answer() {
    CompleteEnv::with_factory(Cli::command).var(ASKED).complete();
}
