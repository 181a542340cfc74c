//! `adapter-lint completions SHELL`

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::{CLEAN, Cli, NAME, print_at_once};

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
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), NAME, &mut text);
        print_at_once(&text)?;
        Ok(CLEAN)
    }
}
