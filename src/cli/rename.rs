//! `adapter-lint rename SRC DST --name NEW`

use std::path::PathBuf;

use adapter_spec::convert::{Plan, Reft, Source};

use super::{FOUND, complain, rewrite};

/// Arguments of `rename`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// A saved adapter, AdapterFusion or head: a folder, an archive of one, or a weights file with the config beside
    /// it. A head beside an adapter gets the new name, too.
    source: PathBuf,
    /// The folder to write.
    target: PathBuf,
    /// The new name.
    #[arg(long, value_name = "NEW")]
    name: String,
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
        options.name = Some(self.name.clone());
        let plan = Plan::new(&source, &options)?;
        let named = |name: Option<&adapter_spec::value::Value>| name.and_then(|name| name.as_str()) == Some(&self.name);
        if !plan.outputs.iter().any(|output| named(output.config.get("name"))) {
            let shown = self.source.display();
            complain(&format!("{shown}: the name follows from what it holds and cannot be changed in this release"));
            return Ok(FOUND);
        }
        rewrite::write(&source, &plan, &self.target, self.force)
    }
}
