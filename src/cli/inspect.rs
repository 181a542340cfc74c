//! `adapter-lint inspect PATH`

use std::io::Write as _;
use std::path::PathBuf;

use adapter_spec::checkpoint::{Container, parts};
use adapter_spec::inspect::Inspection;
use adapter_spec::report::inspect as report;
use anyhow::bail;

use super::{CLEAN, FOUND, model};

/// Arguments of `inspect`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// A folder, an archive of one (zip, tar, tar.gz), or a weights file.
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// The base model: its `config.json` (or the folder that holds it), or the name of a well-known model. Without it,
    /// places are derived from the config and the names of the tensors.
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Read all values and print statistics of them. Without it, only headers are read.
    #[arg(long)]
    stats: bool,
    /// The format of the output.
    #[arg(long = "output-format", alias = "output", value_enum, default_value = "text")]
    output: Output,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Output {
    /// For people: what is the same in many layers is shown once.
    Text,
    /// One JSON document, described by `schemas/inspect.json`.
    Json,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<u8> {
        let model = self.model.as_deref().map(model::find).transpose()?;
        let container = Container::open(&self.path)?;
        let parts = parts(&container)?;
        let shown = self.path.display().to_string();
        if parts.is_empty() {
            bail!("{shown}: it contains neither an adapter config nor weights");
        }
        let inspection = Inspection::new(&shown, &parts, model.as_ref(), self.stats);
        let mut out = std::io::BufWriter::new(anstream::stdout().lock());
        match self.output {
            Output::Text => report::write_text(&mut out, &inspection)?,
            Output::Json => report::write_json(&mut out, &inspection)?,
        }
        out.flush()?;
        Ok(if inspection.is_sound() { CLEAN } else { FOUND })
    }
}
