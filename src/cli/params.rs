//! `adapter-lint params SPEC --model MODEL`

use std::io::Write as _;

use adapter_spec::dialects::adapterhub::load::Kind;
use adapter_spec::dialects::adapterhub::modules::members;
use adapter_spec::dialects::adapterhub::slots::{attribute, place};
use adapter_spec::report::params::{self as report, BaseModel, Params};

use anyhow::bail;

use super::spec::Spec;
use super::{CLEAN, FAILED, FOUND, model};

/// Arguments of `params`.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    spec: Spec,
    /// The base model: its `config.json` (or the folder that holds it), or the name of a well-known model.
    #[arg(long, value_name = "MODEL")]
    model: String,
    /// The adapter's name.
    #[arg(long, value_name = "NAME", default_value = "a")]
    name: String,
    /// Name the tensors as in the bare base model (`BertModel`), not as in a class around it (`BertAdapterModel`).
    #[arg(long)]
    bare: bool,
    /// The format of the output.
    #[arg(long, alias = "output-format", value_enum, default_value = "table")]
    output: Output,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Output {
    /// For people: what is the same in many layers is shown once.
    Table,
    /// One JSON document, described by `schemas/params.json`.
    Json,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<u8> {
        let model = model::find(&self.model)?;
        let Ok(config) = self.spec.load(Some(Kind::Adapter))? else { return Ok(FOUND) };
        let Some(config) = config else {
            self.spec.complain("an empty text contains no config");
            return Ok(FOUND);
        };
        let members = match members(&config) {
            Ok(members) => members,
            Err(error) => {
                self.spec.complain(&error.to_string());
                return Ok(FOUND);
            }
        };
        let placed = match place(&members, &self.name, &model) {
            Ok(placed) => placed,
            Err(error) => {
                self.spec.complain(&error.to_string());
                return Ok(if error.is_refusal() { FOUND } else { FAILED });
            }
        };
        let attribute = if self.bare { "" } else { attribute(&model)? };
        let base = BaseModel { name: self.model, model_type: model.model_type, parameters: model.parameters };
        let params = Params::new(base, &self.name, &placed, attribute);
        if params.parameters == u64::MAX {
            bail!("{}: the adapter has more parameters than can be counted", params.model.name);
        }
        let mut out = std::io::BufWriter::new(anstream::stdout().lock());
        match self.output {
            Output::Table => report::write_table(&mut out, &params, &placed, attribute)?,
            Output::Json => report::write_json(&mut out, &params)?,
        }
        out.flush()?;
        Ok(CLEAN)
    }
}
