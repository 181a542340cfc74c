//! `adapter-lint server`

use adapter_spec::server::{self, Exit, Host};

use super::{CLEAN, FOUND, model};

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
        let host = Host { find_model: |text| model::base(text).map_err(|error| format!("{error:#}")) };
        let exit = server::run(std::io::stdin(), std::io::stdout().lock(), host)?;
        // The protocol's own exit codes: 1 if the client left without a word.
        Ok(if exit == Exit::Orderly { CLEAN } else { FOUND })
    }
}
