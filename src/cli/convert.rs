//! `adapter-lint convert SRC DST --to adapters`

use std::path::PathBuf;

use adapter_spec::convert::{self, Container, Options, Plan, Release, Source};
use adapter_spec::tensors::Existing;
use anyhow::bail;

use super::{CLEAN, FOUND, complain, talk};

/// Arguments of `convert`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The folder of a saved adapter or AdapterFusion, of any release of adapter-transformers or adapters.
    source: PathBuf,
    /// The folder to write.
    #[arg(required_unless_present = "dry_run")]
    target: Option<PathBuf>,
    /// What to write for: the newest release of `adapters`.
    #[arg(long, value_enum)]
    to: Target,
    /// The kind of file for the weights.
    #[arg(long, value_enum, default_value = "safetensors")]
    container: ContainerName,
    /// Another name for the adapter.
    #[arg(long, value_name = "NEW")]
    name: Option<String>,
    /// Write although the function would not be kept.
    #[arg(long)]
    allow_lossy: bool,
    /// Say what would be done, and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Write over existing files.
    #[arg(long)]
    force: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Target {
    /// adapters 1.3.0.
    Adapters,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum ContainerName {
    /// safetensors.
    Safetensors,
    /// A file of `torch.save`.
    Torch,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<u8> {
        let Target::Adapters = self.to;
        if self.name.as_ref().is_some_and(|name| name.is_empty() || name.contains('.')) {
            bail!("--name: no module can have an empty name or one with a dot");
        }
        let source = Source::open(&self.source)?;
        let options = Options { name: self.name, ..Options::to(convert::Target::AdapterHub(Release::newest())) };
        let plan = Plan::new(&source, &options)?;
        for part in source.parts() {
            talk(&format!("{}: `{}`, saved by {}", self.source.display(), part.name, part.release));
        }
        for change in &plan.changes {
            let kind = if change.loses { "lossy" } else { "note" };
            talk(&format!("{kind}: {}", change.what));
        }
        if self.dry_run {
            for (from, to) in plan.mapping() {
                anstream::println!("{from} -> {to}");
            }
        }
        if plan.loses() && !self.allow_lossy {
            complain("the function would not be kept; --allow-lossy writes it all the same");
            return Ok(FOUND);
        }
        let Some(target) = self.target.as_ref().filter(|_| !self.dry_run) else { return Ok(CLEAN) };
        let container = match self.container {
            ContainerName::Safetensors => Container::Safetensors,
            ContainerName::Torch => Container::Torch,
        };
        let existing = if self.force { Existing::Overwrite } else { Existing::Refuse };
        let proof = plan.write(&source, target, container, existing, &|_| ())?;
        talk(&format!(
            "{}: {} tensors with the same bytes, {} computed anew; read back and compared",
            target.display(),
            proof.identical,
            proof.computed
        ));
        Ok(CLEAN)
    }
}
