//! `adapter-lint diff A B`

use std::io::Write as _;
use std::path::{Path, PathBuf};

use adapter_spec::convert::Reft;
use adapter_spec::diff::{Base, Options, compare};
use adapter_spec::report::diff as report;
use adapter_spec::tensors::TensorFile;
use anyhow::bail;

use super::progress::Progress;
use super::values::ReftName;
use super::{CLEAN, FOUND, model};

/// Arguments of `diff`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// A saved adapter, AdapterFusion or head from any release of AdapterHub's libraries, or a PEFT adapter: a folder,
    /// an archive of one (zip, tar, tar.gz), or a weights file with the config beside it.
    #[arg(value_name = "A")]
    a: PathBuf,
    /// What to compare it with. Tensors that the library would not load with the config beside them are left out. Between
    /// AdapterHub and PEFT, which has no heads in files of their own, a head beside an adapter is left out, too.
    #[arg(value_name = "B")]
    b: PathBuf,
    /// The base model: its `config.json` (or the folder that holds it), or the name of a well-known model. Needed where
    /// the files say too little about it to compare adapters of two libraries, or to know which tensors a config asks for.
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// The base model's tensors: also run the whole model with each adapter. Needs a file for `--model`.
    #[arg(long, value_name = "FILE", requires = "model")]
    base: Option<PathBuf>,
    /// The largest difference that does not count, relative to the largest value of a tensor. Without it: what rounding
    /// to the tensors' types explains.
    #[arg(long, value_name = "NUMBER")]
    tolerance: Option<f64>,
    /// Which ReFT both are: files do not distinguish NoReFT from DiReFT.
    #[arg(long, value_enum)]
    reft: Option<ReftName>,
    /// The format of the output.
    #[arg(long = "output-format", alias = "output", value_enum, default_value = "text")]
    output: Output,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Output {
    /// For people: what is the same is summarised, what differs is shown in a table.
    Text,
    /// One JSON document, described by `schemas/diff.json`.
    Json,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<u8> {
        if self.tolerance.is_some_and(|tolerance| !(tolerance >= 0.0 && tolerance.is_finite())) {
            bail!("--tolerance: it must be a number of at least 0");
        }
        let mut options = Options {
            model: self.model.as_deref().map(model::find).transpose()?,
            reft: self.reft.map(Reft::from),
            tolerance: self.tolerance,
            base: None,
        };
        let (config, tensors);
        if let Some(path) = &self.base {
            (_, config) = model::config(Path::new(self.model.as_deref().unwrap_or_default()))?;
            tensors = TensorFile::open(path)?;
            options.base = Some(Base { config: &config, tensors: &tensors });
        }
        let progress = Progress::new(0);
        let comparison = compare(&self.a, &self.b, &options, &|done, of| progress.places(done, of));
        progress.clear();
        let comparison = comparison?;
        let mut out = std::io::BufWriter::new(anstream::stdout().lock());
        match self.output {
            Output::Text => report::write_text(&mut out, &comparison)?,
            Output::Json => report::write_json(&mut out, &comparison)?,
        }
        out.flush()?;
        Ok(if comparison.same { CLEAN } else { FOUND })
    }
}
