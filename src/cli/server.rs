//! `adapter-lint server`

use adapter_spec::server::{self, Exit};

use super::{CLEAN, FOUND};

/// Arguments of `server`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Use standard input and output. This is always the case; some editors pass this option.
    #[arg(long)]
    stdio: bool,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<u8> {
        let Self { stdio: _ } = self;
        let exit = server::run(std::io::stdin(), std::io::stdout().lock())?;
        // The protocol's own exit codes: 1 if the client left without a word.
        Ok(if exit == Exit::Orderly { CLEAN } else { FOUND })
    }
}
