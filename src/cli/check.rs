//! `adapter-lint [check] PATH…`

/// Arguments of `check`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Files or folders; `-` for standard input.
    paths: Vec<std::path::PathBuf>,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<u8> {
        let _ = (self.paths, super::FOUND);
        Ok(super::CLEAN)
    }
}
