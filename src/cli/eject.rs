//! `adapter-lint eject SRC DST`

use std::path::PathBuf;

use adapter_spec::convert::{Plan, Reft, Source};

use super::{FOUND, complain, rewrite};

/// Arguments of `eject`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// A saved adapter with prefix tuning: a folder, an archive of one, or a weights file with the config beside it.
    source: PathBuf,
    /// The folder to write.
    target: PathBuf,
    /// Overwrite existing files.
    #[arg(long)]
    force: bool,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<u8> {
        let source = Source::open(&self.source)?;
        let mut options = rewrite::own(&source)?;
        // Nothing is read otherwise in its own release.
        options.reft = Some(Reft::NoReft);
        let mut plan = Plan::new(&source, &options)?;
        if plan.eject(&source)? == 0 {
            complain(&format!("{}: it has no prefix that is computed by a network", self.source.display()));
            return Ok(FOUND);
        }
        rewrite::write(&source, &plan, &self.target, self.force)
    }
}
